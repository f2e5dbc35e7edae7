/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a Linux guest's plan, in order. */
#include "linux/linux_guest.h"

#include "linux/boot_files.h"
#include "linux/cloud_init.h"
#include "linux/drop_in.h"
#include "linux/efi_fallback.h"
#include "linux/fstab.h"
#include "linux/initramfs_extend.h"
#include "linux/kernels.h"
#include "linux/leftovers.h"
#include "linux/network.h"
#include "linux/network_address.h"
#include "linux/plan.h"
#include "linux/storage.h"
#include "linux/tools.h"
#include "linux/xorg.h"

/* Names of interfaces come before kernels, whose initramfs images take them along; boot files need
   to know from kernels whether the disks will be virtio's. */
static const struct {
    const char *what;
    gboolean (*plan)(LinuxPlan *plan, GError **error);
} steps[] = {
    {"network interfaces", network_plan},
    {"kernels", kernels_plan},
    {"initramfs configuration", drop_in_plan},
    {"mount tables", fstab_plan},
    {"boot loader", boot_files_plan},
    {"leftovers", leftovers_plan},
    {"EFI system partition", efi_fallback_plan},
    {"storage", storage_plan},
    {"hypervisor tools", tools_plan},
    {"cloud-init", cloud_init_plan},
    {"display", xorg_plan},
};

/* profiles/linux.ini: the section that fits every Linux. */
static void report_unknown(const Guest *guest, GPtrArray *findings)
{
    if (guest->profile != NULL && g_str_equal(guest->profile, "linux"))
        findings_add(findings, FINDING_LINUX_DISTRIBUTION_UNKNOWN, guest->product_name);
}

static void report_image(const Guest *guest, GPtrArray *findings)
{
    static const FindingCode codes[] = {
        [USR_OSTREE] = FINDING_LINUX_IMAGE_SYSTEM,
        [USR_PARTITION] = FINDING_LINUX_IMAGE_SYSTEM,
        [USR_STORE] = FINDING_LINUX_STORE_SYSTEM,
        [USR_SNAPSHOT] = FINDING_LINUX_SNAPSHOT_SYSTEM,
    };

    if (guest->linux_facts.usr != USR_FILES)
        findings_add(findings, codes[guest->linux_facts.usr], guest->product_name);
}

/* Where fstab lays files of its own over /etc, as transactional-update did before version 5, those
   hide what is changed below. */
static void report_overlay(const Guest *guest, GPtrArray *findings)
{
    const GPtrArray *mounts = guest->linux_facts.mounts;

    for (guint i = 0; mounts != NULL && i < mounts->len; i++) {
        const GuestMount *mount = mounts->pdata[i];

        if (g_strcmp0(mount->type, "overlay") == 0 && g_str_equal(mount->mount_point, "/etc"))
            findings_add(findings, FINDING_LINUX_ETC_OVERLAY, guest->product_name);
    }
}

/* What links of /etc lead to there is made anew from /etc/nixos, and checked by nix-store --verify.
 */
static gboolean leave_store(LinuxPlan *plan, GError **error)
{
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(g_free);

    if (!edits_drop_below(plan->edits, "/nix/store", dropped, error))
        return FALSE;
    for (guint i = 0; i < dropped->len; i++)
        findings_add(plan->findings, FINDING_LINUX_STORE_FILE, dropped->pdata[i]);
    return TRUE;
}

gboolean linux_guest_plan(const Guest *guest, const LinuxNic *nics, guint nic_count, Edits *edits,
                          GPtrArray *findings, LinuxResult *ret_result, GError **error)
{
    g_autoptr(GPtrArray) network_files =
        g_ptr_array_new_with_free_func((GDestroyNotify)initramfs_file_free);
    g_autoptr(GPtrArray) network_moves = g_ptr_array_new_with_free_func(network_move_free);
    LinuxPlan plan = {
        .guest = guest,
        .nics = nics,
        .nic_count = nic_count,
        .edits = edits,
        .findings = findings,
        .network_files = network_files,
        .network_moves = network_moves,
    };

    report_unknown(guest, findings);
    report_image(guest, findings);
    report_overlay(guest, findings);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (!steps[i].plan(&plan, error)) {
            g_prefix_error(error, "cannot plan the guest's %s: ", steps[i].what);
            g_free(plan.result.nic_mac);
            return FALSE;
        }
    if (guest->linux_facts.usr == USR_STORE && !leave_store(&plan, error))
        return FALSE;
    *ret_result = plan.result;
    return TRUE;
}
