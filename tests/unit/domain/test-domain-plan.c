/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choices by machine and guest: processors, memory, clock, TPM, identity. */
#include "domain/plan.h"

#include <string.h>

#include "base/finding.h"

#define TEXT(text) ((char *)(guintptr)(text))
#define GIB ((uint64_t)1024 * 1024 * 1024)
#define UUID_A "564d1234-5678-9abc-def0-123456789abc"
#define UUID_B "11112222-3333-4444-5555-666677778888"
#define NIL "00000000-0000-0000-0000-000000000000"

typedef enum {
    NO_GUEST,
    LINUX,
    ARM,
    WINDOWS_10,
    WINDOWS_11,
    WINDOWS_UTC,    /* RealTimeIsUniversal */
    WINDOWS_NO_BIAS /* its bias makes no sense */
} GuestRow;

static Guest make_guest(GuestRow row)
{
    Guest guest = {.kind = row >= WINDOWS_10 ? GUEST_WINDOWS : GUEST_LINUX,
                   .architecture = TEXT(row == ARM ? "aarch64" : "x86_64")};

    guest.windows_facts.major = 10;
    guest.windows_facts.build = row == WINDOWS_11 ? 22631 : 19045;
    guest.windows_facts.product_type = TEXT("WinNT");
    guest.windows_facts.active_bias_minutes = row == WINDOWS_NO_BIAS ? G_MININT32 : -60;
    guest.windows_facts.rtc_is_utc = row == WINDOWS_UTC;
    guest.windows_facts.hardware_uuid = TEXT(UUID_B);
    return guest;
}

