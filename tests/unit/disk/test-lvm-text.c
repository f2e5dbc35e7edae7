/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2's metadata: the text, and the volumes it describes. */
#include <string.h>

#include "base/error.h"
#include "disk/lvm_metadata.h"
#include "disk/lvm_text.h"
#include "support.h"

typedef struct {
    const char *label, *text;
    const char *error; /* a part of the message; NULL: it is good */
} TextRow;

static const TextRow text_rows[] = {
    {"empty", "", NULL},
    {"comments", "# nothing\n\t# but comments", NULL},
    {"values", "a = 1 b = -2 c = \"x # y\" d = [1, \"two\"]\ne=[]f=[ ]", NULL},
    {"trailing comma", "a = [1,]", NULL},
    {"sections", "a { b { c = 1 } } d { }", NULL},
    {"depth 8", "a{a{a{a{a{a{a{}}}}}}}", NULL},
    {"fraction", "a = 0.5", NULL},
    {"depth 9", "a{a{a{a{a{a{a{a{a{}}}}}}}}}", "too many sections"},
    {"no value", "a", "a name without a value"},
    {"no value after =", "a = ", "a value is missing"},
    {"no value in a section", "a { b }", "a name without a value"},
    {"no name", "= 1", "a name is missing"},
    {"text without end", "a = \"x", "a text does not end"},
    {"text ends in its escape", "a = \"x\\", "a text does not end"},
    {"list without end", "a = [1", "a list does not end"},
    {"list without comma", "a = [1 2]", "a list does not end"},
    {"section without end", "a {", "a section does not end"},
    {"end without section", "a = 1 }", "a section ends"},
    {"word as value", "a = yes", "neither number nor text"},
    {"section as value", "a = { }", "a value is missing"},
    {"line is counted", "a = 1\n\nb = \"\n\"\nc", "line 5"},
};

static void test_text(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(text_rows); i++) {
        const TextRow *row = &text_rows[i];
        g_autoptr(GError) error = NULL;
        g_test_message("%s", row->label);
        g_autoptr(LvmNode) node = lvm_text_parse(row->text, strlen(row->text), &error);
        g_assert_true((node != NULL) == (row->error == NULL));
        if (!node) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            g_assert_nonnull(strstr(error->message, row->error));
        }
    }
}

static void test_lookup(void)
{
    static const char text[] =
        "s { n = 7 t = \"a\\\"b\\\\c\" l = [\"x\", 2] m = -1 n = 8 }\0 trash";
    g_autoptr(GError) error = NULL;
    g_autoptr(LvmNode) root = lvm_text_parse(text, sizeof(text), &error);
    g_assert_no_error(error);
    const LvmNode *section = lvm_node_section(root, "s");
    uint64_t number = 0;
    g_assert_nonnull(section);
    g_assert_null(lvm_node_section(section, "n"));
    g_assert_null(lvm_node_values(root, "s"));
    g_assert_cmpstr(lvm_node_text(section, "t"), ==, "a\"b\\c");
    g_assert_null(lvm_node_text(section, "n"));
    g_assert_null(lvm_node_text(section, "l"));
    g_assert_true(lvm_node_number(section, "n", 7, &number));
    g_assert_cmpuint(number, ==, 7); /* the first of a name counts, as for LVM */
    g_assert_false(lvm_node_number(section, "n", 6, &number));
    g_assert_false(lvm_node_number(section, "m", 7, &number));
    g_assert_false(lvm_node_number(section, "t", 7, &number));
    g_assert_true(lvm_node_lists(section, "l", "x"));
    g_assert_false(lvm_node_lists(section, "l", "2"));
    g_assert_false(lvm_node_lists(section, "none", "x"));
}

