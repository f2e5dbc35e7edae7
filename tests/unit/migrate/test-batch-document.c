/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents: what JSON and YAML say, where it stands, and what is refused. */
#include "migrate/batch/document.h"

#include <string.h>

#include "base/error.h"

static Document *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    Document *document = document_parse("a.yaml", text, strlen(text), &error);
    g_assert_no_error(error);
    return document;
}

static const DocumentValue *at(const Document *document, const char *key)
{
    const DocumentValue *value = document_find(document, document_root(document), key);
    g_assert_nonnull(value);
    return value;
}

static void test_json_corners(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"{\"k\":\"a\\/b\"}", "a/b"},
        {"{\"k\":\"\\u00e4\\n\\t\\\"\\\\\"}", "ä\n\t\"\\"},
        {"{\"k\":\"\\ud83d\\ude00!\"}", "😀!"},
        {"{\"k\":\"\\\\ud83d\"}", "\\ud83d"},
        {"\t{\n\t\"x\":1,\n\t\"k\"\t:\t\"v\"\n}\n", "v"},
        {"{\"k\":\"\"}", ""},
        {"{\"k\":\"# no: comment, {}\"}", "# no: comment, {}"},
        {"{\"\":1,\"k\":\"null\"}", "null"},
        {"\xef\xbb\xbf{\"k\":\"v\"}", "v"},
        {"{\"k\":-1.5e3}", "-1.5e3"},
        {"{\"k\":true,\"a\":[],\"b\":{},\"c\":[[[]]]}", "true"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Document) document = parse(rows[i].text);
        g_autoptr(GError) error = NULL;
        const char *text = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_true(document_literal(document, at(document, "k"), "k", &text, &error));
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "a.yaml:1:1: there is nothing in it"},
        {"# nothing\n", "a.yaml:1:1: there is nothing in it"},
        {"a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins"},
        {"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key 'a' is there twice"},
        {"{\"a\": \"\\ud83d\"}", "a.yaml:1:10: "},
        {"a: &a [*a]", "a.yaml:1:4: this value holds itself"},
        {"a: *b", "a.yaml:1:4: "},
        {"? {a: b}\n: c", "a.yaml:1:3: a key has to be a text"},
        {"? \"a\\0b\"\n: c", "a.yaml:1:3: a key has to be a text"},
        {"a: \xff", "a.yaml:1:4: "},
        {"ä: \xff", "a.yaml:1:4: "},
        {"a: b\n\tc: d", "a.yaml:2:1: "},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_null(document_parse("a.yaml", rows[i].text, strlen(rows[i].text), &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        if (!g_str_has_prefix(error->message, rows[i].message))
            g_test_fail_printf("%s", error->message);
    }
}

/* Of nested lists, the deepest that is allowed and one more. */
static void test_depth(void)
{
    for (guint depth = DOCUMENT_LIMIT_DEPTH; depth <= DOCUMENT_LIMIT_DEPTH + 1; depth++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        for (guint i = 0; i < depth; i++)
            g_string_prepend_c(g_string_append_c(text, ']'), '[');
        g_autoptr(Document) document = document_parse("a", text->str, text->len, &error);
        g_assert_true((document != NULL) == (depth == DOCUMENT_LIMIT_DEPTH));
    }
}

/* Aliases make it deep only when they are followed. */
static void test_deep_aliases(void)
{
    g_autoptr(GString) text = g_string_new("a0: &a0 x\n");
    g_autoptr(GError) error = NULL;
    for (guint i = 1; i < 100; i++)
        g_string_append_printf(text, "a%u: &a%u [*a%u]\n", i, i, i - 1);
    g_assert_null(document_parse("a", text->str, text->len, &error));
    g_assert_nonnull(strstr(error->message, "nested too deeply"));
}

static void test_variables(void)
{
    g_setenv("DRYDOCK_TEST", "v$", TRUE);
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"${DRYDOCK_TEST}", "v$"},
        {"a${DRYDOCK_TEST}b${DRYDOCK_TEST}", "av$bv$"},
        {"$${DRYDOCK_TEST}", "${DRYDOCK_TEST}"},
        {"$$$$", "$$"},
        {"$5 and $", "$5 and $"},
        {"${DRYDOCK_NOT_THERE}", NULL},
        {"${}", NULL},
        {"${A", NULL},
        {"${A B}", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *yaml = g_strdup_printf("k: '%s'", rows[i].text);
        g_autoptr(Document) document = parse(yaml);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean ok = document_text(document, at(document, "k"), "k", &text, &error);
        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_true(ok == (rows[i].expected != NULL));
        if (!ok)
            g_assert_true(g_str_has_prefix(error->message, "a.yaml:1:4: 'k'"));
    }
}