/* Fills in what every machine has. findings may be NULL. */
static void make_plan(Machine *machine, GuestRow row, GPtrArray *findings, DomainPlan *ret_plan)
{
    static Guest guest; /* the plan borrows it */
    static DomainOptions options;
    g_autoptr(GError) error = NULL;
    gboolean ok = FALSE;

    guest = make_guest(row);
    options = (DomainOptions){.findings = findings};
    g_free(machine->name);
    machine->name = g_strdup("name");
    ok = domain_plan_make(machine, row == NO_GUEST ? NULL : &guest, &options, ret_plan, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void test_cpus(void)
{
    static const struct {
        GuestRow guest;
        guint cpus, cores_per_socket, threads;
        const char *expected; /* all: sockets × cores × threads */
        gboolean finding;
    } rows[] = {
        {LINUX, 0, 0, 0, "2: 1 2 1", FALSE},
        {LINUX, 8, 0, 0, "8: 1 8 1", FALSE},
        {LINUX, 8, 1, 0, "8: 8 1 1", FALSE},
        {LINUX, 8, 4, 0, "8: 2 4 1", FALSE},
        {LINUX, 8, 2, 2, "8: 2 2 2", FALSE},
        {LINUX, 8, 0, 2, "8: 1 4 2", FALSE},
        {LINUX, 8, 8, 1, "8: 1 8 1", FALSE},
        {LINUX, 8, 16, 0, "8: 1 8 1", FALSE}, /* more cores than there are */
        {LINUX, 6, 4, 0, "6: 1 6 1", FALSE},
        {LINUX, 7, 0, 2, "7: 1 7 1", FALSE},
        {LINUX, 8, G_MAXUINT, G_MAXUINT, "8: 1 8 1", FALSE},
        {LINUX, 1, 65536, 65536, "1: 1 1 1", FALSE}, /* their product has 33 bits */
        {NO_GUEST, 255, 0, 0, "255: 1 255 1", FALSE},
        {LINUX, 256, 8, 0, "255: 1 255 1", TRUE},
        {WINDOWS_10, G_MAXUINT, 0, 0, "255: 1 255 1", TRUE},
        {ARM, 300, 0, 0, "300: 1 300 1", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = machine_new("vmx");
        g_autoptr(GPtrArray) findings = findings_new();
        g_auto(DomainPlan) plan = {0};
        g_autofree char *text = NULL;

        machine->cpus = rows[i].cpus;
        machine->cores_per_socket = rows[i].cores_per_socket;
        machine->threads = rows[i].threads;
        make_plan(machine, rows[i].guest, findings, &plan);
        text = g_strdup_printf("%u: %u %u %u", plan.cpus, plan.sockets, plan.cores, plan.threads);
        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_cmpuint(findings->len, ==, rows[i].finding ? 1 : 0);
    }
}

static void test_memory(void)
{
    static const struct {
        GuestRow guest;
        uint64_t bytes, maximum_bytes;
        uint64_t expected_bytes, expected_maximum_bytes;
        gboolean finding;
    } rows[] = {
        {LINUX, 0, 0, 2 * GIB, 2 * GIB, FALSE},
        {WINDOWS_10, 0, 0, 4 * GIB, 4 * GIB, FALSE},
        {LINUX, 8 * GIB, 0, 8 * GIB, 8 * GIB, FALSE},
        {LINUX, 8 * GIB, 32 * GIB, 8 * GIB, 32 * GIB, FALSE},
        {LINUX, 8 * GIB, 4 * GIB, 8 * GIB, 8 * GIB, FALSE},
        {LINUX, 8 * GIB, 1024 * GIB, 8 * GIB, 8 * GIB, TRUE}, /* Hyper-V's default */
        {LINUX, 8 * GIB, G_MAXUINT64, 8 * GIB, 8 * GIB, TRUE},
        {LINUX, 1023, 0, 2 * GIB, 2 * GIB, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = machine_new("hyperv-xml");
        g_autoptr(GPtrArray) findings = findings_new();
        g_auto(DomainPlan) plan = {0};

        machine->memory_bytes = rows[i].bytes;
        machine->memory_maximum_bytes = rows[i].maximum_bytes;
        make_plan(machine, rows[i].guest, findings, &plan);
        g_assert_cmpuint(plan.memory_at_start_kib, ==, rows[i].expected_bytes / 1024);
        g_assert_cmpuint(plan.memory_kib, ==, rows[i].expected_maximum_bytes / 1024);
        g_assert_cmpuint(findings->len, ==, rows[i].finding ? 1 : 0);
    }
}

static void test_clock(void)
{
    static const struct {
        GuestRow guest;
        gboolean has_offset;
        gint64 seconds;
        gboolean expected;
        gint64 expected_seconds;
        guint generation; /* of Hyper-V */
    } rows[] = {
        {LINUX, FALSE, 0, FALSE, 0, 0},
        {LINUX, TRUE, 0, FALSE, 0, 0},
        {LINUX, TRUE, -28800, TRUE, -28800, 0},
        {LINUX, TRUE, 59, FALSE, 0, 0},
        {LINUX, TRUE, -60, TRUE, -60, 0},
        {LINUX, TRUE, -(gint64)10 * 365 * 86400, TRUE, -(gint64)10 * 365 * 86400, 0},
        {LINUX, TRUE, G_MININT64, FALSE, 0, 0},
        {LINUX, TRUE, G_MAXINT64, FALSE, 0, 0},
        {NO_GUEST, TRUE, 3600, TRUE, 3600, 0},
        /* Hyper-V's is the host's zone, from which its time service brings Linux */
        {LINUX, TRUE, -28800, FALSE, 0, 2},
        {NO_GUEST, TRUE, -28800, TRUE, -28800, 1},
        {WINDOWS_NO_BIAS, TRUE, -28800, TRUE, -28800, 1},
        /* its registry is believed */
        {WINDOWS_10, FALSE, 0, TRUE, 3600, 0},
        {WINDOWS_10, TRUE, -28800, TRUE, 3600, 0},
        {WINDOWS_UTC, TRUE, -28800, FALSE, 0, 0},
        {WINDOWS_NO_BIAS, FALSE, 0, TRUE, 0, 0},
        {WINDOWS_NO_BIAS, TRUE, -28800, TRUE, -28800, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = machine_new("vmx");
        g_auto(DomainPlan) plan = {0};

        machine->generation = rows[i].generation;
        machine->has_clock_offset = rows[i].has_offset;
        machine->clock_offset_seconds = rows[i].seconds;
        make_plan(machine, rows[i].guest, NULL, &plan);
        g_assert_cmpint(plan.rtc_has_offset, ==, rows[i].expected);
        g_assert_cmpint(plan.rtc_offset_seconds, ==, rows[i].expected_seconds);
    }
}

static void test_tpm(void)
{
    static const struct {
        GuestRow guest;
        Firmware firmware;
        gboolean tpm;
        const char *expected;
        gboolean finding; /* what was in it is lost */
    } rows[] = {
        {LINUX, FIRMWARE_UEFI, FALSE, NULL, FALSE},
        {LINUX, FIRMWARE_UEFI, TRUE, "tpm-crb", TRUE},
        {LINUX, FIRMWARE_BIOS, TRUE, "tpm-tis", TRUE},
        {NO_GUEST, FIRMWARE_UNKNOWN, TRUE, "tpm-tis", TRUE},
        {ARM, FIRMWARE_UEFI, TRUE, "tpm-tis", TRUE},
        {WINDOWS_10, FIRMWARE_UEFI, FALSE, NULL, FALSE},
        {WINDOWS_11, FIRMWARE_UEFI, FALSE, "tpm-crb", FALSE},
        {WINDOWS_11, FIRMWARE_UEFI, TRUE, "tpm-crb", TRUE},
        {WINDOWS_11, FIRMWARE_BIOS, FALSE, NULL, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = machine_new("vmx");
        g_autoptr(GPtrArray) findings = findings_new();
        g_auto(DomainPlan) plan = {0};

        machine->firmware = rows[i].firmware;
        machine->tpm = rows[i].tpm;
        make_plan(machine, rows[i].guest, findings, &plan);
        g_assert_cmpstr(plan.tpm_model, ==, rows[i].expected);
        g_assert_cmpuint(findings->len, ==, rows[i].finding ? 1 : 0);
    }
}

static void test_identity(void)
{
    static const struct {
        GuestRow guest;
        const char *title, *uuid, *genid, *serial;
        const char *expected; /* title, uuid, genid, serial */
    } rows[] = {
        {LINUX, NULL, NULL, NULL, NULL, "- - - -"},
        {LINUX, "name", UUID_A, UUID_B, "1234", "- " UUID_A " " UUID_B " 1234"},
        {LINUX, "Name", NIL, NIL, "a\nb", "Name - - -"},
        {LINUX, "a\nb", "{" UUID_A "}", "x", "", "a b - - -"},
        {ARM, NULL, UUID_A, UUID_B, "1234", "- " UUID_A " - -"},
        {WINDOWS_10, NULL, NULL, NULL, NULL, "- " UUID_B " - -"},
        {WINDOWS_10, NULL, UUID_A, NULL, NULL, "- " UUID_A " - -"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = machine_new("vmx");
        g_auto(DomainPlan) plan = {0};
        g_autofree char *text = NULL;

        machine->title = g_strdup(rows[i].title);
        machine->uuid = g_strdup(rows[i].uuid);
        machine->genid = g_strdup(rows[i].genid);
        machine->serial = g_strdup(rows[i].serial);
        make_plan(machine, rows[i].guest, NULL, &plan);
        text = g_strdup_printf("%s %s %s %s", plan.title ? plan.title : "-",
                               plan.uuid ? plan.uuid : "-", plan.genid ? plan.genid : "-",
                               plan.serial ? plan.serial : "-");
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_vlans(void)
{
    g_autoptr(Machine) machine = machine_new("hyperv-xml");
    g_autoptr(GPtrArray) findings = findings_new();
    g_auto(DomainPlan) plan = {0};

    machine_add_nic(machine);
    machine_add_nic(machine)->vlan = 42;
    make_plan(machine, LINUX, findings, &plan);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_nonnull(
        strstr(((const Finding *)findings->pdata[0])->sentence, "network card 2, VLAN 42"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/plan/cpus", test_cpus);
    g_test_add_func("/domain/plan/memory", test_memory);
    g_test_add_func("/domain/plan/clock", test_clock);
    g_test_add_func("/domain/plan/tpm", test_tpm);
    g_test_add_func("/domain/plan/identity", test_identity);
    g_test_add_func("/domain/plan/vlans", test_vlans);
    return g_test_run();
}
