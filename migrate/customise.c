/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that are read as they come, because their order counts. */
#include "migrate/customise.h"

#include <crypt.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "migrate/given_secret.h"
#include "windows/first_boot.h"

#define SCRIPT_LIMIT_BYTES (16u << 20)
#define SCRIPTS_LIMIT 999u
#define KEYS_LIMIT_BYTES (1u << 20)
#define PASSWORD_HINT "give --password USER:file:PATH, USER:env:NAME, USER:prompt, or USER:locked"
/* SHA-512: every guest that is not older than glibc 2.7 (2007) or musl knows it. */
#define HASH_PREFIX "$6$"

/* What one kind of guest cannot run is NULL. */
typedef struct {
    FirstBootScript *for_windows;
    LinuxScript *for_linux;
} Script;

static void script_free(gpointer data)
{
    Script *script = data;
    first_boot_script_free(script->for_windows);
    linux_script_free(script->for_linux);
    g_free(script);
}

Customisation *customisation_new(void)
{
    Customisation *customisation = g_new0(Customisation, 1);
    customisation->files = file_changes_new();
    customisation->scripts = g_ptr_array_new_with_free_func(script_free);
    return customisation;
}

void customisation_free(Customisation *customisation)
{
    if (!customisation)
        return;
    file_changes_free(customisation->files);
    linux_options_clear(&customisation->linux_options);
    g_ptr_array_unref(customisation->scripts);
    g_free(customisation);
}

static gboolean read_file_option(const char *option, const char *value, gpointer data,
                                 GError **error)
{
    Customisation *customisation = data;
    return file_option_read(customisation->files, option + strlen("--"), value, error);
}

static gboolean is_for_windows(const char *path)
{
    static const char *const endings[] = {".bat", ".cmd", ".ps1"};
    g_autofree char *lower = g_ascii_strdown(path, -1);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(lower, endings[i]))
            return TRUE;
    return FALSE;
}

static gboolean check_script_count(const Customisation *customisation, GError **error)
{
    if (customisation->scripts->len < SCRIPTS_LIMIT)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "more than %u scripts", SCRIPTS_LIMIT);
    return FALSE;
}

/* what: "the script", for messages. */
static GBytes *read_file(const char *path, const char *what, guint limit_bytes, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    g_autofree char *text = NULL;
    struct stat status;
    gsize length;
    if (stat(path, &status) == 0 &&
        (!S_ISREG(status.st_mode) || status.st_size > (off_t)limit_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a file of at most %u MiB",
                          path, limit_bytes >> 20);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, &local_error)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "cannot read %s: %s", what,
                          local_error->message);
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&text), length);
}

static LinuxScript *read_linux_script(const char *path, GError **error)
{
    g_autoptr(GBytes) content = read_file(path, "the script", SCRIPT_LIMIT_BYTES, error);
    gsize length;
    if (!content)
        return NULL;
    const char *text = g_bytes_get_data(content, &length);
    if (length < 2 || text[0] != '#' || text[1] != '!') {
        drydock_error_set(
            error, DRYDOCK_ERROR_USAGE,
            "give a .bat, .cmd or .ps1 file for Windows, or a script that begins with "
            "#! for Linux",
            "'%s' is no script", path);
        return NULL;
    }
    LinuxScript *script = g_new0(LinuxScript, 1);
    script->name = g_path_get_basename(path);
    script->content = g_steal_pointer(&content);
    return script;
}

static gboolean read_script(G_GNUC_UNUSED const char *option, const char *path, gpointer data,
                            GError **error)
{
    Customisation *customisation = data;
    FirstBootScript *for_windows = NULL;
    LinuxScript *for_linux = NULL;
    if (!check_script_count(customisation, error))
        return FALSE;
    if (is_for_windows(path))
        for_windows = first_boot_script_read(path, error);
    else
        for_linux = read_linux_script(path, error);
    if (!for_windows && !for_linux)
        return FALSE;
    Script *script = g_new0(Script, 1);
    *script = (Script){for_windows, for_linux};
    g_ptr_array_add(customisation->scripts, script);
    return TRUE;
}

