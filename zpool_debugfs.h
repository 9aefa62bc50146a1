/* SPDX-License-Identifier: GPL-2.0 */
/* What a person reads in /sys/kernel/debug/kzpool. */
#ifndef _KZPOOL_DEBUGFS_H
#define _KZPOOL_DEBUGFS_H

void zpool_debugfs_start(void);
void zpool_debugfs_stop(void);

#endif /* _KZPOOL_DEBUGFS_H */
