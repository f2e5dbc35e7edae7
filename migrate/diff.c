/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs, through libgit2. */
#include "migrate/diff.h"

#include <git2.h>
#include <string.h>

#include "base/error.h"

static gboolean is_text(GBytes *bytes)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    return g_utf8_validate_len(data, length, NULL);
}

static gboolean set_git_error(GError **error)
{
    const git_error *last = git_error_last();
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "cannot compare texts: %s",
                      last ? last->message : "unknown error");
    return FALSE;
}

gboolean diff_format(const char *path, GBytes *old_text, GBytes *new_text, char **ret_diff,
                     GError **error)
{
    gsize old_length = 0, new_length;
    const char *old_data = old_text ? g_bytes_get_data(old_text, &old_length) : NULL;
    const char *new_data = g_bytes_get_data(new_text, &new_length);
    if (!is_text(new_text) || (old_text && !is_text(old_text))) {
        *ret_diff = g_strdup_printf("binary, %" G_GSIZE_FORMAT " bytes\n", new_length);
        return TRUE;
    }

    git_libgit2_init();
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    git_patch *patch = NULL;
    git_buf buffer = {0};
    gboolean ok = git_patch_from_buffers(&patch, old_data, old_length, NULL, new_data, new_length,
                                         NULL, &options) == 0 &&
                  git_patch_to_buf(&buffer, patch) == 0;
    if (ok) {
        /* What stands before the first hunk names the blobs, not the file. */
        const char *hunks = buffer.ptr ? strstr(buffer.ptr, "@@ ") : NULL;
        *ret_diff = hunks ? g_strdup_printf("--- %s\n+++ %s\n%s", old_text ? path : "/dev/null",
                                            path, hunks)
                          : g_strdup("");
    } else {
        set_git_error(error);
    }
    git_buf_dispose(&buffer);
    git_patch_free(patch);
    git_libgit2_shutdown();
    return ok;
}