static void test_values(void)
{
    g_autoptr(Document) document = parse("flags: [yes, No, TRUE, off, 1]\n"
                                         "number: 7\nnull1: ~\nnull2:\ntext: \"null\"\n"
                                         "map: {b: 1, a: x}\none: x\n");
    static const int flags[] = {TRUE, FALSE, TRUE, FALSE, -1};
    const DocumentValue *list = at(document, "flags");
    g_autoptr(GError) error = NULL;
    gint64 number = 0;
    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        gboolean flag = -1;
        g_clear_error(&error);
        gboolean ok =
            document_flag(document, document_item(document, list, i), "flags", &flag, &error);
        g_assert_cmpint(flag, ==, flags[i]);
        g_assert_true(ok == (flags[i] >= 0));
    }
    g_assert_true(document_is_null(at(document, "null1")));
    g_assert_true(document_is_null(at(document, "null2")));
    g_assert_false(document_is_null(at(document, "text")));
    g_clear_error(&error);
    g_assert_true(document_number(document, at(document, "number"), "n", 0, 7, &number, &error));
    g_assert_cmpint(number, ==, 7);
    g_assert_false(document_number(document, at(document, "number"), "n", 0, 6, &number, &error));
    g_assert_cmpstr(error->message, ==, "a.yaml:2:9: 'n' is not a number from 0 to 6");
    g_clear_error(&error);

    g_auto(GStrv) pairs = NULL;
    g_auto(GStrv) one = NULL;
    g_assert_true(document_pairs(document, at(document, "map"), "map", &pairs, &error));
    g_assert_cmpstr(pairs[0], ==, "b=1");
    g_assert_cmpstr(pairs[1], ==, "a=x");
    g_assert_true(document_texts(document, at(document, "one"), "one", &one, &error));
    g_assert_cmpstr(one[0], ==, "x");
    g_assert_null(one[1]);
}

static void test_json(void)
{
    g_autoptr(Document) document = parse("a: [1, -2, 2.5, 1e2, true, false, null, ~, \"1\", 0x10, "
                                         "nan, .inf, x]\nb: {c: &c [], d: *c}");
    g_autoptr(JsonNode) node = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(document_to_json(document, document_root(document), &node, &error));
    g_autofree char *text = json_to_string(node, FALSE);
    g_assert_cmpstr(text, ==,
                    "{\"a\":[1,-2,2.5,100.0,true,false,null,null,\"1\",\"0x10\",\"nan\",\".inf\","
                    "\"x\"],\"b\":{\"c\":[],\"d\":[]}}");
}

static void test_unknown_key(void)
{
    static const char *const keys[] = {"memory", "cpus", NULL};
    g_autoptr(Document) document = parse("memry: 1\nzzzzzz: 2");
    g_autoptr(GError) error = NULL;
    const DocumentValue *key, *value;
    document_key(document, document_root(document), 0, &key, &value);
    document_set_unknown_key(document, key, keys, &error);
    g_assert_cmpstr(error->message, ==, "a.yaml:1:1: there is no key 'memry'");
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "did you mean 'memory'?");
    g_clear_error(&error);
    document_key(document, document_root(document), 1, &key, &value);
    document_set_unknown_key(document, key, keys, &error);
    g_assert_cmpstr(drydock_error_get_hint(error), ==, "known here are memory, cpus");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch-document/json-corners", test_json_corners);
    g_test_add_func("/batch-document/refused", test_refused);
    g_test_add_func("/batch-document/depth", test_depth);
    g_test_add_func("/batch-document/deep-aliases", test_deep_aliases);
    g_test_add_func("/batch-document/variables", test_variables);
    g_test_add_func("/batch-document/values", test_values);
    g_test_add_func("/batch-document/json", test_json);
    g_test_add_func("/batch-document/unknown-key", test_unknown_key);
    return g_test_run();
}
