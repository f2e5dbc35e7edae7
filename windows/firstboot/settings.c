/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the service's settings; every value is checked before anybody uses it. */
#include "windows/firstboot/settings.h"

#include "windows/firstboot/ip.h"

enum {
    WAIT_LIMIT_SECONDS = 3600,
    METRIC_LIMIT = 9999,
    DOMAIN_LIMIT = 253,
    DOMAIN_LABEL_LIMIT = 63,
    MTU_MINIMUM = 576,
    MTU_LIMIT = 65535,
    STEP_LIMIT = 31,
    PROGRESS_NUMBERS = 4,
};

static size_t text_length(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

static bool text_equals(const char *text, const char *other)
{
    while (*text && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

static bool has_byte(const char *text, char byte)
{
    while (*text && *text != byte)
        text++;
    return *text != '\0';
}

static bool is_when_wanted(const char *value)
{
    return text_equals(value, "when-wanted");
}

static bool is_online(const char *value)
{
    return text_equals(value, "online");
}

static bool is_tools(const char *value)
{
    return text_equals(value, "tools");
}

static bool is_number_between(const char *value, uint32_t minimum, uint32_t limit)
{
    uint32_t number;

    return ip_parse_number(value, text_length(value), &number) && number >= minimum &&
           number <= limit;
}

static bool is_wait(const char *value)
{
    return is_number_between(value, 0, WAIT_LIMIT_SECONDS);
}

static bool is_mtu(const char *value)
{
    return is_number_between(value, MTU_MINIMUM, MTU_LIMIT);
}

/* What Windows allows in file and connection names. */
static bool is_name(const char *value)
{
    size_t length = text_length(value);

    if (length == 0 || length > 255 || value[0] == ' ' || value[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f || has_byte("\\/:*?\"<>|", value[i]))
            return false;
    }
    return true;
}

static bool is_file_name(const char *value)
{
    return is_name(value) && value[text_length(value) - 1] != '.';
}

/* cmd.exe would put the value of a variable in its place. */
static bool is_script(const char *value)
{
    return is_file_name(value) && !has_byte(value, '%');
}

/* A relative path: names between single backslashes, none of them "." or "..". */
static bool is_path(const char *value)
{
    char name[SETTINGS_VALUE_LIMIT_BYTES + 1];
    size_t length = 0;

    for (;; value++) {
        if (*value && *value != '\\') {
            name[length++] = *value;
            continue;
        }
        name[length] = '\0';
        if (!is_file_name(name))
            return false;
        if (!*value)
            return true;
        length = 0;
    }
}

static bool is_device_id(const char *value)
{
    size_t length = text_length(value);

    for (size_t i = 0; i < length; i++) {
        if (value[i] <= 0x20 || value[i] >= 0x7f || value[i] == '"' || value[i] == ',')
            return false;
    }
    return length > 0 && length < 200; /* MAX_DEVICE_ID_LEN */
}

static bool is_mac(const char *value)
{
    for (unsigned i = 0; i < 12; i++) {
        if (!value[i] || !has_byte("0123456789abcdefABCDEF", value[i]))
            return false;
    }
    return value[12] == '\0';
}

static bool is_metric(const char *value)
{
    return is_number_between(value, 1, METRIC_LIMIT);
}

static bool is_address(const char *value)
{
    Ip ip;

    return ip_parse_with_prefix(value, text_length(value), &ip);
}

static bool is_host(const char *value)
{
    Ip ip;

    return ip_parse(value, text_length(value), &ip);
}

static bool is_host_v4(const char *value)
{
    Ip ip;

    return ip_parse(value, text_length(value), &ip) && !ip.is_v6;
}

/* Labels of letters, digits, '-' and '_' (which Active Directory has), with single dots between. */
static bool is_domain(const char *value)
{
    size_t length = text_length(value), label = 0;

    for (size_t i = 0; i < length; i++) {
        char c = value[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (c == '.' && label > 0)
            label = 0;
        else if (is_letter || (c >= '0' && c <= '9') || c == '-' || c == '_')
            label++;
        else
            return false;
        if (label > DOMAIN_LABEL_LIMIT)
            return false;
    }
    return label > 0 && length <= DOMAIN_LIMIT;
}

static bool is_route(const char *value)
{
    size_t gateway_length;
    const char *gateway;
    uint32_t metric;
    Ip destination;

    return ip_parse_route(value, &destination, &gateway, &gateway_length, &metric);
}

/* A registry path of plain components, and after the first '|' nothing but what follows it. */
static bool is_key(const char *value, size_t length)
{
    bool after_separator = true;

    for (size_t i = 0; i < length; i++) {
        if (value[i] < 0x20 || value[i] >= 0x7f || (value[i] == '\\' && after_separator))
            return false;
        after_separator = value[i] == '\\';
    }
    return length > 0 && !after_separator;
}

/* "KEY|NAME" with the rest, if it may have one, in *ret_rest. */
static bool split_value(const char *value, const char **ret_rest)
{
    size_t key_length = 0, name_length = 0;
    const char *name;

    while (value[key_length] && value[key_length] != '|')
        key_length++;
    if (!value[key_length] || !is_key(value, key_length))
        return false;
    name = value + key_length + 1;
    while (name[name_length] && name[name_length] != '|') {
        if (name[name_length] < 0x20 || name[name_length] >= 0x7f)
            return false;
        name_length++;
    }
    *ret_rest = name[name_length] ? name + name_length + 1 : NULL;
    return name_length > 0;
}

static bool is_set_dword(const char *value)
{
    const char *rest;
    uint32_t number;

    return split_value(value, &rest) && rest && ip_parse_number(rest, text_length(rest), &number);
}

static bool is_delete_value(const char *value)
{
    const char *rest;

    return split_value(value, &rest) && !rest;
}

/* Nothing but keys of our own is ever deleted. */
static bool is_delete_key(const char *value)
{
    static const char ending[] = "\\" SETTINGS_SERVICE_NAME;
    size_t length = text_length(value), ending_length = sizeof ending - 1;

    return length > ending_length && is_key(value, length) && !has_byte(value, '|') &&
           text_equals(value + length - ending_length, ending);
}

static const struct {
    const char *name;
    bool (*is_valid)(const char *value);
} keys[SETTINGS_KEY_COUNT] = {
    [SETTINGS_REBOOT] = {"reboot", is_when_wanted},
    [SETTINGS_WAIT] = {"wait", is_wait},
    [SETTINGS_DRIVER] = {"driver", is_path},
    [SETTINGS_DEVICE] = {"device", is_device_id},
    [SETTINGS_ADAPTER] = {"adapter", is_mac},
    [SETTINGS_CONNECTION_NAME] = {"connection-name", is_name},
    [SETTINGS_ADDRESS] = {"address", is_address},
    [SETTINGS_GATEWAY] = {"gateway", is_host},
    [SETTINGS_DNS] = {"dns", is_host},
    [SETTINGS_WINS] = {"wins", is_host_v4},
    [SETTINGS_DNS_SUFFIX] = {"dns-suffix", is_domain},
    [SETTINGS_METRIC] = {"metric", is_metric},
    [SETTINGS_MTU] = {"mtu", is_mtu},
    [SETTINGS_ROUTE] = {"route", is_route},
    [SETTINGS_DISKS] = {"disks", is_online},
    [SETTINGS_UNINSTALL] = {"uninstall", is_tools},
    [SETTINGS_AGENT] = {"agent", is_path},
    [SETTINGS_SCRIPT] = {"script", is_script},
    [SETTINGS_SET_DWORD] = {"set-dword", is_set_dword},
    [SETTINGS_DELETE_VALUE] = {"delete-value", is_delete_value},
    [SETTINGS_DELETE_KEY] = {"delete-key", is_delete_key},
};

const char *settings_key_name(SettingsKey key)
{
    return keys[key].name;
}

bool settings_value_is_valid(SettingsKey key, const char *value)
{
    return text_length(value) <= SETTINGS_VALUE_LIMIT_BYTES && keys[key].is_valid(value);
}

const char *settings_get(const Settings *settings, SettingsKey key)
{
    for (unsigned i = 0; i < settings->count; i++) {
        if (settings->items[i].key == key)
            return settings->items[i].value;
    }
    return NULL;
}

/* line ends with NUL and is length bytes long. false: to be left out. */
static bool parse_line(Settings *settings, char *line, size_t length)
{
    size_t name_length = 0;

    if (text_length(line) != length) /* a NUL inside */
        return false;
    while (line[name_length] && line[name_length] != '=')
        name_length++;
    if (!line[name_length] || settings->count == SETTINGS_ITEMS_LIMIT)
        return false;
    line[name_length] = '\0';
    for (unsigned key = 0; key < SETTINGS_KEY_COUNT; key++) {
        const char *value = line + name_length + 1;

        if (!text_equals(line, keys[key].name))
            continue;
        if (!settings_value_is_valid((SettingsKey)key, value))
            return false;
        settings->items[settings->count].key = (SettingsKey)key;
        settings->items[settings->count++].value = value;
        return true;
    }
    return false;
}

bool settings_parse(char *text, size_t length, Settings *ret_settings)
{
    unsigned number = 0;

    ret_settings->count = ret_settings->bad_lines = ret_settings->first_bad_line = 0;
    if (length > SETTINGS_LIMIT_BYTES)
        return false;
    for (size_t start = 0, end; start < length; start = end + 1) {
        size_t line_length;

        for (end = start; end < length && text[end] != '\n'; end++)
            ;
        line_length = end - start;
        if (line_length > 0 && text[start + line_length - 1] == '\r')
            line_length--;
        text[start + line_length] = '\0';
        number++;
        if (number == 1) {
            if (!text_equals(text, SETTINGS_HEADER))
                return false;
        } else if (line_length > 0 && text[start] != '#' &&
                   !parse_line(ret_settings, text + start, line_length)) {
            if (ret_settings->bad_lines++ == 0)
                ret_settings->first_bad_line = number;
        }
    }
    return number > 0;
}

bool progress_parse(const char *text, size_t length, Progress *ret_progress)
{
    uint32_t numbers[PROGRESS_NUMBERS];
    size_t start = 0;

    if (length >= PROGRESS_TEXT_BYTES)
        return false;
    for (unsigned i = 0; i < PROGRESS_NUMBERS; i++) {
        char separator = i + 1 < PROGRESS_NUMBERS ? ' ' : '\n';
        size_t end = start;

        while (end < length && text[end] != separator)
            end++;
        if (end == length || !ip_parse_number(text + start, end - start, &numbers[i]))
            return false;
        start = end + 1;
    }
    if (start != length || numbers[0] > STEP_LIMIT || numbers[3] > 1)
        return false;
    ret_progress->step = numbers[0];
    ret_progress->attempts = numbers[1];
    ret_progress->failed_steps = numbers[2];
    ret_progress->reboot_wanted = numbers[3];
    return true;
}

static size_t append_number(char *text, uint32_t number)
{
    char digits[10];
    size_t count = 0, length = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0)
        text[length++] = digits[--count];
    return length;
}

size_t progress_format(const Progress *progress, char ret_text[PROGRESS_TEXT_BYTES])
{
    const uint32_t numbers[PROGRESS_NUMBERS] = {progress->step, progress->attempts,
                                                progress->failed_steps, progress->reboot_wanted};
    size_t length = 0;

    for (unsigned i = 0; i < PROGRESS_NUMBERS; i++) {
        length += append_number(ret_text + length, numbers[i]);
        ret_text[length++] = i + 1 < PROGRESS_NUMBERS ? ' ' : '\n';
    }
    return length;
}
