/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mounts volumes in the kernel, which is started when the first one wants it. */
#include "fs/uml_kernel.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

/* Of what the kernel said about a failure. */
#define LOG_LINES 4

static const char *const kernel_types[] = {"xfs", "btrfs", NULL};

struct FsKernel {
    FsKernelConnect connect;
    void *data;
    UmlDevice *device; /* NULL: not connected yet */
};

/* What errno of the agent means to us; everything else is DRYDOCK_ERROR_FAILED. */
static const struct {
    int failure;
    DrydockError code;
} meanings[] = {
    {ENOSPC, DRYDOCK_ERROR_NO_SPACE},    {EDQUOT, DRYDOCK_ERROR_NO_SPACE},
    {EFBIG, DRYDOCK_ERROR_NO_SPACE},     {ENOENT, DRYDOCK_ERROR_NOT_FOUND},
    {EIO, DRYDOCK_ERROR_CORRUPT},        {EUCLEAN, DRYDOCK_ERROR_CORRUPT},
    {EBADMSG, DRYDOCK_ERROR_CORRUPT},    {EROFS, DRYDOCK_ERROR_PRECONDITION},
    {ENAMETOOLONG, DRYDOCK_ERROR_USAGE}, {EOPNOTSUPP, DRYDOCK_ERROR_UNSUPPORTED},
};

FsKernel *fs_kernel_new(FsKernelConnect connect, void *data)
{
    FsKernel *kernel = g_new0(FsKernel, 1);
    kernel->connect = connect;
    kernel->data = data;
    return kernel;
}

void fs_kernel_free(FsKernel *kernel)
{
    if (!kernel)
        return;
    uml_device_free(kernel->device);
    g_free(kernel);
}

gboolean fs_kernel_has_type(const char *type)
{
    return type && g_strv_contains(kernel_types, type);
}

/* "<3>[    0.12] XFS …" without the marks of level and time; the latter need not be there. */
static const char *skip_marks(const char *line)
{
    const char *end = line[0] == '<' ? strchr(line, '>') : NULL;
    if (end)
        line = end + 1;
    end = line[0] == '[' ? strstr(line, "] ") : NULL;
    return end ? end + 2 : line;
}

/* Warnings and errors ("<4>" and below), but not the bytes that XFS shows of what it finds wrong.
 */
static gboolean is_telling(const char *line)
{
    const char *text = skip_marks(line);
    if (!*text || (line[0] == '<' && g_ascii_strtoull(line + 1, NULL, 10) % 8 > 4))
        return FALSE;
    return strspn(text, "0123456789abcdef") != 8 || text[8] != ':';
}

/* The last lines of the kernel's log. */
static char *quote_log(const GByteArray *data)
{
    g_autofree char *text =
        data->len > 0 ? g_strndup((const char *)data->data, data->len) : g_strdup("");
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(valid), "\n", -1);
    GString *quote = g_string_new(NULL);
    guint count = 0;
    for (guint i = g_strv_length(lines); i > 0 && count < LOG_LINES; i--) {
        if (!is_telling(lines[i - 1]))
            continue;
        if (count++ > 0)
            g_string_prepend(quote, "; ");
        g_string_prepend(quote, skip_marks(lines[i - 1]));
    }
    return g_string_free(quote, FALSE);
}

const GError *uml_disk_error(const UmlFs *uml)
{
    const GError *first = NULL;
    for (guint i = 0; i < uml->slots->len && !first; i++)
        first = uml->device->slots[g_array_index(uml->slots, guint, i)].error;
    return first;
}

static void set_failure(const UmlFs *uml, const UmlReply *reply, GError **error)
{
    const GError *first = uml_disk_error(uml);
    DrydockError code = DRYDOCK_ERROR_FAILED;
    for (guint i = 0; i < G_N_ELEMENTS(meanings); i++)
        if (meanings[i].failure == reply->failure)
            code = meanings[i].code;
    g_autofree char *log = quote_log(reply->data);
    const char *below = first ? first->message : "";
    /* The cause is what the kernel's disk, our Disk, said first. */
    if (first && code == DRYDOCK_ERROR_CORRUPT)
        code = (DrydockError)first->code;
    drydock_error_set(error, code, NULL, "%s%s%s%s%s%s", g_strerror(reply->failure),
                      *log ? " (the kernel says: " : "", log, *log ? ")" : "", *below ? ": " : "",
                      below);
}

