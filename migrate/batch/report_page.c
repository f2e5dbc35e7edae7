/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing HTML with libxml2's writer: nothing that comes from outside is markup. */
#include "migrate/batch/report_page.h"

#include "migrate/batch/report_parts.h"

static const struct {
    const char *word;
} statuses[BATCH_STATUS_LAST] = {
    [BATCH_PENDING] = {"Not run"}, [BATCH_RUNNING] = {"Running"}, [BATCH_DONE] = {"Done"},
    [BATCH_FAILED] = {"Failed"},   [BATCH_SKIPPED] = {"Skipped"},
};

void page_open(XmlWriter *xml, const char *element, const char *class)
{
    xml_write_start(xml, element);
    xml_write_attribute(xml, "class", class);
}

void page_close(XmlWriter *xml)
{
    xml_write_end_full(xml);
}

/* Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9), and what
   separates lines and paragraphs. */
static gboolean turns_direction(gunichar character)
{
    return character == 0x061c || character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

void page_text(XmlWriter *xml, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autoptr(GString) shown = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char(at);
        const gboolean is_space = character == '\n' || character == '\t';
        if ((g_unichar_iscntrl(character) && !is_space) || turns_direction(character))
            g_string_append_printf(shown, "<U+%04X>", character);
        else
            g_string_append_unichar(shown, character);
    }
    xml_write_text(xml, shown->str);
}

void page_leaf(XmlWriter *xml, const char *element, const char *class, const char *text)
{
    page_open(xml, element, class);
    page_text(xml, text);
    page_close(xml);
}

void page_name(XmlWriter *xml, const char *text)
{
    page_leaf(xml, "bdi", NULL, text);
}

void page_icon(XmlWriter *xml, const char *name)
{
    g_autofree char *reference = g_strconcat("#i-", name, NULL);
    page_open(xml, "svg", "icon");
    xml_write_attribute(xml, "aria-hidden", "true");
    xml_write_empty(xml, "use", "href", reference, NULL);
    page_close(xml);
}

const char *page_status_word(BatchStatus status)
{
    return statuses[status].word;
}

void page_state(XmlWriter *xml, BatchStatus status)
{
    g_autofree char *class = g_strconcat("state ", batch_status_name(status), NULL);
    page_open(xml, "span", class);
    page_icon(xml, batch_status_name(status));
    page_text(xml, page_status_word(status));
    page_close(xml);
}

/* A report's own words are not trusted to be a class. */
const char *page_severity_class(const char *severity)
{
    static const char *const known[] = {"blocker", "warning", "info"};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (g_strcmp0(severity, known[i]) == 0)
            return known[i];
    return "info";
}

void page_severity(XmlWriter *xml, const char *severity)
{
    const char *name = page_severity_class(severity);
    g_autofree char *class = g_strconcat("severity ", name, NULL);
    g_autofree char *word = g_strdup_printf("%c%s", g_ascii_toupper(*name), name + 1);
    page_open(xml, "span", class);
    page_icon(xml, name);
    page_text(xml, word);
    page_close(xml);
}

static GBytes *page_file(const char *name)
{
    return embedded_file_get(report_page_files, name);
}

static char *page_file_text(const char *name)
{
    g_autoptr(GBytes) bytes = page_file(name);
    gsize length;
    const char *text = g_bytes_get_data(bytes, &length);
    return g_strndup(text, length);
}

/* As a policy names a style or script that stands in the page. */
static char *hash_source(const char *name)
{
    g_autoptr(GBytes) bytes = page_file(name);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize length = sizeof(digest);
    g_checksum_update(checksum, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    g_checksum_get_digest(checksum, digest, &length);
    g_autofree char *encoded = g_base64_encode(digest, length);
    return g_strdup_printf("'sha256-%s'", encoded);
}

static void write_embedded(XmlWriter *xml, const char *element, const char *name)
{
    g_autofree char *text = page_file_text(name);
    xml_write_start(xml, element);
    xml_write_raw(xml, text);
    page_close(xml);
}

void page_write_head(XmlWriter *xml, const char *title)
{
    g_autofree char *style = hash_source("report.css");
    g_autofree char *script = hash_source("report.js");
    g_autofree char *policy =
        g_strdup_printf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; "
                        "form-action 'none'",
                        style, script);
    xml_write_start(xml, "head");
    xml_write_empty(xml, "meta", "charset", "utf-8", NULL);
    xml_write_empty(xml, "meta", "http-equiv", "Content-Security-Policy", "content", policy, NULL);
    xml_write_empty(xml, "meta", "name", "viewport", "content",
                    "width=device-width, initial-scale=1", NULL);
    xml_write_empty(xml, "meta", "name", "color-scheme", "content", "light dark", NULL);
    xml_write_empty(xml, "meta", "name", "referrer", "content", "no-referrer", NULL);
    page_leaf(xml, "title", NULL, title);
    write_embedded(xml, "style", "report.css");
    page_close(xml);
}

void page_write_icons(XmlWriter *xml)
{
    g_autofree char *icons = page_file_text("icons.svg");
    xml_write_raw(xml, icons);
}

void page_write_script(XmlWriter *xml)
{
    write_embedded(xml, "script", "report.js");
}

char *page_size(uint64_t bytes)
{
    return bytes > 0 ? g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS) : g_strdup("");
}

char *page_duration(double seconds)
{
    const guint64 whole = (guint64)MAX(seconds + 0.5, 0);
    if (seconds <= 0)
        return g_strdup("");
    if (seconds < 9.95)
        return g_strdup_printf("%.1f s", seconds);
    if (whole < 60)
        return g_strdup_printf("%" G_GUINT64_FORMAT " s", whole);
    if (whole < 3600)
        return g_strdup_printf("%" G_GUINT64_FORMAT " min %02" G_GUINT64_FORMAT " s", whole / 60,
                               whole % 60);
    return g_strdup_printf("%" G_GUINT64_FORMAT " h %02" G_GUINT64_FORMAT " min", whole / 3600,
                           whole / 60 % 60);
}

char *page_time(gint64 time_us)
{
    g_autoptr(GDateTime) time =
        time_us > 0 ? g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC) : NULL;
    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC") : g_strdup("");
}

char *page_count(guint count, const char *one, const char *many)
{
    return g_strdup_printf("%u %s", count, count == 1 ? one : many);
}
