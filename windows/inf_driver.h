/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an INF installs on one particular Windows: models, files, services, registry rows. */
#ifndef WINDOWS_INF_DRIVER_H
#define WINDOWS_INF_DRIVER_H

#include <glib.h>
#include <stdint.h>

#include "windows/inf.h"
#include "windows/inf_target.h"

/* One AddReg line. */
typedef struct {
    char *root;   /* "HKR", "HKLM", … upper case */
    char *subkey; /* "" for the root itself */
    char *name;   /* "" for the default value */
    gboolean key_only;
    uint32_t type; /* as in registry/hive.h */
    GBytes *data;  /* as stored in a hive */
} InfRegistryRow;

/* One AddService line with the section it names. */
typedef struct {
    char *name;
    gboolean is_function_driver; /* flag SPSVCINST_ASSOCSERVICE */
    guint32 type, start, error_control;
    char *binary;         /* "%12%\viostor.sys" */
    char *group;          /* "" when there is none */
    GPtrArray *registry;  /* of InfRegistryRow; HKR is the service's key */
    GPtrArray *event_log; /* of InfRegistryRow; HKR is its key below EventLog\System */
} InfService;

typedef struct {
    char *source; /* below the INF's folder, '/' between components */
    char *target; /* file name */
    guint dirid;  /* 12 is System32\drivers, 13 the driver store */
    char *subdir; /* below the directory of dirid, "" for none */
} InfFile;

/* A DDInstall section with what belongs to it. */
typedef struct {
    char *section;       /* as found, "BALLOON_Device.NT" */
    GPtrArray *files;    /* of InfFile */
    GPtrArray *services; /* of InfService */
    GPtrArray *hardware; /* of InfRegistryRow; HKR is the device's hardware key */
} InfInstall;

typedef struct {
    char *description;
    GPtrArray *ids; /* of char *, upper case: the hardware id, then compatible ids */
    const InfInstall *install;
} InfModel;

typedef struct {
    char *class_name;
    char *class_guid; /* "{4D36E97B-E325-11CE-BFC1-08002BE10318}"; "" when there is none */
    char *provider;
    char *catalog; /* file name, "" for none */
    guint64 date;  /* of DriverVer, as FILETIME */
    guint16 version[4];
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
char *inf_driver_version_text(const InfDriver *driver); /* "100.94.104.24000" */
/* TRUE if a model has this id, any case. */
gboolean inf_driver_has_id(const InfDriver *driver, const char *id);

/* Every source file the INF names, for any Windows: of char *, as in InfFile.source. */
GPtrArray *inf_list_source_files(const Inf *inf);

#endif
