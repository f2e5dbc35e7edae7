/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles against guests: golden files, what is overruled, and every value there is under
   libvirt's schema. UPDATE_GOLDEN=1 rewrites the files. */
#include "domain/target.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/finding.h"
#include "domain-schema.h"
#include "profiles/profile.h"
#include "profiles/target_keys.h"

#define TEXT(text) ((char *)(guintptr)(text))

typedef enum {
    LINUX_BIOS,
    LINUX_UEFI,
    ARM,
    WINDOWS_XP,
    WINDOWS_7_UEFI,
    WINDOWS_11,
    GUEST_COUNT,
} GuestRow;

static const struct {
    Firmware firmware;
    GuestKind kind;
    const char *architecture;
    const char *facts[4]; /* its profile of operating systems is found by */
} guest_rows[GUEST_COUNT] = {
    [LINUX_BIOS] = {FIRMWARE_BIOS, GUEST_LINUX, "x86_64", {"id:debian", "version:12"}},
    [LINUX_UEFI] = {FIRMWARE_UEFI, GUEST_LINUX, "x86_64", {"id:debian", "version:12"}},
    [ARM] = {FIRMWARE_UEFI, GUEST_LINUX, "aarch64", {"id:debian", "version:12"}},
    [WINDOWS_XP] = {FIRMWARE_BIOS, GUEST_WINDOWS, "i686", {"windows:5.1", "type:client"}},
    [WINDOWS_7_UEFI] = {FIRMWARE_UEFI, GUEST_WINDOWS, "x86_64", {"windows:6.1", "type:client"}},
    [WINDOWS_11] = {FIRMWARE_UEFI,
                    GUEST_WINDOWS,
                    "x86_64",
                    {"windows:10.0", "build:22631", "type:client"}},
};

static char *format(const TargetProfile *target, GuestRow row, DomainBus bus, GPtrArray *findings)
{
    static const char *const paths[] = {"/images/a.qcow2", "/images/b.qcow2", NULL};
    const gboolean is_windows = guest_rows[row].kind == GUEST_WINDOWS;
    g_autoptr(Profiles) profiles = profiles_load(NULL, NULL);
    g_autoptr(Machine) machine = machine_new("vmx");
    Guest guest = {
        .kind = guest_rows[row].kind,
        .architecture = TEXT(guest_rows[row].architecture),
        .profile_section = profiles_match(profiles, guest_rows[row].facts),
        .windows_facts = {.build = row == WINDOWS_11 ? 22631 : 0, .product_type = TEXT("WinNT")}};
    DomainOptions options = {.disk_bus = bus,
                             .nic_model = is_windows ? "e1000" : "virtio",
                             .disk_paths = paths,
                             .target = target,
                             .findings = findings};
    g_autoptr(GError) error = NULL;
    char *xml = NULL;

    machine->name = g_strdup("web01");
    machine->title = g_strdup("The Web");
    machine->annotation = g_strdup("A remark");
    machine->serial = g_strdup("VMware-1");
    machine->genid = g_strdup("11112222-3333-4444-5555-666677778888");
    machine->firmware = guest_rows[row].firmware;
    machine->cpus = 4;
    machine->cores_per_socket = 2;
    machine->memory_bytes = (uint64_t)2 << 30;
    machine_add_disk(machine)->sector_size = 512;
    machine_add_disk(machine)->sector_size = 512;
    machine_add_nic(machine)->mac = g_strdup("00:50:56:00:00:0a");
    g_assert_true(domain_format(machine, &guest, &options, &xml, &error));
    g_assert_no_error(error);
    return xml;
}

static TargetProfiles *load_site(void)
{
    g_autofree char *directory = g_build_filename(DRYDOCK_SOURCE_DIR, "tests/unit/domain", NULL);
    g_autoptr(GError) error = NULL;
    TargetProfiles *profiles = target_profiles_load(directory, &error);

    g_assert_no_error(error);
    return profiles;
}

/* "key" of each finding that overrules, or the code of another one. */
static char *list_findings(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = findings->pdata[i];
        const char *key = strstr(finding->sentence, "says: ");
        g_autofree char *word = finding->code == FINDING_DOMAIN_PROFILE_OVERRULED && key
                                    ? g_strndup(key + 6, strcspn(key + 6, " "))
                                    : g_strdup(finding_code_name(finding->code));

        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", word);
    }
    return g_string_free(text, FALSE);
}

