/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound cards by source, guest and board. */
#include "domain/sound.h"

static void test_choices(void)
{
    static const struct {
        const char *source;
        guint windows; /* major version (.0); 0: Linux */
        gboolean no_guest;
        gboolean is_arm, is_q35;
        const char *expected;
    } rows[] = {
        {NULL, 10, FALSE, FALSE, TRUE, NULL},
        {"hdaudio", 10, FALSE, FALSE, TRUE, "ich9"},
        {"hdaudio", 0, FALSE, FALSE, TRUE, "ich9"},
        {"hdaudio", 0, FALSE, FALSE, FALSE, "ich6"},
        {"hdaudio", 0, FALSE, TRUE, FALSE, "ich9"},
        /* Windows has HDA drivers since Vista, and since then no others */
        {"es1371", 6, FALSE, FALSE, TRUE, "ich9"},
        {"es1371", 6, FALSE, FALSE, FALSE, "ich6"},
        {"ac97", 10, FALSE, FALSE, TRUE, "ich9"},
        {"hdaudio", 5, FALSE, FALSE, FALSE, "ac97"},
        {"es1371", 5, FALSE, FALSE, FALSE, "es1370"},
        {"sb16", 5, FALSE, FALSE, FALSE, "sb16"},
        {"sb16", 5, FALSE, FALSE, TRUE, "ac97"},
        /* Linux has them all; q35 has not */
        {"es1371", 0, FALSE, FALSE, FALSE, "es1370"},
        {"ensoniq1371", 0, FALSE, FALSE, TRUE, "ich9"},
        {"SB16", 0, FALSE, FALSE, FALSE, "sb16"},
        {"sb16", 0, FALSE, FALSE, TRUE, "ich9"},
        {"AC97", 0, FALSE, FALSE, TRUE, "ac97"},
        {"AC97", 0, TRUE, FALSE, TRUE, "ac97"},
        {"<unheard of>", 0, TRUE, FALSE, TRUE, "ich9"},
        {"", 0, FALSE, FALSE, TRUE, "ich9"},
    };

    g_autoptr(Profiles) profiles = profiles_load(NULL, NULL);
    g_assert_nonnull(profiles);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *version =
            g_strdup_printf("windows:%u.%u", rows[i].windows, rows[i].windows == 5 ? 1 : 0);
        const char *const facts[] = {version, "type:client", NULL};
        const Guest guest = {.kind = rows[i].windows > 0 ? GUEST_WINDOWS : GUEST_LINUX,
                             .profile_section = profiles_match(profiles, facts)};

        g_assert_cmpstr(sound_choose(rows[i].source, rows[i].no_guest ? NULL : &guest,
                                     !rows[i].is_arm, rows[i].is_q35),
                        ==, rows[i].expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/sound/choices", test_choices);
    return g_test_run();
}
