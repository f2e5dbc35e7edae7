/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing HTML: elements with a class, text that cannot be anything but text, numbers for people.
 */
#ifndef MIGRATE_BATCH_REPORT_PAGE_H
#define MIGRATE_BATCH_REPORT_PAGE_H

#include "base/embedded.h"
#include "domain/xml.h"
#include "migrate/batch/result.h"

extern const EmbeddedFile report_page_files[];

/* class may be NULL. */
void page_open(XmlWriter *xml, const char *element, const char *class);
void page_close(XmlWriter *xml);
/* Control characters, and those that turn the direction of what follows, are shown by number. */
void page_text(XmlWriter *xml, const char *text);
/* <element class>text</element>; text NULL: empty. */
void page_leaf(XmlWriter *xml, const char *element, const char *class, const char *text);
/* A name of somebody's choice: its direction does not reach what is around it. */
void page_name(XmlWriter *xml, const char *text);
void page_icon(XmlWriter *xml, const char *name); /* of page/icons.svg, without "i-" */
/* Icon and word. */
void page_state(XmlWriter *xml, BatchStatus status);
void page_severity(XmlWriter *xml, const char *severity);
const char *page_status_word(BatchStatus status); /* "Done" */
const char *page_severity_class(const char *severity);

/* <head>: style and script are embedded, and the policy allows these alone. */
void page_write_head(XmlWriter *xml, const char *title);
void page_write_icons(XmlWriter *xml);
void page_write_script(XmlWriter *xml);

char *page_size(uint64_t bytes);     /* "8.0 GiB"; "" for 0 */
char *page_duration(double seconds); /* "2 h 05 min", "3 min 12 s", "4.2 s"; "" for 0 */
char *page_time(gint64 time_us);     /* "2026-11-30 18:05 UTC"; "" for 0 */
char *page_count(guint count, const char *one, const char *many); /* "1 machine" */

#endif
