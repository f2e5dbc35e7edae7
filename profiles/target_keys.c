/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every key of a target profile, and what its values may be. The values are libvirt's own words
   where it has some (libvirt.org/formatdomain.html). */
#include "profiles/target_keys.h"

#include <string.h>

enum {
    TEXT_MAX = 255,
    QUEUES_MAX = 256,        /* of a card; QEMU's VIRTIO_QUEUE_MAX is 1024 for both directions */
    IOTHREADS_MAX = 64,      /* more than disks are of no use */
    CPU_SHARES_MAX = 262144, /* cgroups' own limit */
};

#define YES_NO                                                                                     \
    {                                                                                              \
        "yes", "no"                                                                                \
    }
#define SOURCE_NONE                                                                                \
    {                                                                                              \
        "source", "none"                                                                           \
    }
#define LIFECYCLE                                                                                  \
    {                                                                                              \
        "destroy", "restart", "preserve", "rename-restart"                                         \
    }

#define WORD(key, fallback, ...)                                                                   \
    {                                                                                              \
        key, fallback, TARGET_VALUE_WORD, 0, __VA_ARGS__                                           \
    }
#define OTHER(key, fallback, kind, ...)                                                            \
    {                                                                                              \
        key, fallback, TARGET_VALUE_##kind, 0, __VA_ARGS__                                         \
    }
#define NUMBER(key, fallback, maximum, ...)                                                        \
    {                                                                                              \
        key, fallback, TARGET_VALUE_NUMBER, maximum, __VA_ARGS__                                   \
    }

