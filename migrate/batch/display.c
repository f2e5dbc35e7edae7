/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch on stderr. */
#include "migrate/batch/display.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "migrate/json.h"

#define BAR_WIDTH 20
#define REDRAW_INTERVAL_US (200 * 1000)
#define DEFAULT_COLUMNS 80
#define DEFAULT_ROWS 24

struct BatchDisplay {
    ProgressMode mode;
    gboolean terminal;
    gboolean colour;
    guint total, finished, failed;
    guint done_at_start;
    gint64 started_us; /* monotonic */
    gint64 drawn_us;
    guint lines; /* of bars that stand there now */
    uint64_t bytes;
};

BatchDisplay *batch_display_new(ProgressMode mode, guint total, guint done)
{
    BatchDisplay *display = g_new0(BatchDisplay, 1);
    display->mode = mode;
    display->terminal = mode == PROGRESS_AUTO && isatty(STDERR_FILENO);
    display->colour = display->terminal && !g_getenv("NO_COLOR");
    display->total = total;
    display->finished = display->done_at_start = done;
    display->started_us = g_get_monotonic_time();
    return display;
}

static void erase_bars(BatchDisplay *display)
{
    if (display->lines > 0)
        fprintf(stderr, "\033[%uA\r\033[J", display->lines);
    display->lines = 0;
}

void batch_display_free(BatchDisplay *display)
{
    if (!display)
        return;
    erase_bars(display);
    g_free(display);
}

/* JSON */

static JsonBuilder *begin_event(const char *event, const char *id)
{
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_member_add_text(builder, "event", event);
    if (id)
        json_member_add_text(builder, "machine", id);
    return builder;
}

static void print_event(JsonBuilder *builder)
{
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    fprintf(stderr, "%s\n", line);
}

static double seconds_of(const BatchResult *result)
{
    return (double)(result->finished_us - result->started_us) / G_USEC_PER_SEC;
}

static void emit_status(const BatchResult *result)
{
    g_autoptr(JsonBuilder) builder = begin_event("machine", result->id);
    json_member_add_text(builder, "status", batch_status_name(result->status));
    if (result->status == BATCH_DONE || result->status == BATCH_FAILED) {
        json_builder_set_member_name(builder, "seconds");
        json_builder_add_double_value(builder, seconds_of(result));
        json_member_add_number(builder, "output_bytes", json_member_size(result->output_bytes));
    }
    if (result->status == BATCH_FAILED) {
        json_member_add_text(builder, "code", result->error_code);
        json_member_add_text(builder, "message", result->error_message);
        json_member_add_text(builder, "hint", result->error_hint);
        json_member_add_number(builder, "exit_status", result->exit_status);
    }
    print_event(builder);
}

void batch_display_event(BatchDisplay *display, const char *id, JsonObject *event)
{
    const char *kind = json_object_get_string_member_with_default(event, "event", "");
    /* How it failed is said once, by the event of its end. */
    if (display->mode != PROGRESS_JSON || g_str_equal(kind, "error"))
        return;
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), event);
    json_object_set_string_member(event, "machine", id);
    g_autofree char *line = json_to_string(node, FALSE);
    fprintf(stderr, "%s\n", line);
}

/* Lines */

static void print_count(const BatchDisplay *display)
{
    g_autofree char *total = g_strdup_printf("%u", display->total);
    fprintf(stderr, "[%*u/%s] ", (int)strlen(total), display->finished, total);
}

void batch_display_started(BatchDisplay *display, const BatchResult *result)
{
    if (display->mode == PROGRESS_JSON)
        emit_status(result);
    if (display->mode != PROGRESS_AUTO || display->terminal)
        return;
    print_count(display);
    fprintf(stderr, "%s: started\n", result->id);
}

void batch_display_note(BatchDisplay *display, const char *id, const char *note)
{
    if (display->mode == PROGRESS_JSON) {
        g_autoptr(JsonBuilder) builder = begin_event("note", id);
        json_member_add_text(builder, "text", note);
        print_event(builder);
    }
    if (display->mode != PROGRESS_AUTO)
        return;
    erase_bars(display);
    print_count(display);
    fprintf(stderr, "%s: %s\n", id, note);
}

static void print_failure(const BatchDisplay *display, const BatchResult *result)
{
    fprintf(stderr, "%s%s: failed (%s)%s: %s\n", display->colour ? "\033[31m" : "", result->id,
            result->error_code, display->colour ? "\033[0m" : "", result->error_message);
    if (result->error_hint)
        fprintf(stderr, "  hint: %s\n", result->error_hint);
}

void batch_display_kept_failure(BatchDisplay *display, const BatchResult *result)
{
    if (display->mode == PROGRESS_JSON)
        emit_status(result);
    if (display->mode == PROGRESS_AUTO)
        fprintf(stderr, "%s: has failed before (%s): %s\n", result->id, result->error_code,
                result->error_message);
}