static gboolean read_command(G_GNUC_UNUSED const char *option, const char *command, gpointer data,
                             GError **error)
{
    Customisation *customisation = data;
    if (!check_script_count(customisation, error))
        return FALSE;
    Script *script = g_new0(Script, 1);
    g_autofree char *batch = g_strconcat("@", command, "\r\n", NULL);
    g_autofree char *shell = g_strconcat("#!/bin/sh\n", command, "\n", NULL);
    script->for_windows = g_new0(FirstBootScript, 1);
    script->for_windows->name = g_strdup("command.cmd");
    script->for_windows->content = g_bytes_new(batch, strlen(batch));
    script->for_linux = g_new0(LinuxScript, 1);
    script->for_linux->name = g_strdup("command");
    script->for_linux->content = g_bytes_new(shell, strlen(shell));
    g_ptr_array_add(customisation->scripts, script);
    return TRUE;
}

static gboolean read_hostname(const char *option, const char *value, gpointer data, GError **error)
{
    Customisation *customisation = data;
    customisation->linux_only = option;
    if (!linux_hostname_is_valid(value)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "use letters, digits and hyphens, with dots between the parts",
                          "'%s' is not a host name", value);
        return FALSE;
    }
    g_free(customisation->linux_options.hostname);
    customisation->linux_options.hostname = g_strdup(value);
    return TRUE;
}

static gboolean read_timezone(const char *option, const char *value, gpointer data,
                              G_GNUC_UNUSED GError **error)
{
    Customisation *customisation = data;
    customisation->linux_only = option;
    g_free(customisation->linux_options.timezone);
    customisation->linux_options.timezone = g_strdup(value);
    return TRUE;
}

/* NULL: the hash could not be made. */
static char *hash_password(const GivenSecret *secret)
{
    g_autofree char *phrase = g_strndup((const char *)secret->bytes, secret->length);
    g_autofree struct crypt_data *crypt = g_new0(struct crypt_data, 1);
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    char *hash = NULL;
    if (crypt_gensalt_rn(HASH_PREFIX, 0, NULL, 0, salt, sizeof(salt)))
        hash = crypt_rn(phrase, salt, crypt, sizeof(*crypt));
    char *copy = hash && hash[0] == '$' ? g_strdup(hash) : NULL;
    explicit_bzero(phrase, secret->length);
    explicit_bzero(crypt, sizeof(*crypt));
    return copy;
}

static gboolean read_password(const char *option, const char *value, gpointer data, GError **error)
{
    Customisation *customisation = data;
    const char *colon = strchr(value, ':');
    g_autofree char *user = colon ? g_strndup(value, (gsize)(colon - value)) : g_strdup("");
    g_auto(GivenSecret) secret = {0};
    customisation->linux_only = option;
    if (colon && g_str_equal(colon + 1, "locked")) {
        linux_options_add(&customisation->linux_options.passwords, user, "!");
        return TRUE;
    }
    if (!given_secret_read(colon ? colon + 1 : "", "password", user, PASSWORD_HINT, &secret, error))
        return FALSE;
    g_autofree char *hash = secret.length > 0 && !memchr(secret.bytes, '\0', secret.length)
                                ? hash_password(&secret)
                                : NULL;
    if (!hash) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, PASSWORD_HINT,
                          "what was given for '%s' cannot be a password", user);
        return FALSE;
    }
    linux_options_add(&customisation->linux_options.passwords, user, hash);
    return TRUE;
}

static gboolean read_key_file(const char *path, char **ret_text, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    struct stat status;
    if (stat(path, &status) == 0 &&
        (!S_ISREG(status.st_mode) || status.st_size > (off_t)KEYS_LIMIT_BYTES)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a file of public keys",
                          path);
        return FALSE;
    }
    if (g_file_get_contents(path, ret_text, NULL, &local_error))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "cannot read the key: %s",
                      local_error->message);
    return FALSE;
}

