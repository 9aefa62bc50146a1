/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handles and caches that are compacted, and what is asked of them. Each test is a
 * life of the allocator, on one node. Static, since three programs have each its own.
 */
#ifndef _COMPACT_H
#define _COMPACT_H

#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_compact.h"
#include "../zpool_drain.h"
#include "../zpool_handle.h"
#include "../zpool_node.h"
#include "../zpool_stats.h"
#include "tap.h"
#include "world.h"

#define SIZE	512U
#define NR	512U

static inline void set_up(void)
{
	shim_thread_start(0, 1);
	shim_rcu_misses = false;
	nr_node_ids = 1;
	zpool_numa.enabled = false;
}

static inline void start(void)
{
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
}

/* @ok, and nothing broken, and nothing left behind. */
static inline void stop(bool ok, const char *what)
{
	const char *broken = zpool_check_all(), *leaks;

	world_stop();
	leaks = world_leaks();
	tap_ok(ok && !broken && !leaks, "%s%s%s%s%s", what, broken ? ", " : "", broken ?: "",
	       leaks ? ", " : "", leaks ?: "");
}

static inline unsigned long nr_in_use(const struct zpool_cache *cache)
{
	struct zpool_usage u = {};

	zpool_stats_add_cache(&u, (struct zpool_cache *)cache);
	return u.in_use_bytes / cache->geometry.stride;
}

static inline struct zpool_cache *find(const char *name)
{
	struct zpool_cache *cache = zpool_cache_hold(name);

	if (!cache)
		shim_bug("no cache %s", name);
	zpool_cache_release(cache);
	return cache;
}

static inline unsigned long nr_slabs(const struct zpool_cache *cache)
{
	unsigned long sum = 0;
	int nid;

	for_each_node(nid)
		sum += cache->nodes[nid]->slabs.nr_slabs;
	return sum;
}

/*
 * Handles.
 */

static struct zpool_handle *handles[NR];
static u8 values[NR];

static inline void write_value(unsigned int i, void *p)
{
	memset(p, ++values[i], SIZE);
}

static inline void verify(unsigned int i)
{
	u8 *p = zpool_handle_pin(handles[i]);

	if (!p || memchr_inv(p, values[i], SIZE))
		shim_bug("handle %u has other contents", i);
	zpool_handle_unpin(handles[i]);
}

static inline void verify_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (handles[i])
			verify(i);
}

static inline void make(unsigned int i)
{
	handles[i] = zpool_handle_alloc(SIZE, GFP_KERNEL | __GFP_NOFAIL);
	write_value(i, zpool_handle_pin(handles[i]));
	zpool_handle_unpin(handles[i]);
}

static inline void end(unsigned int i)
{
	zpool_handle_free(handles[i]);
	handles[i] = NULL;
}

/* One in four of each slab is left. (What is free in a magazine is used in its slab.) */
static inline void make_sparse(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		make(i);
	for (i = 0; i < NR; i++)
		if (i % 4)
			end(i);
	zpool_drain_all();
}

static inline void end_all(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (handles[i])
			end(i);
}

#endif /* _COMPACT_H */
