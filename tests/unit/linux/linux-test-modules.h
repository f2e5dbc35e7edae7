/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest in memory with the modules that an initramfs needs. */
#ifndef TESTS_LINUX_TEST_MODULES_H
#define TESTS_LINUX_TEST_MODULES_H

#include "linux-test-guest.h"
#include "linux/cpio.h"
#include "linux/modules.h"

#define VERSION "6.1.0-28-amd64"
#define MODULES "/lib/modules/" VERSION "/"
#define BLK "kernel/drivers/block/virtio_blk.ko"
#define RING "kernel/drivers/virtio/virtio_ring.ko"
#define CORE "kernel/drivers/virtio/virtio.ko"
#define PCI "kernel/drivers/virtio/virtio_pci.ko"
#define SCSI "kernel/drivers/scsi/virtio_scsi.ko"
#define SCSI_MOD "kernel/drivers/scsi/scsi_mod.ko"
#define SD "kernel/drivers/scsi/sd_mod.ko"
#define NET "kernel/drivers/net/virtio_net.ko"

/* A guest with the modules of one kernel; suffix: of its module files. */
TestGuest *test_modules_guest(const char *suffix);
KernelModules *test_modules_read(TestGuest *guest);
void test_modules_add_text(CpioWriter *writer, const char *path, const char *text);
/* root: of test_unpack_new(). */
void test_modules_unpack(GHashTable *root, GBytes *bytes);

#endif
