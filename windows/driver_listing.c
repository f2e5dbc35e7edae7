/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INFs of a collection, looked at without a Windows in mind. */
#include "windows/driver_listing.h"

#include <string.h>

#include "windows/inf_version.h"

/* Of one INF; the largest network drivers know a few hundred devices. */
#define IDS_LIMIT 2048u

static void listing_free(void *data)
{
    DriverListing *listing = data;

    g_free(listing->path);
    g_free(listing->problem);
    g_free(listing->provider);
    g_free(listing->class_name);
    g_free(listing->version);
    g_free(listing->date);
    g_clear_pointer(&listing->targets, g_ptr_array_unref);
    g_clear_pointer(&listing->ids, g_ptr_array_unref);
    g_free(listing);
}

/* Takes text. */
static void add_once(GPtrArray *texts, char *text)
{
    if (g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
        g_free(text);
    else
        g_ptr_array_add(texts, text);
}

static void add_section(const Inf *inf, const char *section, const char *target,
                        DriverListing *listing)
{
    const GPtrArray *lines = inf_get_section(inf, section);

    if (!lines)
        return;
    add_once(listing->targets, g_strdup(target));
    for (guint i = 0; i < lines->len; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);

        for (guint j = 1; j < line->fields->len && listing->ids->len < IDS_LIMIT; j++) {
            if (*inf_line_field(line, j))
                add_once(listing->ids, g_ascii_strup(inf_line_field(line, j), -1));
        }
    }
}

static void add_manufacturers(const Inf *inf, DriverListing *listing)
{
    const GPtrArray *lines = inf_get_section(inf, "Manufacturer");

    for (guint i = 0; lines && i < lines->len; i++) {
        const InfLine *line = g_ptr_array_index(lines, i);
        const char *base = inf_line_field(line, 0);

        if (!*base)
            continue;
        for (guint j = 1; j < line->fields->len; j++) {
            g_autofree char *section = g_strdup_printf("%s.%s", base, inf_line_field(line, j));

            add_section(inf, section, inf_line_field(line, j), listing);
        }
        add_section(inf, base, "", listing);
    }
}

static char *read_text(const Inf *inf, const char *key)
{
    const char *text = inf_get_field(inf, "Version", key, 0);

    return g_strdup(text ? text : "");
}

static DriverListing *listing_new(const DriverTree *tree, const char *path)
{
    DriverListing *listing = g_new0(DriverListing, 1);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Inf) inf =
        driver_tree_read(tree, path, &bytes, &error) ? inf_parse(bytes, path, &error) : NULL;
    guint16 version[4];

    listing->path = g_strdup(path);
    if (!inf) {
        listing->problem = g_strdup(error->message);
        return listing;
    }
    inf_read_version(inf, version);
    listing->version = inf_version_text(version);
    listing->date = inf_date_text(inf_read_date(inf));
    listing->provider = read_text(inf, "Provider");
    listing->class_name = read_text(inf, "Class");
    listing->targets = g_ptr_array_new_with_free_func(g_free);
    listing->ids = g_ptr_array_new_with_free_func(g_free);
    add_manufacturers(inf, listing);
    return listing;
}

GPtrArray *driver_listing_new(const DriverTree *tree)
{
    GPtrArray *listings = g_ptr_array_new_with_free_func(listing_free);

    for (const char *const *path = driver_tree_list(tree); *path; path++) {
        g_autofree char *folded = g_ascii_strdown(*path, -1);

        if (g_str_has_suffix(folded, ".inf"))
            g_ptr_array_add(listings, listing_new(tree, *path));
    }
    return listings;
}
