// SPDX-License-Identifier: GPL-2.0
/*
 * Reserves, filled up in the background: see zpool_reserve.h.
 *
 * What a cache is to keep is spread over the nodes that CPUs fill from; what one
 * cannot give, another does. Whoever takes from a reserve raises the alarm, and
 * the worker comes and takes fresh objects out of the slabs. If there are no
 * pages to be had, the cache goes on without magazines, what they have is given
 * to the reserve first, and so is what callers free, until nothing is missing.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zpool_drain.h"
#include "zpool_node.h"
#include "zpool_refill.h"
#include "zpool_report.h"
#include "zpool_supply.h"
#include "zpool_throttle.h"

/* Pointers of a node's reserve that one allocation of the kernel's holds with ease. */
#define MOST_RESERVED	4096U

static DEFINE_MUTEX(zpool_refill_lock);
static LIST_HEAD(reserved);		/* caches with a reserve, under the lock */

static void give_back_surplus(struct zpool_cache *cache, struct zpool_reserve *r)
{
	void *obj;

	while ((obj = zpool_reserve_surplus(r)))
		zpool_cache_put(cache, &obj, 1);
}

/* Return: 0, or -ENOMEM with all as it was. */
static int set_target(struct zpool_cache *cache, int nid, unsigned int target)
{
	struct zpool_reserve *r = &cache->nodes[nid]->reserve;
	void **room = NULL;

	if (target > r->target) {
		room = kcalloc_node(target, sizeof(*room), GFP_KERNEL | __GFP_NOWARN, nid);
		if (!room)
			return -ENOMEM;
	}
	kfree(zpool_reserve_set(r, target, room));
	give_back_surplus(cache, r);
	if (!target)
		kfree(zpool_reserve_set(r, 0, NULL));
	return 0;
}

/*
 * What each node is to keep of @nr: those that CPUs fill from alike, the first
 * what is left over.
 */
static unsigned int share_of(int nid, unsigned int nr)
{
	unsigned int nodes = max(nodes_weight(zpool_fed_nodes), 1), share = nr / nodes;

	if (nid == first_node(zpool_fed_nodes))
		share += nr % nodes;
	return zpool_node_is_fed(nid) ? share : 0;
}

static unsigned int target_of(struct zpool_cache *cache, int nid)
{
	return READ_ONCE(cache->nodes[nid]->reserve.target);
}

/* Let each node keep its share of @nr at least. Return: 0 or -ENOMEM. */
static int raise_targets(struct zpool_cache *cache, unsigned int nr)
{
	int nid, err = 0;

	for_each_node(nid)
		if (target_of(cache, nid) < share_of(nid, nr))
			err = set_target(cache, nid, share_of(nid, nr)) ?: err;
	return err;
}

/* Let nodes that keep more than their share of @nr keep less, until it is @nr in all. */
static void lower_targets(struct zpool_cache *cache, unsigned int nr)
{
	unsigned int sum = 0, target, less;
	int nid;

	for_each_node(nid)
		sum += target_of(cache, nid);
	for_each_node(nid) {
		target = target_of(cache, nid);
		if (sum <= nr || target <= share_of(nid, nr))
			continue;
		less = min(target - share_of(nid, nr), sum - nr);
		set_target(cache, nid, target - less);
		sum -= less;
	}
}

/* Fresh objects of the node itself. Return: false if nothing more is to be had. */
static bool fill_node(struct zpool_cache *cache, int nid, gfp_t gfp)
{
	struct zpool_reserve *r = &cache->nodes[nid]->reserve;
	void *objs[ZPOOL_BATCH];
	unsigned int nr, i;

	while ((nr = zpool_reserve_missing(r))) {
		enum zpool_slab_use use = ZPOOL_MAGAZINE;

		nr = zpool_cache_take(cache, gfp | __GFP_THISNODE | __GFP_NOWARN, nid,
				      objs, min(nr, ZPOOL_BATCH), &use);
		if (use != ZPOOL_MAGAZINE)
			zpool_slabs_free(objs, nr, use, cache);
		if (use != ZPOOL_MAGAZINE || !nr)
			return false;
		for (i = 0; i < nr; i++)
			if (!zpool_reserve_put(r, objs[i], false))
				zpool_cache_put(cache, &objs[i], 1);
		cond_resched();
	}
	return true;
}

/* Have node @to keep what @from has not got. Return: false if it cannot either. */
static bool shift(struct zpool_cache *cache, int from, int to, gfp_t gfp)
{
	unsigned int missing = zpool_reserve_missing(&cache->nodes[from]->reserve);
	unsigned int before = target_of(cache, to);

	if (set_target(cache, to, before + missing))
		return false;
	if (!fill_node(cache, to, gfp)) {
		set_target(cache, to, before);
		return false;
	}
	set_target(cache, from, target_of(cache, from) - missing);
	return true;
}

/* Return: false if something is missing on the node and no other can give it. */
static bool fill_or_shift(struct zpool_cache *cache, int nid, gfp_t gfp)
{
	int other;

	if (fill_node(cache, nid, gfp))
		return true;
	for_each_node_mask(other, zpool_fed_nodes)
		if (other != nid && shift(cache, nid, other, gfp))
			return true;
	return false;
}

