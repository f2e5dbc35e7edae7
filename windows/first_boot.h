/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can only be done while Windows runs is left to a service of our own, which is put into the
   guest here: its program (windows/firstboot/), its settings, and the registry values it needs.

   In the guest: %SystemRoot%\Drydock\ with firstboot.exe, firstboot.ini, scripts\, agent\; later
   firstboot.log. It takes everything but the log away again, and puts the registry values back that
   were changed for the first start only. */
#ifndef WINDOWS_FIRST_BOOT_H
#define WINDOWS_FIRST_BOOT_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "windows/boot_driver.h"
#include "windows/driver_choice.h"
#include "windows/driver_tree.h"
#include "windows/editable_hive.h"

/* What a network adapter is to be given, found by its MAC address in the running guest. Texts are
   checked when they are used; one that Windows could not take is a finding and left out. */
typedef struct {
    char *mac;             /* "00:0c:29:66:1a:a2"; any case, with ':', '-' or nothing between */
    char *connection_name; /* "Local Area Connection"; NULL: as Windows names it */
    GPtrArray *addresses;  /* of char *: "192.0.2.5/24", "2001:db8::5/64"; the first IPv4 address is
                              the one that replaces DHCP */
    GPtrArray *gateways;   /* of char *: "192.0.2.1" */
    GPtrArray *dns;        /* of char *, in order of preference */
    GPtrArray *routes;     /* of char *: "198.51.100.0/24 192.0.2.254", or with " METRIC" */
    GPtrArray *wins;       /* of char *: NetBIOS name servers, IPv4 */
    char *dns_suffix;      /* of the connection; NULL: none */
    guint metric;          /* of the interface, 0: Windows chooses */
    guint mtu;             /* 0: as it is */
} FirstBootAddress;

FirstBootAddress *first_boot_address_new(const char *mac);
void first_boot_address_free(FirstBootAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FirstBootAddress, first_boot_address_free)

/* A script of the user's, run once by the service after everything else. */
typedef struct {
    char *name; /* "setup.cmd" */
    GBytes *content;
} FirstBootScript;

/* Reads a file of the host: .bat, .cmd or .ps1. Batch files with line feeds alone get the carriage
   returns that cmd.exe wants. NULL: another ending, an unusual name, more than 16 MiB:
   DRYDOCK_ERROR_USAGE. */
FirstBootScript *first_boot_script_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void first_boot_script_free(FirstBootScript *script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FirstBootScript, first_boot_script_free)

typedef struct {
    gboolean is_wanted; /* FALSE: nothing is put in place; only the findings about what then stays
                           undone */
    const Guest *guest;
    const BootTarget *target;
    const DriverTree *drivers; /* the collection, which may have the guest agent; NULL: none */
    const DriverChoice *choice;
    const GPtrArray *addresses; /* of FirstBootAddress; may be empty, or NULL */
    const GPtrArray *scripts;   /* of FirstBootScript; may be empty, or NULL */
} FirstBootRequest;

/* Stages the files and adds the registry edits (the hives are not staged yet). A program that was
   built without the service for this architecture: the finding WINDOWS_NO_FIRST_BOOT, or
   DRYDOCK_ERROR_MISSING_TOOL when there are scripts to run. *ret_staged: the service is in place.
 */
gboolean first_boot_plan(const FirstBootRequest *request, EditableHive *system,
                         EditableHive *software, Edits *edits, GPtrArray *findings,
                         gboolean *ret_staged, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