static void compare_golden(const char *name, const char *xml)
{
    g_autofree char *path = g_build_filename(DRYDOCK_SOURCE_DIR, "tests/golden/domain", name, NULL);
    g_autofree char *golden = NULL;
    g_autoptr(GError) error = NULL;

    if (g_strcmp0(g_getenv("UPDATE_GOLDEN"), "1") == 0)
        g_assert_true(g_file_set_contents(path, xml, -1, NULL));
    g_assert_true(g_file_get_contents(path, &golden, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(xml, ==, golden);
}

static void test_golden(void)
{
    static const struct {
        const char *profile;
        GuestRow guest;
        DomainBus bus;
        const char *file;     /* NULL: its findings only */
        const char *findings; /* see list_findings() */
    } rows[] = {
        {"server", LINUX_UEFI, DOMAIN_BUS_VIRTIO, "target-server.xml", ""},
        {"headless", LINUX_BIOS, DOMAIN_BUS_VIRTIO, "target-headless.xml", ""},
        {"performance", LINUX_UEFI, DOMAIN_BUS_SCSI, "target-performance.xml", ""},
        {"desktop", WINDOWS_11, DOMAIN_BUS_SATA, "target-desktop.xml", ""},
        {"minimal", LINUX_UEFI, DOMAIN_BUS_VIRTIO, "target-minimal.xml", ""},
        {"legacy", WINDOWS_XP, DOMAIN_BUS_IDE, "target-legacy.xml", ""},
        {"everything", LINUX_UEFI, DOMAIN_BUS_VIRTIO, "target-everything.xml",
         "domain-secure-boot-added"},
        {"software", LINUX_BIOS, DOMAIN_BUS_VIRTIO, "target-software.xml", ""},
        /* The guest's needs win. */
        {"legacy", LINUX_UEFI, DOMAIN_BUS_IDE, NULL, "machine"},
        {"legacy", ARM, DOMAIN_BUS_IDE, NULL, "machine video"},
        {"headless", WINDOWS_XP, DOMAIN_BUS_IDE, NULL, "video"},
        {"headless", WINDOWS_7_UEFI, DOMAIN_BUS_SATA, NULL, "video"},
        {"headless", WINDOWS_11, DOMAIN_BUS_SATA, NULL, ""},
        {"everything", WINDOWS_XP, DOMAIN_BUS_IDE, NULL, "machine secure-boot ovmf-code hyperv"},
        {"everything", LINUX_BIOS, DOMAIN_BUS_VIRTIO, NULL, "secure-boot ovmf-code"},
        {"everything", LINUX_BIOS, DOMAIN_BUS_IDE, NULL, "machine secure-boot ovmf-code"},
        {"everything", ARM, DOMAIN_BUS_VIRTIO, "target-everything-arm.xml",
         "machine secure-boot hyperv video panic watchdog"},
    };
    g_autoptr(TargetProfiles) profiles = load_site();

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) findings = findings_new();
        const TargetProfile *target = target_profiles_find(profiles, rows[i].profile, NULL);
        g_autofree char *xml = NULL;
        g_autofree char *text = NULL;

        g_assert_nonnull(target);
        xml = format(target, rows[i].guest, rows[i].bus, findings);
        domain_schema_check(xml);
        text = list_findings(findings);
        g_assert_cmpstr(text, ==, rows[i].findings);
        if (rows[i].file)
            compare_golden(rows[i].file, xml);
    }
}

/* A profile that says nothing is none. */
static void test_default(void)
{
    g_autoptr(TargetProfiles) profiles = target_profiles_load(NULL, NULL);
    const TargetProfile *target = target_profiles_find(profiles, NULL, NULL);

    for (GuestRow row = 0; row < GUEST_COUNT; row++) {
        g_autofree char *with = format(target, row, DOMAIN_BUS_VIRTIO, NULL);
        g_autofree char *without = format(NULL, row, DOMAIN_BUS_VIRTIO, NULL);

        g_assert_cmpstr(with, ==, without);
    }
}

/* In a profile of its own, with what it needs beside it. */
static TargetProfiles *load_value(const char *site, TargetKey key, const char *value)
{
    g_autofree char *file = g_build_filename(site, "target", "x.ini", NULL);
    g_autofree char *text = g_strdup_printf(
        "[x]\n%s\n%s\n%s\n%s = %s\n", key == TARGET_DISK_IO ? "disk-cache = none" : "",
        key == TARGET_TPM_VERSION ? "tpm = tis" : "",
        key == TARGET_OVMF_CODE || key == TARGET_OVMF_VARS ? "ovmf-code = /x\novmf-vars = /x" : "",
        target_key_name(key), value);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    TargetProfiles *profiles = target_profiles_load(site, &error);
    g_assert_no_error(error);
    return profiles;
}

static void test_every_value(void)
{
    g_autofree char *site = g_dir_make_tmp("target-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(site, "target", NULL);
    g_autofree char *file = g_build_filename(folder, "x.ini", NULL);
    guint count = 0;

    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    for (TargetKey key = 0; key < TARGET_KEY_COUNT; key++)
        for (guint i = 0; target_key_rows[key].words[i]; i++) {
            const char *word = target_key_rows[key].words[i];
            const gboolean is_path = target_key_rows[key].kind == TARGET_VALUE_PATH;
            g_autoptr(TargetProfiles) profiles = load_value(site, key, is_path ? "/y" : word);
            const TargetProfile *target = target_profiles_find(profiles, "x", NULL);

            for (GuestRow row = 0; row < GUEST_COUNT; row++) {
                g_autofree char *xml = format(target, row, DOMAIN_BUS_VIRTIO, NULL);

                domain_schema_check(xml);
                count++;
            }
        }
    g_test_message("%u domains", count);
    g_assert_cmpuint(count, >, 600);
    g_assert_cmpint(g_remove(file), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_cmpint(g_rmdir(site), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/target/golden", test_golden);
    g_test_add_func("/domain/target/default", test_default);
    g_test_add_func("/domain/target/every-value", test_every_value);
    return g_test_run();
}
