/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What everything that reads one source shares. Only for files of convert/. */
#ifndef CONVERT_SOURCE_CONTEXT_H
#define CONVERT_SOURCE_CONTEXT_H

#include "base/finding.h"
#include "convert/source.h"
#include "convert/source_files.h"

/* What may be given, for hints. */
#define SOURCES_KNOWN                                                                              \
    "a folder, a VMX, OVF, OVA, Hyper-V or libvirt configuration, or disk images (VMDK, VHDX, "    \
    "VHD, VDI, qcow2, raw)"

typedef struct {
    const SourceRequest *request;
    SourceFiles *files;
    const char *work_directory; /* private; removed with the source */
    GPtrArray *findings;        /* of Finding */
    GPtrArray *servers;         /* of RunChild: programs that serve images; end with the source */
} SourceContext;

/* A name in the work directory that was not used before: "ID-suffix". */
char *source_context_make_path(const SourceContext *context, const char *suffix);

#endif