const TargetKeyRow target_key_rows[TARGET_KEY_COUNT] = {
    [TARGET_TITLE] = OTHER("title", "source", TEXT, SOURCE_NONE),
    [TARGET_DESCRIPTION] = WORD("description", "source", SOURCE_NONE),
    [TARGET_OSINFO] = OTHER("osinfo", "auto", URI, {"auto", "none"}),
    [TARGET_HYPERVISOR] = WORD("hypervisor", "kvm", {"kvm", "qemu"}),
    [TARGET_EMULATOR] = OTHER("emulator", "auto", PATH, {"auto"}),
    [TARGET_MACHINE] = OTHER("machine", "auto", MACHINE, {"auto", "q35", "pc"}),
    [TARGET_CPU] =
        OTHER("cpu", "auto", NAME, {"auto", "host-model", "host-passthrough", "maximum"}),
    [TARGET_CPU_FEATURES] = OTHER("cpu-features", "none", FEATURES, {"none"}),
    [TARGET_CPU_TOPOLOGY] = WORD("cpu-topology", "source", {"source", "sockets", "cores"}),
    [TARGET_CPU_SHARES] = NUMBER("cpu-shares", "auto", CPU_SHARES_MAX, {"auto"}),
    [TARGET_HUGEPAGES] = WORD("hugepages", "no", {"yes", "no", "2M", "1G"}),
    [TARGET_MEMORY_SOURCE] = WORD("memory-source", "auto", {"auto", "anonymous", "file", "memfd"}),
    [TARGET_MEMORY_ACCESS] = WORD("memory-access", "private", {"private", "shared"}),
    [TARGET_MEMORY_LOCKED] = WORD("memory-locked", "no", YES_NO),
    [TARGET_MEMORY_MERGE] = WORD("memory-merge", "yes", YES_NO),
    [TARGET_DISK_BUS] = WORD("disk-bus", "auto", {"auto", "virtio", "scsi", "sata", "ide"}),
    [TARGET_DISK_CACHE] =
        WORD("disk-cache", "auto",
             {"auto", "none", "writeback", "writethrough", "directsync", "unsafe"}),
    [TARGET_DISK_IO] = WORD("disk-io", "auto", {"auto", "threads", "native", "io_uring"}),
    [TARGET_DISK_DISCARD] = WORD("disk-discard", "unmap", {"unmap", "ignore"}),
    [TARGET_DISK_DETECT_ZEROES] =
        WORD("disk-detect-zeroes", "auto", {"auto", "off", "on", "unmap"}),
    [TARGET_DISK_QUEUES] = NUMBER("disk-queues", "auto", QUEUES_MAX, {"auto"}),
    [TARGET_IOTHREADS] = NUMBER("iothreads", "none", IOTHREADS_MAX, {"none"}),
    [TARGET_NETWORK] = OTHER("network", "default", NETWORK, {NULL}),
    [TARGET_NIC_MODEL] =
        WORD("nic-model", "auto",
             {"auto", "virtio", "e1000e", "e1000", "rtl8139", "vmxnet3", "igb", "pcnet"}),
    [TARGET_NIC_QUEUES] = NUMBER("nic-queues", "auto", QUEUES_MAX, {"auto"}),
    [TARGET_VIDEO] =
        WORD("video", "auto", {"auto", "virtio", "vga", "qxl", "bochs", "cirrus", "ramfb", "none"}),
    [TARGET_GRAPHICS] = WORD("graphics", "vnc", {"vnc", "spice", "none"}),
    [TARGET_GRAPHICS_LISTEN] = OTHER("graphics-listen", "127.0.0.1", ADDRESS, {NULL}),
    [TARGET_KEYMAP] = OTHER("keymap", "auto", NAME, {"auto"}),
    [TARGET_SOUND] = WORD("sound", "source", {"source", "none", "hda", "ac97"}),
    [TARGET_USB] = WORD("usb", "auto", {"auto", "xhci", "ehci", "uhci", "none"}),
    [TARGET_TABLET] = WORD("tablet", "yes", YES_NO),
    [TARGET_SERIAL_CONSOLE] = WORD("serial-console", "yes", YES_NO),
    [TARGET_GUEST_AGENT] = WORD("guest-agent", "yes", YES_NO),
    [TARGET_RNG] = WORD("rng", "urandom", {"urandom", "random", "none"}),
    [TARGET_WATCHDOG] = WORD("watchdog", "none", {"none", "i6300esb", "ib700"}),
    [TARGET_WATCHDOG_ACTION] =
        WORD("watchdog-action", "reset",
             {"reset", "shutdown", "poweroff", "pause", "dump", "inject-nmi", "none"}),
    [TARGET_PANIC] = WORD("panic", "auto", {"auto", "isa", "hyperv", "none"}),
    [TARGET_BALLOON] = WORD("balloon", "virtio", {"virtio", "none"}),
    [TARGET_BALLOON_AUTODEFLATE] = WORD("balloon-autodeflate", "no", YES_NO),
    [TARGET_BALLOON_REPORTING] = WORD("balloon-reporting", "no", YES_NO),
    [TARGET_TPM] = WORD("tpm", "auto", {"auto", "crb", "tis", "none"}),
    [TARGET_TPM_VERSION] = WORD("tpm-version", "2.0", {"2.0", "1.2"}),
    [TARGET_SECURE_BOOT] = WORD("secure-boot", "auto", {"auto", "yes", "no"}),
    [TARGET_OVMF_CODE] = OTHER("ovmf-code", "auto", PATH, {"auto"}),
    [TARGET_OVMF_VARS] = OTHER("ovmf-vars", "auto", PATH, {"auto"}),
    [TARGET_BOOT_MENU] = WORD("boot-menu", "no", YES_NO),
    [TARGET_CLOCK] = WORD("clock", "auto", {"auto", "utc", "localtime"}),
    [TARGET_HPET] = WORD("hpet", "no", YES_NO),
    [TARGET_HYPERV] = WORD("hyperv", "auto", {"auto", "yes", "no"}),
    [TARGET_SMBIOS] = WORD("smbios", "source", SOURCE_NONE),
    [TARGET_GENID] = WORD("genid", "source", SOURCE_NONE),
    [TARGET_ON_POWEROFF] = WORD("on-poweroff", "destroy", LIFECYCLE),
    [TARGET_ON_REBOOT] = WORD("on-reboot", "restart", LIFECYCLE),
    [TARGET_ON_CRASH] = WORD("on-crash", "destroy",
                             {"destroy", "restart", "preserve", "rename-restart",
                              "coredump-destroy", "coredump-restart"}),
    [TARGET_SUSPEND] = WORD("suspend", "no", YES_NO),
};

