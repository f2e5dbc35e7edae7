/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a .reg file as text. For this folder only. */
#ifndef REGISTRY_REG_TEXT_H
#define REGISTRY_REG_TEXT_H

#include <glib.h>
#include <stdint.h>

/* UTF-8 without a byte order mark and without NUL. */
gboolean reg_text_decode(GBytes *content, const char *file_name, char **ret_text,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The character that Windows-1252 has for byte. */
gunichar reg_text_from_ansi(uint8_t byte);

#endif
