/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the Items of a VirtualHardwareSection to devices. */
#include "convert/config/ovf_items.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "convert/config/ovf_units.h"
#include "convert/config/vmware_slot.h"

#define ITEMS_LIMIT 4096
#define CPUS_LIMIT 4096
#define UNITS_LIMIT 4096
#define MIB ((uint64_t)1 << 20)

/* Of CIM_ResourceAllocationSettingData.ResourceType. */
enum {
    TYPE_PROCESSOR = 3,
    TYPE_MEMORY = 4,
    TYPE_IDE = 5,
    TYPE_SCSI = 6,
    TYPE_FC = 7,
    TYPE_ISCSI = 8,
    TYPE_ETHERNET = 10,
    TYPE_FLOPPY = 14,
    TYPE_CD = 15,
    TYPE_DVD = 16,
    TYPE_DISK = 17,
    TYPE_STORAGE = 20, /* SATA, NVMe and others, by subtype */
    TYPE_USB = 23,
    TYPE_SOUND = 35,
};

typedef struct {
    const xmlNode *element;
    uint64_t type;
    char *id, *parent; /* InstanceID, Parent */
    char *subtype;     /* the first of several; may be NULL */
    char *resource;    /* HostResource; may be NULL */
} Item;

typedef struct {
    MachineBus bus;
    guint number;
    const char *model; /* of its item */
} Controller;

typedef struct {
    const OvfPackage *package;
    const xmlNode *system;
    Machine *machine;
    GPtrArray *findings;
    GPtrArray *items;        /* of Item */
    GHashTable *controllers; /* id → Controller */
    GHashTable *boot_order;  /* id → place, from 1 */
    guint bus_counts[MACHINE_BUS_FLOPPY + 1];
} Reader;

static void item_free(void *data)
{
    Item *item = data;
    g_free(item->id);
    g_free(item->parent);
    g_free(item->subtype);
    g_free(item->resource);
    g_free(item);
}

/* Subtypes may be a list of which each will do: "someother, lsilogic", "PCNet32 E1000". Takes it
   over. */
static char *choose_subtype(char *list)
{
    static const char *const known[] = {"ahci",        "buslogic",    "e1000",   "e1000e",
                                        "lsilogic",    "lsilogicsas", "pcnet32", "virtio",
                                        "virtualscsi", "vmxnet",      "vmxnet2", "vmxnet3"};
    g_auto(GStrv) words = g_strsplit_set(list ? list : "", ", \t\r\n", -1);
    const char *chosen = NULL;
    g_free(list);
    for (guint i = 0; words[i]; i++) {
        g_autofree char *lower = g_ascii_strdown(words[i], -1);
        for (gsize k = 0; k < G_N_ELEMENTS(known); k++)
            if (g_str_equal(lower, known[k]))
                return g_strdup(words[i]);
        if (!chosen && *words[i])
            chosen = words[i];
    }
    return g_strdup(chosen);
}

static Item *item_new(const xmlNode *element)
{
    Item *item = g_new0(Item, 1);
    item->element = element;
    item->id = xml_child_text(element, "InstanceID");
    if (!item->id)
        item->id = xml_child_text(element, "InstanceId"); /* OVF 0.9 */
    item->parent = xml_child_text(element, "Parent");
    item->subtype = choose_subtype(xml_child_text(element, "ResourceSubType"));
    item->resource = xml_child_text(element, "HostResource");
    (void)xml_child_number(element, "ResourceType", &item->type);
    return item;
}

static gboolean is_item(const xmlNode *element)
{
    return xml_is(element, "Item") || xml_is(element, "StorageItem") ||
           xml_is(element, "EthernetPortItem");
}

/* Items for other configurations and the bounds of ranges say nothing of this machine. */
static gboolean is_wanted(const Reader *reader, const xmlNode *element)
{
    g_autofree char *bound = xml_attribute(element, "bound");
    return is_item(element) && (!bound || g_str_equal(bound, "normal")) &&
           ovf_package_is_configured(reader->package, element);
}

