/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: finds the subcommand, runs it, and says how it went. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "migrate/command.h"

static const struct {
    const char *name;
    const char *summary;
    CommandFunc run;
} commands[] = {
    {"convert", "convert one machine (also without this word)", command_convert},
    {"batch", "convert many machines, as a manifest says", command_batch},
    {"inspect", "show what is on its disks", command_inspect},
    {"plan", "show every change that would be made", command_plan},
    {"drivers", "list drivers, add them to a Windows guest", command_drivers},
    {"fix", "repair disks in place, and undo that", command_fix},
    {"files", "look at and change files of a guest", command_files},
    {"registry", "look at and change values of a Windows registry", command_registry},
    {"services", "list a Windows guest's services, say when they start", command_services},
};

static void print_help(void)
{
    printf("Usage: migrate SOURCE… -o DIR\n"
           "       migrate COMMAND [OPTION…] …\n\n"
           "Turns machines exported from VMware or Hyper-V into ones that boot on KVM, offline.\n\n"
           "Commands (each has its own --help):\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\nExit status: 0 done, 1 failed, 2 usage, 3 the guest's state forbids it, 4 no space,\n"
           "5 a tool is missing, 6 the source is damaged, 7 verification failed,\n"
           "8 part of a batch failed, 130 interrupted. See migrate(1).\n");
}

static CommandFunc find_command(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(commands[i].name, word))
            return commands[i].run;
    return NULL;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    g_log_writer_default_set_use_stderr(TRUE);
    interrupt_install();
    if (argc < 2 || g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") ||
        g_str_equal(argv[1], "help")) {
        print_help();
        return argc < 2 ? 2 : 0;
    }
    if (g_str_equal(argv[1], "--version")) {
        printf("migrate (drydock) %s\n", DRYDOCK_VERSION);
        return 0;
    }

    CommandFunc named = find_command(argv[1]);
    CommandFunc run = named ? named : command_convert;
    g_autoptr(Progress) progress = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = run(named ? argc - 1 : argc, named ? argv + 1 : argv, &progress, &error);
    if (ok && fflush(stdout) == 0)
        return 0;
    if (ok)
        drydock_error_set(&error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot write the output");

    /* Whatever else failed on the way out was caused by the signal. */
    g_autoptr(GError) interrupted = NULL;
    if (!interrupt_check(&interrupted)) {
        g_clear_error(&error);
        error = g_steal_pointer(&interrupted);
    }
    if (!progress)
        progress = progress_new(PROGRESS_AUTO);
    progress_report_error(progress, error);
    return drydock_error_exit_status(error);
}
