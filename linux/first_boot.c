/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the files of linux/first_boot/ where the guest's init system finds them. */
#include "linux/first_boot.h"

#include <string.h>

#include "base/error.h"
#include "linux/embedded.h"
#include "linux/services.h"

#define SERVICE "drydock-firstboot"
#define RUNNER LINUX_FIRST_BOOT_FOLDER "/firstboot"
#define SCRIPTS LINUX_FIRST_BOOT_FOLDER "/firstboot.d"
#define UNIT "/etc/systemd/system/" SERVICE ".service"
#define INIT_SCRIPT "/etc/init.d/" SERVICE
#define REASON "scripts are run once, at the first start"

void linux_script_free(LinuxScript *script)
{
    if (!script)
        return;
    g_free(script->name);
    g_clear_pointer(&script->content, g_bytes_unref);
    g_free(script);
}

static gboolean stage_service(Edits *edits, GError **error)
{
    static const struct {
        const char *path, *name;
        int mode;
    } files[] = {
        [INIT_SYSTEM_SYSTEMD] = {UNIT, "drydock-firstboot.service", 0644},
        [INIT_SYSTEM_OPENRC] = {INIT_SCRIPT, "openrc.sh", 0755},
        [INIT_SYSTEM_SYSV] = {INIT_SCRIPT, "sysv.sh", 0755},
    };
    InitSystem init;
    if (!services_find_init(edits_tree(edits), &init, error))
        return FALSE;
    if (init == INIT_SYSTEM_UNKNOWN) {
        drydock_error_set(
            error, DRYDOCK_ERROR_UNSUPPORTED, "run them in the guest by hand",
            "what starts the guest's services is not known, and nothing would run its "
            "scripts");
        return FALSE;
    }
    g_autoptr(GBytes) content = embedded_file_get(linux_first_boot_files, files[init].name);
    return edits_write_file(edits, files[init].path, content, NULL, files[init].mode, REASON,
                            error) &&
           services_enable(edits, SERVICE, REASON, error);
}

gboolean first_boot_stage(Edits *edits, const GPtrArray *scripts, GError **error)
{
    g_autoptr(GBytes) runner = embedded_file_get(linux_first_boot_files, "firstboot.sh");
    if (!edits_make_directory(edits, SCRIPTS, NULL, 0700, REASON, error) ||
        !edits_write_file(edits, RUNNER, runner, NULL, 0700, REASON, error))
        return FALSE;
    for (guint i = 0; i < scripts->len; i++) {
        const LinuxScript *script = scripts->pdata[i];
        g_autofree char *path = g_strdup_printf(SCRIPTS "/%03u-%s", i + 1, script->name);
        if (!edits_write_file(edits, path, script->content, NULL, 0700, REASON, error))
            return FALSE;
    }
    return stage_service(edits, error);
}