/* An item for the configuration replaces the general one with its id. */
static gboolean collect_items(Reader *reader, const xmlNode *hardware, GError **error)
{
    g_autoptr(GHashTable) replaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint pass = 0; pass < 2; pass++) {
        for (const xmlNode *element = xml_child(hardware, NULL); element;
             element = xml_next(element, NULL)) {
            if (!is_wanted(reader, element))
                continue;
            Item *item = item_new(element);
            g_autofree char *configuration = xml_attribute(element, "configuration");
            gboolean is_new = pass == 1 && (configuration || !item->id ||
                                            !g_hash_table_contains(replaced, item->id));
            if (pass == 0 && configuration && item->id)
                g_hash_table_add(replaced, g_strdup(item->id));
            if (is_new)
                g_ptr_array_add(reader->items, item);
            else
                item_free(item);
            if (reader->items->len > ITEMS_LIMIT) {
                drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                                  "a machine has more than %d devices", ITEMS_LIMIT);
                return FALSE;
            }
        }
    }
    return TRUE;
}

static MachineBus controller_bus(const Item *item)
{
    const char *subtype = item->subtype ? item->subtype : "";
    g_autofree char *lower = g_ascii_strdown(subtype, -1);
    if (item->type == TYPE_IDE)
        return MACHINE_BUS_IDE;
    if (item->type == TYPE_SCSI || item->type == TYPE_FC || item->type == TYPE_ISCSI)
        return MACHINE_BUS_SCSI;
    if (item->type == TYPE_USB)
        return MACHINE_BUS_USB;
    if (item->type != TYPE_STORAGE)
        return MACHINE_BUS_UNKNOWN;
    if (strstr(lower, "nvme"))
        return MACHINE_BUS_NVME;
    return strstr(lower, "scsi") ? MACHINE_BUS_SCSI : MACHINE_BUS_SATA;
}

/* As VMX files call them: users and tables know one name of each. */
static char *controller_model(const char *subtype)
{
    static const char *const names[][2] = {
        {"lsilogicsas", "lsisas1068"}, {"virtualscsi", "pvscsi"},
        {"vmware.sata.ahci", "ahci"},  {"vmware.nvme.controller", "nvme"},
        {"virtioscsi", "virtio-scsi"},
    };
    if (!subtype)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(subtype, names[i][0]) == 0)
            return g_strdup(names[i][1]);
    return g_ascii_strdown(subtype, -1);
}

static gboolean small_number(const xmlNode *element, const char *name, guint *ret_number)
{
    uint64_t number;
    if (!xml_child_number(element, name, &number) || number > UNITS_LIMIT)
        return FALSE;
    *ret_number = (guint)number;
    return TRUE;
}

static void read_controllers(Reader *reader)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL); /* that are taken, by bus */
    for (guint i = 0; i < reader->items->len; i++) {
        const Item *item = g_ptr_array_index(reader->items, i);
        MachineBus bus = controller_bus(item);
        if (bus == MACHINE_BUS_UNKNOWN || !item->id)
            continue;
        Controller *controller = g_new0(Controller, 1);
        controller->bus = bus;
        controller->model = item->subtype;
        if (!small_number(item->element, "Address", &controller->number))
            (void)small_number(item->element, "BusNumber", &controller->number);
        /* Some list a channel of the one IDE controller twice; another SCSI one is another one. */
        while (!g_hash_table_add(numbers, GUINT_TO_POINTER(bus << 16 | controller->number)) &&
               bus != MACHINE_BUS_IDE)
            controller->number++;
        g_hash_table_replace(reader->controllers, g_strdup(item->id), controller);
    }
}

/* Without a place on its controller a device gets the next one. */
static void set_address(Reader *reader, const Item *item, MachineAddress *address)
{
    const Controller *controller =
        item->parent ? g_hash_table_lookup(reader->controllers, item->parent) : NULL;
    if (controller) {
        address->bus = controller->bus;
        address->controller = controller->number;
        address->model = controller_model(controller->model);
    } else if (item->type == TYPE_FLOPPY) {
        address->bus = MACHINE_BUS_FLOPPY;
    }
    if (!small_number(item->element, "AddressOnParent", &address->unit))
        address->unit = reader->bus_counts[address->bus];
    reader->bus_counts[address->bus] = MAX(reader->bus_counts[address->bus], address->unit + 1);
}

/* quantity in units of AllocationUnits; FALSE: not said, or not sensible. */
static gboolean read_quantity(const Item *item, uint64_t *ret_bytes)
{
    uint64_t quantity, unit_bytes;
    g_autofree char *units = xml_child_text(item->element, "AllocationUnits");
    if (!units)
        units = xml_child_text(item->element, "VirtualQuantityUnits");
    if (!xml_child_number(item->element, "VirtualQuantity", &quantity) ||
        !ovf_units_parse(units, &unit_bytes))
        return FALSE;
    /* No machine has less memory than this in bytes: without units it is megabytes. */
    if (!units && item->type == TYPE_MEMORY && quantity < MIB)
        unit_bytes = MIB;
    return g_uint64_checked_mul(ret_bytes, quantity, unit_bytes);
}

