/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses as text. */
#include "windows/firstboot/ip.h"

enum { METRIC_MAX = 9999 };

bool ip_parse_number(const char *text, size_t length, uint32_t *ret_number)
{
    uint64_t number = 0;

    if (length == 0 || length > 10)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    if (number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static size_t find_byte(const char *text, size_t length, char byte)
{
    size_t i = 0;

    while (i < length && text[i] != byte)
        i++;
    return i;
}

/* Leading zeros are refused: some programs read them as octal. */
static bool parse_v4(const char *text, size_t length, uint8_t ret_bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        size_t digits = find_byte(text, length, '.');
        uint32_t number;

        if (digits > 3 || (digits > 1 && text[0] == '0') ||
            !ip_parse_number(text, digits, &number) || number > 255)
            return false;
        ret_bytes[i] = (uint8_t)number;
        if (i == 3)
            return digits == length;
        if (digits == length)
            return false;
        text += digits + 1;
        length -= digits + 1;
    }
    return false;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* Groups of hexadecimal digits up to the end or to "::"; returns how many bytes were used up, and
   stops at what it does not understand. */
static size_t parse_groups(const char *text, size_t length, uint8_t bytes[16], size_t *ret_count)
{
    size_t used = 0, count = 0;

    while (used < length && count < 16) {
        size_t end = used;
        unsigned group = 0;
        int digit;

        while (end < length && end - used < 4 && (digit = hex_digit(text[end])) >= 0) {
            group = group << 4 | (unsigned)digit;
            end++;
        }
        if (end < length && text[end] == '.' && count <= 12 &&
            parse_v4(text + used, length - used, bytes + count)) {
            count += 4;
            used = length;
            break;
        }
        if (end == used)
            break;
        bytes[count++] = (uint8_t)(group >> 8);
        bytes[count++] = (uint8_t)group;
        used = end;
        if (used + 1 >= length || text[used] != ':' || text[used + 1] == ':')
            break;
        used++;
    }
    *ret_count = count;
    return used;
}

static bool parse_v6(const char *text, size_t length, uint8_t ret_bytes[16])
{
    uint8_t head[16] = {0}, tail[16] = {0};
    size_t head_count = 0, tail_count = 0, used;

    used = parse_groups(text, length, head, &head_count);
    if (used == length && head_count == 16) {
        for (unsigned i = 0; i < 16; i++)
            ret_bytes[i] = head[i];
        return true;
    }
    if (used + 2 > length || text[used] != ':' || text[used + 1] != ':')
        return false;
    text += used + 2;
    length -= used + 2;
    if (parse_groups(text, length, tail, &tail_count) != length || head_count + tail_count > 14)
        return false;
    for (size_t i = 0; i < 16; i++) {
        if (i < head_count)
            ret_bytes[i] = head[i];
        else
            ret_bytes[i] = i < 16 - tail_count ? 0 : tail[i - (16 - tail_count)];
    }
    return true;
}

bool ip_parse(const char *text, size_t length, Ip *ret_ip)
{
    Ip ip = {0};

    ip.is_v6 = find_byte(text, length, ':') < length;
    ip.prefix = ip.is_v6 ? 128 : 32;
    if (ip.is_v6 ? !parse_v6(text, length, ip.bytes) : !parse_v4(text, length, ip.bytes))
        return false;
    *ret_ip = ip;
    return true;
}

bool ip_parse_with_prefix(const char *text, size_t length, Ip *ret_ip)
{
    size_t slash = find_byte(text, length, '/');
    uint32_t prefix;
    Ip ip;

    if (slash == length || !ip_parse(text, slash, &ip) ||
        !ip_parse_number(text + slash + 1, length - slash - 1, &prefix) || prefix > ip.prefix)
        return false;
    ip.prefix = prefix;
    *ret_ip = ip;
    return true;
}

bool ip_parse_route(const char *text, Ip *ret_destination, const char **ret_gateway,
                    size_t *ret_gateway_length, uint32_t *ret_metric)
{
    size_t length = 0, destination_length, gateway_length;
    uint32_t metric = 0;
    Ip gateway;

    while (text[length])
        length++;
    destination_length = find_byte(text, length, ' ');
    if (destination_length == length ||
        !ip_parse_with_prefix(text, destination_length, ret_destination))
        return false;
    text += destination_length + 1;
    length -= destination_length + 1;
    gateway_length = find_byte(text, length, ' ');
    if (!ip_parse(text, gateway_length, &gateway) || gateway.is_v6 != ret_destination->is_v6)
        return false;
    if (gateway_length < length &&
        (!ip_parse_number(text + gateway_length + 1, length - gateway_length - 1, &metric) ||
         metric == 0 || metric > METRIC_MAX))
        return false;
    *ret_gateway = text;
    *ret_gateway_length = gateway_length;
    *ret_metric = metric;
    return true;
}
