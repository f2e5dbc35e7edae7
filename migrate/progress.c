/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stages, bars and notes on stderr. */
#include "migrate/progress.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define BAR_WIDTH 30
#define REDRAW_INTERVAL_US (100 * 1000)
#define STAGE_COLUMN 9

struct Progress {
    ProgressMode mode;
    gboolean terminal;
    gboolean colour;
    char *stage;      /* NULL: none */
    char *note;       /* of the current stage */
    gint64 started;   /* of the current stage */
    gint64 drawn;     /* last redraw of the bar */
    guint tens;       /* last ten percent printed */
    gboolean on_line; /* a bar stands on the current line */
    GArray *stages;   /* of ProgressStage */
};

Progress *progress_new(ProgressMode mode)
{
    Progress *progress = g_new0(Progress, 1);
    progress->mode = mode;
    progress->terminal = mode == PROGRESS_AUTO && isatty(STDERR_FILENO);
    progress->colour = progress->terminal && !g_getenv("NO_COLOR");
    progress->stages = g_array_new(FALSE, FALSE, sizeof(ProgressStage));
    return progress;
}

static void clear_line(Progress *progress)
{
    if (progress->on_line)
        fputs("\r\033[K", stderr);
    progress->on_line = FALSE;
}

static void print_json(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    fprintf(stderr, "%s\n", line);
}

static JsonBuilder *begin_event(const Progress *progress, const char *event)
{
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "event");
    json_builder_add_string_value(builder, event);
    if (progress->stage) {
        json_builder_set_member_name(builder, "stage");
        json_builder_add_string_value(builder, progress->stage);
    }
    return builder;
}

static void emit_event(const Progress *progress, const char *event)
{
    g_autoptr(JsonBuilder) builder = begin_event(progress, event);
    json_builder_end_object(builder);
    print_json(builder);
}

void progress_begin_stage(Progress *progress, const char *stage)
{
    progress_end_stage(progress);
    progress->stage = g_strdup(stage);
    progress->started = g_get_monotonic_time();
    progress->drawn = 0;
    progress->tens = 0;
    if (progress->mode == PROGRESS_JSON)
        emit_event(progress, "stage");
    if (progress->terminal) {
        fprintf(stderr, "%-*s…", STAGE_COLUMN, stage);
        fflush(stderr);
        progress->on_line = TRUE;
    }
}

void progress_note(Progress *progress, const char *note)
{
    g_free(progress->note);
    progress->note = g_strdup(note);
    if (progress->mode == PROGRESS_JSON && progress->stage) {
        g_autoptr(JsonBuilder) builder = begin_event(progress, "note");
        json_builder_set_member_name(builder, "text");
        json_builder_add_string_value(builder, note);
        json_builder_end_object(builder);
        print_json(builder);
    }
}

void progress_end_stage(Progress *progress)
{
    if (!progress->stage)
        return;
    double seconds = (double)(g_get_monotonic_time() - progress->started) / G_USEC_PER_SEC;
    ProgressStage stage = {g_intern_string(progress->stage), seconds};
    g_array_append_val(progress->stages, stage);
    if (progress->mode == PROGRESS_AUTO) {
        clear_line(progress);
        fprintf(stderr, "%s%-*s%s%s%s%.1f s\n", progress->colour ? "\033[1m" : "", STAGE_COLUMN,
                progress->stage, progress->colour ? "\033[0m" : "",
                progress->note ? progress->note : "", progress->note ? ", " : "", seconds);
    }
    g_clear_pointer(&progress->stage, g_free);
    g_clear_pointer(&progress->note, g_free);
}

static void draw_bar(Progress *progress, double share, double rate, double remaining)
{
    guint filled = (guint)(share * BAR_WIDTH);
    char bar[BAR_WIDTH + 1];
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', MIN(filled, (guint)BAR_WIDTH));
    bar[BAR_WIDTH] = '\0';
    clear_line(progress);
    fprintf(stderr, "%-*s[%s] %3.0f %%", STAGE_COLUMN, progress->stage, bar, share * 100);
    if (rate > 0) {
        g_autofree char *size = g_format_size_full((guint64)rate, G_FORMAT_SIZE_IEC_UNITS);
        guint seconds = (guint)remaining;
        fprintf(stderr, "  %s/s  %u:%02u left", size, seconds / 60, seconds % 60);
    }
    fflush(stderr);
    progress->on_line = TRUE;
}

