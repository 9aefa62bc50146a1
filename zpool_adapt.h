/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Adapting: capacity moves from where it is not needed to where it is, within
 * the budget; what lies unused goes home.
 */
#ifndef _KZPOOL_ADAPT_H
#define _KZPOOL_ADAPT_H

#include <linux/mutex.h>
#include <linux/types.h>

/* What the passes did since load; written in a pass, under zpool_adapt_lock. */
struct zpool_adapt_counts {
	unsigned long passes;
	unsigned long grows;		/* decided by a pass; those by a burst are in zpool_cpu */
	unsigned long shrinks;
	unsigned long releases;
	unsigned long released_bytes;	/* room for idle bytes given back or taken for others */
	u64 last_pass_ns;		/* without waiting for others */
};

extern struct zpool_adapt_counts zpool_adapt_counts;

/* One pass at a time, and none while a parameter changes or a test looks. */
extern struct mutex zpool_adapt_lock;

void zpool_adapt_start(void);
void zpool_adapt_pass(unsigned int elapsed_ms);
void zpool_adapt_grant(void);

#endif /* _KZPOOL_ADAPT_H */