static gboolean read_processor(const Item *item, Machine *machine, GError **error)
{
    uint64_t count, cores;
    if (machine->cpus > 0 || !xml_child_number(item->element, "VirtualQuantity", &count))
        return TRUE;
    if (count == 0 || count > CPUS_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "correct it in the OVF",
                          "a machine is said to have %" G_GUINT64_FORMAT " processors", count);
        return FALSE;
    }
    machine->cpus = (guint)count;
    if (xml_child_number(item->element, "CoresPerSocket", &cores) && cores > 0 && cores <= count)
        machine->cores_per_socket = (guint)cores;
    return TRUE;
}

static gboolean read_memory(const Item *item, Machine *machine, GError **error)
{
    if (machine->memory_bytes > 0 || !xml_child(item->element, "VirtualQuantity") ||
        read_quantity(item, &machine->memory_bytes))
        return TRUE;
    g_autofree char *quantity = xml_child_text(item->element, "VirtualQuantity");
    g_autofree char *units = xml_child_text(item->element, "AllocationUnits");
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "correct it in the OVF",
                      "the memory of a machine, '%s' of '%s', is no size", quantity ? quantity : "",
                      units ? units : "");
    return FALSE;
}

/* The value of vmw:Config or vmw:ExtraConfig called key; given. */
static char *config_value(const xmlNode *parent, const char *element_name, const char *key)
{
    for (const xmlNode *element = xml_child(parent, element_name); element;
         element = xml_next(element, element_name)) {
        g_autofree char *other = xml_attribute(element, "key");
        if (other && g_ascii_strcasecmp(other, key) == 0)
            return xml_attribute(element, "value");
    }
    return NULL;
}

/* Exports name the slot in the item, some as "ethernet0.pciSlotNumber" in the hardware section. */
static char *guest_name(const Item *item, guint number)
{
    uint64_t slot;
    g_autofree char *key = g_strdup_printf("ethernet%u.pciSlotNumber", number);
    g_autofree char *text = config_value(item->element, "Config", "slotInfo.pciSlotNumber");
    if (!text)
        text = config_value(item->element->parent, "ExtraConfig", key);
    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &slot, NULL)
               ? vmware_slot_guest_name(slot)
               : NULL;
}

static void read_nic(const Item *item, guint number, Machine *machine)
{
    MachineNic *nic = machine_add_nic(machine);
    g_autofree char *address = xml_child_text(item->element, "Address");
    g_autofree char *is_connected = xml_child_text(item->element, "AutomaticAllocation");
    nic->mac = address ? machine_mac_normalise(address) : NULL;
    nic->network = xml_child_text(item->element, "Connection");
    nic->model = item->subtype ? g_ascii_strdown(item->subtype, -1) : NULL;
    nic->guest_name = guest_name(item, number);
    nic->is_disconnected = g_strcmp0(is_connected, "false") == 0;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const Item *left = *(const Item *const *)a, *right = *(const Item *const *)b;
    guint places[2] = {UNITS_LIMIT, UNITS_LIMIT};
    (void)small_number(left->element, "AddressOnParent", &places[0]);
    (void)small_number(right->element, "AddressOnParent", &places[1]);
    return (places[0] > places[1]) - (places[0] < places[1]);
}

/* In the order in which the guest sees them: vCloud lists them in any. */
static void read_nics(const Reader *reader)
{
    g_autoptr(GPtrArray) nics = g_ptr_array_new();
    for (guint i = 0; i < reader->items->len; i++)
        if (((const Item *)reader->items->pdata[i])->type == TYPE_ETHERNET)
            g_ptr_array_add(nics, reader->items->pdata[i]);
    g_ptr_array_sort(nics, compare_places);
    for (guint i = 0; i < nics->len; i++)
        read_nic(g_ptr_array_index(nics, i), i, reader->machine);
}

static void read_drive(Reader *reader, const Item *item)
{
    MachineDrive *drive = machine_add_drive(
        reader->machine, item->type == TYPE_FLOPPY ? MACHINE_DRIVE_FLOPPY : MACHINE_DRIVE_CDROM);
    set_address(reader, item, &drive->address);
    const char *file = ovf_package_file_name(reader->package, item->resource);
    drive->medium = g_strdup(file ? file : item->resource);
    if (drive->medium)
        findings_add(reader->findings, FINDING_SOURCE_MEDIUM, drive->medium);
}

