/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shrinking: idle memory goes back when the system wants it, from the side of
 * whoever reclaims. The kernel's shrinker and OOM notifier call it
 * (zpool_reclaim.c).
 */
#ifndef _KZPOOL_SHRINK_H
#define _KZPOOL_SHRINK_H

#include <linux/atomic.h>
#include <linux/types.h>

/* Since load. */
struct zpool_shrink_counts {
	atomic_long_t calls;
	atomic_long_t pages;		/* given back */
};

extern struct zpool_shrink_counts zpool_shrink_counts;

unsigned long zpool_shrink_count(int nid);
unsigned long zpool_shrink_scan(int nid, unsigned long *nr);
bool zpool_shrink_bring_home(void);
unsigned long zpool_shrink_all(void);

#endif /* _KZPOOL_SHRINK_H */
