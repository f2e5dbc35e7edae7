/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process that reads guest data, and the one-way channel through which it reports. */
#include "migrate/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"

#define MESSAGE_LIMIT_BYTES ((uint32_t)64 << 20)
#define MESSAGE_TYPE G_VARIANT_TYPE("(yssttu)")
#define OUTPUT_CHUNK_BYTES ((size_t)1 << 20)

typedef enum {
    MESSAGE_STAGE,
    MESSAGE_PROGRESS,
    MESSAGE_NOTE,
    MESSAGE_RESULT,
    MESSAGE_OUTPUT,
    MESSAGE_ERROR,
    MESSAGE_REQUEST, /* answered with a byte: 1 and a descriptor, or 0 and a message of an error */
    MESSAGE_DONE,
} MessageKind;

/* On the wire: two 32-bit little-endian lengths, a GVariant of MESSAGE_TYPE of the first, then
   bytes of output of the second. These are none of the variant's: checking its form would take
   longer for each of them than anything else that is done with it. */
typedef struct {
    MessageKind kind;
    const char *name; /* stage, name of a result or output, or error message */
    const char *text; /* note, result text, or error hint ("": none) */
    uint64_t done, total;
    uint32_t code;     /* DrydockError */
    const void *bytes; /* output */
    size_t length;
} Message;

struct WorkerChannel {
    int fd;
};

static gboolean write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return FALSE;
        bytes += written;
        length -= (size_t)written;
    }
    return TRUE;
}

static gboolean try_send(int fd, const Message *message)
{
    g_autoptr(GVariant) variant = g_variant_ref_sink(g_variant_new(
        "(yssttu)", (guchar)message->kind, message->name ? message->name : "",
        message->text ? message->text : "", message->done, message->total, message->code));
    uint8_t lengths[8];
    size_t size = g_variant_get_size(variant);
    if (size > MESSAGE_LIMIT_BYTES)
        return FALSE;
    put_le32(lengths, (uint32_t)size);
    put_le32(lengths + 4, (uint32_t)message->length);
    return write_all(fd, lengths, sizeof(lengths)) &&
           write_all(fd, g_variant_get_data(variant), size) &&
           write_all(fd, message->bytes, message->length);
}

static void send_message(WorkerChannel *channel, const Message *message)
{
    if (!try_send(channel->fd, message))
        _exit(1);
}

void worker_send_stage(WorkerChannel *channel, const char *stage)
{
    send_message(channel, &(Message){.kind = MESSAGE_STAGE, .name = stage});
}

void worker_send_progress(WorkerChannel *channel, uint64_t done, uint64_t total)
{
    send_message(channel, &(Message){.kind = MESSAGE_PROGRESS, .done = done, .total = total});
}

void worker_send_note(WorkerChannel *channel, const char *note)
{
    g_autofree char *valid = g_utf8_make_valid(note, -1);
    send_message(channel, &(Message){.kind = MESSAGE_NOTE, .text = valid});
}

void worker_send_result(WorkerChannel *channel, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    send_message(channel, &(Message){.kind = MESSAGE_RESULT, .name = name, .text = valid});
}

void worker_send_output(WorkerChannel *channel, const char *name, const void *bytes, size_t length)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    const uint8_t *at = bytes;
    do {
        size_t chunk = MIN(length, OUTPUT_CHUNK_BYTES);
        send_message(
            channel,
            &(Message){.kind = MESSAGE_OUTPUT, .name = valid, .bytes = at, .length = chunk});
        at += chunk;
        length -= chunk;
    } while (length > 0);
}

static gboolean try_send_error(int fd, const GError *error)
{
    g_autofree char *valid = g_utf8_make_valid(error->message, -1);
    uint32_t code = error->domain == DRYDOCK_ERROR ? (uint32_t)error->code : DRYDOCK_ERROR_FAILED;
    return try_send(fd, &(Message){.kind = MESSAGE_ERROR,
                                   .name = valid,
                                   .text = drydock_error_get_hint(error),
                                   .code = code});
}

