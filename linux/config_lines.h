/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files as lines: values are changed, and comments, order and everything else stay.
 */
#ifndef LINUX_CONFIG_LINES_H
#define LINUX_CONFIG_LINES_H

#include <glib.h>

/* Of char *, without their "\n"; a text without lines has none. */
GPtrArray *config_lines_new(const char *text);
/* Each with a "\n" behind. Free with g_free(). */
char *config_lines_join(const GPtrArray *lines);

/* KEY=value files of the shell: the last assignment, without quotes; NULL: none. Free with
   g_free(). */
char *shell_lines_get(const GPtrArray *lines, const char *key);
/* Takes the place of the first assignment, or is added at the end; value is quoted if need be, or
   if quote says so. */
void shell_lines_set(GPtrArray *lines, const char *key, const char *value, gboolean quote);
/* patterns: up to NULL; "IPADDR*" is IPADDR, and IPADDR with digits and '_' behind. An assignment
   over several lines, a list in parentheses or in quotes, goes as a whole. */
void shell_lines_remove(GPtrArray *lines, const char *const *patterns);

/* Files with [SECTION]s: keys of all sections of that name. */
char *section_lines_get(const GPtrArray *lines, const char *section, const char *key);
/* Calls func with each line of section that is "key=value"; TRUE: the line goes. Keys and values
   are without blanks around. */
typedef gboolean (*SectionFunc)(const char *key, const char *value, gpointer data);
void section_lines_remove(GPtrArray *lines, const char *section, SectionFunc func, gpointer data);
/* Takes out whole sections of that name, with their comments. */
typedef gboolean (*WholeSectionFunc)(const GPtrArray *section_lines, gpointer data);
void section_lines_remove_whole(GPtrArray *lines, const char *section, WholeSectionFunc func,
                                gpointer data);
/* Behind the last key of the first section of that name, which is made if there is none. */
void section_lines_add(GPtrArray *lines, const char *section, const char *key, const char *value);

#endif
