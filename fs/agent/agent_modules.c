/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers that the kernel has as modules. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What a module is told besides. An array that was not closed properly is not put right here, and
   what an array gives back is given back below: the volumes below are read again as what they are
   then, whatever that is. */
static const struct {
    const char *name, *parameters;
} settings[] = {
    {"md-mod", "start_ro=1"},
    {"raid456", "devices_handle_discard_safely=1"},
    {"dm-raid", "devices_handle_discard_safely=1"},
};

static const char *find_parameters(const char *name)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].parameters;
    return "";
}

void load_modules(const char *const *names)
{
    struct utsname kernel;
    if (uname(&kernel) != 0)
        return;
    for (; *names; names++) {
        char path[sizeof(kernel.release) + 64];
        snprintf(path, sizeof(path), "/%s-%s.ko", kernel.release, *names);
        int module = open(path, O_RDONLY | O_CLOEXEC);
        if (module < 0)
            continue;
        if (syscall(SYS_finit_module, module, find_parameters(*names), 0) != 0 && errno != EEXIST)
            perror(*names);
        close(module);
    }
}