void batch_display_finished(BatchDisplay *display, const BatchResult *result)
{
    display->finished++;
    display->failed += result->status == BATCH_FAILED ? 1 : 0;
    display->bytes += result->output_bytes;
    if (display->mode == PROGRESS_JSON)
        emit_status(result);
    if (display->mode != PROGRESS_AUTO)
        return;
    erase_bars(display);
    print_count(display);
    if (result->status == BATCH_FAILED) {
        print_failure(display, result);
        return;
    }
    g_autofree char *size = g_format_size_full(result->output_bytes, G_FORMAT_SIZE_IEC_UNITS);
    fprintf(stderr, "%s: done, %s in %.1f s\n", result->id, size, seconds_of(result));
}

/* Bars */

static void get_terminal_size(guint *ret_columns, guint *ret_rows)
{
    struct winsize size = {0};
    gboolean ok = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    *ret_columns = ok && size.ws_col > 0 ? size.ws_col : DEFAULT_COLUMNS;
    *ret_rows = ok && size.ws_row > 0 ? size.ws_row : DEFAULT_ROWS;
}

/* A line that wrapped would be two when it is erased. */
static void print_line(BatchDisplay *display, const char *line, guint columns)
{
    g_autofree char *fitting = g_utf8_strlen(line, -1) < (glong)columns
                                   ? g_strdup(line)
                                   : g_utf8_substring(line, 0, (glong)columns - 1);
    fprintf(stderr, "%s\n", fitting);
    display->lines++;
}

/* "1:02:03", "2:03". */
static char *format_seconds(double seconds)
{
    guint64 whole = (guint64)MAX(seconds, 0);
    if (whole < 3600)
        return g_strdup_printf("%u:%02u", (guint)(whole / 60), (guint)(whole % 60));
    return g_strdup_printf("%u:%02u:%02u", (guint)(whole / 3600), (guint)(whole / 60 % 60),
                           (guint)(whole % 60));
}

static void draw_total(BatchDisplay *display, const GArray *bars, guint columns)
{
    double elapsed = (double)(g_get_monotonic_time() - display->started_us) / G_USEC_PER_SEC;
    double done = display->finished - display->done_at_start;
    for (guint i = 0; i < bars->len; i++)
        done += g_array_index(bars, BatchBar, i).whole;
    double left = display->total - display->done_at_start - done;
    g_autofree char *time = format_seconds(elapsed);
    g_autofree char *size = g_format_size_full(display->bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_printf(line, "[%u/%u] %u running, %u failed, %s, %s", display->finished,
                    display->total, bars->len, display->failed, size, time);
    if (done > 0.05) {
        g_autofree char *rest = format_seconds(elapsed * left / done);
        g_string_append_printf(line, ", about %s left", rest);
    }
    print_line(display, line->str, columns);
}

static void draw_bar(BatchDisplay *display, const BatchBar *bar, guint columns)
{
    char blocks[BAR_WIDTH + 1];
    g_autofree char *line = NULL;
    if (bar->share >= 0) {
        memset(blocks, '.', BAR_WIDTH);
        memset(blocks, '#', (size_t)(CLAMP(bar->share, 0, 1) * BAR_WIDTH));
        blocks[BAR_WIDTH] = '\0';
        line = g_strdup_printf("  %-20s %-9s[%s] %3.0f %%", bar->id, bar->stage ? bar->stage : "",
                               blocks, bar->share * 100);
    } else {
        line = g_strdup_printf("  %-20s %s…", bar->id, bar->stage ? bar->stage : "");
    }
    print_line(display, line, columns);
}

void batch_display_draw(BatchDisplay *display, const GArray *bars)
{
    gint64 now = g_get_monotonic_time();
    guint columns, rows;
    if (!display->terminal || (display->lines > 0 && now - display->drawn_us < REDRAW_INTERVAL_US))
        return;
    display->drawn_us = now;
    get_terminal_size(&columns, &rows);
    erase_bars(display);
    draw_total(display, bars, columns);
    for (guint i = 0; i < MIN(bars->len, MAX(rows, 4) - 3); i++)
        draw_bar(display, &g_array_index(bars, BatchBar, i), columns);
    fflush(stderr);
}

void batch_display_summary(BatchDisplay *display, const GPtrArray *results)
{
    guint counts[BATCH_STATUS_LAST] = {0};
    guint before = 0;
    for (guint i = 0; i < results->len; i++) {
        const BatchResult *result = g_ptr_array_index(results, i);
        counts[result->status]++;
        before += result->was_done_before ? 1 : 0;
    }
    if (display->mode == PROGRESS_JSON) {
        g_autoptr(JsonBuilder) builder = begin_event("batch", NULL);
        for (BatchStatus status = 0; status < BATCH_STATUS_LAST; status++)
            json_member_add_number(builder, batch_status_name(status), counts[status]);
        print_event(builder);
    }
    if (display->mode != PROGRESS_AUTO)
        return;
    erase_bars(display);
    fprintf(stderr, "%u done", counts[BATCH_DONE]);
    if (before > 0)
        fprintf(stderr, " (%u before)", before);
    fprintf(stderr, ", %u failed, %u skipped, %u left\n", counts[BATCH_FAILED],
            counts[BATCH_SKIPPED], counts[BATCH_PENDING] + counts[BATCH_RUNNING]);
}