static void test_limits(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *large = g_malloc(LVM_TEXT_LIMIT_BYTES + 1);
    memset(large, ' ', LVM_TEXT_LIMIT_BYTES + 1);
    g_assert_null(lvm_text_parse(large, LVM_TEXT_LIMIT_BYTES + 1, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_clear_error(&error);
    for (size_t i = 0; i + 4 <= LVM_TEXT_LIMIT_BYTES; i += 4)
        memcpy(large + i, "a=1 ", 4);
    g_assert_null(lvm_text_parse(large, LVM_TEXT_LIMIT_BYTES, &error));
    g_assert_nonnull(strstr(error->message, "too much of it"));
}

#define ID "abcdef-0123-4567-89AB-cdef-0123-ABCDEF"
#define PHYSICAL(name, id) name " { id = \"" id "\" pe_start = 2048 pe_count = 10 }"
#define ID_2 "bbcdef-0123-4567-89AB-cdef-0123-ABCDEF"
#define GROUP(volumes)                                                                             \
    "vg { id = \"" ID "\" seqno = 3 extent_size = 8\nphysical_volumes { " PHYSICAL("pv0", ID)      \
        PHYSICAL("pv1", ID_2) "}\nlogical_volumes { " volumes " } }"
#define VOLUME(name, count, segments)                                                              \
    name " { id = \"" ID "\" status = [\"READ\", \"VISIBLE\"] segment_count = " count " " segments \
         " }"
#define SEGMENT(start, extents, type, rest)                                                        \
    " segment1 { start_extent = " start " extent_count = " extents " type = \"" type "\" " rest " }"
#define LINEAR(start, extents, pv, at)                                                             \
    SEGMENT(start, extents, "striped", "stripe_count = 1 stripes = [\"" pv "\", " at "]")

typedef struct {
    const char *label, *text;
    const char *expected; /* "name type" of each volume, or a part of the error */
    gboolean is_good;
} MetadataRow;

static const MetadataRow metadata_rows[] = {
    {"empty", GROUP(""), "", TRUE},
    {"linear", GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "0"))), "a linear 2;", TRUE},
    {"two segments",
     GROUP(VOLUME("a", "2", LINEAR("0", "2", "pv0", "0") LINEAR("2", "10", "pv1", "0"))),
     "a linear 12;", TRUE},
    {"striped",
     GROUP(VOLUME("a", "1",
                  SEGMENT("0", "4", "striped",
                          "stripe_count = 2 stripe_size = 8 stripes = [\"pv0\", 1, \"pv1\", 3]"))),
     "a striped 4;", TRUE},
    {"thin", GROUP(VOLUME("a", "1", SEGMENT("0", "4", "thin", "thin_pool = \"p\""))), "a thin 4;",
     TRUE},
    {"flags in the type", GROUP(VOLUME("a", "1", SEGMENT("0", "4", "cache+METADATA_FORMAT", ""))),
     "a cache 4;", TRUE},
    {"thin behind linear",
     GROUP(VOLUME("a", "2", LINEAR("0", "2", "pv0", "0") SEGMENT("2", "4", "raid1", ""))),
     "a raid1 6;", TRUE},
    {"while pvmove runs", GROUP(VOLUME("a", "1", LINEAR("0", "2", "pvmove0", "0"))), "a stacked 2;",
     TRUE},
    {"snapshot",
     GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "0"))
               VOLUME("s", "1", LINEAR("0", "2", "pv0", "2"))
                   VOLUME("snapshot0", "1",
                          SEGMENT("0", "2", "snapshot", "origin = \"a\" cow_store = \"s\""))),
     "a linear 2 with snapshots;s snapshot 2;snapshot0 snapshot 2;", TRUE},
    {"snapshot being merged",
     GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "0"))
               VOLUME("s", "1", LINEAR("0", "2", "pv0", "2"))
                   VOLUME("snapshot0", "1",
                          SEGMENT("0", "2", "snapshot", "origin = \"a\" merging_store = \"s\""))),
     "a snapshot-merge 2;s snapshot 2;snapshot0 snapshot 2;", TRUE},
    {"no group", "a = 1", "without a volume group", FALSE},
    {"no identifier", "vg { seqno = 1 extent_size = 8 }", "is no volume group", FALSE},
    {"group name with a slash", "a/b { id = \"" ID "\" seqno = 1 extent_size = 8 }",
     "is no volume group", FALSE},
    {"volume called ..", GROUP(VOLUME("..", "0", "")), "is no logical volume", FALSE},
    {"extent size 0", "vg { id = \"" ID "\" seqno = 1 extent_size = 0 }", "is no volume group",
     FALSE},
    {"gap", GROUP(VOLUME("a", "1", LINEAR("1", "2", "pv0", "0"))), "do not follow", FALSE},
    {"no extents", GROUP(VOLUME("a", "1", LINEAR("0", "0", "pv0", "0"))), "do not follow", FALSE},
    {"segment is missing", GROUP(VOLUME("a", "2", LINEAR("0", "2", "pv0", "0"))),
     "other segments than", FALSE},
    {"beyond the physical volume", GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "9"))),
     "fewer extents", FALSE},
    {"far beyond it", GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "9223372036854775807"))),
     "fewer extents", FALSE},
    {"negative extent", GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "-1"))),
     "no list of stripes", FALSE},
    {"two on one extent",
     GROUP(VOLUME("a", "1", LINEAR("0", "2", "pv0", "0"))
               VOLUME("b", "1", LINEAR("0", "2", "pv0", "1"))),
     "belong to two volumes", FALSE},
    {"stripes without size",
     GROUP(VOLUME(
         "a", "1",
         SEGMENT("0", "4", "striped", "stripe_count = 2 stripes = [\"pv0\", 1, \"pv1\", 3]"))),
     "do not fit", FALSE},
    {"stripes of half an extent",
     GROUP(VOLUME("a", "1",
                  SEGMENT("0", "3", "striped",
                          "stripe_count = 2 stripe_size = 8 stripes = [\"pv0\", 1, \"pv1\", 3]"))),
     "do not fit", FALSE},
    {"three stripes of two",
     GROUP(VOLUME("a", "1",
                  SEGMENT("0", "6", "striped",
                          "stripe_count = 3 stripe_size = 8 stripes = [\"pv0\", 1, \"pv1\", 3]"))),
     "do not fit", FALSE},
};

