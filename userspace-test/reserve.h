/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cache with a reserve, and no pages to be had. Each test is a life of the
 * allocator. Static, since two programs have each its own.
 *
 * CPUs 0 and 1 are on node 0, 2 and 3 on node 1, 4 on node 2.
 */
#ifndef _RESERVE_H
#define _RESERVE_H

#include <zpool/zpool.h>

#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_drain.h"
#include "../zpool_node.h"
#include "../zpool_refill.h"
#include "../zpool_report.h"
#include "../zpool_stats.h"
#include "../zpool_supply.h"
#include "../zpool_throttle.h"
#include "tap.h"
#include "world.h"

#define SIZE	256U
#define SHARE	20U		/* of each node */
#define KEPT	(MAX_NUMNODES * SHARE)
#define NR	2000U

/* Nothing that the alarm is raised for as well. */
#define QUIETLY	(GFP_NOWAIT | __GFP_NORETRY)

static struct zpool_cache *cache;
static void *objs[NR];
static unsigned int nr_objs;
static bool good;

/* The first that fails is told. */
#define EXPECT(condition) do {							\
	if (!(condition) && good) {						\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);	\
		good = false;							\
	}									\
} while (0)

static struct zpool_usage usage(void)
{
	struct zpool_usage u = {};

	zpool_stats_add_cache(&u, cache);
	return u;
}

static unsigned long kept(void)
{
	return usage().reserve_bytes / SIZE;
}

static unsigned int kept_on(int nid)
{
	return cache->nodes[nid]->reserve.count;
}

static unsigned long failures(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, failures));
}

static int node_of(const void *p)
{
	return page_to_nid(virt_to_page(p));
}

/* All adds up, and in use is what the test holds. */
static void check(void)
{
	const char *broken = zpool_check_all();

	if (broken && good)
		printf("# %s\n", broken);
	EXPECT(!broken);
	EXPECT(usage().in_use_bytes == (unsigned long)nr_objs * SIZE);
}

static bool hold(void *p)
{
	if (!p)
		return false;
	memset(p, 0x5a, SIZE);
	objs[nr_objs++] = p;
	return true;
}

static void give(unsigned int nr)
{
	while (nr-- && nr_objs)
		zpool_cache_free(cache, objs[--nr_objs]);
}

/* No page is to be had, and nobody who may sleep gets anything: what is kept is not for him. */
static void exhaust(void)
{
	shim_fail_nth(SHIM_PAGES, 1, true);
	while (hold(zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN)))
		;
	EXPECT(!zpool_cache_alloc(cache, GFP_NOIO));
	EXPECT(!zpool_cache_zalloc(cache, GFP_KERNEL | __GFP_HIGH));
	EXPECT(!zpool_cache_alloc_node(cache, GFP_KERNEL | __GFP_THISNODE, 1));
	EXPECT(!zpool_cache_alloc_bulk(cache, GFP_KERNEL, 5, objs + nr_objs));
	EXPECT(kept() == KEPT && usage().reserve_allocs == 0);
	check();
}

static void take_atomically(unsigned int nr)
{
	while (nr--)
		EXPECT(hold(zpool_cache_alloc(cache, QUIETLY)));
}

static void live(void (*test)(void), const char *name)
{
	const char *leaks;

	good = true;
	nr_objs = 0;
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	cache = zpool_cache_create("reserve", SIZE, 0, 0, NULL);
	EXPECT(!zpool_cache_reserve(cache, KEPT));
	test();
	shim_fail_stop();
	shim_thread_move(0);
	world_settle();
	check();
	zpool_cache_destroy(cache);
	world_stop();
	leaks = world_leaks();
	if (leaks)
		printf("# %s\n", leaks);
	tap_ok(good && !leaks, "%s", name);
}

#define LIVE(test)	live(test, #test)

#endif /* _RESERVE_H */
