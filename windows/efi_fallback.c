/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bootmgfw.efi → EFI\BOOT\BOOT<arch>.EFI (UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior"). */
#include "windows/efi_fallback.h"

#include "base/finding.h"

/* bootmgfw.efi of Windows 11 24H2 has 2.7 MiB. */
#define LOADER_LIMIT_BYTES (64u * 1024 * 1024)

static const struct {
    const char *architecture, *name;
} loader_table[] = {
    {"x86_64", "BOOTX64.EFI"},
    {"i686", "BOOTIA32.EFI"},
    {"aarch64", "BOOTAA64.EFI"},
};

gboolean efi_fallback_stage(const Guest *guest, Edits *edits, GPtrArray *findings, GError **error)
{
    static const char source[] = GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/bootmgfw.efi";
    g_autofree char *target = NULL;
    g_autoptr(GBytes) loader = NULL;

    if (guest->firmware != FIRMWARE_UEFI)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(loader_table); i++) {
        if (g_strcmp0(guest->architecture, loader_table[i].architecture) == 0)
            target = g_strconcat(GUEST_ESP_MOUNT "/EFI/BOOT/", loader_table[i].name, NULL);
    }
    if (!target || !fs_tree_is_file(guest->tree, source)) {
        findings_add(findings, FINDING_WINDOWS_NO_EFI_PARTITION, NULL);
        return TRUE;
    }
    if (fs_tree_is_file(guest->tree, target))
        return TRUE;
    findings_add(findings, FINDING_WINDOWS_EFI_FALLBACK, target);
    return fs_tree_read_file(guest->tree, source, LOADER_LIMIT_BYTES, &loader, error) &&
           edits_write_file(edits, target, loader, NULL, -1,
                            "firmware without a boot entry for Windows starts this", error);
}