/* A private key given by mistake must not get into a guest. */
static gboolean read_ssh_key(const char *option, const char *value, gpointer data, GError **error)
{
    Customisation *customisation = data;
    g_auto(GStrv) parts = g_strsplit(value, ":", 3);
    g_autofree char *text = NULL;
    customisation->linux_only = option;
    if (g_strv_length(parts) != 3 ||
        !(g_str_equal(parts[1], "file") || g_str_equal(parts[1], "string"))) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give --ssh-key USER:file:PATH or USER:string:KEY",
                          "--ssh-key '%s' does not say whose key it is, and where", value);
        return FALSE;
    }
    if (g_str_equal(parts[1], "string"))
        text = g_strdup(parts[2]);
    else if (!read_key_file(parts[2], &text, error))
        return FALSE;
    if (strstr(text, "PRIVATE KEY") || !g_utf8_validate(text, -1, NULL) || !*g_strstrip(text)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give the file that ends in .pub",
                          "what was given for '%s' is not a public key", parts[0]);
        return FALSE;
    }
    linux_options_add(&customisation->linux_options.ssh_keys, parts[0], text);
    return TRUE;
}

/* The agent itself has to be among them; what it depends on may be given too. */
static gboolean read_package(const char *option, const char *path, gpointer data, GError **error)
{
    Customisation *customisation = data;
    GPtrArray **packages = &customisation->linux_options.packages;
    customisation->linux_only = option;
    g_autoptr(GBytes) content = read_file(path, "the package", LINUX_PACKAGE_LIMIT_BYTES, error);
    LinuxPackage *package = content ? linux_package_new(path, content, error) : NULL;
    if (!package)
        return FALSE;
    if (!*packages)
        *packages = g_ptr_array_new_with_free_func((GDestroyNotify)linux_package_free);
    g_ptr_array_add(*packages, package);
    return TRUE;
}

static void append_text(char ***list, const char *text)
{
    guint count = *list ? g_strv_length(*list) : 0;
    *list = g_renew(char *, *list, count + 2);
    (*list)[count] = g_strdup(text);
    (*list)[count + 1] = NULL;
}

static gboolean read_service(const char *option, const char *value, gpointer data,
                             G_GNUC_UNUSED GError **error)
{
    Customisation *customisation = data;
    LinuxOptions *options = &customisation->linux_options;
    customisation->linux_only = option;
    append_text(g_str_equal(option, "--enable") ? &options->enable : &options->disable, value);
    return TRUE;
}

static gboolean read_rebuild(const char *option, const char *value, gpointer data, GError **error)
{
    Customisation *customisation = data;
    customisation->linux_only = option;
    customisation->linux_options.rebuild_initramfs = TRUE;
    if (g_str_equal(value, "firstboot"))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give --rebuild-initramfs firstboot",
                      "'%s' is no time to make an initramfs: nothing of the guest runs before its "
                      "first start",
                      value);
    return FALSE;
}

static gboolean read_flag(const char *option, G_GNUC_UNUSED const char *value, gpointer data,
                          G_GNUC_UNUSED GError **error)
{
    Customisation *customisation = data;
    customisation->linux_only = option;
    const struct {
        const char *option;
        gboolean *flag;
    } flags[] = {
        {"--install-agent", &customisation->linux_options.install_agent},
        {"--remove-tools", &customisation->linux_options.remove_tools},
        {"--serial-console", &customisation->linux_options.serial_console},
    };
    for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
        *flags[i].flag |= g_str_equal(option, flags[i].option);
    return TRUE;
}

