/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyper2kvm's manifests: every key of its documentation, and what becomes of it. */
#include "migrate/batch/hyper2kvm.h"

#include <string.h>

#include "base/error.h"
#include "base/folder.h"

/* Every key there is, as its documentation has it. */
static const char full[] =
    "{\"manifest_version\":\"1.0\","
    "\"source\":{\"provider\":\"vsphere\",\"vm_id\":\"vm-42\",\"vm_name\":\"web 01\","
    "\"datacenter\":\"DC1\",\"export_timestamp\":\"2026-01-20T10:00:00Z\",\"export_method\":"
    "\"vddk\"},"
    "\"vm\":{\"cpu\":4,\"mem_gb\":8,\"firmware\":\"uefi\",\"secureboot\":false,"
    "\"os_hint\":\"linux\",\"os_version\":\"12\"},"
    "\"disks\":[{\"id\":\"disk-0\",\"source_format\":\"vmdk\",\"bytes\":42949672960,"
    "\"local_path\":\"/in/web01.vmdk\",\"checksum\":\"sha256:00\",\"boot_order_hint\":0,"
    "\"label\":\"os\",\"disk_type\":\"boot\"},{\"id\":\"disk-1\",\"source_format\":\"raw\","
    "\"bytes\":512,\"local_path\":\"data/b.raw\"}],"
    "\"nics\":[{\"id\":\"nic-0\",\"mac\":\"00:50:56:aa:bb:cc\",\"network\":\"VM Network\"},"
    "{\"id\":\"nic-1\",\"mac\":\"00:50:56:aa:bb:cd\",\"network\":\"DMZ\"}],"
    "\"notes\":[\"a note\"],"
    "\"warnings\":[{\"stage\":\"export\",\"message\":\"slow disk\",\"timestamp\":\"x\"}],"
    "\"metadata\":{\"hypersdk_version\":\"2.2.0\",\"job_id\":\"j1\",\"tags\":{\"env\":\"prod\"}},"
    "\"pipeline\":{\"inspect\":{\"enabled\":true,\"collect_guest_info\":true},"
    "\"fix\":{\"enabled\":true,\"backup\":true,\"update_grub\":true,\"regen_initramfs\":true,"
    "\"fstab_mode\":\"stabilize-all\",\"remove_vmware_tools\":true,\"print_fstab\":false},"
    "\"convert\":{\"enabled\":true,\"compress\":true,\"compress_level\":6},"
    "\"validate\":{\"enabled\":true,\"check_image_integrity\":true}},"
    "\"configuration\":{\"users\":{},\"services\":{},\"hostname\":{},\"network\":{}},"
    "\"output\":{\"directory\":\"/out\",\"format\":\"qcow2\"},"
    "\"options\":{\"dry_run\":false,\"verbose\":1,\"report\":true},"
    "\"network_mapping\":{\"source_networks\":{\"VM Network\":\"br0\",\"DMZ\":\"outside\"},"
    "\"mac_address_policy\":\"custom\",\"mac_address_overrides\":{\"nic-1\":\"52:54:00:00:00:01\"}}"
    ","
    "\"storage_mapping\":{\"default_pool\":\"/pool\",\"disk_mappings\":{\"disk-1\":\"/pool2\"}},"
    "\"profile\":\"production\","
    "\"profile_overrides\":{\"pipeline\":{\"convert\":{\"compress\":false}}},"
    "\"custom_profile_path\":\"/etc/x\","
    "\"hooks\":{\"pre_fix\":[{\"type\":\"script\",\"path\":\"/x.sh\",\"args\":[\"{{ vm_name }}\"],"
    "\"env\":{},\"working_directory\":\"/\",\"timeout\":300,\"continue_on_error\":false}],"
    "\"post_convert\":[{\"type\":\"http\",\"url\":\"https://x/\",\"method\":\"POST\","
    "\"headers\":{},\"body\":{}}]}}";

static BatchManifest *parse(const char *text, GError **error)
{
    g_autoptr(Document) document = document_parse("m.json", text, strlen(text), error);

    if (!document)
        return NULL;
    g_assert_true(hyper2kvm_is(document));
    return hyper2kvm_parse("/m/web.json", document, error);
}