static void test_metadata(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(metadata_rows); i++) {
        const MetadataRow *row = &metadata_rows[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) found = g_string_new(NULL);
        g_test_message("%s", row->label);
        g_autoptr(LvmMetadata) metadata = lvm_metadata_parse(row->text, strlen(row->text), &error);
        if (!metadata) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            g_test_message("%s", error->message);
            g_assert_false(row->is_good);
            g_assert_nonnull(strstr(error->message, row->expected));
            continue;
        }
        for (guint j = 0; j < metadata->logical->len; j++) {
            const LvmLogical *logical = g_ptr_array_index(metadata->logical, j);
            g_string_append_printf(found, "%s %s %" G_GUINT64_FORMAT "%s;", logical->name,
                                   logical->type, logical->extents,
                                   logical->has_snapshots ? " with snapshots" : "");
        }
        g_assert_true(row->is_good);
        g_assert_cmpstr(found->str, ==, row->expected);
    }
}

/* Every prefix, and every text with one byte changed, is read or refused. */
static void test_damage(void)
{
    g_autofree char *text = g_strdup(metadata_rows[2].text);
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        g_autoptr(LvmMetadata) prefix = lvm_metadata_parse(text, i, NULL);
        static const char others[] = "\0{}[]=\",# 9-";
        for (size_t j = 0; j < sizeof(others) - 1; j++) {
            char kept = text[i];
            text[i] = others[j];
            g_autoptr(LvmMetadata) changed = lvm_metadata_parse(text, length, NULL);
            text[i] = kept;
        }
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/lvm/text", test_text);
    g_test_add_func("/disk/lvm/lookup", test_lookup);
    g_test_add_func("/disk/lvm/limits", test_limits);
    g_test_add_func("/disk/lvm/metadata", test_metadata);
    g_test_add_func("/disk/lvm/damaged-text", test_damage);
    return g_test_run();
}