void customisation_add_options(GOptionGroup *group)
{
    static const GOptionEntry entries[] = {
        {"write", 0, 0, G_OPTION_ARG_CALLBACK, read_file_option,
         "Write TEXT into a file of the guest (repeatable)", "PATH:TEXT"},
        {"copy-in", 0, 0, G_OPTION_ARG_CALLBACK, read_file_option,
         "Copy a file or folder into a folder of the guest (repeatable)", "FILE:FOLDER"},
        {"delete", 0, 0, G_OPTION_ARG_CALLBACK, read_file_option,
         "Delete a file or folder of the guest (repeatable)", "PATH"},
        {"append-line", 0, 0, G_OPTION_ARG_CALLBACK, read_file_option,
         "Append a line to a file of the guest (repeatable)", "PATH:LINE"},
        {"firstboot", 0, 0, G_OPTION_ARG_CALLBACK, read_script,
         "Run this script once when the guest starts (repeatable)", "SCRIPT"},
        {"firstboot-command", 0, 0, G_OPTION_ARG_CALLBACK, read_command,
         "Run this command once when the guest starts (repeatable)", "COMMAND"},
        {"hostname", 0, 0, G_OPTION_ARG_CALLBACK, read_hostname, "Linux: its host name", "NAME"},
        {"timezone", 0, 0, G_OPTION_ARG_CALLBACK, read_timezone,
         "Linux: its time zone, such as Europe/Berlin", "ZONE"},
        {"password", 0, 0, G_OPTION_ARG_CALLBACK, read_password,
         "Linux: a user's password: USER:file:PATH, USER:env:NAME, USER:prompt or USER:locked "
         "(repeatable)",
         "PASSWORD"},
        {"ssh-key", 0, 0, G_OPTION_ARG_CALLBACK, read_ssh_key,
         "Linux: who may log in as a user: USER:file:PATH or USER:string:KEY (repeatable)", "KEY"},
        {"enable", 0, 0, G_OPTION_ARG_CALLBACK, read_service,
         "Linux: enable a service (repeatable)", "SERVICE"},
        {"disable", 0, 0, G_OPTION_ARG_CALLBACK, read_service,
         "Linux: disable a service (repeatable)", "SERVICE"},
        {"serial-console", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, read_flag,
         "Linux: kernel messages and a login on the serial console", NULL},
        {"rebuild-initramfs", 0, 0, G_OPTION_ARG_CALLBACK, read_rebuild,
         "Linux: let the guest make its initramfs anew; WHEN is firstboot", "WHEN"},
        {"install-agent", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, read_flag,
         "Linux: install the QEMU guest agent when the guest starts", NULL},
        {"agent-package", 0, 0, G_OPTION_ARG_CALLBACK, read_package,
         "Linux: install the QEMU guest agent from this .deb, .rpm or .apk file, without a network "
         "(repeatable: what it needs)",
         "FILE"},
        {"remove-tools", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, read_flag,
         "Linux: remove the old hypervisor's packages when the guest starts", NULL},
        G_OPTION_ENTRY_NULL};
    g_option_group_add_entries(group, entries);
}

gboolean customisation_has_scripts(const Customisation *customisation)
{
    return customisation->scripts->len > 0;
}

gboolean customisation_windows_scripts(const Customisation *customisation, GPtrArray **ret_scripts,
                                       GError **error)
{
    g_autoptr(GPtrArray) scripts = g_ptr_array_new();
    if (customisation->linux_only) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave it out, or use --firstboot",
                          "%s is for Linux guests only", customisation->linux_only);
        return FALSE;
    }
    for (guint i = 0; i < customisation->scripts->len; i++) {
        const Script *script = customisation->scripts->pdata[i];
        if (!script->for_windows) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a .bat, .cmd or .ps1 file",
                              "Windows cannot run '%s'", script->for_linux->name);
            return FALSE;
        }
        g_ptr_array_add(scripts, script->for_windows);
    }
    *ret_scripts = g_steal_pointer(&scripts);
    return TRUE;
}

gboolean customisation_stage_linux(const Customisation *customisation, const Guest *guest,
                                   Edits *edits, GError **error)
{
    g_autoptr(GPtrArray) scripts = g_ptr_array_new();
    for (guint i = 0; i < customisation->scripts->len; i++) {
        const Script *script = customisation->scripts->pdata[i];
        if (!script->for_linux) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a script that begins with #!",
                              "Linux cannot run '%s'", script->for_windows->name);
            return FALSE;
        }
        g_ptr_array_add(scripts, script->for_linux);
    }
    return linux_customise(guest, &customisation->linux_options, scripts, edits, error);
}
