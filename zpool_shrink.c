// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_shrink.h.
 *
 * Who reclaims may do so under any lock of a caller's, so there is no mutex
 * here and nothing is allocated: caches are found under RCU, and what is taken
 * out of the lists of one goes back in the same RCU section. A section is a
 * step: a few slabs, one magazine; between two of them others may run.
 *
 * In this order, from what is missed least:
 *
 *   - slabs that are kept empty
 *   - magazines in the depot, those not asked for longest first
 *   - what other CPUs had to give up a grace period ago
 *   - magazines of CPUs that did nothing with them since the worker looked:
 *     taken away, into limbo. They come home by a later call, or with the
 *     worker, whom an alarm tells.
 *   - magazines of CPUs that work, as many as were asked for
 *
 * The CPUs of a node give up one lot of a cache at a time: while one is in limbo
 * they keep what they got since, or a busy CPU would lose each magazine as soon
 * as it is made, and none would ever come home.
 *
 * What is looked at is measured in bytes claimed, which also bounds a call that
 * wants all of it: others may bring more as fast as it goes.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "zpool_alarm.h"
#include "zpool_budget.h"
#include "zpool_drain.h"
#include "zpool_shrink.h"

struct zpool_shrink_counts zpool_shrink_counts;

struct step {
	size_t claims;			/* bytes claimed by what was taken in hand */
	unsigned long freed;		/* pages */
	bool detached;			/* some of it is in limbo */
};

static size_t claims_on(int nid)
{
	return max(atomic_long_read(&zpool_budget.on_node[nid]), 0L);
}

/**
 * zpool_shrink_count() - what could be given back
 * @nid: on which node
 *
 * By what is claimed there: not less than what lies idle, but for magazines
 * that have moved since.
 *
 * Context: any.
 * Return: pages.
 */
unsigned long zpool_shrink_count(int nid)
{
	return claims_on(nid) >> PAGE_SHIFT;
}

static bool trim(struct zpool_cache *cache, int nid, struct step *step)
{
	struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;

	if (!READ_ONCE(slabs->nr_on[ZPOOL_EMPTY]))
		return false;
	step->freed = zpool_slabs_trim(slabs);
	step->claims = step->freed << PAGE_SHIFT;
	return step->freed;
}

static void flush(struct zpool_cache *cache, struct zpool_magazine *mag, struct step *step)
{
	step->claims = mag->capacity * (size_t)cache->geometry.stride;
	step->freed = zpool_magazine_flush(cache, mag);
}

static bool empty_depot(struct zpool_cache *cache, int nid, struct step *step)
{
	struct zpool_depot *depot = &cache->nodes[nid]->depot;
	LIST_HEAD(taken);

	if ((!READ_ONCE(depot->nr_full) && !READ_ONCE(depot->nr_empty)) ||
	    !zpool_depot_take_old(depot, 0, 1, &taken))
		return false;
	flush(cache, list_first_entry(&taken, struct zpool_magazine, list), step);
	return true;
}

static bool bring_home(struct zpool_cache *cache, int nid, struct step *step)
{
	struct zpool_magazine *mag = zpool_limbo_take(&cache->nodes[nid]->limbo);

	if (!mag)
		return false;
	flush(cache, mag, step);
	return true;
}

static bool is_bare(struct zpool_cache *cache, unsigned int cpu)
{
	const struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return READ_ONCE(per_cpu_ptr(cache->tails, cpu)->remote) == zpool_no_magazine &&
	       READ_ONCE(head->loaded) == zpool_no_magazine &&
	       READ_ONCE(head->previous) == zpool_no_magazine;
}

/* Nothing was done there since the worker looked. */
static bool is_idle(struct zpool_cache *cache, unsigned int cpu)
{
	const struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

	return READ_ONCE(head->allocs) + READ_ONCE(head->frees) ==
	       READ_ONCE(per_cpu_ptr(cache->tails, cpu)->watch.ops);
}

/* From CPUs that fill from a node. Return: the bytes that could lie there. */
static size_t detach_from(struct zpool_cache *cache, int nid, enum zpool_share share,
			  bool idle_only)
{
	unsigned int cpu;
	size_t bytes = 0;

	if (!zpool_limbo_is_empty(&cache->nodes[nid]->limbo))
		return 0;
	for_each_possible_cpu(cpu)
		if (READ_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->node) == nid &&
		    !is_bare(cache, cpu) && (!idle_only || is_idle(cache, cpu)))
			bytes += zpool_cache_detach(cache, cpu, share);
	return bytes;
}