/* What each kind allows beside the words; NULL: nothing. */
static const char *const kind_texts[] = {
    [TARGET_VALUE_WORD] = NULL,
    [TARGET_VALUE_NUMBER] = "a number from 1 to",
    [TARGET_VALUE_NAME] = "a name of letters, digits, '.', '_' and '-'",
    [TARGET_VALUE_MACHINE] = "a machine type such as pc-q35-7.2 or pc-i440fx-7.2",
    [TARGET_VALUE_FEATURES] = "features as +NAME or -NAME, separated by blanks",
    [TARGET_VALUE_NETWORK] = "the name of a libvirt network, or bridge:NAME",
    [TARGET_VALUE_ADDRESS] = "an address or name of the host",
    [TARGET_VALUE_PATH] = "an absolute path",
    [TARGET_VALUE_URI] = "an identifier as osinfo-query shows it (http://…)",
    [TARGET_VALUE_TEXT] = "one line of text",
};

static gboolean is_name(const char *text)
{
    static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-";
    return *text && strlen(text) <= TEXT_MAX && !text[strspn(text, letters)];
}

static gboolean is_line(const char *text)
{
    if (!*text || strlen(text) > TEXT_MAX || !g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char(at);
        /* XML cannot hold the last two, and nobody types them. */
        if (g_unichar_iscntrl(character) || character == 0xfffe || character == 0xffff)
            return FALSE;
    }
    return TRUE;
}

static gboolean is_machine(const char *text)
{
    return is_name(text) &&
           (g_str_has_prefix(text, "pc-q35-") || g_str_has_prefix(text, "pc-i440fx-"));
}

static gboolean are_features(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    guint count = 0;
    for (guint i = 0; words[i]; i++) {
        if (!*words[i])
            continue;
        if ((*words[i] != '+' && *words[i] != '-') || !is_name(words[i] + 1))
            return FALSE;
        count++;
    }
    return count > 0;
}

/* A bridge is an interface of Linux, whose names have 15 bytes at most and no blanks or '/'. */
static gboolean is_network(const char *text)
{
    const char *bridge = g_str_has_prefix(text, "bridge:") ? text + strlen("bridge:") : NULL;
    if (bridge)
        return is_name(bridge) && strlen(bridge) <= 15;
    return is_line(text) && !strchr(text, '/');
}

/* IPv6 has colons; a name has what is_name() allows. */
static gboolean is_address(const char *text)
{
    return g_hostname_is_ip_address(text) || (is_name(text) && g_ascii_isalpha(*text));
}

static gboolean fits_kind(const TargetKeyRow *row, const char *value)
{
    guint64 number;
    switch (row->kind) {
    case TARGET_VALUE_NUMBER:
        return g_ascii_string_to_unsigned(value, 10, 1, row->maximum, &number, NULL);
    case TARGET_VALUE_NAME:
        return is_name(value);
    case TARGET_VALUE_MACHINE:
        return is_machine(value);
    case TARGET_VALUE_FEATURES:
        return are_features(value);
    case TARGET_VALUE_NETWORK:
        return is_network(value);
    case TARGET_VALUE_ADDRESS:
        return is_address(value);
    case TARGET_VALUE_PATH:
        return is_line(value) && *value == '/';
    case TARGET_VALUE_URI:
        return is_line(value) && strstr(value, "://") && !strchr(value, ' ');
    case TARGET_VALUE_TEXT:
        return is_line(value);
    case TARGET_VALUE_WORD:
    default:
        return FALSE;
    }
}

static char *describe_values(const TargetKeyRow *row)
{
    GString *text = g_string_new("use ");
    const char *other = kind_texts[row->kind];
    const guint count = g_strv_length((char **)(guintptr)row->words);
    for (guint i = 0; i < count; i++) {
        const char *join = i == 0 ? "" : !other && i + 1 == count ? " or " : ", ";
        g_string_append_printf(text, "%s%s", join, row->words[i]);
    }
    if (other)
        g_string_append_printf(text, "%s%s", count > 0 ? " or " : "", other);
    if (row->kind == TARGET_VALUE_NUMBER)
        g_string_append_printf(text, " %u", row->maximum);
    return g_string_free(text, FALSE);
}

gboolean target_value_check(TargetKey key, const char *value, char **ret_expected)
{
    const TargetKeyRow *row = &target_key_rows[key];
    if (g_strv_contains(row->words, value) || fits_kind(row, value))
        return TRUE;
    *ret_expected = describe_values(row);
    return FALSE;
}
