/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the user's own: users, names, services, scripts. */
#include <string.h>

#include "base/error.h"
#include "linux-test-guest.h"
#include "linux/accounts.h"
#include "linux/customise.h"
#include "linux/services.h"

static void add_users(TestGuest *guest)
{
    test_guest_add_text(guest, "/etc/passwd",
                        "root:x:0:0:root:/root:/bin/bash\n"
                        "# ann:x:5:5::/:\n"
                        "ann:x:1000:1000:Ann:/home/ann:/bin/sh\n"
                        "old:$1$hash:1001:1001::/home/old:/bin/sh\n"
                        "homeless:x:1002:1002::/nowhere:/bin/sh");
    test_guest_add_text(guest, "/etc/shadow",
                        "root:*:19000:0:99999:7:::\n"
                        "ann:$6$old:19000:0:99999:7:::\n"
                        "short:x\n"
                        "old:!:19000:0:99999:7:::");
    test_guest_add_text(guest, "/home/ann/.profile", "");
}

static void test_password(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *expected = NULL;

    add_users(guest);
    g_assert_true(accounts_set_password(guest->edits, "ann", "$6$new", &error));
    g_assert_true(accounts_set_password(guest->edits, "root", "!", &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/etc/shadow");
    expected = g_strdup_printf("root:!*:%" G_GINT64_FORMAT ":0:99999:7:::\n"
                               "ann:$6$new:%" G_GINT64_FORMAT ":0:99999:7:::\n"
                               "short:x\n"
                               "old:!:19000:0:99999:7:::",
                               g_get_real_time() / G_USEC_PER_SEC / 86400,
                               g_get_real_time() / G_USEC_PER_SEC / 86400);
    g_assert_cmpstr(text, ==, expected);
    g_assert_true(test_guest_find_edit(guest, "/etc/shadow")->is_secret);
}

static void test_password_errors(void)
{
    static const struct {
        const char *user;
        DrydockError code;
    } rows[] = {
        {"bob", DRYDOCK_ERROR_NOT_FOUND},     {"", DRYDOCK_ERROR_NOT_FOUND},
        {"# ann", DRYDOCK_ERROR_UNSUPPORTED}, /* whoever has such a line: it is not in shadow */
        {"old", DRYDOCK_ERROR_UNSUPPORTED},   {"homeless", DRYDOCK_ERROR_UNSUPPORTED},
    };
    g_autoptr(TestGuest) guest = test_guest_new();

    add_users(guest);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(accounts_set_password(guest->edits, rows[i].user, "$6$new", &error));
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
    g_assert_cmpuint(edits_count(guest->edits), ==, 0);
}

static void test_ssh_keys(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *edits = NULL;

    add_users(guest);
    fs_memory_set_owner(guest->fs, "/home/ann", 1000, 1000);
    g_assert_true(accounts_add_ssh_keys(guest->edits, "ann", "ssh-rsa A a\n\nssh-rsa B b", &error));
    g_assert_true(accounts_add_ssh_keys(guest->edits, "ann", "ssh-rsa B b\nssh-rsa C", &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/home/ann/.ssh/authorized_keys");
    g_assert_cmpstr(text, ==, "ssh-rsa A a\nssh-rsa B b\nssh-rsa C\n");
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==, "mkdir /home/ann/.ssh\nwrite /home/ann/.ssh/authorized_keys\n");
    g_assert_true(edits_apply(guest->edits, &error));
    FsStat stat = {0};
    gboolean found = FALSE;

    g_assert_true(fs_stat(guest->fs, "/home/ann/.ssh", &found, &stat, &error));
    g_assert_cmpuint(stat.uid, ==, 1000);
    g_assert_cmphex(stat.mode, ==, 0700);
    g_assert_true(fs_stat(guest->fs, "/home/ann/.ssh/authorized_keys", &found, &stat, &error));
    g_assert_cmpuint(stat.uid, ==, 1000);
    g_assert_cmphex(stat.mode, ==, 0600);
    g_assert_false(accounts_add_ssh_keys(guest->edits, "homeless", "k", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void test_hostname(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *hosts = NULL, *network = NULL, *name = NULL;
    char old_name[] = "web01";
    LinuxOptions options = {.hostname = (char[]){"db-2"}};

    guest->guest.hostname = old_name;
    test_guest_add_text(guest, "/etc/hostname", "web01\n");
    test_guest_add_text(guest, "/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=web01\n");
    test_guest_add_text(guest, "/etc/hosts",
                        "127.0.0.1 localhost web010\n"
                        "127.0.1.1\tweb01.example.com web01 # web01\n"
                        "192.0.2.1 web01\n");
    g_assert_true(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    g_assert_no_error(error);
    hosts = test_guest_edited(guest, "/etc/hosts");
    g_assert_cmpstr(hosts, ==,
                    "127.0.0.1 localhost web010\n"
                    "127.0.1.1\tdb-2.example.com db-2 # web01\n"
                    "192.0.2.1 web01\n");
    network = test_guest_edited(guest, "/etc/sysconfig/network");
    g_assert_cmpstr(network, ==, "NETWORKING=yes\nHOSTNAME=\"db-2\"\n");
    name = test_guest_edited(guest, "/etc/hostname");
    g_assert_cmpstr(name, ==, "db-2\n");

    options.hostname = (char[]){"db.example.org"};
    g_assert_true(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    guest->guest.hostname = NULL;
}

static void test_hostname_rules(void)
{
    static const char *const good[] = {"a", "A-1", "0", "a.b-c.d"};
    static const char *const bad[] = {"",   "-a",  "a-",  "a..b",     ".a",
                                      "a.", "a b", "a_b", "\xc3\xa4", "a/b"};
    g_autofree char *too_long = g_strnfill(65, 'a');

    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(linux_hostname_is_valid(good[i]));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(linux_hostname_is_valid(bad[i]));
    g_assert_false(linux_hostname_is_valid(too_long));
}

static void test_timezone(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL, *name = NULL, *clock = NULL;
    LinuxOptions options = {.timezone = (char[]){"Europe/Berlin"}};

    test_guest_add_text(guest, "/usr/share/zoneinfo/Europe/Berlin", "TZif2");
    test_guest_add_text(guest, "/etc/timezone", "Etc/UTC\n");
    test_guest_add_text(guest, "/etc/sysconfig/clock", "ZONE=\"Etc/UTC\"\nUTC=true\n");
    test_guest_add_link(guest, "/etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
    g_assert_true(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "link /etc/localtime -> ../usr/share/zoneinfo/Europe/Berlin\n"
                    "write /etc/timezone\nwrite /etc/sysconfig/clock\n");
    name = test_guest_edited(guest, "/etc/timezone");
    g_assert_cmpstr(name, ==, "Europe/Berlin\n");
    clock = test_guest_edited(guest, "/etc/sysconfig/clock");
    g_assert_cmpstr(clock, ==, "ZONE=\"Europe/Berlin\"\nUTC=true\n");
    options.timezone = (char[]){"../../../etc/timezone"};
    g_assert_false(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

/* Red Hat up to 6 keeps a copy. */
static void test_timezone_copy(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *copy = NULL;
    LinuxOptions options = {.timezone = (char[]){"UTC"}};

    test_guest_add_text(guest, "/usr/share/zoneinfo/UTC", "TZif2");
    test_guest_add_text(guest, "/etc/localtime", "old");
    g_assert_true(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    copy = test_guest_edited(guest, "/etc/localtime");
    g_assert_cmpstr(copy, ==, "TZif2");
}

static void test_units(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL;

    test_guest_add_text(guest, "/usr/lib/systemd/systemd", "elf");
    test_guest_add_text(
        guest, "/usr/lib/systemd/system/a.service",
        "[Unit]\nAlias=no.service\n[Install]\nWantedBy=multi-user.target other.target\n"
        "# Alias=no.service\nAlias=b.service\nAlso=a.socket missing.socket\n");
    test_guest_add_text(guest, "/usr/lib/systemd/system/a.socket",
                        "[Install]\nRequiredBy=sockets.target\n");
    test_guest_add_text(guest, "/usr/lib/systemd/system/getty@.service",
                        "[Install]\nWantedBy=getty.target\n");
    test_guest_add_text(guest, "/usr/lib/systemd/system/static.service", "[Service]\n");
    test_guest_add_link(guest, "/etc/systemd/system/masked.service", "/dev/null");
    test_guest_add_link(guest, "/etc/systemd/system/x.target.wants/a.service", "whatever");
    test_guest_add_link(guest, "/etc/systemd/system/b.service",
                        "/usr/lib/systemd/system/a.service");
    g_assert_true(services_enable(guest->edits, "a", "r", &error));
    g_assert_no_error(error);
    g_assert_true(services_enable(guest->edits, "getty@tty7.service", "r", &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
#define SYSTEM "/etc/systemd/system/"
#define LIBRARY "/usr/lib/systemd/system/"
    g_assert_cmpstr(edits, ==,
                    "mkdir " SYSTEM "multi-user.target.wants\n"
                    "link " SYSTEM "multi-user.target.wants/a.service -> " LIBRARY "a.service\n"
                    "mkdir " SYSTEM "other.target.wants\n"
                    "link " SYSTEM "other.target.wants/a.service -> " LIBRARY "a.service\n"
                    "mkdir " SYSTEM "sockets.target.requires\n"
                    "link " SYSTEM "sockets.target.requires/a.socket -> " LIBRARY "a.socket\n"
                    "mkdir " SYSTEM "getty.target.wants\n"
                    "link " SYSTEM "getty.target.wants/getty@tty7.service -> " LIBRARY
                    "getty@.service\n");
    g_assert_false(services_enable(guest->edits, "static", "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(services_enable(guest->edits, "masked", "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(services_enable(guest->edits, "../a", "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void test_disable_units(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL;

    test_guest_add_text(guest, "/lib/systemd/systemd", "elf");
    test_guest_add_text(guest, "/lib/systemd/system/a.service", "[Install]\nAlias=b.service\n");
    test_guest_add_link(guest, SYSTEM "x.target.wants/a.service", "whatever");
    test_guest_add_link(guest, SYSTEM "x.target.wants/c.service", "whatever");
    test_guest_add_link(guest, SYSTEM "b.service", "/lib/systemd/system/a.service");
    g_assert_true(services_disable(guest->edits, "a", "r", &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "remove " SYSTEM "x.target.wants/a.service\nremove " SYSTEM "b.service\n");
    g_assert_false(services_disable(guest->edits, "nothing", "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void test_openrc(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL;

    test_guest_add_text(guest, "/sbin/openrc-run", "elf");
    test_guest_add_text(guest, "/etc/init.d/sshd", "");
    test_guest_add_text(guest, "/etc/init.d/chronyd", "");
    test_guest_add_link(guest, "/etc/runlevels/boot/chronyd", "/etc/init.d/chronyd");
    g_assert_true(services_enable(guest->edits, "sshd", "r", &error));
    g_assert_true(services_disable(guest->edits, "chronyd", "r", &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "mkdir /etc/runlevels/default\n"
                    "link /etc/runlevels/default/sshd -> /etc/init.d/sshd\n"
                    "remove /etc/runlevels/boot/chronyd\n");
}

static void test_sysv(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL;

    test_guest_add_text(guest, "/etc/inittab", "id:3:initdefault:\n");
    test_guest_add_text(guest, "/etc/rc.d/init.d/sshd", "#!/bin/sh\n# chkconfig: 35 55 25\n");
    test_guest_add_text(guest, "/etc/rc.d/init.d/bare", "#!/bin/sh\n");
    test_guest_add_link(guest, "/etc/init.d", "rc.d/init.d");
    test_guest_add_text(guest, "/etc/rc.d/rc3.d/README", "");
    test_guest_add_text(guest, "/etc/rc.d/rc5.d/README", "");
    test_guest_add_link(guest, "/etc/rc3.d", "rc.d/rc3.d");
    g_assert_true(services_enable(guest->edits, "sshd", "r", &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "link /etc/rc.d/rc3.d/S99sshd -> /etc/init.d/sshd\n"
                    "link /etc/rc.d/rc5.d/S99sshd -> /etc/init.d/sshd\n");
    g_assert_false(services_enable(guest->edits, "bare", "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void test_first_boot(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GPtrArray) scripts = g_ptr_array_new();
    g_autoptr(GBytes) content = g_bytes_new_static("#!/bin/sh\n", 10);
    g_autoptr(GError) error = NULL;
    g_autofree char *edits = NULL;
    LinuxScript own = {.name = (char[]){"own.sh"}, .content = content};
    const LinuxOptions options = {
        .rebuild_initramfs = TRUE, .remove_tools = TRUE, .install_agent = TRUE};

    test_guest_add_text(guest, "/usr/lib/systemd/systemd", "elf");
    test_guest_add_text(guest, SYSTEM "multi-user.target.wants/x", "");
    g_ptr_array_add(scripts, &own);
    g_assert_true(linux_customise(&guest->guest, &options, scripts, guest->edits, &error));
    g_assert_no_error(error);
    edits = test_guest_list_edits(guest);
    g_assert_cmpstr(edits, ==,
                    "mkdir /etc/drydock\nmkdir /etc/drydock/firstboot.d\n"
                    "write /etc/drydock/firstboot\n"
                    "write /etc/drydock/firstboot.d/001-rebuild-initramfs\n"
                    "write /etc/drydock/firstboot.d/002-remove-tools\n"
                    "write /etc/drydock/firstboot.d/003-install-agent\n"
                    "write /etc/drydock/firstboot.d/004-own.sh\n"
                    "write " SYSTEM "drydock-firstboot.service\n"
                    "link " SYSTEM "multi-user.target.wants/drydock-firstboot.service -> " SYSTEM
                    "drydock-firstboot.service\n");
}

static void test_no_init(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    const LinuxOptions options = {.install_agent = TRUE};

    test_guest_add_text(guest, "/etc/runit/1", "");
    g_assert_false(linux_customise(&guest->guest, &options, NULL, guest->edits, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

static void test_images(void)
{
    static const struct {
        UsrKind usr;
        gboolean rebuild, agent;
        const char *message; /* NULL: it is done */
    } rows[] = {
        {USR_FILES, TRUE, TRUE, NULL},
        {USR_OSTREE, TRUE, FALSE, "--rebuild-initramfs does nothing"},
        {USR_OSTREE, FALSE, TRUE, NULL},
        {USR_PARTITION, FALSE, TRUE, "--install-agent does nothing"},
        {USR_STORE, FALSE, TRUE, "--install-agent does nothing"},
        {USR_SNAPSHOT, TRUE, FALSE, "--rebuild-initramfs does nothing"},
        {USR_SNAPSHOT, FALSE, TRUE, NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        LinuxOptions options = {.rebuild_initramfs = rows[i].rebuild,
                                .install_agent = rows[i].agent};

        test_guest_add_text(guest, "/usr/lib/systemd/systemd", "");
        guest->guest.linux_facts.usr = rows[i].usr;
        g_test_message("row %u", i);
        g_assert_cmpint(linux_customise(&guest->guest, &options, NULL, guest->edits, &error), ==,
                        rows[i].message == NULL);
        if (rows[i].message == NULL)
            continue;
        g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED));
        g_assert_true(g_str_has_prefix(error->message, rows[i].message));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/customise/password", test_password);
    g_test_add_func("/linux/customise/password-errors", test_password_errors);
    g_test_add_func("/linux/customise/ssh-keys", test_ssh_keys);
    g_test_add_func("/linux/customise/hostname", test_hostname);
    g_test_add_func("/linux/customise/hostname-rules", test_hostname_rules);
    g_test_add_func("/linux/customise/timezone", test_timezone);
    g_test_add_func("/linux/customise/timezone-copy", test_timezone_copy);
    g_test_add_func("/linux/customise/units", test_units);
    g_test_add_func("/linux/customise/disable-units", test_disable_units);
    g_test_add_func("/linux/customise/openrc", test_openrc);
    g_test_add_func("/linux/customise/sysv", test_sysv);
    g_test_add_func("/linux/customise/first-boot", test_first_boot);
    g_test_add_func("/linux/customise/no-init", test_no_init);
    g_test_add_func("/linux/customise/images", test_images);
    return g_test_run();
}
