/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reserve of a cache on a node: objects for callers that cannot sleep, when
 * there is nothing else. Outside of the budget, and no shrinker touches it. (A
 * mempool keeps elements for the same reason; here they are the cache's own, so
 * that whoever frees need not know where one came from.)
 *
 * A reserve that is below its target gets what is freed (zpool_supply.c) and
 * calls for the worker, which fills it up (zpool_refill.c).
 */
#ifndef _KZPOOL_RESERVE_H
#define _KZPOOL_RESERVE_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct zpool_reserve {
	raw_spinlock_t lock;		/* nests in none and has none under it */
	unsigned int target;		/* under lock, as all below */
	unsigned int count;
	void **objs;			/* room for target */
	unsigned long allocs;		/* objects given to callers, */
	unsigned long misses;		/* of these, without a look at the magazines */
	unsigned long frees;		/* objects that callers brought */
};

void zpool_reserve_init(struct zpool_reserve *r);
void *zpool_reserve_take(struct zpool_reserve *r, bool is_direct);
bool zpool_reserve_put(struct zpool_reserve *r, void *obj, bool is_freed);
void **zpool_reserve_set(struct zpool_reserve *r, unsigned int target, void **objs);
void *zpool_reserve_surplus(struct zpool_reserve *r);

/* Objects that are missing, as seen without the lock. */
static inline unsigned int zpool_reserve_missing(const struct zpool_reserve *r)
{
	unsigned int target = READ_ONCE(r->target), count = READ_ONCE(r->count);

	return count < target ? target - count : 0;
}

#endif /* _KZPOOL_RESERVE_H */
