/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bulk copy: qemu-img convert. */
#include "convert/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"

#define PER_MILLE 1000

typedef struct {
    ProgressFunc progress;
    void *data;
} Listener;

gboolean copy_measure(const char *image_options, uint64_t *ret_bytes, GError **error)
{
    const char *const argv[] = {"qemu-img", "measure",      "--output=json", "-O",
                                "qcow2",    "--image-opts", image_options,   NULL};
    g_autofree char *output = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!run_program(argv, NULL, &output, error) ||
        !json_parser_load_from_data(parser, output, -1, error)) {
        g_prefix_error(error, "cannot measure the result: ");
        return FALSE;
    }
    JsonNode *root = json_parser_get_root(parser);
    gint64 required =
        JSON_NODE_HOLDS_OBJECT(root)
            ? json_object_get_int_member_with_default(json_node_get_object(root), "required", -1)
            : -1;
    if (required < 0) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "cannot measure the result: qemu-img said '%s'", output);
        return FALSE;
    }
    *ret_bytes = (uint64_t)required;
    return TRUE;
}

/* qemu-img prints "    (12.34/100%)". */
static gboolean hear_line(void *data, const char *line, G_GNUC_UNUSED GError **error)
{
    const Listener *listener = data;
    const char *bracket = strchr(line, '(');
    if (!bracket || !listener->progress)
        return TRUE;
    double percent = g_ascii_strtod(bracket + 1, NULL);
    if (percent >= 0 && percent <= 100)
        listener->progress(listener->data, (uint64_t)(percent * PER_MILLE / 100), PER_MILLE);
    return TRUE;
}

static gboolean sync_file(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        drydock_error_set_errno(error, errno, "cannot write '%s' to stable storage", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

gboolean copy_image(const char *image_options, const char *target, const CopyOptions *options,
                    ProgressFunc progress, void *progress_data, GError **error)
{
    g_autofree char *compression =
        options->compress ? g_strdup_printf("compression_type=%s", options->compress) : NULL;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    /* -W with many requests in flight: written out of order, which a fresh qcow2 does not mind and
       which is a fifth to a half faster. */
    const char *const first[] = {"qemu-img", "convert", "-p", "-W", "-m", "16", "-O"};
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)first[i]);
    g_ptr_array_add(argv, (gpointer)(uintptr_t)(options->format ? options->format : "qcow2"));
    const char *const compress[] = {"-c", "-o", compression};
    for (guint i = 0; compression && i < G_N_ELEMENTS(compress); i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)compress[i]);
    const char *const last[] = {"--image-opts", image_options, target, NULL};
    for (guint i = 0; i < G_N_ELEMENTS(last); i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)last[i]);
    Listener listener = {progress, progress_data};
    RunOptions run = {.line_func = hear_line, .line_data = &listener};
    if (run_program((const char *const *)argv->pdata, &run, NULL, error) &&
        (!options->sync || sync_file(target, error)))
        return TRUE;
    unlink(target);
    g_prefix_error(error, "cannot copy to '%s': ", target);
    return FALSE;
}
