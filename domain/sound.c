/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the names of VMware, VirtualBox and libvirt to four kinds of cards. */
#include "domain/sound.h"

typedef enum {
    SOUND_HDA,
    SOUND_AC97,
    SOUND_ES1370,
    SOUND_SB16,
} Sound;

/* Anything else is taken for High Definition Audio, which all present systems know. */
static const struct {
    const char *source;
    Sound sound;
} cards[] = {
    {"ac97", SOUND_AC97},          {"es1370", SOUND_ES1370}, {"es1371", SOUND_ES1370},
    {"ensoniq1371", SOUND_ES1370}, {"sb16", SOUND_SB16},     {"soundblaster16", SOUND_SB16},
};

static Sound find_card(const char *source)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cards); i++)
        if (g_ascii_strcasecmp(source, cards[i].source) == 0)
            return cards[i].sound;
    return SOUND_HDA;
}

const char *sound_choose(const char *source, const Guest *guest, gboolean is_x86, gboolean is_q35)
{
    const gboolean is_windows = guest != NULL && guest->kind == GUEST_WINDOWS;
    const gboolean has_ac97 = is_windows && guest_has_quirk(guest, QUIRK_AC97);
    Sound sound;

    if (source == NULL)
        return NULL;
    sound = find_card(source);
    /* Windows has a driver for HDA since Vista, and from then on for nothing else; before, for the
       older cards, with AC'97 the only one that 2000 and XP share with q35. */
    if (is_windows && !has_ac97)
        sound = SOUND_HDA;
    else if (has_ac97 && sound == SOUND_HDA)
        sound = SOUND_AC97;
    /* Cards for ISA and the first PCI machines have no place on PCI Express boards, nor in QEMU of
       Enterprise Linux; Linux has drivers for all of them. */
    if ((is_q35 || !is_x86) && (sound == SOUND_ES1370 || sound == SOUND_SB16))
        sound = has_ac97 ? SOUND_AC97 : SOUND_HDA;
    switch (sound) {
    case SOUND_AC97:
        return "ac97";
    case SOUND_ES1370:
        return "es1370";
    case SOUND_SB16:
        return "sb16";
    case SOUND_HDA:
    default:
        return is_x86 && !is_q35 ? "ich6" : "ich9";
    }
}
