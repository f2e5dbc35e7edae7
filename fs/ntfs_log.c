/* SPDX-License-Identifier: GPL-3.0-or-later */
/* $LogFile restart pages and the first bytes of hiberfil.sys. */
#include "fs/ntfs_log.h"

#include <string.h>

#include "base/bytes.h"
#include "fs/ntfs_fixup.h"

enum {
    SECTOR_BYTES = 512,
    HEADER_BYTES = 32,       /* of a restart page */
    RESTART_AREA_BYTES = 48, /* what is read of it */
    NO_CLIENT = 0xffff,
    FLAG_CLEAN = 0x0002,
    MAX_PAGE_BYTES = 64 * 1024,
    HIBERFILE_HEADER_BYTES = 4096,
};

typedef struct {
    uint64_t lsn;
    uint32_t page_bytes;
    uint16_t major;
    gboolean clean;
} RestartPage;

static gboolean parse_page(const uint8_t *page, size_t length, RestartPage *ret_page)
{
    uint32_t page_bytes;
    uint16_t area_offset;
    const uint8_t *area;

    /* CHKD: the same page after chkdsk was there. */
    if (length < SECTOR_BYTES || (memcmp(page, "RSTR", 4) != 0 && memcmp(page, "CHKD", 4) != 0)) {
        return FALSE;
    }
    page_bytes = get_le32(page + 16);
    area_offset = get_le16(page + 24);
    if (page_bytes < SECTOR_BYTES || page_bytes > MAX_PAGE_BYTES ||
        (page_bytes & (page_bytes - 1)) != 0 || area_offset < HEADER_BYTES ||
        area_offset + RESTART_AREA_BYTES > SECTOR_BYTES - 2 || page_bytes > length ||
        !ntfs_fixup_is_whole(page, page_bytes)) {
        return FALSE;
    }
    area = page + area_offset;
    *ret_page = (RestartPage){
        .lsn = get_le64(area),
        .page_bytes = page_bytes,
        .major = get_le16(page + 28),
        .clean = get_le16(area + 12) == NO_CLIENT || (get_le16(area + 14) & FLAG_CLEAN) != 0,
    };
    return TRUE;
}

static gboolean is_filled_with(const uint8_t *bytes, size_t length, uint8_t value)
{
    return length == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, length - 1) == 0);
}

void ntfs_log_parse(const uint8_t *bytes, size_t length, NtfsLogState *ret_state)
{
    RestartPage newest = {0}, page;
    gboolean found = FALSE;

    *ret_state = (NtfsLogState){0};
    length = MIN(length, NTFS_LOG_START_BYTES);
    /* A log reset by a repair tool, or never used since formatting, is all ones. */
    if (length > 0 && is_filled_with(bytes, length, 0xff)) {
        ret_state->clean = TRUE;
        return;
    }
    /* The second page follows the first, whose size may be lost with it. */
    for (size_t offset = 0; offset < length && offset <= MAX_PAGE_BYTES;
         offset = offset == 0 ? SECTOR_BYTES : offset * 2) {
        if (parse_page(bytes + offset, length - offset, &page) &&
            (!found || page.lsn > newest.lsn)) {
            newest = page;
            found = TRUE;
            ret_state->restart_offset = (uint32_t)offset;
            ret_state->page_bytes = page.page_bytes;
        }
    }
    if (!found) {
        return;
    }
    ret_state->is_version_2 = newest.major >= 2;
    ret_state->clean = newest.clean && newest.major >= 1;
}

gboolean ntfs_hiberfile_is_active(const uint8_t *bytes, size_t length)
{
    /* hibr: an image; rstr: a resume from it that did not finish. "wake" and zeros mean done. */
    static const char *const active[] = {"hibr", "HIBR", "rstr", "RSTR"};

    /* On volumes other than the system's a file of less than a page marks the hibernation. */
    if (length < HIBERFILE_HEADER_BYTES) {
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(active); i++) {
        if (memcmp(bytes, active[i], 4) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}
