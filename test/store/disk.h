/* SPDX-License-Identifier: Apache-2.0 */
/* disk.h - a disk in memory as a SQLite VFS, which fails, fills up and loses its power when it is told to.
 *
 * Each file has two images: what was written, and what was synced.  When the power goes, the written one is lost but for what
 * was synced; of the writes since, each 512-byte sector survives or not by the toss of a coin (DISK_TEAR), or none does. */
#ifndef DCF_TEST_STORE_DISK_H
#define DCF_TEST_STORE_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_fault {
	DISK_EIO,   /* the operation fails and has done nothing */
	DISK_FULL,  /* the disk is full; what fits of a write is there.  Stays full until disk_mend */
	DISK_SHORT, /* half of a write is there, then an error */
	DISK_POWER, /* the power goes: everything fails until disk_reboot; all that was not synced is lost */
	DISK_TEAR,  /* the same, but some sectors of what was not synced survive */
	DISK_FAULTS
};

/* Register it under "disk" (once) and begin with an empty one. */
void disk_begin(void);
void disk_end(void);
/* Operation `n` from now on (writes, syncs, truncations, deletions, creations; from 0) meets `fault`; -1: none. */
void disk_fail_at(long n, enum disk_fault fault, uint64_t seed);
/* Operations since then.  Did the fault come? */
long disk_operations(void);
bool disk_failed(void);
/* No more faults; a full disk has room again. */
void disk_mend(void);
/* After DISK_POWER or DISK_TEAR: the disk as it is found.  All files must be closed. */
void disk_reboot(void);

#endif
