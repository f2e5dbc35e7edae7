/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hooks: words, scripts, requests to a server of our own, and how they fail. */
#include "migrate/batch/hooks.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/run.h"
#include "migrate/batch/hook_read.h"
#include "migrate/batch/hook_words.h"

typedef struct {
    char *folder;
    BatchManifest *manifest;
    BatchMachine *machine;
    BatchResult *result;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->folder = g_dir_make_tmp("hooks-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(fixture->folder, "fleet.yaml", NULL);
    fixture->manifest = batch_manifest_new(path);
    fixture->machine = batch_machine_new("web01", (DocumentPlace){0});
    fixture->machine->sources = g_strsplit("/in/web 01.vmdk", "|", -1);
    fixture->machine->settings.output = g_strdup("/out");
    fixture->result = batch_result_new("web01");
    fixture->result->status = BATCH_FAILED;
    fixture->result->error_message = g_strdup("\"it\" broke; $(touch pwned) `x` {{ id }}");
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    batch_result_free(fixture->result);
    batch_machine_free(fixture->machine);
    batch_manifest_free(fixture->manifest);
    folder_remove(fixture->folder);
    g_free(fixture->folder);
}

/* yaml: the value of "hooks:". */
static void read_hooks(Fixture *fixture, const char *yaml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Document) document = document_parse("hooks.yaml", yaml, strlen(yaml), &error);
    GPtrArray *hooks = NULL;

    g_assert_no_error(error);
    g_assert_true(
        batch_hooks_read(fixture->manifest, document, document_root(document), &hooks, &error));
    g_assert_no_error(error);
    g_ptr_array_unref(fixture->machine->hooks);
    fixture->machine->hooks = hooks;
}

static gboolean run(const Fixture *fixture, BatchHookPoint point, char **ret_answer, GError **error)
{
    const BatchHookCall call = {fixture->manifest, fixture->machine, fixture->result, point};

    return batch_hooks_run(&call, ret_answer, error);
}

static void write_script(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static char *read_file(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void test_words(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *text;
        HookWordStyle style;
        const char *expected; /* NULL: refused */
    } rows[] = {
        {"nothing { } to } do", HOOK_WORD_PLAIN, "nothing { } to } do"},
        {"{{ vm_name }}-{{id}}", HOOK_WORD_PLAIN, "web01-web01"},
        {"{{source_path}}", HOOK_WORD_PLAIN, "/in/web 01.vmdk"},
        {"{{source_path}}", HOOK_WORD_URL, "%2Fin%2Fweb%2001.vmdk"},
        {"{{ stage }} {{ status }} {{ output_path }}", HOOK_WORD_PLAIN, "after failed /out"},
        /* What a word stands for is not looked at again. */
        {"{{ error }}", HOOK_WORD_PLAIN, "\"it\" broke; $(touch pwned) `x` {{ id }}"},
        {"{{ domain_path }}", HOOK_WORD_PLAIN, ""},
        {"{{ vmname }}", HOOK_WORD_PLAIN, NULL},
        {"{{ id", HOOK_WORD_PLAIN, NULL},
        {"{{}}", HOOK_WORD_PLAIN, NULL},
    };
    g_autoptr(HookWords) words =
        hook_words_new(fixture->manifest, fixture->machine, fixture->result, "after");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(hook_words_expand(words, rows[i].text, rows[i].style, &text, &error), ==,
                        rows[i].expected != NULL);
        g_assert_cmpstr(text, ==, rows[i].expected);
        if (!rows[i].expected)
            g_assert_nonnull(drydock_error_get_hint(error));
    }
    g_autofree char *json = NULL;
    g_assert_true(hook_words_expand_json(words, "{\"a\":[\"{{ error }}\",1,null]}", &json, NULL));
    g_assert_cmpstr(json, ==, "{\"a\":[\"\\\"it\\\" broke; $(touch pwned) `x` {{ id }}\",1,null]}");
}

static void test_scripts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;

    write_script(fixture, "note",
                 "#!/bin/sh\n"
                 "printf '%s|' \"$PWD\" \"$DRYDOCK_ID\" \"$DRYDOCK_STAGE\" "
                 "\"$MORE\" \"$@\" >>note.txt\n");
    read_hooks(fixture, "{after: [{path: note, args: ['{{ error }}', 'a b'], "
                        "env: {MORE: '{{ vm_name }}!'}}], before: {path: note}}");
    g_assert_true(batch_hooks_has(fixture->machine, BATCH_HOOK_AFTER));
    g_assert_false(batch_hooks_has(fixture->machine, BATCH_HOOK_FAILURE));
    g_assert_true(run(fixture, BATCH_HOOK_FAILURE, &answer, &error));
    g_assert_null(read_file(fixture, "note.txt"));
    g_assert_true(run(fixture, BATCH_HOOK_AFTER, &answer, &error));
    g_assert_no_error(error);
    g_assert_null(answer);
    g_autofree char *text = read_file(fixture, "note.txt");
    g_autofree char *expected = g_strdup_printf(
        "%s|web01|after|web01!|\"it\" broke; $(touch pwned) `x` {{ id }}|a b|", fixture->folder);
    g_assert_cmpstr(text, ==, expected);
    g_assert_null(read_file(fixture, "pwned"));
}

