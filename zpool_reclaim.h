/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's side of shrinking: a shrinker and an OOM notifier. */
#ifndef _KZPOOL_RECLAIM_H
#define _KZPOOL_RECLAIM_H

int zpool_reclaim_start(void);
void zpool_reclaim_stop(void);

#endif /* _KZPOOL_RECLAIM_H */
