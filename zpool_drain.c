// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing home what lies idle: see zpool_drain.h.
 *
 * A CPU that lives is not stopped and not asked: its magazines are taken away
 * under its slow_lock and left in limbo (zpool_limbo.h), until the busy section
 * that may still use one is over. All here runs with the cache kept alive: in
 * nobody else's hands, under zpool_caches_lock or in an RCU section.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "zpool_budget.h"
#include "zpool_drain.h"
#include "zpool_supply.h"

static size_t detach(struct zpool_cache *cache, unsigned int cpu, enum zpool_share share,
		     struct list_head *list)
{
	return cache->geometry.stride *
	       zpool_cpu_detach(per_cpu_ptr(&zpool_cpu, cpu), per_cpu_ptr(cache->heads, cpu),
				per_cpu_ptr(cache->tails, cpu), share, list);
}

/**
 * zpool_cache_detach() - take a CPU's magazines of a cache away, to limbo
 * @cache: which
 * @cpu: which
 * @share: which of them
 *
 * Context: any but NMI.
 * Return: the bytes that those magazines can hold.
 */
size_t zpool_cache_detach(struct zpool_cache *cache, unsigned int cpu, enum zpool_share share)
{
	int nid = READ_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->node);
	LIST_HEAD(list);
	size_t bytes = detach(cache, cpu, share, &list);

	if (!list_empty(&list))
		zpool_limbo_add(&cache->nodes[nid]->limbo, &list);
	return bytes;
}

static void detach_all(struct zpool_cache *cache)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		zpool_cache_detach(cache, cpu, ZPOOL_ALL);
}

/**
 * zpool_magazine_flush() - empty a magazine into the slabs, and free it
 * @cache: of which it is
 * @mag: nobody else's any more
 *
 * Context: where zpool_pages_allowed().
 * Return: how many pages were given back for it.
 */
unsigned long zpool_magazine_flush(struct zpool_cache *cache, struct zpool_magazine *mag)
{
	unsigned long pages = 0;

	while (mag->count) {
		unsigned int nr = min(mag->count, ZPOOL_BATCH);

		mag->count -= nr;
		pages += zpool_cache_put(cache, &mag->objs[mag->count + 1], nr);
	}
	zpool_magazine_destroy(mag, cache->geometry.stride);
	return pages;
}

/**
 * zpool_cache_bring_home() - flush what is in limbo no more
 * @cache: which
 *
 * Context: process.
 */
void zpool_cache_bring_home(struct zpool_cache *cache)
{
	struct zpool_magazine *mag;
	int nid;

	for_each_node(nid) {
		while ((mag = zpool_limbo_take(&cache->nodes[nid]->limbo))) {
			zpool_magazine_flush(cache, mag);
			cond_resched();
		}
	}
}

/**
 * zpool_cache_is_in_limbo() - is there anything that CPUs had to give up and that
 * did not come home yet?
 * @cache: which
 */
bool zpool_cache_is_in_limbo(struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid)
		if (!zpool_limbo_is_empty(&cache->nodes[nid]->limbo))
			return true;
	return false;
}

/**
 * zpool_cache_flush() - empty magazines into the slabs, and free them
 * @cache: of which they are
 * @list: of magazines that are nobody else's any more; empty afterwards
 *
 * Context: process.
 */
void zpool_cache_flush(struct zpool_cache *cache, struct list_head *list)
{
	struct zpool_magazine *mag, *next;

	list_for_each_entry_safe(mag, next, list, list) {
		zpool_magazine_flush(cache, mag);
		cond_resched();
	}
	INIT_LIST_HEAD(list);
}

/* As many as there are now: others may bring more as fast as they go. */
static void flush_node(struct zpool_cache *cache, int nid)
{
	struct zpool_depot *depot = &cache->nodes[nid]->depot;
	unsigned long nr = READ_ONCE(depot->nr_full) + READ_ONCE(depot->nr_empty);
	struct zpool_magazine *mag;

	while (nr-- && (mag = zpool_depot_take(depot))) {
		zpool_magazine_flush(cache, mag);
		cond_resched();
	}
	zpool_slabs_trim(&cache->nodes[nid]->slabs);
}

static void flush_nodes(struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid)
		flush_node(cache, nid);
}

