/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every finding: FINDING(symbol, code, severity, sentence, hint).
   "{}" in a sentence is the subject given to findings_add(). A NULL hint: nothing to do. No include
   guard: finding.h and finding.c include it with their own FINDING(). Codes are stable. */

/* Sources and disks */
FINDING(DISK_BACKUP_GPT, "disk-backup-gpt", WARNING,
        "the primary partition table of {} is damaged; its backup was used",
        "repair it in the guest afterwards (sgdisk --verify, or diskpart)")

/* Windows */
FINDING(WINDOWS_HIBERNATED, "windows-hibernated", BLOCKER, "Windows on {} is hibernated",
        "start the source machine and shut it down fully (shutdown /s /t 0), then export it again")