/* "code", or "code:SUBJECT" for the keys, in order of their appearance. */
static char *describe(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = findings->pdata[i];
        const char *subject = strstr(finding->sentence, ": ");
        const char *code = finding_code_name(finding->code);

        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", code);
        if (g_str_has_prefix(code, "manifest-key-") && subject)
            g_string_append_printf(text, ":%s", subject + 2);
    }
    return g_string_free(text, FALSE);
}

static void test_every_key(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchManifest) manifest = parse(full, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(manifest->kind, ==, "hyper2kvm-artifact");
    g_assert_cmpuint(manifest->machines->len, ==, 1);
    const BatchMachine *machine = manifest->machines->pdata[0];
    const BatchSettings *settings = &machine->settings;
    g_assert_cmpstr(machine->id, ==, "web-01");
    g_assert_cmpstr(machine->sources[0], ==, "/m/web.json");
    g_assert_null(machine->sources[1]);
    g_assert_true(machine->enabled);
    g_assert_cmpuint(settings->cpus, ==, 4);
    g_assert_cmpuint(settings->memory_bytes, ==, (uint64_t)8 << 30);
    g_assert_cmpint(settings->firmware, ==, FIRMWARE_UEFI);
    g_assert_cmpstr(settings->output, ==, "/out");
    g_assert_cmpstr(settings->format, ==, "qcow2");
    g_assert_cmpstr(settings->compress, ==, "zstd"); /* the manifest itself wins over its profile */
    g_assert_cmpstr(settings->network_map[0], ==, "VM Network=bridge:br0");
    g_assert_cmpstr(settings->network_map[1], ==, "DMZ=outside");
    g_assert_cmpstr(settings->macs[0], ==, "1=52:54:00:00:00:01");
    g_assert_null(settings->macs[1]);
    g_assert_cmpstr(settings->allow_paths[0], ==, "/in");
    g_assert_cmpstr(settings->allow_paths[1], ==, "/m/data");
    g_assert_cmpstr(settings->edits[0], ==, "--remove-tools");
    g_assert_cmpuint(machine->hooks->len, ==, 2);
    const BatchHook *script = machine->hooks->pdata[0], *request = machine->hooks->pdata[1];
    g_assert_cmpint(script->point, ==, BATCH_HOOK_BEFORE);
    g_assert_cmpstr(script->stage, ==, "pre_fix");
    g_assert_cmpint(request->point, ==, BATCH_HOOK_AFTER);
    g_assert_cmpint(request->type, ==, BATCH_HOOK_HTTP);
    g_autofree char *findings = describe(machine->findings);
    g_assert_cmpstr(findings, ==,
                    "manifest-key-unneeded:source.provider = vsphere\n"
                    "manifest-key-unneeded:source.datacenter = DC1\n"
                    "manifest-key-unneeded:source.export_timestamp = 2026-01-20T10:00:00Z\n"
                    "manifest-key-unneeded:source.export_method = vddk\n"
                    "manifest-key-unneeded:vm.os_hint = linux\n"
                    "manifest-key-unneeded:vm.os_version = 12\n"
                    "manifest-key-unneeded:disks[].label = os\n"
                    "manifest-key-unneeded:notes\n"
                    "manifest-key-unneeded:metadata\n"
                    "manifest-key-ignored:pipeline.convert.compress_level = 6\n"
                    "manifest-key-ignored:pipeline.validate.check_image_integrity = true\n"
                    "manifest-key-unneeded:options.verbose = 1\n"
                    "manifest-key-ignored:storage_mapping.disk_mappings\n"
                    "manifest-key-ignored:custom_profile_path = /etc/x\n"
                    "manifest-profile\n"
                    "manifest-export-warning\n"
                    "manifest-bridge\n"
                    "manifest-key-ignored:storage_mapping.default_pool = /pool\n"
                    "manifest-hook-moved");
}

