/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows guests in memory, drivers for them, and what was planned for one. */
#ifndef TESTS_WINDOWS_GUEST_FIXTURE_H
#define TESTS_WINDOWS_GUEST_FIXTURE_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "windows/driver_tree.h"

#define DRIVERS "/Windows/System32/drivers/"
#define CONFIG "/Windows/System32/config/"
#define LOADER "Objects\\{733b62e5-f608-11eb-825c-c112f60133ab}"

typedef struct {
    Fs *fs, *esp;
    Guest guest;
    Edits *edits;
    GPtrArray *findings;
} GuestFixture;

void guest_fixture_write(Fs *fs, const char *path, GBytes *content);
GBytes *guest_fixture_software(void);
GBytes *guest_fixture_bcd(gboolean test_signing);
void guest_fixture_init(GuestFixture *fixture, guint major, guint minor, guint build);
DriverTree *guest_fixture_drivers(guint first, guint end);
/* "path (new)" lines of the staged files, sorted by order of staging. */
char *guest_fixture_paths(const Edits *edits);
char *guest_fixture_codes(const GPtrArray *findings);
const Edit *guest_fixture_find(const Edits *edits, const char *path);
void guest_fixture_check(const Edits *edits, const char *hive, const char *key, const char *name,
                         const char *old_text, const char *new_text);
void guest_fixture_clear(GuestFixture *fixture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestFixture, guest_fixture_clear)

#endif
