/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file that tells the first-boot service what to do: written by the host program, read in the
   guest, and checked on both sides by this one parser. Standard C without a library.

   UTF-8 text, one "key=value" per line; the first line is SETTINGS_HEADER. '#' starts a comment
   line. Order matters: "device" belongs to the "driver" above it, all network keys to the "adapter"
   above them. A line that is not understood is left out and counted, never fatal. */
#ifndef WINDOWS_FIRSTBOOT_SETTINGS_H
#define WINDOWS_FIRSTBOOT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_HEADER "drydock-first-boot 1"
#define SETTINGS_SERVICE_NAME "DrydockFirstBoot"

enum {
    SETTINGS_LIMIT_BYTES = 1 << 20,
    SETTINGS_ITEMS_LIMIT = 4096,
    SETTINGS_VALUE_LIMIT_BYTES = 400,
};

typedef enum {
    SETTINGS_REBOOT,          /* "when-wanted": restart at the end if a step asks for it */
    SETTINGS_WAIT,            /* seconds to wait for an adapter to appear, up to 3600 */
    SETTINGS_DRIVER,          /* INF, below %SystemRoot% */
    SETTINGS_DEVICE,          /* hardware id it is installed for */
    SETTINGS_ADAPTER,         /* MAC address, twelve hexadecimal digits */
    SETTINGS_CONNECTION_NAME, /* what Windows calls the connection */
    SETTINGS_ADDRESS,         /* "192.0.2.5/24", "2001:db8::5/64" */
    SETTINGS_GATEWAY,         /* "192.0.2.1" */
    SETTINGS_DNS,             /* likewise */
    SETTINGS_WINS,            /* "192.0.2.1", IPv4 */
    SETTINGS_DNS_SUFFIX,      /* "corp.example" */
    SETTINGS_METRIC,          /* of the interface, 1…9999 */
    SETTINGS_MTU,             /* 576…65535 */
    SETTINGS_ROUTE,           /* "198.51.100.0/24 192.0.2.254", or with " METRIC" */
    SETTINGS_DISKS,           /* "online" */
    SETTINGS_UNINSTALL,       /* "tools": guest tools of other hypervisors */
    SETTINGS_AGENT,           /* MSI, below the service's folder */
    SETTINGS_SCRIPT,          /* file name in its folder scripts */
    SETTINGS_SET_DWORD,       /* at the end: "KEY|NAME|NUMBER", KEY below HKEY_LOCAL_MACHINE */
    SETTINGS_DELETE_VALUE,    /* at the end: "KEY|NAME" */
    SETTINGS_DELETE_KEY,      /* at the end; its last component is the service's name */
    SETTINGS_KEY_COUNT,
} SettingsKey;

typedef struct {
    SettingsKey key;
    const char *value; /* in the text that was parsed */
} SettingsItem;

typedef struct {
    SettingsItem items[SETTINGS_ITEMS_LIMIT];
    unsigned count;
    unsigned bad_lines, first_bad_line; /* what was left out; lines are counted from 1 */
} Settings;

/* text has room for length + 1 bytes and is changed. false: no settings at all (header missing, too
   large). */
bool settings_parse(char *text, size_t length, Settings *ret_settings);

const char *settings_key_name(SettingsKey key);
/* value as it would stand behind "key=". */
bool settings_value_is_valid(SettingsKey key, const char *value);
/* The value of the first item with key, NULL: none. */
const char *settings_get(const Settings *settings, SettingsKey key);

/* Where the service stands: written before each step, so that it goes on there after a restart. */
typedef struct {
    uint32_t step;          /* of the table in service.c */
    uint32_t attempts;      /* how often this step was begun */
    uint32_t failed_steps;  /* bit per step */
    uint32_t reboot_wanted; /* 0 or 1 */
} Progress;

enum { PROGRESS_TEXT_BYTES = 64 };

/* false for anything but what progress_format() wrote. */
bool progress_parse(const char *text, size_t length, Progress *ret_progress);
/* Returns the length; the text ends with a newline. */
size_t progress_format(const Progress *progress, char ret_text[PROGRESS_TEXT_BYTES]);

#endif
