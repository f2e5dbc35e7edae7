/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reports of batches of 0, 3 and 500 machines: JSON and its numbers, JUnit under its schema,
   names that are no text, and files that appear complete. The page is looked at in a browser:
   tests/cli/batch-report.sh. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "batch-samples.h"
#include "migrate/batch/report_page.h"
#include "migrate/batch/report_parts.h"

static const guint sizes[] = {0, 3, 500};

static JsonObject *member(JsonObject *object, const char *name)
{
    return json_object_get_object_member(object, name);
}

static void test_json(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(BatchSample) sample = batch_sample_new(sizes[i], "/out");
        g_autofree char *text = batch_report_to_json(&sample->report);
        g_autoptr(JsonNode) root = json_from_string(text, NULL);
        JsonObject *object = json_node_get_object(root);
        JsonObject *totals = member(object, "totals");
        JsonArray *machines = json_object_get_array_member(object, "machines");
        gint64 sum = 0;

        g_assert_cmpint(json_object_get_int_member(object, "schema"), ==, 1);
        g_assert_true(json_object_get_boolean_member(object, "finished_run"));
        g_assert_cmpint(json_object_get_int_member(totals, "machines"), ==, sizes[i]);
        g_assert_cmpuint(json_array_get_length(machines), ==, sizes[i]);
        for (BatchStatus status = 0; status < BATCH_STATUS_LAST; status++)
            sum += json_object_get_int_member(totals, batch_status_name(status));
        g_assert_cmpint(sum, ==, sizes[i]);
        if (sizes[i] != 3)
            continue;
        JsonObject *first = json_array_get_object_element(machines, 0);
        JsonObject *second = json_array_get_object_element(machines, 1);
        g_assert_cmpstr(json_object_get_string_member(first, "status"), ==, "done");
        g_assert_cmpint(json_object_get_int_member(first, "changes"), ==, 3);
        g_assert_true(json_object_get_null_member(first, "error"));
        g_assert_cmpstr(json_object_get_string_member(second, "name"), ==, SAMPLE_HOSTILE_NAME);
        g_assert_cmpint(json_object_get_int_member(member(second, "error"), "exit_status"), ==, 1);
        g_assert_true(json_object_get_null_member(second, "output_bytes"));
    }
}

static void check_junit(const char *text)
{
    g_autofree char *path =
        g_build_filename(DRYDOCK_SOURCE_DIR, "tests/unit/migrate/junit.xsd", NULL);
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(parser);
    xmlDoc *document =
        xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, XML_PARSE_NONET | XML_PARSE_HUGE);

    g_assert_nonnull(schema);
    g_assert_nonnull(document);
    xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt(schema);
    g_assert_cmpint(xmlSchemaValidateDoc(validator, document), ==, 0);
    xmlSchemaFreeValidCtxt(validator);
    xmlFreeDoc(document);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
}

static void test_junit(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(BatchSample) sample = batch_sample_new(sizes[i], "/out");
        g_autofree char *text = batch_report_to_junit(&sample->report);

        check_junit(text);
        if (sizes[i] == 3)
            g_assert_nonnull(strstr(text, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""));
        if (sizes[i] == 500)
            g_assert_nonnull(
                strstr(text, "tests=\"500\" failures=\"9\" errors=\"5\" skipped=\"6\""));
    }
}

