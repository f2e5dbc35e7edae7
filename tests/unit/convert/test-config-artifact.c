/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines of artifact manifests. */
#include "config-result.h"

#include <string.h>

#include "base/error.h"

#define DIGEST "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

static ConfigResult read_text(const char *text)
{
    return config_result_read(&config_artifact_ops, text);
}

static void test_probe(void)
{
    static const struct {
        const char *head;
        gboolean is;
    } rows[] = {
        {"{\"manifest_version\":\"1.0\"", TRUE},
        {"\xef\xbb\xbf \n{ \"source\": {}, \"manifest_version\" : 1", TRUE},
        {"[\"manifest_version\"]", FALSE},
        {"{\"batch_version\":\"1.0\"}", FALSE},
        {"manifest_version: 1.0", FALSE},
        {"", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(config_artifact_ops.probe((const uint8_t *)rows[i].head,
                                                  strlen(rows[i].head), "x.json"),
                        ==, rows[i].is);
}

static void test_machine(void)
{
    g_auto(ConfigResult) result = read_text(
        "{\"manifest_version\":\"1.0\",\"source\":{\"vm_name\":\"web01\"},"
        "\"vm\":{\"cpu\":4,\"mem_gb\":1.5,\"firmware\":\"UEFI\",\"secureboot\":true,"
        "\"os_hint\":\"linux\"},\"disks\":["
        "{\"id\":\"b\",\"local_path\":\"data.raw\",\"boot_order_hint\":1},"
        "{\"id\":\"a\",\"local_path\":\"/in/os.vmdk\",\"boot_order_hint\":0,"
        "\"checksum\":\"sha256:" DIGEST "\"},{\"id\":\"lost\"}],"
        "\"nics\":[{\"mac\":\"00-50-56-AA-BB-CC\",\"network\":\"LAN\"},{\"mac\":\"nonsense\"}]}");
    const Machine *machine = config_result_machine(&result);
    const MachineDisk *first = machine->disks->pdata[0], *second = machine->disks->pdata[1];
    const MachineNic *nic = machine->nics->pdata[0], *other = machine->nics->pdata[1];
    g_autofree char *findings = config_result_describe_findings(&result);

    g_assert_cmpstr(machine->name, ==, "web01");
    g_assert_cmpuint(machine->cpus, ==, 4);
    g_assert_cmpuint(machine->memory_bytes, ==, (uint64_t)1536 << 20);
    g_assert_cmpint(machine->firmware, ==, FIRMWARE_UEFI);
    g_assert_true(machine->secure_boot);
    g_assert_cmpuint(machine->disks->len, ==, 2);
    g_assert_cmpstr(first->stored_name, ==, "/in/os.vmdk");
    g_assert_cmpuint(strlen(first->sha256), ==, 64);
    g_assert_true(g_str_has_prefix(first->sha256, "0123456789abcdef"));
    g_assert_cmpstr(second->stored_name, ==, "data.raw");
    g_assert_null(second->sha256);
    g_assert_cmpstr(nic->mac, ==, "00:50:56:aa:bb:cc");
    g_assert_cmpstr(nic->network, ==, "LAN");
    g_assert_null(other->mac);
    g_assert_cmpstr(findings, ==, "source-disk-without-file");
}

/* What is of the wrong kind or size counts as not said. */
static void test_odd(void)
{
    static const char *const texts[] = {
        "{\"manifest_version\":1}",
        "{\"manifest_version\":1,\"vm\":[],\"disks\":{},\"nics\":7,\"source\":\"x\"}",
        "{\"manifest_version\":1,\"vm\":{\"cpu\":-1,\"mem_gb\":1e300,\"firmware\":7,"
        "\"secureboot\":\"yes\"},\"disks\":[null,7],\"nics\":[null,[]]}",
        "{\"manifest_version\":1,\"vm\":{\"cpu\":99999999999999999999,\"mem_gb\":\"8\"}}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(ConfigResult) result = read_text(texts[i]);
        const Machine *machine = config_result_machine(&result);

        g_assert_cmpuint(machine->disks->len, ==, 0);
        g_assert_cmpuint(machine->cpus, ==, 0);
        g_assert_cmpuint(machine->memory_bytes, ==, 0);
        g_assert_false(machine->secure_boot);
    }
}

static void test_refused(void)
{
    g_autofree char *deep = g_strnfill(100000, '[');
    g_autofree char *nested = g_strdup_printf("{\"manifest_version\":%s", deep);
    const struct {
        const char *text;
        DrydockError code;
    } rows[] = {
        {"{\"manifest_version\":1", DRYDOCK_ERROR_CORRUPT},
        {"{\"manifest_version\":\"\xff\"}", DRYDOCK_ERROR_CORRUPT},
        {"[]", DRYDOCK_ERROR_CORRUPT},
        {nested, DRYDOCK_ERROR_CORRUPT},
        {"{\"disks\":[{\"local_path\":\"a\",\"checksum\":\"md5:00\"}]}", DRYDOCK_ERROR_UNSUPPORTED},
        {"{\"disks\":[{\"local_path\":\"a\",\"checksum\":\"sha256:xyz\"}]}",
         DRYDOCK_ERROR_UNSUPPORTED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ConfigResult) result = read_text(rows[i].text);

        g_assert_error(result.error, DRYDOCK_ERROR, (gint)rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/artifact/probe", test_probe);
    g_test_add_func("/convert/artifact/machine", test_machine);
    g_test_add_func("/convert/artifact/odd", test_odd);
    g_test_add_func("/convert/artifact/refused", test_refused);
    return g_test_run();
}