static bool fill(struct zpool_cache *cache, gfp_t gfp)
{
	bool is_full = true;
	int nid;

	for_each_node(nid)
		is_full &= fill_or_shift(cache, nid, gfp);
	return is_full;
}

/* With magazines, or without as long as something is missing. */
static void throttle(struct zpool_cache *cache, bool is_short)
{
	mutex_lock(&zpool_caches_lock);
	zpool_throttle(cache, is_short ? ZPOOL_SHORT : 0, is_short ? 0 : ZPOOL_SHORT);
	mutex_unlock(&zpool_caches_lock);
}

/* Does a node keep some that no CPU fills from any more? */
static bool is_stranded(struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid)
		if (!zpool_node_is_fed(nid) && target_of(cache, nid))
			return true;
	return false;
}

/* Without much effort: it is tried again soon. Return: false if the reserve is still not full. */
static bool refill(struct zpool_cache *cache)
{
	bool is_full;

	lockdep_assert_held(&zpool_refill_lock);
	if (is_stranded(cache) && raise_targets(cache, cache->reserve))
		return false;
	is_full = fill(cache, GFP_KERNEL | __GFP_NORETRY);
	if (is_full)
		lower_targets(cache, cache->reserve);
	throttle(cache, !is_full);
	if (!is_full)
		zpool_cache_drain(cache);
	return is_full;
}

/**
 * zpool_refill_all() - fill all reserves up
 *
 * Context: process; allocates.
 * Return: false if that is to be tried again soon.
 */
bool zpool_refill_all(void)
{
	struct zpool_cache *cache;
	bool is_done = true;

	mutex_lock(&zpool_refill_lock);
	list_for_each_entry(cache, &reserved, reserved)
		is_done &= refill(cache);
	mutex_unlock(&zpool_refill_lock);
	return is_done;
}

static void keep(struct zpool_cache *cache, unsigned int nr)
{
	lockdep_assert_held(&zpool_refill_lock);
	WRITE_ONCE(cache->reserve, nr);
	if (nr && list_empty(&cache->reserved))
		list_add_tail(&cache->reserved, &reserved);
	else if (!nr)
		list_del_init(&cache->reserved);
}

static void end(struct zpool_cache *cache)
{
	keep(cache, 0);
	lower_targets(cache, 0);
	throttle(cache, false);
}

/* First more, so that there is never less than before. Return: 0 or -ENOMEM. */
static int raise_reserve(struct zpool_cache *cache, unsigned int nr)
{
	int err = raise_targets(cache, nr);

	if (!err && !fill(cache, GFP_KERNEL))
		err = -ENOMEM;
	if (!err) {
		keep(cache, nr);
		throttle(cache, false);
	}
	lower_targets(cache, cache->reserve);
	return err;
}

/* What is missing of less is found in the background. */
static void lower_reserve(struct zpool_cache *cache, unsigned int nr)
{
	keep(cache, nr);
	lower_targets(cache, nr);
}

/**
 * zpool_cache_reserve() - keep objects for callers that cannot sleep
 * @cache: from zpool_cache_create()
 * @nr: how many, at most 4096; 0: none any more
 *
 * Who cannot sleep (gfp without __GFP_DIRECT_RECLAIM, or on PREEMPT_RT with
 * preemption or interrupts off) gets one of them when there is nothing else,
 * in any context but NMI. They are replaced in the background, and by what is
 * freed. Neither the budget nor the shrinker concerns them.
 *
 * Context: process; may sleep.
 * Return: 0; -EINVAL with a report; -ENOMEM where there is no memory for them,
 *         and what was kept before is kept.
 */
int zpool_cache_reserve(struct zpool_cache *cache, unsigned int nr)
{
	int err = 0;

	if (!zpool_cache_is_typed(cache)) {
		zpool_report("cache_reserve: %p is no cache, or not any more; ignored", cache);
		return -EINVAL;
	}
	if (nr > MOST_RESERVED) {
		zpool_report("%s: a reserve of %u is not in 0 to %u", cache->name, nr,
			     MOST_RESERVED);
		return -EINVAL;
	}
	mutex_lock(&zpool_refill_lock);
	if (nr > cache->reserve)
		err = raise_reserve(cache, nr);
	else if (nr)
		lower_reserve(cache, nr);
	else
		end(cache);
	mutex_unlock(&zpool_refill_lock);
	return err;
}
EXPORT_SYMBOL_GPL(zpool_cache_reserve);

/**
 * zpool_refill_end() - a cache goes, its reserve first
 * @cache: which
 *
 * Context: process.
 */
void zpool_refill_end(struct zpool_cache *cache)
{
	if (!cache->reserve)
		return;
	mutex_lock(&zpool_refill_lock);
	end(cache);
	mutex_unlock(&zpool_refill_lock);
}

/* At unload: of caches that their owners have forgotten. */
void zpool_refill_stop(void)
{
	struct zpool_cache *cache, *next;

	mutex_lock(&zpool_refill_lock);
	list_for_each_entry_safe(cache, next, &reserved, reserved)
		end(cache);
	mutex_unlock(&zpool_refill_lock);
}