static void test_failing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *hooks;
        const char *message; /* in the error; NULL: goes on */
        const char *answer;  /* in the answer; NULL: none */
    } rows[] = {
        {"[{path: bad}, {path: good}]",
         "the hook 'before' (bad) failed: 'bad' failed with exit "
         "status 3: no luck",
         NULL},
        {"[{path: bad, continue_on_error: true}, {path: good}]", NULL, "(bad) failed"},
        {"[{path: missing}]", "(missing) failed: the program", NULL},
        {"[{path: plain}]", "(plain) failed: cannot start", NULL},
        {"[{path: slow, timeout: 1}]", "did not finish within 1 seconds", NULL},
        {"[{path: good, working_directory: nowhere}]", "(good) failed", NULL},
        {"[{path: good, args: '{{ vmm_name }}'}]", "no word of hooks", NULL},
    };

    write_script(fixture, "good", "#!/bin/sh\n: >good.txt\n");
    write_script(fixture, "bad", "#!/bin/sh\necho no luck >&2\nexit 3\n");
    write_script(fixture, "slow", "#!/bin/sh\n(sleep 60; : >late.txt) &\necho $! >pid.txt\nwait\n");
    write_script(fixture, "plain", "#!/bin/sh\n");
    g_autofree char *plain = g_build_filename(fixture->folder, "plain", NULL);
    g_assert_cmpint(g_chmod(plain, 0600), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *yaml = g_strdup_printf("{before: %s}", rows[i].hooks);
        g_autofree char *answer = NULL;
        g_autofree char *good = g_build_filename(fixture->folder, "good.txt", NULL);
        g_autoptr(GError) error = NULL;

        read_hooks(fixture, yaml);
        g_assert_cmpint(run(fixture, BATCH_HOOK_BEFORE, &answer, &error), ==,
                        rows[i].message == NULL);
        if (rows[i].message && !strstr(error->message, rows[i].message))
            g_error("row %zu: %s", i, error->message);
        g_assert_true(rows[i].answer ? strstr(answer, rows[i].answer) != NULL : answer == NULL);
        /* Those behind one that failed do not run. */
        g_assert_cmpint(g_file_test(good, G_FILE_TEST_EXISTS), ==, rows[i].message == NULL);
        g_remove(good);
    }
    /* What a script had started has ended with it. */
    g_autofree char *pid = read_file(fixture, "pid.txt");
    g_autofree char *process = g_strdup_printf("/proc/%s", g_strstrip(pid));
    for (guint i = 0; i < 100 && g_file_test(process, G_FILE_TEST_EXISTS); i++)
        g_usleep(20000);
    g_assert_false(g_file_test(process, G_FILE_TEST_EXISTS));
}

/* certificate: with its key; NULL: no TLS. */
static RunChild *start_server(const Fixture *fixture, const char *certificate, guint *ret_port)
{
    g_autofree char *script =
        g_build_filename(DRYDOCK_SOURCE_DIR, "tests/unit/migrate/http-server.py", NULL);
    g_autofree char *port_file = g_build_filename(fixture->folder, "port", NULL);
    g_autofree char *log = g_build_filename(fixture->folder, "log", NULL);
    const char *const argv[] = {"python3", script, port_file, log, certificate, NULL};
    g_autoptr(GError) error = NULL;
    RunChild *server = run_child_start(argv, NULL, 0, &error);

    if (!server)
        return NULL;
    for (guint i = 0; i < 500; i++) {
        g_autofree char *port = read_file(fixture, "port");

        if (port) {
            *ret_port = (guint)g_ascii_strtoull(port, NULL, 10);
            return server;
        }
        g_usleep(20000);
    }
    g_error("the server does not start");
}