/*
 * A cookie may miss a grace period that runs beside another of the other kind,
 * normal or expedited, or that has begun before; the one after the next is one
 * for sure. Who detaches meanwhile may make it one more.
 */
#define MOST_ROUNDS	4

/**
 * zpool_cache_drain() - give all that is idle in a cache back
 * @cache: which
 *
 * What is freed meanwhile may stay, and so may what others took from CPUs.
 *
 * Context: process; waits for a grace period.
 */
void zpool_cache_drain(struct zpool_cache *cache)
{
	unsigned int i;

	detach_all(cache);
	for (i = 0; i < MOST_ROUNDS && zpool_cache_is_in_limbo(cache); i++) {
		synchronize_rcu();
		zpool_cache_bring_home(cache);
	}
	flush_nodes(cache);
}

static unsigned long pages_freed(struct zpool_cache *cache)
{
	unsigned long sum = 0;
	int nid;

	for_each_node(nid)
		sum += READ_ONCE(cache->nodes[nid]->slabs.pages_freed);
	return sum;
}

/**
 * zpool_cache_shrink() - give all that is idle in a cache back
 * @cache: which
 *
 * Context: process; waits for a grace period.
 * Return: bytes that the page allocator got back from the cache meanwhile.
 */
size_t zpool_cache_shrink(struct zpool_cache *cache)
{
	unsigned long before = pages_freed(cache);

	zpool_cache_drain(cache);
	return (pages_freed(cache) - before) * PAGE_SIZE;
}
EXPORT_SYMBOL_GPL(zpool_cache_shrink);

/* Return: true when nothing is in limbo any more. */
static bool bring_all_home(void)
{
	struct zpool_cache *cache;
	bool is_left = false;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list) {
		zpool_cache_bring_home(cache);
		is_left |= zpool_cache_is_in_limbo(cache);
	}
	mutex_unlock(&zpool_caches_lock);
	return !is_left;
}

/**
 * zpool_drain_limbo() - wait for what CPUs had to give up, and flush it
 *
 * Context: process; takes zpool_caches_lock, waits for a grace period.
 */
void zpool_drain_limbo(void)
{
	unsigned int i;

	for (i = 0; i < MOST_ROUNDS; i++) {
		synchronize_rcu();
		if (bring_all_home())
			break;
	}
}

/**
 * zpool_drain_all() - give all that is idle in all caches back
 *
 * Context: process; takes zpool_caches_lock, waits for one grace period.
 */
void zpool_drain_all(void)
{
	struct zpool_cache *cache;
	int nid;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		detach_all(cache);
	mutex_unlock(&zpool_caches_lock);
	zpool_drain_limbo();
	zpool_drain_depots();
	for_each_node(nid)
		zpool_budget_tell_idle(nid, 0);
}

/**
 * zpool_drain_depots() - give back what no CPU has in hand
 *
 * Context: process; takes zpool_caches_lock.
 */
void zpool_drain_depots(void)
{
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		flush_nodes(cache);
	mutex_unlock(&zpool_caches_lock);
}

/**
 * zpool_drain_cpu() - give back what a dead CPU has
 * @cpu: which; nothing runs on it
 *
 * Context: process; takes zpool_caches_lock.
 */
void zpool_drain_cpu(unsigned int cpu)
{
	struct zpool_cache *cache;
	LIST_HEAD(list);

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list) {
		detach(cache, cpu, ZPOOL_ALL, &list);
		zpool_cache_flush(cache, &list);
	}
	mutex_unlock(&zpool_caches_lock);
}

static void detach_remotes(struct zpool_cache *cache)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		zpool_cache_detach(cache, cpu, ZPOOL_REMOTE);
}

/**
 * zpool_drain_node() - give back what lies idle of a node's memory
 * @nid: which; no CPU fills from it
 *
 * Remote magazines may hold some of it, on every CPU.
 *
 * Context: process; takes zpool_caches_lock, waits for one grace period.
 */
void zpool_drain_node(int nid)
{
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		detach_remotes(cache);
	mutex_unlock(&zpool_caches_lock);
	zpool_drain_limbo();
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		flush_node(cache, nid);
	mutex_unlock(&zpool_caches_lock);
}
