/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the systems on a machine's volumes and describes the one that starts. */
#include "inspect/guest.h"

#include "base/error.h"
#include "base/finding.h"
#include "base/interrupt.h"
#include "inspect/encrypted.h"
#include "inspect/system.h"

static void candidate_free(gpointer data)
{
    GuestCandidate *candidate = data;
    g_free(candidate->root);
    g_free(candidate);
}

void guest_free(Guest *guest)
{
    if (!guest)
        return;
    if (guest->kind == GUEST_LINUX)
        linux_facts_clear(&guest->linux_facts);
    else
        windows_facts_clear(&guest->windows_facts);
    fs_tree_free(guest->tree);
    profiles_free(guest->profiles);
    g_free(guest->product_name);
    g_free(guest->architecture);
    g_free(guest->hostname);
    g_free(guest->osinfo_id);
    g_free(guest->profile);
    g_free(guest);
}

static const struct {
    GuestKind kind;
    gboolean (*find)(const Volume *volume, GPtrArray *roots, GError **error);
} kinds[] = {
    {GUEST_LINUX, linux_find_systems},
    {GUEST_WINDOWS, windows_find_systems},
};

static gboolean find_candidates(const VolumeSet *set, GPtrArray *candidates, GError **error)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        for (guint j = 0; j < G_N_ELEMENTS(kinds) && volume->fs; j++) {
            g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func(g_free);
            if (!interrupt_check(error))
                return FALSE;
            if (!kinds[j].find(volume, roots, error)) {
                g_prefix_error(error, "cannot look for a system on %s: ", volume->name);
                return FALSE;
            }
            for (guint k = 0; k < roots->len; k++) {
                GuestCandidate *candidate = g_new0(GuestCandidate, 1);
                candidate->kind = kinds[j].kind;
                candidate->volume = volume;
                candidate->root = g_strdup(g_ptr_array_index(roots, k));
                g_ptr_array_add(candidates, candidate);
            }
        }
    }
    return TRUE;
}

/* What to do about a volume that was not read; NULL: nothing that is special. */
static const char *find_hint(const GPtrArray *findings)
{
    static const FindingCode codes[] = {FINDING_VOLUME_VMFS, FINDING_VOLUME_ZFS,
                                        FINDING_VOLUME_LINUX_FILESYSTEM, FINDING_VOLUME_LAYER};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++)
        for (guint j = 0; j < findings->len; j++)
            if (((const Finding *)g_ptr_array_index(findings, j))->code == codes[i])
                return finding_code_hint(codes[i]);
    return NULL;
}

/* The message names what is in the way, where something is: most often LVM or encryption. */
static void set_no_system_error(const VolumeSet *set, const GPtrArray *findings, GError **error)
{
    const char *hint = find_hint(findings);
    g_autoptr(GString) unread = g_string_new(NULL);
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (!volume->fs && !volume->is_member && volume->probe->type &&
            !g_str_equal(volume->probe->type, "swap"))
            g_string_append_printf(unread, "%s%s (%s)", unread->len ? ", " : "", volume->name,
                                   volume->probe->type);
    }
    for (guint i = 0; set->unmapped && i < set->unmapped->len; i++)
        g_string_append_printf(unread, "%s%s", unread->len ? ", " : "",
                               (const char *)g_ptr_array_index(set->unmapped, i));
    if (unread->len)
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          hint ? hint : "see migrate-inspect(1) for the volumes that are supported",
                          "found no operating system; not readable: %s", unread->str);
    else
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "check that the disk with the system is among the sources",
                          "found no operating system on the disks");
}

static const char *kind_name(GuestKind kind)
{
    return kind == GUEST_LINUX ? "Linux" : "Windows";
}

static void add_other_system(const GuestCandidate *other, GPtrArray *findings)
{
    g_autofree char *subject = g_strdup_printf(
        "%s on %s%s%s", kind_name(other->kind), other->volume->name,
        other->volume->subvolumes ? " in " : "", other->volume->subvolumes ? other->root : "");
    findings_add(findings, FINDING_OTHER_SYSTEM, subject);
}

