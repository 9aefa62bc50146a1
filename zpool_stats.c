// SPDX-License-Identifier: GPL-2.0
/*
 * Adding up: see zpool_stats.h. Each lock is held for a few loads only, and
 * none over a print. Sums taken while calls go on are near, not exact.
 */
#include "zpool_stats.h"

/* Objects in a CPU's magazines of a cache; slow_lock keeps them from being freed. */
static void count_magazines(struct zpool_cache *cache, unsigned int cpu,
			    unsigned long *magazine, unsigned long *remote)
{
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);
	raw_spinlock_t *slow_lock = &per_cpu_ptr(&zpool_cpu, cpu)->slow_lock;
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	*magazine = READ_ONCE(head->loaded->count) + READ_ONCE(head->previous->count);
	*remote = READ_ONCE(per_cpu_ptr(cache->tails, cpu)->remote->count);
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/**
 * zpool_stats_add_cpu() - add what one CPU has and did in a cache
 * @sum: added to: allocs, frees, misses, magazine_bytes, remote_bytes,
 *       in_use_bytes
 * @cache: which
 * @cpu: which
 */
void zpool_stats_add_cpu(struct zpool_usage *sum, struct zpool_cache *cache,
			 unsigned int cpu)
{
	struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);
	unsigned long allocs = READ_ONCE(head->allocs);
	unsigned long frees = READ_ONCE(head->frees);
	size_t stride = cache->geometry.stride;
	unsigned long magazine, remote;

	count_magazines(cache, cpu, &magazine, &remote);
	sum->allocs += allocs;
	sum->frees += frees;
	sum->misses += READ_ONCE(per_cpu_ptr(cache->tails, cpu)->misses);
	sum->in_use_bytes += (allocs - frees) * stride;
	sum->magazine_bytes += magazine * stride;
	sum->remote_bytes += remote * stride;
}

static void add_depot(struct zpool_usage *sum, struct zpool_depot *depot, size_t stride)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	sum->depot_bytes += depot->nr_objects * stride;
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

/* Still a CPU's, so to say. */
static void add_limbo(struct zpool_usage *sum, struct zpool_limbo *limbo, size_t stride)
{
	sum->magazine_bytes += zpool_limbo_count(limbo) * stride;
}

static void add_reserve(struct zpool_usage *sum, struct zpool_reserve *r, size_t stride)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	sum->allocs += r->allocs;
	sum->frees += r->frees;
	sum->misses += r->misses;
	sum->reserve_allocs += r->allocs;
	sum->reserve_bytes += r->count * stride;
	sum->in_use_bytes += (r->allocs - r->frees) * stride;
	raw_spin_unlock_irqrestore(&r->lock, flags);
}

static void add_slabs(struct zpool_usage *sum, struct zpool_slabs *slabs, size_t stride)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	sum->allocs += slabs->direct_allocs;
	sum->frees += slabs->direct_frees;
	sum->misses += slabs->direct_misses;
	sum->refills += slabs->refills;
	sum->flushes += slabs->flushes;
	sum->nr_slabs += slabs->nr_slabs;
	sum->slabs_freed += slabs->slabs_freed;
	sum->held_bytes += slabs->nr_pages * PAGE_SIZE;
	sum->tail_bytes += slabs->nr_pages * PAGE_SIZE - slabs->nr_objects * stride;
	sum->slab_free_bytes += slabs->nr_free * stride;
	sum->in_use_bytes += (slabs->direct_allocs - slabs->direct_frees) * stride;
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
}

/**
 * zpool_stats_add_cache() - add what a cache has and did on all CPUs and nodes
 * @sum: added to
 * @cache: which; kept alive by the caller
 */
void zpool_stats_add_cache(struct zpool_usage *sum, struct zpool_cache *cache)
{
	size_t stride = cache->geometry.stride;
	unsigned int cpu;
	int nid;

	/* Counted as freed twice, but there was only one to free. */
	sum->in_use_bytes += atomic_long_read(&cache->dropped) * stride;
	for_each_possible_cpu(cpu)
		zpool_stats_add_cpu(sum, cache, cpu);
	for_each_node(nid) {
		add_depot(sum, &cache->nodes[nid]->depot, stride);
		add_reserve(sum, &cache->nodes[nid]->reserve, stride);
		add_limbo(sum, &cache->nodes[nid]->limbo, stride);
		add_slabs(sum, &cache->nodes[nid]->slabs, stride);
	}
}

/* Objects of @nid in a CPU's remote magazine. */
static unsigned long count_remote(struct zpool_cache *cache, unsigned int cpu, int nid)
{
	raw_spinlock_t *slow_lock = &per_cpu_ptr(&zpool_cpu, cpu)->slow_lock;
	const struct zpool_magazine *mag;
	unsigned long flags, nr = 0;
	u32 i, count;

	raw_spin_lock_irqsave(slow_lock, flags);
	mag = per_cpu_ptr(cache->tails, cpu)->remote;
	count = READ_ONCE(mag->count);
	for (i = 1; i <= count; i++) {
		const void *obj = READ_ONCE(mag->objs[i]);

		nr += obj && page_to_nid(virt_to_page(obj)) == nid;
	}
	raw_spin_unlock_irqrestore(slow_lock, flags);
	return nr;
}

/**
 * zpool_stats_add_node() - add what lies on one node of a cache, and where
 * @sum: added to: the bytes, and what slabs did. What is in use is what is
 *       held and lies nowhere else, since who uses it is not counted by node.
 * @cache: which
 * @nid: which
 */
void zpool_stats_add_node(struct zpool_usage *sum, struct zpool_cache *cache, int nid)
{
	size_t stride = cache->geometry.stride;
	struct zpool_usage u = {};
	unsigned long magazine, remote;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		count_magazines(cache, cpu, &magazine, &remote);
		if (READ_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->node) == nid)
			u.magazine_bytes += magazine * stride;
		if (remote)
			u.remote_bytes += count_remote(cache, cpu, nid) * stride;
	}
	add_depot(&u, &cache->nodes[nid]->depot, stride);
	add_reserve(&u, &cache->nodes[nid]->reserve, stride);
	add_limbo(&u, &cache->nodes[nid]->limbo, stride);
	add_slabs(&u, &cache->nodes[nid]->slabs, stride);

	sum->held_bytes += u.held_bytes;
	sum->in_use_bytes += u.held_bytes - u.magazine_bytes - u.remote_bytes -
			     u.depot_bytes - u.reserve_bytes - u.slab_free_bytes - u.tail_bytes;
	sum->magazine_bytes += u.magazine_bytes;
	sum->remote_bytes += u.remote_bytes;
	sum->depot_bytes += u.depot_bytes;
	sum->reserve_bytes += u.reserve_bytes;
	sum->slab_free_bytes += u.slab_free_bytes;
	sum->tail_bytes += u.tail_bytes;
	sum->nr_slabs += u.nr_slabs;
	sum->slabs_freed += u.slabs_freed;
}

/**
 * zpool_stats_percpu() - sum of one counter in struct zpool_cpu
 * @offset: its offsetof()
 */
unsigned long zpool_stats_percpu(size_t offset)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*(unsigned long *)
				 ((char *)per_cpu_ptr(&zpool_cpu, cpu) + offset));
	return sum;
}
