/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the source tree that are built in; see embed_files() in cmake/Module.cmake. */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <glib.h>

typedef struct {
    const char *name; /* without folders; NULL ends the array */
    const unsigned char *content;
    gsize length;
} EmbeddedFile;

/* The file of this name, which must be one of files. */
GBytes *embedded_file_get(const EmbeddedFile *files, const char *name);

#endif
