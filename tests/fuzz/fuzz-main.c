/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the files below the directories given through one fuzz target; those that do not exist
   are left out. Without a file there is nothing to test: status 77. */
#include <gio/gio.h>

#include "tests/fuzz/fuzz-target.h"

enum {
    INPUT_MAX = 600 << 10, /* longer files teach nothing more */
};

static guint replay_file(const char *path)
{
    char *contents;
    size_t length;
    if (!g_file_get_contents(path, &contents, &length, NULL)) {
        return 0;
    }
    if (length <= INPUT_MAX) {
        LLVMFuzzerTestOneInput((const uint8_t *)contents, length);
    }
    g_free(contents);
    return 1;
}

static guint replay_directory(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;
    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        count +=
            g_file_test(child, G_FILE_TEST_IS_DIR) ? replay_directory(child) : replay_file(child);
    }
    return count;
}

int main(int argc, char **argv)
{
    guint count = 0;
    for (int i = 1; i < argc; i++) {
        count += replay_directory(argv[i]);
    }
    g_print("%u inputs\n", count);
    return count > 0 ? 0 : 77;
}
