/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a manifest to the command line of convert. */
#include "migrate/batch/manifest.h"

#include <string.h>

#include "base/error.h"
#include "migrate/batch/arguments.h"
#include "migrate/batch/settings.h"

static BatchManifest *read_text(const char *text, GError **error)
{
    g_autoptr(Document) document = document_parse("/site/fleet.yaml", text, strlen(text), error);
    return document ? batch_manifest_parse("/site/fleet.yaml", document, error) : NULL;
}

static char *command_of(const BatchManifest *manifest, guint index)
{
    g_auto(GStrv) arguments = batch_arguments(g_ptr_array_index(manifest->machines, index));
    return g_strjoinv(" ", arguments);
}

/* Every key with a value that convert is told of. */
static void test_all_keys(void)
{
    static const struct {
        const char *entry, *option;
    } rows[] = {
        {"name: n", "--name=n"},
        {"output: o", "--output-directory=/site/o"},
        {"profile: p", "--target-profile=p"},
        {"profile_dir: ../p", "--profile-dir=/p"},
        {"network: 'bridge:br0'", "--network=bridge:br0"},
        {"network_map: {VM Network: lan}", "--network-map=VM Network=lan"},
        {"network_map: [a=b, c=d]", "--network-map=a=b --network-map=c=d"},
        {"mac: {0: '52:54:00:00:00:01'}", "--mac=0=52:54:00:00:00:01"},
        {"ip: {0: 192.0.2.1/24}", "--ip=0=192.0.2.1/24"},
        {"regenerate_macs: true", "--regenerate-macs"},
        {"firmware: UEFI", "--firmware=uefi"},
        {"cpus: 3", "--cpus=3"},
        {"memory: 2G", "--memory=2097152K"},
        {"disk_bus: scsi", "--disk-bus=scsi"},
        {"root: sda2", "--root=sda2"},
        {"fs_backend: none", "--fs-backend=none"},
        {"allow_path: [/t, u]", "--allow-path=/t --allow-path=/site/u"},
        {"skip_checksums: yes", "--skip-checksums"},
        {"key: 'all:file:k'", "--key=all:file:k"},
        {"virtio_win: v.iso", "--virtio-win=/site/v.iso"},
        {"driver: d", "--driver=/site/d"},
        {"no_firstboot_service: true", "--no-firstboot-service"},
        {"winre: true", "--winre"},
        {"discard_hibernation: true", "--discard-hibernation"},
        {"firstboot: a.sh", "--firstboot=/site/a.sh"},
        {"edits: {write: '/a:b', delete: [/c, /d]}", "--write=/a:b --delete=/c --delete=/d"},
        {"edits: [{delete: /c}, {write: '/c:x', install_agent: true}]",
         "--delete=/c --write=/c:x --install-agent"},
        {"edits: {password: 'root:env:P', serial_console: false}", "--password=root:env:P"},
        {"format: raw", "--format=raw"},
        {"compress: zlib", "--compress=zlib"},
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("machines: [{source: s, %s}]", rows[i].entry);
        g_autofree char *expected = g_strdup_printf("convert %s -- /site/s", rows[i].option);
        g_autoptr(GError) error = NULL;
        g_autoptr(BatchManifest) manifest = read_text(text, &error);
        g_assert_no_error(error);
        g_autofree char *command = command_of(manifest, 0);
        g_assert_cmpstr(command, ==, expected);
        g_hash_table_add(seen, g_strndup(rows[i].entry, strcspn(rows[i].entry, ":")));
    }
    for (const Setting *setting = batch_settings_table(); setting->key; setting++)
        g_assert_true(g_hash_table_contains(seen, setting->key));
}