/* Bytes that are no text, and characters that XML cannot hold. */
static void test_hostile(void)
{
    static const char *const texts[] = {"\xff\xfe\x01",
                                        "\x1b[31m",
                                        "]]>&<\"'",
                                        "\xe2\x80\xae"
                                        "abc",
                                        "\xef\xbf\xbf",
                                        "{{ id }}\n\r\t",
                                        ""};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(BatchSample) sample = batch_sample_new(3, "/out");
        BatchResult *done = sample->results->pdata[0], *failed = sample->results->pdata[1];

        g_free(done->name);
        done->name = g_strdup(texts[i]);
        BatchFinding *finding = done->findings->pdata[0];
        g_free(finding->severity);
        finding->severity = g_strdup(texts[i]);
        g_clear_pointer(&finding->code, g_free);
        g_free(((BatchChange *)done->changes->pdata[0])->path);
        ((BatchChange *)done->changes->pdata[0])->path = NULL;
        g_free(failed->error_message);
        failed->error_message = g_strdup(texts[i]);
        g_clear_pointer(&failed->error_code, g_free);
        g_autofree char *json = batch_report_to_json(&sample->report);
        g_autofree char *junit = batch_report_to_junit(&sample->report);
        g_autofree char *html = batch_report_to_html(&sample->report);

        check_junit(junit);
        g_assert_true(g_utf8_validate(json, -1, NULL));
        g_assert_true(g_utf8_validate(html, -1, NULL));
        g_assert_null(strstr(html, "\xe2\x80\xae"));
        for (const char *at = html; *at; at++)
            g_assert_true((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t' || *at == '\r');
    }
}

static void test_numbers(void)
{
    static const struct {
        double seconds;
        const char *expected;
    } rows[] = {
        {0, ""},        {0.04, "0.0 s"},       {9.94, "9.9 s"},         {9.96, "10 s"},
        {59.4, "59 s"}, {60, "1 min 00 s"},    {3599.4, "59 min 59 s"}, {3600, "1 h 00 min"},
        {-5, ""},       {90061, "25 h 01 min"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = page_duration(rows[i].seconds);

        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

/* What another run left is replaced as a whole, and nothing else is left in the folder. */
static void test_files(void)
{
    static const char *const names[] = {BATCH_REPORT_JSON, BATCH_REPORT_JUNIT, BATCH_REPORT_HTML};
    g_autofree char *folder = g_dir_make_tmp("batch-report-XXXXXX", NULL);
    g_autoptr(BatchSample) sample = batch_sample_new(3, folder);
    BatchReportPace pace = {0};
    g_autoptr(GError) error = NULL;
    guint count = 0;

    for (guint run = 0; run < 2; run++) {
        g_assert_true(batch_report_is_due(&pace) || run > 0);
        g_assert_true(batch_report_write_paced(&sample->report, &pace, &error));
        g_assert_no_error(error);
        g_assert_false(batch_report_is_due(&pace));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);

        g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
    }
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    while (g_dir_read_name(dir))
        count++;
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(names));
    folder_remove(folder);
    g_assert_false(batch_report_write(&sample->report, &error));
    g_assert_nonnull(strstr(error->message, "cannot write the report of the batch"));
}

/* What the state does not remember is in the machine's own report. */
static void test_read_again(void)
{
    static const char text[] =
        "{\"guest\":{\"product_name\":\"Windows 11 Pro\"},"
        "\"findings\":[{\"code\":\"x\",\"severity\":\"warning\",\"sentence\":\"s <b>\","
        "\"hint\":null}],\"changes\":[{\"path\":\"/a\",\"action\":\"create\",\"reason\":\"r\"}]}";
    g_autofree char *folder = g_dir_make_tmp("batch-report-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.report.json", NULL);
    g_autoptr(BatchSample) sample = batch_sample_new(1, folder);
    BatchResult *result = sample->results->pdata[0];

    g_ptr_array_set_size(result->findings, 0);
    g_ptr_array_set_size(result->changes, 0);
    result->report_path = g_strdup(path);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autofree char *html = batch_report_to_html(&sample->report);
    g_assert_nonnull(strstr(html, "s &lt;b&gt;"));
    g_assert_nonnull(strstr(html, "Windows 11 Pro"));
    /* Gone, or something else: there is less to tell, and that is all. */
    g_assert_true(g_file_set_contents(path, "nonsense", -1, NULL));
    g_autofree char *less = batch_report_to_html(&sample->report);
    g_assert_null(strstr(less, "s &lt;b&gt;"));
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch/report/json", test_json);
    g_test_add_func("/batch/report/junit", test_junit);
    g_test_add_func("/batch/report/hostile", test_hostile);
    g_test_add_func("/batch/report/numbers", test_numbers);
    g_test_add_func("/batch/report/files", test_files);
    g_test_add_func("/batch/report/read-again", test_read_again);
    return g_test_run();
}