static G_GNUC_NORETURN void run_in_child(WorkerFunc func, void *data, int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    WorkerChannel channel = {fd};
    g_autoptr(GError) error = NULL;
    if (func(data, &channel, &error))
        send_message(&channel, &(Message){.kind = MESSAGE_DONE});
    else if (!try_send_error(channel.fd, error))
        _exit(1);
    _exit(0);
}

/* FALSE at the end of the stream, after an error, or when the child talks nonsense. */
static gboolean read_exactly(int fd, uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = read(fd, bytes, length);
        if (got < 0 && errno == EINTR && !interrupt_is_pending())
            continue;
        if (got <= 0)
            return FALSE;
        bytes += got;
        length -= (size_t)got;
    }
    return TRUE;
}

/* *ret_output: at most a chunk. */
static GVariant *read_message(int fd, GByteArray *ret_output)
{
    uint8_t lengths[8];
    if (!read_exactly(fd, lengths, sizeof(lengths)))
        return NULL;
    uint32_t size = get_le32(lengths);
    uint32_t output_size = get_le32(lengths + 4);
    g_autofree uint8_t *bytes = size <= MESSAGE_LIMIT_BYTES ? g_try_malloc(size) : NULL;
    if (!bytes || output_size > OUTPUT_CHUNK_BYTES || !read_exactly(fd, bytes, size))
        return NULL;
    g_byte_array_set_size(ret_output, output_size);
    if (!read_exactly(fd, ret_output->data, output_size))
        return NULL;
    g_autoptr(GVariant) raw = g_variant_ref_sink(
        g_variant_new_from_data(MESSAGE_TYPE, bytes, size, FALSE, g_free, bytes));
    bytes = NULL;
    return g_variant_get_normal_form(raw);
}

static void set_child_error(const Message *message, GError **error)
{
    drydock_error_set(error,
                      message->code < DRYDOCK_ERROR_LAST ? (DrydockError)message->code
                                                         : DRYDOCK_ERROR_FAILED,
                      *message->text ? message->text : NULL, "%s", message->name);
}