static void test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchManifest) manifest =
        read_text("jobs: 3\nstop_on_error: on\n"
                  "defaults: {output: o, cpus: 2, driver: [a, b], priority: 5, winre: true,\n"
                  "           hooks: {after: {path: h}}}\n"
                  "machines:\n"
                  "- {source: a}\n"
                  "- {source: b, cpus: null, driver: c, priority: -1, winre: false, enabled: "
                  "false, hooks: {}}\n",
                  &error);
    g_assert_no_error(error);
    g_assert_cmpuint(manifest->jobs, ==, 3);
    g_assert_true(manifest->stop_on_error);
    g_autofree char *one = command_of(manifest, 0);
    g_autofree char *other = command_of(manifest, 1);
    g_assert_cmpstr(one, ==,
                    "convert --output-directory=/site/o --cpus=2 --driver=/site/a --driver=/site/b "
                    "--winre -- /site/a");
    g_assert_cmpstr(other, ==, "convert --output-directory=/site/o --driver=/site/c -- /site/b");
    const BatchMachine *first = g_ptr_array_index(manifest->machines, 0);
    const BatchMachine *second = g_ptr_array_index(manifest->machines, 1);
    g_assert_cmpint(first->priority, ==, 5);
    g_assert_cmpint(second->priority, ==, -1);
    g_assert_true(first->enabled);
    g_assert_false(second->enabled);
    g_assert_cmpuint(first->hooks->len, ==, 1);
    g_assert_cmpuint(second->hooks->len, ==, 0);
    const BatchHook *hook = g_ptr_array_index(first->hooks, 0);
    g_assert_cmpstr(hook->path, ==, "/site/h");
    g_assert_cmpint(hook->point, ==, BATCH_HOOK_AFTER);
    g_assert_cmpuint(second->place.line, ==, 7);
}

static void test_ids(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchManifest) manifest = read_text(
        "machines: [{source: x/web 1.vmdk}, {source: y/web 1.vhdx}, {source: z, name: n},\n"
        " {source: [d.vmdk, 'nbd://h/e'], id: d}, {source: 'nbd://h/e2'}]",
        &error);
    static const char *const ids[] = {"web_1", "y-web_1", "n", "d", "e2"};
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        const BatchMachine *machine = g_ptr_array_index(manifest->machines, i);
        g_assert_cmpstr(machine->id, ==, ids[i]);
        g_assert_true(batch_manifest_find(manifest, ids[i]) == machine);
    }
    g_autofree char *command = command_of(manifest, 3);
    g_assert_cmpstr(command, ==, "convert -- /site/d.vmdk nbd://h/e");
}

static void test_digest(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchManifest) manifest =
        read_text("machines: [{id: a, source: s}, {id: b, source: s, priority: 7, hooks: {}},\n"
                  " {id: c, source: s, cpus: 1}, {id: d, source: [s, t]}, {id: e, source: 'st'}]",
                  &error);
    g_assert_no_error(error);
    g_auto(GStrv) digests = g_new0(char *, 6);
    for (guint i = 0; i < 5; i++)
        digests[i] = batch_arguments_digest(g_ptr_array_index(manifest->machines, i));
    /* Order and hooks change nothing of what is made. */
    g_assert_cmpstr(digests[0], ==, digests[1]);
    for (guint i = 2; i < 5; i++)
        for (guint j = 1; j < i; j++)
            g_assert_cmpstr(digests[i], !=, digests[j]);
}

static void test_environment(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("KEY_A", "a", TRUE);
    g_setenv("KEY_B", "b", TRUE);
    g_setenv("OTHER", "o", TRUE);
    g_autoptr(BatchManifest) manifest =
        read_text("machines: [{id: a, source: s, key: 'all:env:KEY_A'},\n"
                  " {id: b, source: s, edits: {password: 'root:env:KEY_B'}}]",
                  &error);
    g_assert_no_error(error);
    g_auto(GStrv) one = batch_environment(manifest, g_ptr_array_index(manifest->machines, 0));
    g_auto(GStrv) other = batch_environment(manifest, g_ptr_array_index(manifest->machines, 1));
    g_assert_cmpstr(g_environ_getenv(one, "KEY_A"), ==, "a");
    g_assert_null(g_environ_getenv(one, "KEY_B"));
    g_assert_cmpstr(g_environ_getenv(one, "OTHER"), ==, "o");
    g_assert_null(g_environ_getenv(other, "KEY_A"));
    g_assert_cmpstr(g_environ_getenv(other, "KEY_B"), ==, "b");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch-manifest/all-keys", test_all_keys);
    g_test_add_func("/batch-manifest/defaults", test_defaults);
    g_test_add_func("/batch-manifest/ids", test_ids);
    g_test_add_func("/batch-manifest/digest", test_digest);
    g_test_add_func("/batch-manifest/environment", test_environment);
    return g_test_run();
}
