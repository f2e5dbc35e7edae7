/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The descriptor of a VMDK; and where we call it plain, qemu's way of reading it (searching for
   words and scanning lines, as observed of QEMU 7.2 and 10.0) must give the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/image/vmdk_descriptor.h"
#include "tests/fuzz/fuzz-target.h"

enum {
    SETTINGS_BYTES = 20 * 512, /* qemu looks no farther */
};

/* Not g_error(): libFuzzer keeps the input of what ends with SIGABRT only. */
static void check(gboolean ok, const char *what)
{
    if (ok)
        return;
    g_printerr("%s\n", what);
    abort();
}

static void check_same(gboolean same, const char *what)
{
    g_autofree char *message = g_strdup_printf("qemu reads another %s", what);
    check(same, message);
}

static void check_cid(const char *settings, const char *word, uint32_t expected)
{
    unsigned int cid = 0;
    const char *found = strstr(settings, word);
    check_same(found && sscanf(found + strlen(word) + 1, "%x", &cid) == 1 && cid == expected, word);
}

/* Up to the next quote; NULL: the word is not there. */
static char *find_value(const char *text, const char *word)
{
    const char *found = strstr(text, word);
    if (!found || strlen(found) < strlen(word) + 2)
        return NULL;
    const char *start = found + strlen(word) + 2;
    const char *end = strchr(start, '"');
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

static void check_settings(const VmdkDescriptor *descriptor, const char *text)
{
    g_autofree char *settings = g_strndup(text, SETTINGS_BYTES - 1);
    check_cid(settings, "CID", descriptor->cid);
    check_cid(settings, "parentCID", descriptor->parent_cid);
    g_autofree char *hint = find_value(settings, "parentFileNameHint");
    check_same(!hint == !descriptor->parent_hint, "parent");
    if (hint && g_utf8_validate(hint, -1, NULL))
        check_same(g_strcmp0(hint, descriptor->parent_hint) == 0, "parent");
    g_autofree char *type = find_value(text, "createType");
    check_same(g_strcmp0(type, descriptor->create_type) == 0, "createType");
}

/* FALSE: qemu passes over the line. The scan runs on into the next lines where one is short. */
static gboolean check_line(const VmdkDescriptor *descriptor, const char *line, guint number)
{
    char access[11], type[11], name[512];
    gint64 sectors = 0, offset = -1;
    int matches = sscanf(line, "%10s %" SCNd64 " %10s \"%511[^\n\r\"]\" %" SCNd64, access, &sectors,
                         type, name, &offset);
    if (matches < 4 || !g_str_equal(access, "RW"))
        return FALSE;
    check_same(number < descriptor->extents->len, "number of extents");
    const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, number);
    check_same(g_str_equal(type, extent->type), "type");
    check_same(sectors > 0 && (uint64_t)sectors == extent->sectors, "size");
    check_same(g_str_equal(name, extent->file_name), "name");
    check_same(g_str_equal(type, "FLAT") ? (uint64_t)offset == extent->offset_sectors
                                         : matches == 4,
               "offset");
    return TRUE;
}

static void check_extents(const VmdkDescriptor *descriptor, const char *text)
{
    guint count = 0;
    const char *line = text;
    while (line && *line) {
        if (check_line(descriptor, line, count))
            count++;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    check_same(count == descriptor->extents->len, "number of extents");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)vmdk_descriptor_is_text(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(VmdkDescriptor) descriptor = vmdk_descriptor_parse((const char *)data, size, &error);
    check(!descriptor == (error != NULL), "no result and no error, or both");
    if (!descriptor)
        return 0;
    gboolean is_plain = descriptor->is_plain && descriptor->create_type;
    for (guint i = 0; i < descriptor->extents->len; i++) {
        const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, i);
        check(extent->sectors > 0, "an empty extent");
        check(!extent->file_name || g_utf8_validate(extent->file_name, -1, NULL),
              "a name that is not UTF-8");
        is_plain = is_plain && extent->is_plain && g_str_equal(extent->access, "RW");
    }
    check(!descriptor->parent_hint || g_utf8_validate(descriptor->parent_hint, -1, NULL),
          "a parent's name that is not UTF-8");
    g_autofree char *text = g_strndup((const char *)data, size);
    if (is_plain) {
        check_settings(descriptor, text);
        check_extents(descriptor, text);
    }
    return 0;
}
