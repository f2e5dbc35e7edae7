/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A manifest, from its text to machines, and all of it as JSON. */
#include "migrate/batch/hyper2kvm.h"
#include "migrate/batch/manifest.h"
#include "migrate/batch/settings.h"
#include "tests/fuzz/fuzz-target.h"

static void drop(gpointer text)
{
    g_free(text);
}

/* What was read can be handed on. */
static void use(const BatchManifest *manifest)
{
    for (guint i = 0; i < manifest->machines->len; i++) {
        const BatchMachine *machine = g_ptr_array_index(manifest->machines, i);
        g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(drop);
        batch_settings_to_options(&machine->settings, options);
        if (!machine->sources || !machine->sources[0] ||
            batch_manifest_find(manifest, machine->id) != machine)
            g_error("a machine that cannot be run");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) json = NULL;
    g_autoptr(Document) document = document_parse("fuzz.yaml", (const char *)data, size, &error);
    if (!document) {
        if (!error)
            g_error("a failure without a reason");
        return 0;
    }
    if (!document_to_json(document, document_root(document), &json, &error))
        g_clear_error(&error);
    /* A folder without anything in it: sources are looked for on the host. */
    g_autoptr(BatchManifest) manifest =
        hyper2kvm_is(document)
            ? hyper2kvm_parse("/proc/self/fdinfo/none/fuzz.yaml", document, &error)
            : batch_manifest_parse("/proc/self/fdinfo/none/fuzz.yaml", document, &error);
    if (manifest)
        use(manifest);
    else if (!error)
        g_error("a failure without a reason");
    return 0;
}
