/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel by kernel: which drivers it has, and the extended initramfs. */
#include "linux/kernels.h"

#include "base/error.h"
#include "linux/initramfs_extend.h"
#include "linux/unified_image.h"

/* GRUB loads it below 4 GiB; distributions' largest are about 200 MiB. */
#define INITRAMFS_MAX (UINT64_C(1) << 30)

/* A kernel's drivers in words, for the findings: "5.4.0 (no virtio_pci, virtio_blk)". */
static char *describe_missing(const GuestKernel *kernel, const KernelModules *modules)
{
    GString *text = g_string_new(NULL);

    for (guint driver = 0; driver <= DRIVER_VIRTIO_BLK; driver++)
        if (modules->state[driver] == DRIVER_MISSING)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                   driver_name((Driver)driver));

    g_autofree char *names = g_string_free(text, FALSE);

    return g_strdup_printf("%s (no %s)", kernel->version, names);
}

/* *ret_why: NULL, or why nothing can be added to the image at path. */
static gboolean extend_image(LinuxPlan *plan, const GuestKernel *kernel, const char *path,
                             const KernelModules *modules, char **ret_why, GError **error)
{
    g_autoptr(GBytes) image = NULL, extended = NULL;
    g_autoptr(GError) local_error = NULL;
    g_autofree char *summary = NULL, *reason = NULL;
    const InitramfsNetwork network = {plan->network_files, plan->nics, plan->nic_count,
                                      plan->network_moves};

    *ret_why = NULL;
    if (!fs_tree_read_file(plan->guest->tree, path, INITRAMFS_MAX, &image, error)) {
        g_prefix_error(error, "cannot read the initramfs '%s': ", path);
        return FALSE;
    }
    if (!initramfs_extend(image, plan->guest, kernel->version, modules, &network, &extended,
                          &summary, &local_error)) {
        *ret_why = g_strdup(local_error->message);
        return TRUE;
    }
    if (extended == NULL)
        return TRUE;
    reason = g_strdup_printf("kernel %s: %s", kernel->version, summary);
    return edits_write_file(plan->edits, path, extended, NULL, -1, reason, error);
}

static gboolean extend_initramfs(LinuxPlan *plan, const GuestKernel *kernel,
                                 const KernelModules *modules, GError **error)
{
    g_autofree char *why = NULL;

    if (!extend_image(plan, kernel, kernel->initramfs, modules, &why, error))
        return FALSE;
    if (why != NULL) {
        g_autofree char *subject = g_strdup_printf("'%s' (%s)", kernel->initramfs, why);

        /* Other kernels may be fine, and so may this one on a SATA disk. */
        findings_add(plan->findings, FINDING_LINUX_INITRAMFS_UNREADABLE, subject);
        if (kernel->is_default)
            plan->result.virtio_block = FALSE;
    }
    return TRUE;
}

/* What a crash kernel starts with to write the dump, made for the hardware that there was. kdumpctl
   and SUSE's kdump make the image when it is not there, Debian's kdump-tools do not. */
static const struct {
    const char *before, *after; /* of the kernel's version */
    gboolean is_made_again;
} crash_images[] = {
    {"/boot/initramfs-", "kdump.img", TRUE}, {"/var/lib/kdump/initramfs-", "kdump.img", TRUE},
    {"/boot/initrd-", "kdump.img", TRUE},    {"/boot/initrd-", "-kdump", TRUE},
    {"/var/lib/kdump/initrd-", "", TRUE},    {"/var/lib/kdump/initrd.img-", "", FALSE},
};

static gboolean plan_crash_images(LinuxPlan *plan, const GuestKernel *kernel,
                                  const KernelModules *modules, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(crash_images); i++) {
        g_autofree char *path =
            g_strconcat(crash_images[i].before, kernel->version, crash_images[i].after, NULL);
        g_autofree char *why = NULL;

        if (!fs_tree_is_file(plan->guest->tree, path))
            continue;
        if (!extend_image(plan, kernel, path, modules, &why, error))
            return FALSE;
        if (why == NULL)
            continue;
        if (!crash_images[i].is_made_again)
            findings_add(plan->findings, FINDING_LINUX_CRASH_IMAGE, path);
        else if (!edits_remove(plan->edits, path,
                               "kdump makes it anew, for the new hardware, when it is not there",
                               error))
            return FALSE;
    }
    return TRUE;
}

/* Such an image may be signed as a whole, so nothing is added to it. *ret_is_unified FALSE: it is
   none with an initramfs in it. */
