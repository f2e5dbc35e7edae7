/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes of a user of the kernel, calls, and what the kernel says when they fail. */
#include "fs/uml_client.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

/* Of what the kernel said about a failure. */
#define LOG_LINES 4

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

const GError *uml_client_disk_error(const UmlClient *client)
{
    const GError *first = NULL;
    for (guint i = 0; i < client->slots->len && !first; i++)
        first = client->device->slots[g_array_index(client->slots, guint, i)].error;
    return first;
}

static void set_failure(const UmlClient *client, const UmlReply *reply, GError **error)
{
    const GError *first = uml_client_disk_error(client);
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

gboolean uml_client_call_if_there(UmlClient *client, const UmlRequest *request, gboolean *ret_found,
                                  UmlReply *ret_reply, GError **error)
{
    g_auto(UmlReply) reply = {0};
    if (!uml_device_call(client->device, request, &reply, error))
        return FALSE;
    *ret_found = reply.failure != ENOENT;
    if (*ret_found && reply.failure != 0) {
        set_failure(client, &reply, error);
        return FALSE;
    }
    *ret_reply = reply;
    reply.data = NULL;
    return TRUE;
}

gboolean uml_client_call(UmlClient *client, const UmlRequest *request, UmlReply *ret_reply,
                         GError **error)
{
    gboolean found = FALSE;
    if (!uml_client_call_if_there(client, request, &found, ret_reply, error))
        return FALSE;
    if (found)
        return TRUE;
    set_failure(client, ret_reply, error);
    uml_reply_clear(ret_reply);
    return FALSE;
}

void uml_client_init(UmlClient *client)
{
    *client = (UmlClient){.slots = g_array_new(FALSE, FALSE, sizeof(guint))};
}

gboolean uml_client_add(UmlClient *client, Disk *disk, const char *type, guint *ret_slot,
                        GError **error)
{
    guint slot = uml_device_add(client->device, disk);
    if (slot == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "more volumes than User-Mode Linux is given");
        return FALSE;
    }
    UmlRequest request = {.operation = AGENT_ADD_VOLUME,
                          .texts = {type},
                          .numbers = {slot, disk_size(disk), !disk_is_writable(disk)}};
    g_auto(UmlReply) reply = {0};
    g_array_append_val(client->slots, slot);
    *ret_slot = slot;
    return uml_client_call(client, &request, &reply, error);
}

gboolean uml_client_check_disks(const UmlClient *client, GError **error)
{
    const GError *first = uml_client_disk_error(client);
    if (first && error)
        *error = g_error_copy(first);
    return first == NULL;
}

gboolean uml_client_flush_disks(const UmlClient *client, GError **error)
{
    for (guint i = 0; i < client->slots->len; i++) {
        guint slot = g_array_index(client->slots, guint, i);
        if (!disk_flush(client->device->slots[slot].disk, error))
            return FALSE;
    }
    return TRUE;
}

/* In reverse: the one that is mounted first. */
void uml_client_clear(UmlClient *client)
{
    for (guint i = client->slots->len; i > 0; i--) {
        g_autoptr(GError) error = NULL;
        guint slot = g_array_index(client->slots, guint, i - 1);
        UmlRequest request = {.operation = AGENT_REMOVE_VOLUME, .numbers = {slot}};
        g_auto(UmlReply) reply = {0};
        if (!client->device->broken && !uml_client_call(client, &request, &reply, &error))
            g_debug("cannot give up %s: %s", disk_name(client->device->slots[slot].disk),
                    error->message);
        else
            uml_device_remove(client->device, slot);
    }
    g_array_unref(client->slots);
}