static void test_values(void)
{
    static const struct {
        const char *keys;     /* beside manifest_version */
        const char *findings; /* NULL: refused */
    } rows[] = {
        {"", ""},
        {"\"vm\":{\"cpu\":0}", NULL},
        {"\"vm\":{\"mem_gb\":0.5}", ""},
        {"\"vm\":{\"mem_gb\":\"nan\"}", NULL},
        {"\"vm\":{\"firmware\":\"unknown\"}", ""},
        {"\"vm\":{\"firmware\":\"coreboot\"}", NULL},
        {"\"vmm\":{\"cpu\":1}", "manifest-key-unknown:vmm"},
        {"\"vm\":{\"cpus\":1}", "manifest-key-unknown:vm.cpus (perhaps vm.cpu) = 1"},
        {"\"vm\":7", "manifest-key-unknown:vm = 7"},
        {"\"disks\":[{\"id\":\"a\",\"uuid\":\"b\"}]",
         "manifest-key-unknown:disks[].uuid (perhaps disks[].id) = b"},
        {"\"disks\":{}", ""},
        {"\"output\":{\"format\":\"vdi\"}", "manifest-key-ignored:output.format = vdi"},
        {"\"output\":{\"format\":\"raw\"},\"pipeline\":{\"convert\":{\"compress\":true}}",
         "manifest-key-ignored:compression of raw images, which have none"},
        {"\"pipeline\":{\"fix\":{\"enabled\":false}}",
         "manifest-key-ignored:pipeline.fix.enabled = false"},
        {"\"pipeline\":{\"fix\":{\"fstab_mode\":\"noop\"}}",
         "manifest-key-ignored:pipeline.fix.fstab_mode = noop"},
        {"\"pipeline\":{\"fix\":{\"remove_vmware_tools\":true}}",
         "manifest-key-unneeded:pipeline.fix.remove_vmware_tools = true"},
        {"\"options\":{\"dry_run\":true}", "manifest-dry-run"},
        {"\"configuration\":{\"users\":{\"a\":1}}", "manifest-key-ignored:configuration.users"},
        {"\"network_mapping\":{\"mac_address_policy\":\"regenerate\"}", ""},
        {"\"network_mapping\":{\"mac_address_policy\":\"random\"}", NULL},
        {"\"network_mapping\":{\"source_networks\":[1]}", NULL},
        {"\"network_mapping\":{\"mac_address_overrides\":{\"nic-9\":\"52:54:00:00:00:01\"}}",
         "manifest-key-ignored:network_mapping.mac_address_overrides.nic-9 = 52:54:00:00:00:01"},
        {"\"storage_mapping\":{\"default_pool\":\"/pool\",\"format_override\":\"raw\"}", ""},
        {"\"profile\":\"archive\"", "manifest-profile"},
        {"\"warnings\":{}", NULL},
        {"\"hooks\":[]", NULL},
        {"\"hooks\":{\"pre_everything\":[]}", "manifest-key-unknown:hooks"},
        {"\"hooks\":{\"post_validate\":[{\"type\":\"python\",\"module\":\"m\"}]}", NULL},
        {"\"source\":null,\"vm\":null,\"disks\":null,\"hooks\":null,\"warnings\":null", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("{\"manifest_version\":\"1.0\"%s%s}",
                                                *rows[i].keys ? "," : "", rows[i].keys);
        g_autoptr(GError) error = NULL;
        g_autoptr(BatchManifest) manifest = parse(text, &error);

        g_test_message("%s", rows[i].keys);
        if (!rows[i].findings) {
            g_assert_null(manifest);
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
            g_assert_true(g_str_has_prefix(error->message, "m.json:1:"));
            continue;
        }
        g_assert_no_error(error);
        const BatchMachine *machine = manifest->machines->pdata[0];
        g_autofree char *findings = describe(machine->findings);
        g_assert_cmpstr(findings, ==, rows[i].findings);
        g_assert_cmpint(machine->enabled, ==, g_strcmp0(findings, "manifest-dry-run") != 0);
    }
}

static void test_batch(void)
{
    static const char batch[] =
        "{\"batch_version\":\"1.0\",\"batch_metadata\":{\"batch_id\":\"b1\",\"parallel_limit\":3,"
        "\"continue_on_error\":false},\"shared_config\":{\"output_directory\":\"/out\","
        "\"profile\":\"production\",\"odd\":1},\"vms\":["
        "{\"manifest\":\"web.json\",\"id\":\"w\",\"priority\":10,\"enabled\":true,"
        "\"overrides\":{\"vm\":{\"cpu\":2,\"secureboot\":true}}},"
        "{\"manifest\":\"web.json\",\"enabled\":false,\"colour\":\"red\"}]}";
    g_autofree char *folder = g_dir_make_tmp("hyper2kvm-XXXXXX", NULL);
    g_autofree char *web = g_build_filename(folder, "web.json", NULL);
    g_autofree char *path = g_build_filename(folder, "batch.json", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(
        web, "{\"manifest_version\":1,\"source\":{\"vm_name\":\"web01\"},\"vm\":{\"cpu\":4}}", -1,
        NULL));
    g_assert_true(g_file_set_contents(path, batch, -1, NULL));
    g_autoptr(BatchManifest) manifest = batch_manifest_read(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(manifest->jobs, ==, 3);
    g_assert_true(manifest->stop_on_error);
    g_assert_cmpuint(manifest->machines->len, ==, 2);
    const BatchMachine *first = manifest->machines->pdata[0],
                       *second = manifest->machines->pdata[1];
    g_assert_cmpstr(first->id, ==, "w");
    g_assert_cmpint(first->priority, ==, 10);
    g_assert_cmpuint(first->settings.cpus, ==, 2);
    g_assert_cmpstr(first->settings.output, ==, "/out");
    g_assert_cmpstr(first->sources[0], ==, web);
    g_assert_cmpstr(second->id, ==, "web01");
    g_assert_false(second->enabled);
    g_assert_cmpuint(second->settings.cpus, ==, 4);
    g_autofree char *findings = describe(first->findings);
    g_assert_cmpstr(findings, ==,
                    "manifest-key-unknown:shared_config.odd = 1\nmanifest-profile\n"
                    "manifest-key-ignored:overrides.vm.secureboot = true");
    g_autofree char *others = describe(second->findings);
    g_assert_nonnull(strstr(others, "manifest-key-unknown:colour"));
    g_autofree char *own = describe(manifest->findings);
    g_assert_cmpstr(own, ==, "manifest-key-unneeded:batch_metadata.batch_id");
    folder_remove(folder);
}

static void test_refused(void)
{
    static const struct {
        const char *text, *message, *hint;
    } rows[] = {
        {"{\"manifest_version\":\"2.0\"}", "'manifest_version' is 2.0", "1.x"},
        {"{\"batch_version\":\"9\",\"vms\":[]}", "'batch_version' is 9", "1.x"},
        {"{\"batch_version\":\"1.0\"}", "no list 'vms'", NULL},
        {"{\"batch_version\":\"1.0\",\"vms\":[1]}", "has no 'manifest'", NULL},
        {"{\"batch_version\":\"1.0\",\"vms\":[{\"manifest\":\"/nowhere/x\"}]}", "nowhere", NULL},
        {"{\"batch_version\":\"1.0\",\"batch_metadata\":7,\"vms\":[]}", "has to be a map", NULL},
        {"vms:\n - {vmdk: a.vmdk, to_output: a.qcow2}\n", "older, flat keys", "machines:"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(parse(rows[i].text, &error));
        if (!strstr(error->message, rows[i].message))
            g_error("row %zu: %s", i, error->message);
        g_assert_true(!rows[i].hint || strstr(drydock_error_get_hint(error), rows[i].hint));
    }
    g_autoptr(Document) ours = document_parse("m.yaml", "machines: []\n", 13, NULL);
    g_assert_false(hyper2kvm_is(ours));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch/hyper2kvm/every-key", test_every_key);
    g_test_add_func("/batch/hyper2kvm/values", test_values);
    g_test_add_func("/batch/hyper2kvm/batch", test_batch);
    g_test_add_func("/batch/hyper2kvm/refused", test_refused);
    return g_test_run();
}
