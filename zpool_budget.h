/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The byte accounts that all layers share: what may lie idle, what the
 * metadata take, what the system is told that it could have back.
 *
 * A magazine claims the bytes that it can hold when it is made, wherever it
 * lies and whatever is in it, and a wholly empty slab that is kept claims its
 * pages. So the idle bytes kept by choice never exceed the limit, and the
 * fast path, which moves objects in and out of a magazine, owes no account.
 * (Claiming by content would need a shared or per-CPU sum on every operation.)
 *
 * Claims are also kept by node: what the shrinker could give back there at
 * most. What really lies idle is counted by each pass of the worker, and told
 * to the kernel (NR_KERNEL_MISC_RECLAIMABLE, part of MemAvailable).
 *
 * Touched when magazines and slabs come and go, never on a fast path.
 */
#ifndef _KZPOOL_BUDGET_H
#define _KZPOOL_BUDGET_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/types.h>

struct zpool_budget {
	atomic_long_t claimed;		/* idle bytes: what is or may be kept */
	atomic_long_t shared;		/* of claimed: by the magazines made for depots */
	atomic_long_t credit;		/* bytes by which capacities may be raised at once */
	u32 grants;			/* how often there was new credit */
	atomic_long_t peak;		/* the most that claimed ever was */
	atomic_long_t metadata;		/* bytes of headers, magazines, caches */
	unsigned long limit;		/* of claimed */
	atomic_long_t on_node[MAX_NUMNODES];	/* claimed, by node, roughly */
	atomic_long_t told[MAX_NUMNODES];	/* idle pages that the kernel knows of */
};

extern struct zpool_budget zpool_budget;

bool zpool_budget_claim(size_t bytes, unsigned long limit, int nid);
void zpool_budget_return(size_t bytes, int nid);
void zpool_budget_move(size_t bytes, int from, int to);
bool zpool_budget_share(size_t bytes);
void zpool_budget_unshare(size_t bytes);
unsigned int zpool_budget_spend(unsigned int least, unsigned int most, size_t price,
				unsigned int part);
void zpool_budget_grant(unsigned long bytes);
void zpool_budget_set_limit(unsigned long bytes);
void zpool_budget_tell_idle(int nid, unsigned long pages);
void zpool_budget_tell_freed(int nid, unsigned long pages);

/* Bytes not yet claimed of a limit, see zpool_budget_claim(). */
static inline unsigned long zpool_budget_room(unsigned long limit)
{
	unsigned long claimed = atomic_long_read(&zpool_budget.claimed);

	return claimed < limit ? limit - claimed : 0;
}

/* Bytes that CPUs may still claim before less than three eighths are left for depots. */
static inline unsigned long zpool_budget_own_room(void)
{
	unsigned long most = READ_ONCE(zpool_budget.limit) / 8 * 5;
	long own = atomic_long_read(&zpool_budget.claimed) -
		   atomic_long_read(&zpool_budget.shared);

	return own < (long)most ? most - max(own, 0L) : 0;
}

/* Bytes that magazines for depots may still claim. */
static inline unsigned long zpool_budget_shared_room(void)
{
	unsigned long limit = READ_ONCE(zpool_budget.limit);
	unsigned long shared = atomic_long_read(&zpool_budget.shared);

	return min(zpool_budget_room(limit), shared < limit / 2 ? limit / 2 - shared : 0);
}

static inline void zpool_metadata_add(long bytes)
{
	atomic_long_add(bytes, &zpool_budget.metadata);
}

#endif /* _KZPOOL_BUDGET_H */
