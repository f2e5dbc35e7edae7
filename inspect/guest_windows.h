/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the registry and the files of a Windows guest say. */
#ifndef INSPECT_GUEST_WINDOWS_H
#define INSPECT_GUEST_WINDOWS_H

#include <glib.h>

/* Of each long list so many are read, and of a text in them so much is kept. */
#define GUEST_LIST_LIMIT 8192u
#define GUEST_TEXT_LIMIT_BYTES 1024u

/* A network adapter with a driver, there or not: Windows remembers those that were taken out. */
typedef struct {
    char *guid;            /* "{C43669B3-AB3E-4D0E-8FDE-69579925A20F}" */
    char *name;            /* of the connection, "Ethernet0"; NULL: it has none */
    char *description;     /* "vmxnet3 Ethernet Adapter"; may be NULL */
    char *instance_id;     /* "PCI\VEN_15AD&DEV_07B0&…\000C29FFFF661AA200" */
    char *mac;             /* "00:0c:29:66:1a:a2"; NULL: the registry does not say */
    guint slot;            /* UINumber: on VMware the pciSlotNumber of its VMX file; 0: none */
    gboolean is_virtual;   /* made of other adapters: a team, a bridge, a virtual switch */
    gboolean dhcp;         /* of IPv4 */
    GPtrArray *addresses;  /* of char *: static ones, "10.0.2.55/24", "2001:db8::5/64" */
    GPtrArray *gateways;   /* of char * */
    GPtrArray *dns;        /* of char *: static ones, IPv4 before IPv6 */
    GPtrArray *wins;       /* of char *: static NetBIOS name servers, IPv4 */
    char *dns_suffix;      /* of this connection; NULL: none */
    guint metric, mtu;     /* 0: automatic */
    gboolean has_nsi_ipv6; /* IPv6 addresses or gateways are from the Nsi key, see windows_nsi.c */
} GuestWindowsAdapter;

typedef struct {
    char *key;     /* below Uninstall: a product code, or any name */
    char *name;    /* DisplayName; may be NULL */
    char *version; /* likewise, and so on */
    char *publisher;
    char *uninstall;
    gboolean is_32bit;  /* of a 64-bit Windows: from WOW6432Node */
    gboolean is_hidden; /* SystemComponent: not in the control panel's list */
} GuestWindowsApplication;

typedef struct {
    char *name;
    char *display_name; /* may be NULL, as all texts below */
    char *image_path;
    char *group;
    char *account;
    guint type, start;
    gint start_override; /* of the hardware profile in use; -1: none */
} GuestWindowsService;

/* An account of this machine, or a profile of somebody else's (of the domain). */
typedef struct {
    char *name; /* NULL: not an account of this machine */
    char *sid;
    char *profile; /* as Windows writes paths; NULL: never logged on */
    gboolean is_disabled;
} GuestWindowsUser;

typedef struct {
    GPtrArray *applications; /* of GuestWindowsApplication, by name */
    GPtrArray *services;     /* of GuestWindowsService, by name; drivers too */
    GPtrArray *users;        /* of GuestWindowsUser, accounts first */
    GPtrArray *policies;     /* of char *: names of the group policies that were applied */
} GuestWindowsLists;

typedef struct {
    gboolean pending_file;    /* WinSxS\pending.xml: file operations for the next boot */
    gboolean servicing;       /* component servicing goes on at the next boot */
    gboolean reboot_required; /* Windows Update waits for a restart */
    guint renames;            /* PendingFileRenameOperations; usual, and no obstacle */
} GuestWindowsUpdates;

typedef enum {
    GUEST_EVENT_LOG_UNKNOWN, /* none there */
    GUEST_EVENT_LOG_CLOSED,  /* as a shutdown leaves it */
    GUEST_EVENT_LOG_OPEN,
} GuestEventLog;

typedef struct {
    char *system_root;  /* "/Windows" in the tree */
    guint major, minor; /* 10, 0 */
    guint build;        /* 20348 */
    guint revision;     /* UBR, 0 when not there */
    char *release;      /* DisplayVersion or ReleaseId, "21H2"; may be NULL, as all texts below */
    char *build_lab;    /* "20348.1.amd64fre.fe_release.210507-1500" */
    char *service_pack; /* "Service Pack 1" */
    char *edition;      /* EditionID */
    char *installation_type;          /* "Client", "Server", "Server Core"; NULL on XP */
    char *product_type;               /* "WinNT", "ServerNT", "LanmanNT" */
    char *install_date;               /* "2024-04-03T16:18:31Z" */
    char *last_shutdown;              /* likewise */
    GuestEventLog event_log;          /* of the system */
    char *domain;                     /* DNS or NetBIOS name of the one it is a member of */
    char *workgroup;                  /* of a machine that is no member */
    gboolean is_domain_member;        /* as far as the SECURITY hive says */
    char *install_language;           /* LCID, "0409" */
    char *default_language;           /* of the system's locale, likewise */
    GPtrArray *ui_languages;          /* of char *: "en-US" */
    char *hal;                        /* "acpiapic_mp": on XP and 2003 made for one machine */
    char *hypervisor;                 /* SystemManufacturer and SystemProductName it last saw */
    gboolean is_clustered;            /* the failover cluster service may start */
    gboolean virtualization_security; /* VBS is switched on */
    GPtrArray *code_policies;         /* of char *: files of code integrity policies */
    GPtrArray *device_restrictions;   /* of char *: values of the policy that are set */
    guint current_control_set, default_control_set; /* Select\Current, Select\Default */
    gboolean has_driver_database;                   /* SYSTEM\DriverDatabase: Windows 8 and later */
    gboolean rtc_is_utc;                            /* RealTimeIsUniversal */
    gint32 active_bias_minutes;                     /* UTC = local + bias */
    char *time_zone;                                /* TimeZoneKeyName */
    char *hardware_uuid;          /* HardwareConfig\LastConfig without braces, lower case */
    GPtrArray *boot_drivers;      /* of char *: services with Type 1 and Start 0, sorted */
    GPtrArray *adapters;          /* of GuestWindowsAdapter, in the order of their installation */
    GPtrArray *persistent_routes; /* of char *: "10.20.0.0/16 10.0.2.3", or with " METRIC" */
    GuestWindowsUpdates updates;
    GuestWindowsLists *lists; /* NULL: not read, see guest_read_lists() */
    gboolean hibernated;      /* hiberfil.sys holds an image */
    gboolean fast_started;    /* NTFS metadata in a hibernated kernel's cache ($LogFile 2.x) */
    gboolean log_dirty;       /* $LogFile not clean */
} GuestWindows;

#endif