static void emit_progress(const Progress *progress, double share, uint64_t total_bytes, double rate,
                          double remaining)
{
    g_autoptr(JsonBuilder) builder = begin_event(progress, "progress");
    json_builder_set_member_name(builder, "percent");
    json_builder_add_double_value(builder, share * 100);
    if (rate > 0) {
        json_builder_set_member_name(builder, "done_bytes");
        json_builder_add_int_value(builder, (gint64)(share * (double)total_bytes));
        json_builder_set_member_name(builder, "total_bytes");
        json_builder_add_int_value(builder, (gint64)total_bytes);
        json_builder_set_member_name(builder, "bytes_per_second");
        json_builder_add_double_value(builder, rate);
        json_builder_set_member_name(builder, "seconds_left");
        json_builder_add_double_value(builder, remaining);
    }
    json_builder_end_object(builder);
    print_json(builder);
}

void progress_update(Progress *progress, uint64_t done, uint64_t total, uint64_t total_bytes)
{
    if (!progress->stage || total == 0 || progress->mode == PROGRESS_NONE)
        return;
    gint64 now = g_get_monotonic_time();
    double share = CLAMP((double)done / (double)total, 0, 1);
    double elapsed = (double)(now - progress->started) / G_USEC_PER_SEC;
    double rate = elapsed > 0 ? share * (double)total_bytes / elapsed : 0;
    double remaining = share > 0 ? elapsed * (1 - share) / share : 0;

    if (progress->mode == PROGRESS_AUTO && !progress->terminal) {
        guint tens = (guint)(share * 10);
        if (tens > progress->tens && tens < 10)
            fprintf(stderr, "%-*s%u %%\n", STAGE_COLUMN, progress->stage, tens * 10);
        progress->tens = tens;
        return;
    }
    if (now - progress->drawn < REDRAW_INTERVAL_US && done < total)
        return;
    progress->drawn = now;
    if (progress->terminal)
        draw_bar(progress, share, rate, remaining);
    else
        emit_progress(progress, share, total_bytes, rate, remaining);
}

void progress_report_error(Progress *progress, const GError *error)
{
    const char *code = error->domain == DRYDOCK_ERROR
                           ? drydock_error_name((DrydockError)error->code)
                           : drydock_error_name(DRYDOCK_ERROR_FAILED);
    const char *hint = drydock_error_get_hint(error);
    if (progress->mode == PROGRESS_JSON) {
        g_autoptr(JsonBuilder) builder = begin_event(progress, "error");
        json_builder_set_member_name(builder, "code");
        json_builder_add_string_value(builder, code);
        json_builder_set_member_name(builder, "message");
        json_builder_add_string_value(builder, error->message);
        json_builder_set_member_name(builder, "hint");
        if (hint)
            json_builder_add_string_value(builder, hint);
        else
            json_builder_add_null_value(builder);
        json_builder_set_member_name(builder, "exit_status");
        json_builder_add_int_value(builder, drydock_error_exit_status(error));
        json_builder_end_object(builder);
        print_json(builder);
        return;
    }
    clear_line(progress);
    fprintf(stderr, "migrate: error (%s): %s\n", code, error->message);
    if (hint)
        fprintf(stderr, "  hint: %s\n", hint);
}

const ProgressStage *progress_stages(const Progress *progress, guint *ret_count)
{
    *ret_count = progress->stages->len;
    return (const ProgressStage *)(const void *)progress->stages->data;
}

void progress_free(Progress *progress)
{
    if (!progress)
        return;
    clear_line(progress);
    g_free(progress->stage);
    g_free(progress->note);
    g_array_unref(progress->stages);
    g_free(progress);
}