/* A byte of the parent's, perhaps with a descriptor. -1: the stream has ended. */
static int receive_byte(int fd, int *ret_fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    uint8_t byte = 0;
    struct iovec vector = {&byte, 1};
    struct msghdr header = {.msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    ssize_t got;
    do {
        got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    const struct cmsghdr *first = got == 1 ? CMSG_FIRSTHDR(&header) : NULL;
    if (first && first->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(first), sizeof(*ret_fd));
    return got == 1 ? byte : -1;
}

int worker_request_descriptor(WorkerChannel *channel, GError **error)
{
    int fd = -1;
    send_message(channel, &(Message){.kind = MESSAGE_REQUEST});
    int answer = receive_byte(channel->fd, &fd);
    if (answer == 1 && fd >= 0)
        return fd;
    g_autoptr(GByteArray) output = g_byte_array_new();
    g_autoptr(GVariant) variant = answer == 0 ? read_message(channel->fd, output) : NULL;
    if (!variant)
        _exit(1);
    Message message;
    guchar kind;
    g_variant_get(variant, "(y&s&sttu)", &kind, &message.name, &message.text, &message.done,
                  &message.total, &message.code);
    set_child_error(&message, error);
    return -1;
}

/* A child that does not take it has ended, which is seen when it is read from. */
static void send_descriptor(int channel, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    uint8_t byte = 1;
    struct iovec vector = {&byte, 1};
    struct msghdr header = {.msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(first), &fd, sizeof(fd));
    if (sendmsg(channel, &header, MSG_NOSIGNAL) != 1)
        g_debug("cannot hand the worker a descriptor: %s", g_strerror(errno));
}

static void answer_request(int channel, const WorkerListener *listener)
{
    static const uint8_t refused = 0;
    g_autoptr(GError) error = NULL;
    int fd = listener->provide ? listener->provide(listener->provider, &error) : -1;
    if (fd >= 0) {
        send_descriptor(channel, fd);
        close(fd);
        return;
    }
    if (!error)
        drydock_error_set(&error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "not provided here");
    if (!write_all(channel, &refused, sizeof(refused)) || !try_send_error(channel, error))
        g_debug("cannot tell the worker: %s", error->message);
}

/* TRUE once the child has said how it ended, or is not to be heard any longer. */
static gboolean handle_message(int channel, GVariant *variant, const GByteArray *output,
                               const WorkerListener *listener, GHashTable *results,
                               gboolean *ret_done, GError **ret_child_error)
{
    Message message;
    guchar kind;
    g_variant_get(variant, "(y&s&sttu)", &kind, &message.name, &message.text, &message.done,
                  &message.total, &message.code);
    switch (kind) {
    case MESSAGE_STAGE:
        listener->stage(listener->data, message.name);
        return FALSE;
    case MESSAGE_PROGRESS:
        listener->progress(listener->data, message.done, message.total);
        return FALSE;
    case MESSAGE_NOTE:
        listener->note(listener->data, message.text);
        return FALSE;
    case MESSAGE_RESULT:
        g_hash_table_insert(results, g_strdup(message.name), g_strdup(message.text));
        return FALSE;
    case MESSAGE_OUTPUT:
        return listener->output && !listener->output(listener->output_data, message.name,
                                                     output->data, output->len, ret_child_error);
    case MESSAGE_ERROR:
        set_child_error(&message, ret_child_error);
        return TRUE;
    case MESSAGE_REQUEST:
        answer_request(channel, listener);
        return FALSE;
    default:
        *ret_done = kind == MESSAGE_DONE;
        return TRUE;
    }
}

static gboolean reap(pid_t pid, gboolean ended, gboolean done, GHashTable *results, GError **error)
{
    int status = 0;
    struct rusage usage = {0};
    if (!ended)
        kill(pid, SIGKILL);
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
        continue;
    g_debug("the worker's peak memory: %ld KiB", usage.ru_maxrss);
    g_hash_table_insert(results, g_strdup(WORKER_RESULT_PEAK_MEMORY),
                        g_strdup_printf("%ld", usage.ru_maxrss * 1024));
    if (!interrupt_check(error))
        return FALSE;
    if (done && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "the guest's data is damaged in a way this program does not understand; "
                      "please report it",
                      "the process that reads the guest ended unexpectedly (%s %d)",
                      WIFSIGNALED(status) ? "signal" : "exit status",
                      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return FALSE;
}

gboolean worker_run(WorkerFunc func, void *func_data, const WorkerListener *listener,
                    GHashTable **ret_results, GError **error)
{
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0) {
        drydock_error_set_errno(error, errno, "cannot create a pair of sockets");
        return FALSE;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(channel[0]);
        run_in_child(func, func_data, channel[1], parent);
    }
    int fork_errno = errno;
    close(channel[1]);
    if (pid < 0) {
        close(channel[0]);
        drydock_error_set_errno(error, fork_errno, "cannot start a process");
        return FALSE;
    }

    g_autoptr(GHashTable) results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) child_error = NULL;
    g_autoptr(GByteArray) output = g_byte_array_new();
    gboolean ended = FALSE, done = FALSE;
    while (!ended) {
        g_autoptr(GVariant) message = read_message(channel[0], output);
        if (!message)
            break;
        ended = handle_message(channel[0], message, output, listener, results, &done, &child_error);
    }
    close(channel[0]);
    if (child_error) {
        g_autoptr(GError) ignored = NULL;
        if (!reap(pid, ended, TRUE, results, &ignored))
            g_debug("after its error: %s", ignored->message);
        g_propagate_error(error, g_steal_pointer(&child_error));
        return FALSE;
    }
    if (!reap(pid, ended, done, results, error))
        return FALSE;
    *ret_results = g_steal_pointer(&results);
    return TRUE;
}