gboolean uml_call_if_there(UmlFs *uml, UmlRequest *request, gboolean *ret_found,
                           UmlReply *ret_reply, GError **error)
{
    g_auto(UmlReply) reply = {0};
    request->numbers[0] = uml->slot;
    if (!uml_device_call(uml->device, request, &reply, error))
        return FALSE;
    *ret_found = reply.failure != ENOENT;
    if (*ret_found && reply.failure != 0) {
        set_failure(uml, &reply, error);
        return FALSE;
    }
    *ret_reply = reply;
    reply.data = NULL;
    return TRUE;
}

gboolean uml_call(UmlFs *uml, UmlRequest *request, UmlReply *ret_reply, GError **error)
{
    gboolean found = FALSE;
    if (!uml_call_if_there(uml, request, &found, ret_reply, error))
        return FALSE;
    if (found)
        return TRUE;
    set_failure(uml, ret_reply, error);
    uml_reply_clear(ret_reply);
    return FALSE;
}

static gboolean connect_once(FsKernel *kernel, GError **error)
{
    if (kernel->device)
        return TRUE;
    int fd = kernel->connect(kernel->data, error);
    if (fd < 0)
        return FALSE;
    kernel->device = uml_device_new(fd);
    return TRUE;
}

static gboolean add_volume(UmlFs *uml, Disk *disk, GError **error)
{
    uml->slot = uml_device_add(uml->device, disk);
    if (uml->slot == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "more volumes than a kernel is given");
        return FALSE;
    }
    UmlRequest request = {.operation = AGENT_ADD_VOLUME,
                          .texts = {uml->type},
                          .numbers = {0, disk_size(disk), !disk_is_writable(disk)}};
    g_auto(UmlReply) reply = {0};
    g_array_append_val(uml->slots, uml->slot);
    return uml_call(uml, &request, &reply, error);
}

static gboolean mount_volume(UmlFs *uml, GError **error)
{
    UmlRequest request = {.operation = AGENT_MOUNT, .texts = {uml->type}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call(uml, &request, &reply, error)) {
        /* EINVAL is what the kernel has for every superblock it does not like, newer ones ENOENT
           where Btrfs lacks a device. */
        if (error && (g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED) ||
                      g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND)))
            (*error)->code = DRYDOCK_ERROR_CORRUPT;
        return FALSE;
    }
    uml->replayed = reply.numbers[0] != 0;
    return TRUE;
}

/* The volume itself comes last: its slot is the one that is mounted, and asked. */
static gboolean open_volume(FsKernel *kernel, UmlFs *uml, const GPtrArray *others, GError **error)
{
    if (!connect_once(kernel, error))
        return FALSE;
    uml->device = kernel->device;
    for (guint i = 0; others && i < others->len; i++)
        if (!add_volume(uml, others->pdata[i], error))
            return FALSE;
    return add_volume(uml, uml->base.volume, error) && mount_volume(uml, error);
}

/* In reverse: the one that is mounted first. */
void uml_close(Fs *fs)
{
    UmlFs *uml = (UmlFs *)fs;
    for (guint i = uml->slots->len; i > 0; i--) {
        g_autoptr(GError) error = NULL;
        UmlRequest request = {.operation = AGENT_REMOVE_VOLUME};
        g_auto(UmlReply) reply = {0};
        uml->slot = g_array_index(uml->slots, guint, i - 1);
        if (!uml->device->broken && !uml_call(uml, &request, &reply, &error))
            g_debug("cannot unmount %s: %s", disk_name(fs->volume), error->message);
        else
            uml_device_remove(uml->device, uml->slot);
    }
    disk_unref(fs->volume);
    g_array_unref(uml->slots);
    g_free(uml->type);
    g_free(uml);
}

gboolean fs_kernel_open(FsKernel *kernel, Disk *volume, const GPtrArray *others, const char *type,
                        Fs **ret_fs, GError **error)
{
    UmlFs *uml = g_new0(UmlFs, 1);
    uml->base.ops = &fs_uml_ops;
    uml->base.volume = disk_ref(volume);
    uml->type = g_strdup(type);
    uml->slots = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!open_volume(kernel, uml, others, error)) {
        g_prefix_error(error, "%s on %s: cannot open the filesystem: ", type, disk_name(volume));
        uml_close(&uml->base);
        return FALSE;
    }
    g_debug("%s on %s: mounted", type, disk_name(volume));
    *ret_fs = &uml->base;
    return TRUE;
}
