/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest of an OVF package: a digest for each of its files (DSP0243 2.1, section 5.1). Only
   for files of convert/. */
#ifndef CONVERT_CONFIG_OVF_MANIFEST_H
#define CONVERT_CONFIG_OVF_MANIFEST_H

#include "convert/source_context.h"

/* Looks for NAME.mf beside the OVF at config and compares the digest of every file it lists; a
   mismatch is DRYDOCK_ERROR_CORRUPT with the file's name, a listed file that is missing
   DRYDOCK_ERROR_NOT_FOUND. No manifest is no error. A certificate (NAME.cert) becomes a finding:
   signatures are not checked. Progress goes to the request's function. */
gboolean ovf_manifest_check(SourceContext *context, const SourcePlace *config,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