/* Forgets the systems on other volumes than the wanted one. */
static gboolean keep_wanted(const VolumeSet *set, GPtrArray *candidates, GPtrArray *findings,
                            GError **error)
{
    g_autoptr(GString) names = g_string_new("systems are on");
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(candidate_free);
    for (guint i = 0; i < candidates->len;) {
        GuestCandidate *candidate = g_ptr_array_index(candidates, i);
        if (candidate->volume == set->wanted_root) {
            i++;
            continue;
        }
        g_string_append_printf(names, "%s %s", others->len > 0 ? "," : "", candidate->volume->name);
        g_ptr_array_add(others, g_ptr_array_steal_index(candidates, i));
    }
    if (candidates->len == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, names->str,
                          "found no operating system on '%s'", set->wanted_root->name);
        return FALSE;
    }
    for (guint i = 0; i < others->len; i++)
        add_other_system(g_ptr_array_index(others, i), findings);
    return TRUE;
}

static gboolean has_subvolumes(const GPtrArray *candidates)
{
    const GuestCandidate *first = g_ptr_array_index(candidates, 0);
    return first->volume->subvolumes != NULL;
}

/* Where there is a Linux, its boot loader comes first and lists the others. */
static gboolean choose(const VolumeSet *set, GPtrArray *candidates, GPtrArray *findings,
                       const GuestCandidate **ret_chosen, GError **error)
{
    const GuestCandidate *chosen = NULL;
    if (set->wanted_root && !keep_wanted(set, candidates, findings, error))
        return FALSE;
    if (candidates->len > 1 || has_subvolumes(candidates)) {
        if (!linux_find_default(set, candidates, &chosen, error) ||
            (!chosen && !windows_find_default(set, candidates, &chosen, error)))
            return FALSE;
        if (chosen && set->wanted_root && chosen->volume != set->wanted_root)
            chosen = NULL;
    }
    if (!chosen)
        chosen = g_ptr_array_index(candidates, 0);
    for (guint i = 0; i < candidates->len; i++)
        if (g_ptr_array_index(candidates, i) != chosen)
            add_other_system(g_ptr_array_index(candidates, i), findings);
    *ret_chosen = chosen;
    return TRUE;
}

/* A locked volume is in the way only if it is the one that Windows starts from. */
static gboolean check_locked(const VolumeSet *set, const GuestCandidate *chosen,
                             GPtrArray *findings, GError **error)
{
    gboolean is_locked = FALSE;
    if (chosen->kind == GUEST_WINDOWS &&
        !windows_default_is_locked(set, chosen->volume, &is_locked, error))
        return FALSE;
    encrypted_add_locked(set, is_locked ? FINDING_BITLOCKER : FINDING_BITLOCKER_DATA, findings);
    return TRUE;
}

gboolean guest_inspect(VolumeSet *set, Profiles *profiles, GPtrArray *findings, Guest **ret_guest,
                       GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(candidate_free);
    g_autoptr(Guest) guest = g_new0(Guest, 1);
    const GuestCandidate *chosen;

    guest->profiles = profiles ? profiles_ref(profiles) : profiles_load(NULL, error);
    if (!guest->profiles || !find_candidates(set, candidates, error))
        return FALSE;
    if (candidates->len == 0) {
        encrypted_add_locked(set, FINDING_BITLOCKER, findings);
        /* An encrypted volume says more than that there is no system. */
        if (findings_check_blockers(findings, error) &&
            findings_check(findings, FINDING_VOLUME_LUKS, error) &&
            findings_check(findings, FINDING_LUKS_UNSUPPORTED, error))
            set_no_system_error(set, findings, error);
        return FALSE;
    }
    if (!choose(set, candidates, findings, &chosen, error))
        return FALSE;

    if (!check_locked(set, chosen, findings, error))
        return FALSE;
    guest->kind = chosen->kind;
    guest->volumes = set;
    guest->root = chosen->volume;
    gboolean ok = guest->kind == GUEST_LINUX
                      ? linux_read_guest(set, chosen->root, findings, guest, error)
                      : windows_read_guest(set, chosen->root, findings, guest, error);
    if (!ok) {
        g_prefix_error(error, "cannot inspect %s on %s: ", kind_name(guest->kind),
                       guest->root->name);
        return FALSE;
    }
    *ret_guest = g_steal_pointer(&guest);
    return TRUE;
}
