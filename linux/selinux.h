/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SELinux labels of new files, as the guest's own policy wants them, so that no relabelling is
   needed: selinux(8), selabel_file(5), file_contexts(5). */
#ifndef LINUX_SELINUX_H
#define LINUX_SELINUX_H

#include "fs/edits.h"

/* Gives every file, directory and link that is staged, and was not there before, the label that the
   policy in /etc/selinux names for its path. Nothing happens in a guest where SELinux is off or has
   no policy; there new files get their neighbours' labels. */
gboolean selinux_label_edits(Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct SelinuxContexts SelinuxContexts;

/* contexts: the text of file_contexts and what belongs behind it (.homedirs, .local), in this
   order; substitutions: of file_contexts.subs, then .subs_dist. Lines that make no sense are passed
   over, as libselinux does with those of a damaged policy. */
SelinuxContexts *selinux_contexts_new(const char *contexts, const char *substitutions);
void selinux_contexts_free(SelinuxContexts *contexts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SelinuxContexts, selinux_contexts_free)

/* The label of a file of this type at path; NULL: the policy names none. Owned by contexts. */
const char *selinux_contexts_find(SelinuxContexts *contexts, const char *path, FsFileType type);

#endif
