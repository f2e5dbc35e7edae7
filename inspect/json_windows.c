/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a Windows guest, as JSON. */
#include "inspect/json_windows.h"

#include "inspect/json_members.h"

static void add_adapter(JsonBuilder *builder, const void *item)
{
    const GuestWindowsAdapter *adapter = item;
    json_builder_begin_object(builder);
    json_member_add_text(builder, "guid", adapter->guid);
    json_member_add_text(builder, "name", adapter->name);
    json_member_add_text(builder, "description", adapter->description);
    json_member_add_text(builder, "instance", adapter->instance_id);
    json_member_add_text(builder, "mac", adapter->mac);
    json_member_add_number(builder, "slot", adapter->slot);
    json_member_add_boolean(builder, "virtual", adapter->is_virtual);
    json_member_add_boolean(builder, "dhcp", adapter->dhcp);
    json_member_add_texts(builder, "addresses", adapter->addresses);
    json_member_add_texts(builder, "gateways", adapter->gateways);
    json_member_add_texts(builder, "dns", adapter->dns);
    json_member_add_texts(builder, "wins", adapter->wins);
    json_member_add_text(builder, "dns_suffix", adapter->dns_suffix);
    json_member_add_number(builder, "metric", adapter->metric);
    json_member_add_number(builder, "mtu", adapter->mtu);
    json_builder_end_object(builder);
}

static void add_application(JsonBuilder *builder, const void *item)
{
    const GuestWindowsApplication *application = item;
    json_builder_begin_object(builder);
    json_member_add_text(builder, "key", application->key);
    json_member_add_text(builder, "name", application->name);
    json_member_add_text(builder, "version", application->version);
    json_member_add_text(builder, "publisher", application->publisher);
    json_member_add_text(builder, "uninstall", application->uninstall);
    json_member_add_boolean(builder, "is_32bit", application->is_32bit);
    json_member_add_boolean(builder, "hidden", application->is_hidden);
    json_builder_end_object(builder);
}

void json_add_windows_service(JsonBuilder *builder, const void *item)
{
    const GuestWindowsService *service = item;
    json_builder_begin_object(builder);
    json_member_add_text(builder, "name", service->name);
    json_member_add_text(builder, "display_name", service->display_name);
    json_member_add_number(builder, "type", service->type);
    json_member_add_number(builder, "start", service->start);
    json_builder_set_member_name(builder, "start_override");
    if (service->start_override < 0)
        json_builder_add_null_value(builder);
    else
        json_builder_add_int_value(builder, service->start_override);
    json_member_add_text(builder, "image_path", service->image_path);
    json_member_add_text(builder, "group", service->group);
    json_member_add_text(builder, "account", service->account);
    json_builder_end_object(builder);
}

static void add_user(JsonBuilder *builder, const void *item)
{
    const GuestWindowsUser *user = item;
    json_builder_begin_object(builder);
    json_member_add_text(builder, "name", user->name);
    json_member_add_text(builder, "sid", user->sid);
    json_member_add_text(builder, "profile", user->profile);
    json_member_add_boolean(builder, "disabled", user->is_disabled);
    json_builder_end_object(builder);
}

static void add_updates(JsonBuilder *builder, const GuestWindowsUpdates *updates)
{
    json_builder_set_member_name(builder, "updates");
    json_builder_begin_object(builder);
    json_member_add_boolean(builder, "pending_file", updates->pending_file);
    json_member_add_boolean(builder, "servicing", updates->servicing);
    json_member_add_boolean(builder, "reboot_required", updates->reboot_required);
    json_member_add_number(builder, "pending_renames", updates->renames);
    json_builder_end_object(builder);
}

static void add_state(JsonBuilder *builder, const GuestWindows *facts)
{
    json_builder_set_member_name(builder, "event_log_closed");
    if (facts->event_log == GUEST_EVENT_LOG_UNKNOWN)
        json_builder_add_null_value(builder);
    else
        json_builder_add_boolean_value(builder, facts->event_log == GUEST_EVENT_LOG_CLOSED);
    json_member_add_boolean(builder, "hibernated", facts->hibernated);
    json_member_add_boolean(builder, "fast_started", facts->fast_started);
    json_member_add_boolean(builder, "log_dirty", facts->log_dirty);
    add_updates(builder, &facts->updates);
    json_member_add_boolean(builder, "cluster", facts->is_clustered);
    json_member_add_boolean(builder, "virtualization_security", facts->virtualization_security);
    json_member_add_texts(builder, "code_integrity_policies", facts->code_policies);
    json_member_add_texts(builder, "device_restrictions", facts->device_restrictions);
}

static void add_lists(JsonBuilder *builder, const GuestWindowsLists *lists)
{
    json_member_add_array(builder, "applications", lists ? lists->applications : NULL,
                          add_application);
    json_member_add_array(builder, "services", lists ? lists->services : NULL,
                          json_add_windows_service);
    json_member_add_array(builder, "users", lists ? lists->users : NULL, add_user);
    json_member_add_texts(builder, "group_policies", lists ? lists->policies : NULL);
}

void json_add_windows(JsonBuilder *builder, const GuestWindows *facts)
{
    json_builder_begin_object(builder);
    json_member_add_text(builder, "system_root", facts->system_root);
    json_member_add_number(builder, "build", facts->build);
    json_member_add_number(builder, "revision", facts->revision);
    json_member_add_text(builder, "release", facts->release);
    json_member_add_text(builder, "build_lab", facts->build_lab);
    json_member_add_text(builder, "service_pack", facts->service_pack);
    json_member_add_text(builder, "edition", facts->edition);
    json_member_add_text(builder, "installation_type", facts->installation_type);
    json_member_add_text(builder, "product_type", facts->product_type);
    json_member_add_text(builder, "install_date", facts->install_date);
    json_member_add_text(builder, "last_shutdown", facts->last_shutdown);
    json_member_add_text(builder, "domain", facts->domain);
    json_member_add_text(builder, "workgroup", facts->workgroup);
    json_member_add_boolean(builder, "domain_member", facts->is_domain_member);
    json_member_add_text(builder, "install_language", facts->install_language);
    json_member_add_text(builder, "default_language", facts->default_language);
    json_member_add_texts(builder, "ui_languages", facts->ui_languages);
    json_member_add_text(builder, "hal", facts->hal);
    json_member_add_text(builder, "hypervisor", facts->hypervisor);
    json_member_add_number(builder, "current_control_set", facts->current_control_set);
    json_member_add_boolean(builder, "rtc_is_utc", facts->rtc_is_utc);
    json_member_add_number(builder, "active_bias_minutes", facts->active_bias_minutes);
    json_member_add_text(builder, "time_zone", facts->time_zone);
    json_member_add_text(builder, "hardware_uuid", facts->hardware_uuid);
    add_state(builder, facts);
    json_member_add_texts(builder, "boot_drivers", facts->boot_drivers);
    json_member_add_array(builder, "adapters", facts->adapters, add_adapter);
    json_member_add_texts(builder, "persistent_routes", facts->persistent_routes);
    add_lists(builder, facts->lists);
    json_builder_end_object(builder);
}
