/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads migrate-manifest(5). */
#include "migrate/batch/manifest.h"

BatchManifest *batch_manifest_read(const char *path, GError **error)
{
    g_autoptr(Document) document = document_read(path, error);
    return document ? batch_manifest_new(path) : NULL;
}