static char *item_name(const Item *item)
{
    char *name = xml_child_text(item->element, "ElementName");
    return name ? name : xml_child_text(item->element, "Caption");
}

static gboolean read_disk(Reader *reader, const Item *item, GError **error)
{
    uint64_t capacity_bytes = 0;
    gboolean is_described = item->resource != NULL;
    if (!is_described && (!read_quantity(item, &capacity_bytes) || capacity_bytes < MIB)) {
        g_autofree char *name = item_name(item);
        findings_add(reader->findings, FINDING_SOURCE_DISK_WITHOUT_FILE, name ? name : item->id);
        return TRUE;
    }
    MachineDisk *disk = machine_add_disk(reader->machine);
    set_address(reader, item, &disk->address);
    disk->capacity_bytes = capacity_bytes;
    if (item->id)
        disk->boot_order = GPOINTER_TO_UINT(g_hash_table_lookup(reader->boot_order, item->id));
    return !is_described ||
           ovf_package_fill_disk(reader->package, reader->system, item->resource, disk, error);
}

/* "vmware.soundcard.hdaudio", "ensoniq1371" */
static void read_sound(const Item *item, Machine *machine)
{
    static const char prefix[] = "vmware.soundcard.";
    const char *model = item->subtype ? item->subtype : "es1371";
    if (machine->sound)
        return;
    machine->sound =
        g_ascii_strdown(g_str_has_prefix(model, prefix) ? model + strlen(prefix) : model, -1);
}

static void read_other(const Reader *reader, const Item *item)
{
    const char *subtype = item->subtype ? item->subtype : "";
    g_autofree char *name = item_name(item);
    if (g_str_has_prefix(subtype, "vmware.soundcard."))
        read_sound(item, reader->machine);
    else if (g_ascii_strcasecmp(subtype, "vmware.vtpm") == 0)
        reader->machine->tpm = TRUE;
    else if (g_str_has_prefix(subtype, "vmware.pci.passthrough") ||
             g_str_equal(subtype, "vmware.serialport.device") ||
             g_str_equal(subtype, "vmware.parallelport.device"))
        findings_add(reader->findings, FINDING_SOURCE_HOST_DEVICE, name ? name : subtype);
}

static gboolean read_item(Reader *reader, const Item *item, GError **error)
{
    switch (item->type) {
    case TYPE_PROCESSOR:
        return read_processor(item, reader->machine, error);
    case TYPE_MEMORY:
        return read_memory(item, reader->machine, error);
    case TYPE_DISK:
        return read_disk(reader, item, error);
    case TYPE_FLOPPY:
    case TYPE_CD:
    case TYPE_DVD:
        read_drive(reader, item);
        return TRUE;
    case TYPE_SOUND:
        read_sound(item, reader->machine);
        return TRUE;
    default:
        read_other(reader, item);
        return TRUE;
    }
}

/* VMware: <vmw:BootOrderSection vmw:instanceId="8" vmw:type="disk">, with several of both separated
   by blanks. */
static void read_boot_order(Reader *reader)
{
    guint place = 0;
    for (const xmlNode *section = xml_child(reader->system, NULL); section;
         section = xml_next(section, NULL)) {
        if (!xml_is(section, "BootOrderSection"))
            continue;
        g_autofree char *text = xml_attribute(section, "instanceId");
        g_auto(GStrv) ids = g_strsplit_set(text ? text : "", " ,\t\r\n", -1);
        for (guint i = 0; ids[i]; i++)
            if (*ids[i] && !g_hash_table_contains(reader->boot_order, ids[i]))
                g_hash_table_insert(reader->boot_order, g_strdup(ids[i]),
                                    GUINT_TO_POINTER(++place));
    }
}

gboolean ovf_items_read(const OvfPackage *package, const xmlNode *system, const xmlNode *hardware,
                        Machine *machine, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
    g_autoptr(GHashTable) controllers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) boot_order = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reader reader = {.package = package,
                     .system = system,
                     .machine = machine,
                     .findings = findings,
                     .items = items,
                     .controllers = controllers,
                     .boot_order = boot_order};
    if (!collect_items(&reader, hardware, error))
        return FALSE;
    read_controllers(&reader);
    read_boot_order(&reader);
    read_nics(&reader);
    for (guint i = 0; i < items->len; i++)
        if (!read_item(&reader, g_ptr_array_index(items, i), error))
            return FALSE;
    return TRUE;
}