/* Whoever asked for little gets them all, since nobody misses them: they cost a page. */
static bool detach_idle(struct zpool_cache *cache, int nid, struct step *step)
{
	step->detached = detach_from(cache, nid, ZPOOL_ALL, true);
	step->claims = step->detached ? PAGE_SIZE : 0;
	return step->detached;
}

/* What is at home there lies with CPUs of other nodes, too. */
static bool detach_busy(struct zpool_cache *cache, int nid, struct step *step)
{
	int other;

	step->claims = detach_from(cache, nid, ZPOOL_ALL, false);
	for_each_node(other)
		if (other != nid)
			step->claims += detach_from(cache, other, ZPOOL_REMOTE, false);
	step->detached = step->claims;
	return step->detached;
}

typedef bool (*way_fn)(struct zpool_cache *cache, int nid, struct step *step);

static const way_fn ways[] = { trim, empty_depot, bring_home, detach_idle, detach_busy };

/* The first cache that has something to give in this way. */
static bool try_way(way_fn way, int nid, struct step *step)
{
	struct zpool_cache *cache;
	bool found = false;

	*step = (struct step) {};
	rcu_read_lock();
	list_for_each_entry_rcu(cache, &zpool_caches, list) {
		found = way(cache, nid, step);
		if (found)
			break;
	}
	rcu_read_unlock();
	return found;
}

/* In one way as long as it yields, until @sum has looked at @most bytes. */
static void use_way(way_fn way, int nid, size_t most, struct step *sum)
{
	struct step step;

	while (sum->claims < most && try_way(way, nid, &step)) {
		sum->claims += step.claims;
		sum->freed += step.freed;
		sum->detached |= step.detached;
		cond_resched();
	}
}

static void account(int nid, unsigned long pages)
{
	atomic_long_add(pages, &zpool_shrink_counts.pages);
	zpool_budget_tell_freed(nid, pages);
}

/**
 * zpool_shrink_scan() - give memory back
 * @nid: on which node
 * @nr: pages that are to be looked at; set to how many were, 0 if there is
 *      nothing that could be given back now
 *
 * Context: process, under any lock of a caller's.
 * Return: pages that were given back.
 */
unsigned long zpool_shrink_scan(int nid, unsigned long *nr)
{
	size_t most = min(*nr, ULONG_MAX >> PAGE_SHIFT) << PAGE_SHIFT;
	struct step sum = {};
	unsigned int i;

	*nr = 0;
	if (!node_possible(nid))
		return 0;
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		use_way(ways[i], nid, most, &sum);
	atomic_long_inc(&zpool_shrink_counts.calls);
	account(nid, sum.freed);
	if (sum.detached)
		zpool_alarm();
	*nr = DIV_ROUND_UP(sum.claims, PAGE_SIZE);
	return sum.freed;
}

static bool is_in_limbo(void)
{
	struct zpool_cache *cache;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(cache, &zpool_caches, list)
		found = found || zpool_cache_is_in_limbo(cache);
	rcu_read_unlock();
	return found;
}

static void detach_all(void)
{
	struct zpool_cache *cache;
	unsigned int cpu;

	rcu_read_lock();
	list_for_each_entry_rcu(cache, &zpool_caches, list)
		for_each_possible_cpu(cpu)
			if (!is_bare(cache, cpu))
				zpool_cache_detach(cache, cpu, ZPOOL_ALL);
	rcu_read_unlock();
}

/* Return: pages. */
static unsigned long use_way_up(way_fn way)
{
	unsigned long pages = 0;
	int nid;

	for_each_node(nid) {
		struct step sum = {};

		use_way(way, nid, claims_on(nid), &sum);
		account(nid, sum.freed);
		pages += sum.freed;
	}
	return pages;
}

/**
 * zpool_shrink_bring_home() - what CPUs had to give up goes back
 *
 * Context: process.
 * Return: true if some may still be in use: another grace period is needed.
 */
bool zpool_shrink_bring_home(void)
{
	use_way_up(bring_home);
	return is_in_limbo();
}

/* Two, if a normal grace period is going on: see MOST_ROUNDS in zpool_drain.c. */
#define MOST_ROUNDS	3

/**
 * zpool_shrink_all() - give back all that is idle, at once
 *
 * Context: process, under any lock of a caller's; waits for grace periods that
 * disturb all CPUs.
 * Return: pages that were given back.
 */
unsigned long zpool_shrink_all(void)
{
	unsigned long pages = use_way_up(trim) + use_way_up(empty_depot);
	unsigned int i;

	detach_all();
	for (i = 0; i < MOST_ROUNDS && is_in_limbo(); i++) {
		synchronize_rcu_expedited();
		pages += use_way_up(bring_home);
	}
	if (is_in_limbo())
		zpool_alarm();
	return pages + use_way_up(trim);
}
