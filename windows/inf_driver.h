/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an INF installs on one particular Windows: models, files, services, registry rows. */
#ifndef WINDOWS_INF_DRIVER_H
#define WINDOWS_INF_DRIVER_H

#include <glib.h>
#include <stdint.h>

#include "windows/inf.h"
#include "windows/inf_target.h"
#include "windows/inf_version.h"

typedef enum {
    INF_REGISTRY_SET,
    INF_REGISTRY_CREATE_KEY,
    INF_REGISTRY_APPEND, /* MULTI_SZ: data's strings that the value does not have yet */
    INF_REGISTRY_DELETE_KEY,
    INF_REGISTRY_DELETE_VALUE,
    INF_REGISTRY_REMOVE_STRING, /* MULTI_SZ: data's strings leave the value */
} InfRegistryAction;

/* One AddReg or DelReg line. */
typedef struct {
    InfRegistryAction action;
    gboolean keeps_existing, needs_existing; /* SET: only where the value is not there, is there */
    char *root;                              /* "HKR", "HKLM", … upper case */
    char *subkey;                            /* "" for the root itself */
    char *name;                              /* "" for the default value */
    uint32_t type;                           /* as in registry/hive.h */
    GBytes *data;                            /* as stored in a hive */
} InfRegistryRow;

/* One AddService line with the section it names. */
typedef struct {
    char *name;
    gboolean is_function_driver; /* flag SPSVCINST_ASSOCSERVICE */
    guint32 type, start, error_control;
    char *binary;            /* "%12%\viostor.sys" */
    char *group;             /* "" when there is none */
    char *display_name;      /* "" when there is none */
    GPtrArray *dependencies; /* of char *; "+group" for a group */
    GPtrArray *registry;     /* of InfRegistryRow; HKR is the service's key */
    GPtrArray *event_log;    /* of InfRegistryRow; HKR is its key below EventLog\System */
} InfService;

typedef struct {
    char *source; /* below the INF's folder, '/' between components */
    char *target; /* file name */
    guint dirid;  /* 12 is System32\drivers, 13 the driver store */
    char *subdir; /* below the directory of dirid, "" for none */
} InfFile;

/* A DDInstall section with what belongs to it; Needs is resolved everywhere. */
typedef struct {
    char *section;            /* as found, "BALLOON_Device.NT" */
    GPtrArray *files;         /* of InfFile; those of the co-installers too */
    GPtrArray *services;      /* of InfService */
    GPtrArray *registry;      /* of InfRegistryRow; HKR is the device's software key */
    GPtrArray *hardware;      /* of InfRegistryRow; HKR is the device's hardware key */
    GPtrArray *co_installers; /* of InfRegistryRow; HKR is the device's software key */
    GPtrArray *interfaces;    /* of char *: classes of AddInterface, "{…}" */
    GPtrArray *components;    /* of char *: names of AddComponent */
    char *framework;          /* of .Wdf: "KMDF 1.15"; NULL: none */
} InfInstall;

typedef struct {
    char *description, *description_token; /* "Red Hat VirtIO…"; "desc" where it was %desc%, or NULL
                                            */
    char *manufacturer, *manufacturer_token;
    GPtrArray *ids;             /* of char *, upper case: the hardware id, then compatible ids */
    gboolean has_hardware_id;   /* FALSE: all of ids are compatible ones */
    gboolean is_left_from_list; /* ExcludeFromSelect: not offered to users */
    const InfInstall *install;
} InfModel;

typedef struct {
    char *class_name;
    char *class_guid; /* "{4D36E97B-E325-11CE-BFC1-08002BE10318}"; "" when there is none */
    char *provider;
    char *catalog; /* file name, "" for none */
    guint64 date;  /* of DriverVer, as FILETIME */
    guint16 version[4];
    gboolean pnp_lockdown;
    guint64 target_rank; /* of the models sections used, see inf_target_applies() */
    GPtrArray *models;   /* of InfModel */
    GPtrArray *installs; /* of InfInstall */
} InfDriver;

/* NULL when nothing in the INF is for target; *ret_reason then says why not. */
InfDriver *inf_driver_new(const Inf *inf, const InfTarget *target, char **ret_reason);
void inf_driver_free(InfDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfDriver, inf_driver_free)

/* The driver's version as one number that sorts. */
guint64 inf_driver_version(const InfDriver *driver);
/* TRUE if a model has this id, any case. */
gboolean inf_driver_has_id(const InfDriver *driver, const char *id);

/* The first service that drives a device; NULL: none. */
const InfService *inf_driver_find_function_service(const InfDriver *driver);
/* "viostor.sys": its file without folder. */
char *inf_service_file_name(const InfService *service);

/* Every source file the INF names, for any Windows: of char *, as in InfFile.source. */
GPtrArray *inf_list_source_files(const Inf *inf);

#endif