static void test_requests(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *path, *more;
        const char *message; /* in the error; NULL: it works */
        const char *logged;  /* in what the server wrote down */
    } rows[] = {
        {"/ok/{{ source_path }}", "body: {text: '{{ error }}', n: 1}", NULL,
         "\"path\": \"/ok/%2Fin%2Fweb%2001.vmdk\", \"body\": \"{\\\"text\\\":\\\"\\\\\\\"it"},
        {"/ok", "method: PUT, headers: {X-Machine: '{{ id }}'}", NULL, "\"x-machine\": \"web01\""},
        {"/ok", "method: GET", NULL, "\"method\": \"GET\""},
        {"/ok", "body: [1]", NULL, "\"content-type\": \"application/json\""},
        {"/busy", "timeout: 5", "answered with status 503: come back later", "/busy"},
        {"/moved", "timeout: 5", "answered with status 302", "/moved"},
        {"/slow", "timeout: 1", "did not answer within 1 seconds", "/slow"},
        {"/flood", "timeout: 5", "cannot reach", "/flood"},
        {"/ok", "headers: {X: \"a\\r\\nY: b\"}", "cannot be sent", ""},
    };
    guint port = 0;
    g_autoptr(RunChild) server = start_server(fixture, NULL, &port);

    if (!server) {
        g_test_skip("no python3 here");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *yaml =
            g_strdup_printf("{after: {url: 'http://user:secret@127.0.0.1:%u%s', %s}}", port,
                            rows[i].path, rows[i].more);
        g_autofree char *answer = NULL;
        g_autoptr(GError) error = NULL;

        read_hooks(fixture, yaml);
        g_assert_cmpint(run(fixture, BATCH_HOOK_AFTER, &answer, &error), ==,
                        rows[i].message == NULL);
        if (rows[i].message && !strstr(error->message, rows[i].message))
            g_error("row %zu: %s", i, error->message);
        if (rows[i].message)
            g_assert_null(strstr(error->message, "secret"));
        g_autofree char *log = read_file(fixture, "log");
        if (!strstr(log, rows[i].logged))
            g_error("row %zu: the server saw %s", i, log);
    }
}

/* A certificate that nobody vouches for is refused. */
static void test_certificates(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *certificate = g_build_filename(fixture->folder, "server.pem", NULL);
    const char *const argv[] = {
        "openssl", "req",       "-x509", "-newkey",       "rsa:2048", "-nodes",
        "-days",   "2",         "-subj", "/CN=localhost", "-addext",  "subjectAltName=IP:127.0.0.1",
        "-keyout", certificate, "-out",  "cert.only",     NULL};
    const RunOptions options = {.timeout_seconds = 60, .working_directory = fixture->folder};
    g_autoptr(GError) error = NULL;
    guint port = 0;

    if (!run_program(argv, &options, NULL, &error)) {
        g_test_skip("no openssl here");
        return;
    }
    g_autofree char *key = read_file(fixture, "server.pem");
    g_autofree char *only = read_file(fixture, "cert.only");
    g_autofree char *both = g_strconcat(key, only, NULL);
    g_assert_true(g_file_set_contents(certificate, both, -1, NULL));
    g_autoptr(RunChild) server = start_server(fixture, certificate, &port);
    if (!server) {
        g_test_skip("no python3 here");
        return;
    }
    g_autofree char *yaml =
        g_strdup_printf("{after: {url: 'https://127.0.0.1:%u/ok', timeout: 10}}", port);
    g_autofree char *answer = NULL;
    read_hooks(fixture, yaml);
    g_assert_false(run(fixture, BATCH_HOOK_AFTER, &answer, &error));
    g_assert_nonnull(strstr(error->message, "certificate"));
}

/* Addresses that are nobody's business. */
static void test_addresses(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/",
                                       "http://127.0.0.1:1/", "no address"};

    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *yaml = g_strdup_printf("{after: {url: '%s', timeout: 5}}", urls[i]);
        g_autofree char *answer = NULL;
        g_autoptr(GError) error = NULL;

        read_hooks(fixture, yaml);
        g_assert_false(run(fixture, BATCH_HOOK_AFTER, &answer, &error));
        g_assert_nonnull(strstr(error->message, "cannot reach"));
    }
}

static void test_python(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char yaml[] = "{after: {type: python, module: m, function: f}}";
    g_autoptr(GError) error = NULL;
    g_autoptr(Document) document = document_parse("x.yaml", yaml, strlen(yaml), &error);
    GPtrArray *hooks = NULL;

    g_assert_false(
        batch_hooks_read(fixture->manifest, document, document_root(document), &hooks, &error));
    g_assert_nonnull(strstr(error->message, "python"));
    g_assert_nonnull(strstr(drydock_error_get_hint(error), "#!/usr/bin/env python3"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("no_proxy", "127.0.0.1", TRUE);
#define ADD(name, func) g_test_add("/batch/hooks/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("words", test_words);
    ADD("scripts", test_scripts);
    ADD("failing", test_failing);
    ADD("requests", test_requests);
    ADD("certificates", test_certificates);
    ADD("addresses", test_addresses);
    ADD("python", test_python);
    return g_test_run();
}