static gboolean check_unified_image(LinuxPlan *plan, const GuestKernel *kernel,
                                    const KernelModules *modules, gboolean *ret_is_unified,
                                    GError **error)
{
    g_autoptr(GBytes) image = NULL, initramfs = NULL, extended = NULL;
    g_autoptr(GError) local_error = NULL;
    g_autofree char *summary = NULL;

    *ret_is_unified = FALSE;
    if (!g_str_has_suffix(kernel->image, ".efi") ||
        !fs_tree_is_file(plan->guest->tree, kernel->image))
        return TRUE;
    if (!fs_tree_read_file(plan->guest->tree, kernel->image, INITRAMFS_MAX, &image, error)) {
        g_prefix_error(error, "cannot read the kernel '%s': ", kernel->image);
        return FALSE;
    }
    initramfs = unified_image_initramfs(image);
    if (initramfs == NULL)
        return TRUE;
    *ret_is_unified = TRUE;
    if (initramfs_extend(initramfs, plan->guest, kernel->version, modules, NULL, &extended,
                         &summary, &local_error) &&
        extended == NULL)
        return TRUE;
    findings_add(plan->findings, FINDING_LINUX_UNIFIED_IMAGE, kernel->image);
    if (kernel->is_default)
        plan->result.virtio_block = FALSE;
    return TRUE;
}

static gboolean boot_is_built_in(const KernelModules *modules)
{
    return modules->state[DRIVER_VIRTIO_PCI] == DRIVER_BUILT_IN &&
           modules->state[DRIVER_VIRTIO_BLK] == DRIVER_BUILT_IN;
}

/* Kernels that only run as a paravirtual guest of Xen, or as its first domain, have a name of their
   own in Red Hat's and SUSE's packages: 2.6.18-398.el5xen, 3.0.101-63-xen. Later ones run anywhere.
 */
static gboolean is_for_xen(const GuestKernel *kernel)
{
    static const char *const endings[] = {"xen", "xenU", "xen0", "xenpae"};

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(kernel->version, endings[i]))
            return TRUE;
    return FALSE;
}

static gboolean plan_kernel(LinuxPlan *plan, const GuestKernel *kernel, GError **error)
{
    g_autoptr(KernelModules) modules = kernel_modules_read(plan->guest->tree, kernel, error);

    if (modules == NULL) {
        g_prefix_error(error, "kernel %s: ", kernel->version);
        return FALSE;
    }
    if (kernel->is_default) {
        plan->result.virtio_block = kernel_modules_can_boot(modules);
        plan->result.virtio_net = kernel_modules_have_network(modules);
    }
    if (is_for_xen(kernel)) {
        findings_add(plan->findings, FINDING_LINUX_KERNEL_FOR_XEN, kernel->version);
        if (kernel->is_default)
            plan->result = (LinuxResult){0};
        return TRUE;
    }
    if (kernel->modules_dir == NULL && !boot_is_built_in(modules)) {
        findings_add(plan->findings, FINDING_LINUX_KERNEL_WITHOUT_MODULES, kernel->version);
        return TRUE;
    }
    if (!kernel_modules_can_boot(modules)) {
        g_autofree char *subject = describe_missing(kernel, modules);

        findings_add(plan->findings, FINDING_LINUX_KERNEL_WITHOUT_VIRTIO, subject);
    }
    if (kernel->modules_dir != NULL && !plan_crash_images(plan, kernel, modules, error))
        return FALSE;
    if (kernel->initramfs != NULL)
        return kernel->modules_dir == NULL || extend_initramfs(plan, kernel, modules, error);

    gboolean is_unified;

    if (!check_unified_image(plan, kernel, modules, &is_unified, error))
        return FALSE;
    /* With a /usr of that kind the image has an initramfs in it that was made for all platforms. */
    if (!is_unified && !boot_is_built_in(modules) &&
        plan->guest->linux_facts.usr != USR_PARTITION) {
        findings_add(plan->findings, FINDING_LINUX_NO_INITRAMFS, kernel->version);
        if (kernel->is_default)
            plan->result.virtio_block = FALSE;
    }
    return TRUE;
}

gboolean kernels_plan(LinuxPlan *plan, GError **error)
{
    const GPtrArray *kernels = plan->guest->linux_facts.kernels;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    if (kernels == NULL || kernels->len == 0) {
        findings_add(plan->findings, FINDING_LINUX_NO_KERNEL,
                     plan->guest->product_name != NULL ? plan->guest->product_name : "the guest");
        return TRUE;
    }
    for (guint i = 0; i < kernels->len; i++) {
        const GuestKernel *kernel = kernels->pdata[i];

        /* Two kernels can share one image ("/boot/initrd"); it is extended for the first, which is
           the default. */
        if (kernel->initramfs != NULL && !g_hash_table_add(seen, kernel->initramfs))
            continue;
        if (!plan_kernel(plan, kernel, error))
            return FALSE;
    }
    return TRUE;
}
