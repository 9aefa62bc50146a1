// SPDX-License-Identifier: GPL-2.0
/*
 * Caches, and how the whole works.
 *
 * Vocabulary
 *
 *   object    what a caller gets: memory of one size
 *   class     one of the 48 sizes that kmalloc requests are rounded up to
 *   slab      a run of pages cut into objects of one cache
 *   magazine  a stack of free objects with a fixed capacity
 *   depot     the magazines of one cache and node that no CPU holds
 *   cache     one object size, over all CPUs and nodes
 *   budget    the bytes that may lie idle
 *
 *        CPU 0                  CPU 1           one busy flag, one slow_lock a CPU
 *   [loaded][previous]     [loaded][previous]   a pair for each cache
 *            \                /
 *          depot of the node                    depot->lock
 *       full magazines, empty ones
 *                  |
 *          slabs of the node                    slabs->lock
 *     partial lists, full list, one empty
 *                  |
 *            page allocator
 *
 * Life of an allocation
 *
 * zpool_kmalloc() turns the size into a class by bit operations and pops the
 * top of this CPU's loaded magazine. That is all, nearly always. If loaded is
 * empty, zpool_alloc_slow() swaps it with previous; if both are, exchanges an
 * empty magazine for a full one at the depot; if there is none, it leaves the
 * busy section and all locks, takes a batch out of the slabs of the node,
 * making a slab if need be, comes back (perhaps on another CPU), loads the
 * batch and keeps one object. A CPU gets its magazines the same way: it starts
 * with the magazine that holds nothing, and the first miss makes a real one.
 *
 * Life of a free
 *
 * The page under the pointer tells whether the object is ours and of which
 * class: no header is touched. The object is pushed on loaded. If that is
 * full: swap with previous; else exchange a full magazine for an empty one at
 * the depot; else make a magazine, if the budget has room; else give half a
 * magazine back to the slabs. A slab whose last object came home is kept (one
 * for each cache and node, within the budget) or its pages go back.
 *
 * States of an object
 *
 *   in use -> free in a magazine -> (by way of a depot) -> free in its slab
 *
 * The slab's bitmap counts all but the last state as taken, which is why
 *
 *   held = in use + magazines + depots + free in slabs + tails
 *
 * and why "in use", counted as allocations less frees, proves something.
 *
 * What goes past the magazines ("direct")
 *
 * An interrupt that comes in the middle of a busy section; an object whose
 * pages lie on another node than the CPU that frees it; a slab made from the
 * emergency reserves. These go to the slabs under their lock.
 *
 * What was not done, and why
 *
 * No per-CPU slab (SLUB's first level): a free would be fast only into the
 * slab that the CPU happens to hold. No disabling of interrupts and no
 * double-word compare-and-swap on the fast path: both cost more than the rest
 * of it. No registry of addresses: the page says whose it is. No preallocation:
 * the budget bounds what lies idle after use, and nothing lies idle before.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zpool_budget.h"
#include "zpool_cache.h"
#include "zpool_report.h"

LIST_HEAD(zpool_caches);
DEFINE_MUTEX(zpool_caches_lock);
struct zpool_cache *zpool_general[ZPOOL_NR_CLASSES];
DEFINE_STATIC_KEY_FALSE(zpool_numa);

/*
 * Magazines: how large, and who may have one.
 */

/* 124, 60, 28, 12, 4: sizes that fill a power of two of bytes. */
static unsigned int next_smaller(unsigned int capacity)
{
	return (capacity - 4) / 2;
}

/*
 * The most a magazine of a cache holds: many of what is cheap, and of 64 KiB
 * still so many that the depot is visited once in 28 operations.
 */
static unsigned int most_capacity(size_t stride)
{
	if (stride <= 256)
		return 124;
	return stride <= 1024 ? 60 : 28;
}

/*
 * A magazine takes at most a sixteenth of the room left in the budget, so
 * that the first to come does not leave the others without.
 */
static struct zpool_magazine *new_magazine(struct zpool_cache *cache, int nid,
					   unsigned long limit)
{
	size_t stride = cache->geometry.stride;
	unsigned int capacity = cache->capacity;
	unsigned long room = zpool_budget_room(limit);

	while (capacity > 4 && capacity * stride > room / 16)
		capacity = next_smaller(capacity);
	if (capacity * stride > room)
		return NULL;
	return zpool_magazine_create(stride, capacity, limit, nid);
}

/* A CPU's own two magazines may use the whole budget, those in depots half of it. */
struct zpool_magazine *zpool_cpu_magazine(struct zpool_cache *cache, int nid)
{
	return new_magazine(cache, nid, READ_ONCE(zpool_budget.limit));
}

struct zpool_magazine *zpool_depot_magazine(struct zpool_cache *cache, int nid)
{
	return new_magazine(cache, nid, READ_ONCE(zpool_budget.limit) / 2);
}

/*
 * Supply from the slabs.
 */

/* For objects that no magazine may hold. */
static enum zpool_slab_use past_magazines(enum zpool_slab_use use)
{
	return use == ZPOOL_MAGAZINE ? ZPOOL_FALLBACK : use;
}

/* What other nodes have ready. Objects, not pages: cpusets do not bind them. */
static unsigned int take_from_any_node(struct zpool_cache *cache, void **obj,
				       enum zpool_slab_use use)
{
	int nid;

	for_each_node(nid)
		if (zpool_slabs_alloc(&cache->nodes[nid]->slabs, obj, 1, use))
			return 1;
	return 0;
}

/* Give a new slab its home, which may be on another node than was asked. */
static unsigned int add_slab(struct zpool_cache *cache, struct zpool_slab *slab, int nid,
			     void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	int home = page_to_nid(virt_to_page(slab->base));

	if (home != nid || slab->pfmemalloc) {
		*use = past_magazines(*use);
		nr = 1;
	}
	return zpool_slabs_add(&cache->nodes[home]->slabs, slab, objs, nr, *use);
}

static unsigned int try_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			     void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	struct zpool_slab *slab = NULL;
	unsigned int got;

	got = zpool_slabs_alloc(&cache->nodes[nid]->slabs, objs, nr, *use);
	if (got)
		return got;

	/* This node without effort, then what others have, then all effort anywhere. */
	if (static_branch_unlikely(&zpool_numa) && !(gfp & __GFP_THISNODE)) {
		slab = zpool_slab_create(&cache->geometry,
					 (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) |
					 __GFP_THISNODE | __GFP_NOWARN, nid);
		if (!slab && take_from_any_node(cache, objs, past_magazines(*use))) {
			*use = past_magazines(*use);
			return 1;
		}
	}
	if (!slab)
		slab = zpool_slab_create(&cache->geometry, gfp, nid);
	return slab ? add_slab(cache, slab, nid, objs, nr, use) : 0;
}

/**
 * zpool_cache_take() - take objects out of slabs, making one slab if need be
 * @cache: of which size
 * @gfp: how the slab may be made
 * @nid: on which node they are wanted
 * @objs: filled in
 * @nr: how many are wanted, at most ZPOOL_BATCH
 * @use: where they go. Objects of another node or of the emergency reserves
 *       are not for magazines: then it becomes ZPOOL_FALLBACK, and there is one.
 *
 * Context: as @gfp allows, outside all locks of ours.
 * Return: how many there were.
 */
unsigned int zpool_cache_take(struct zpool_cache *cache, gfp_t gfp, int nid,
			      void **objs, unsigned int nr, enum zpool_slab_use *use)
{
	bool nofail = (gfp & __GFP_NOFAIL) && gfpflags_allow_blocking(gfp);
	unsigned int got;

	if (!nofail)
		gfp &= ~__GFP_NOFAIL;
	for (;;) {
		got = try_take(cache, gfp, nid, objs, nr, use);
		if (got || !nofail)
			return got;
		schedule_timeout_uninterruptible(1);
	}
}

/**
 * zpool_cache_put() - give objects of a magazine back to their slabs
 * @cache: of which they are, though a caller may have freed some twice
 * @objs: the objects; the array is overwritten
 * @nr: how many, at most ZPOOL_BATCH
 *
 * Context: see zpool_slabs_free().
 */
void zpool_cache_put(struct zpool_cache *cache, void **objs, unsigned int nr)
{
	unsigned int good = zpool_slabs_free(objs, nr, ZPOOL_MAGAZINE, cache);

	if (unlikely(good < nr))
		atomic_long_add(nr - good, &cache->dropped);
}

/*
 * Draining: what lies in magazines goes back to the slabs, what lies in empty
 * slabs to the page allocator. Under zpool_caches_lock or with the cache in
 * nobody else's hands.
 */

static void collect(struct zpool_magazine *mag, struct list_head *list)
{
	if (mag != zpool_no_magazine)
		list_add(&mag->list, list);
}

/* Ours after a grace period. */
static void detach_pairs(struct zpool_cache *cache, struct list_head *list)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct zpool_magazine *loaded, *previous;

		loaded = zpool_head_detach(per_cpu_ptr(cache->heads, cpu),
					   per_cpu_ptr(&zpool_cpu, cpu), &previous);
		collect(loaded, list);
		collect(previous, list);
	}
}

static void flush_magazine(struct zpool_cache *cache, struct zpool_magazine *mag)
{
	while (mag->count) {
		unsigned int nr = min(mag->count, ZPOOL_BATCH);

		mag->count -= nr;
		zpool_cache_put(cache, &mag->objs[mag->count + 1], nr);
	}
	zpool_magazine_destroy(mag, cache->geometry.stride);
}

static void flush_detached(struct zpool_cache *cache, struct list_head *list)
{
	struct zpool_magazine *mag, *next;
	int nid;

	list_for_each_entry_safe(mag, next, list, list)
		flush_magazine(cache, mag);
	INIT_LIST_HEAD(list);
	for_each_node(nid) {
		while ((mag = zpool_depot_take(&cache->nodes[nid]->depot)))
			flush_magazine(cache, mag);
		zpool_slabs_trim(&cache->nodes[nid]->slabs);
	}
}

/**
 * zpool_cache_drain() - give all that is idle in a cache back
 * @cache: which
 *
 * Context: process; waits for a grace period.
 */
void zpool_cache_drain(struct zpool_cache *cache)
{
	LIST_HEAD(list);

	detach_pairs(cache, &list);
	if (!list_empty(&list))
		synchronize_rcu();
	flush_detached(cache, &list);
}

/**
 * zpool_drain_all() - give all that is idle in all caches back
 *
 * Context: process; takes zpool_caches_lock, waits for one grace period.
 */
void zpool_drain_all(void)
{
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		detach_pairs(cache, &cache->detached);
	synchronize_rcu();
	list_for_each_entry(cache, &zpool_caches, list)
		flush_detached(cache, &cache->detached);
	mutex_unlock(&zpool_caches_lock);
}

/* A magazine with up to @most fresh objects, fewer if memory ends; NULL for none. */
static struct zpool_magazine *filled_magazine(struct zpool_cache *cache, int nid,
					      size_t most)
{
	struct zpool_magazine *mag = zpool_depot_magazine(cache, nid);
	enum zpool_slab_use use = ZPOOL_MAGAZINE;

	if (!mag)
		return NULL;
	most = min_t(size_t, most, mag->capacity);
	while (mag->count < most) {
		void **objs = &mag->objs[mag->count + 1];
		unsigned int nr = min_t(size_t, most - mag->count, ZPOOL_BATCH);

		nr = zpool_cache_take(cache, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN,
				      nid, objs, nr, &use);
		if (use != ZPOOL_MAGAZINE)
			zpool_slabs_free(objs, nr, use, NULL);
		if (use != ZPOOL_MAGAZINE || !nr)
			break;
		mag->count += nr;
	}
	if (mag->count)
		return mag;
	zpool_magazine_destroy(mag, cache->geometry.stride);
	return NULL;
}

/**
 * zpool_cache_prefill() - fill depots before there is any demand
 * @cache: which
 * @bytes: how much, spread over the nodes with memory; the budget bounds it
 *
 * Context: process.
 */
void zpool_cache_prefill(struct zpool_cache *cache, size_t bytes)
{
	size_t share = bytes / num_node_state(N_MEMORY) / cache->geometry.stride;
	struct zpool_magazine *mag;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		size_t left = share;

		while (left && (mag = filled_magazine(cache, nid, left))) {
			left -= mag->count;
			zpool_depot_put(&cache->nodes[nid]->depot, mag);
		}
	}
}

/*
 * Creation and destruction.
 */

/* The static heads of a general class. */
static struct zpool_cpu_head __percpu *class_heads(unsigned int class)
{
	return &zpool_cpu.heads[class];
}

static size_t cache_bytes(void)
{
	return struct_size((struct zpool_cache *)NULL, nodes, nr_node_ids);
}

static void free_nodes(struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid)
		kfree(cache->nodes[nid]);
}

static int alloc_nodes(struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid) {
		struct zpool_cache_node *node;

		node = kzalloc_node(sizeof(*node), GFP_KERNEL, nid);
		if (!node)
			return -ENOMEM;
		zpool_depot_init(&node->depot);
		zpool_slabs_init(&node->slabs, &cache->geometry, cache->ctor, cache,
				 cache->tag, nid);
		cache->nodes[nid] = node;
	}
	return 0;
}

static void init_heads(struct zpool_cache *cache)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		zpool_head_init(per_cpu_ptr(cache->heads, cpu));
}

/* What a cache takes before its first object; general heads are static. */
static long cache_metadata(const struct zpool_cache *cache)
{
	size_t heads = cache->tag == ZPOOL_TAG_HEADER ?
		       num_possible_cpus() * sizeof(struct zpool_cpu_head) : 0;

	return cache_bytes() + num_possible_nodes() * sizeof(struct zpool_cache_node) +
	       heads;
}

/* @heads: per-CPU space that is there already, or NULL. */
static struct zpool_cache *new_cache(const char *name, const struct zpool_geometry *g,
				     unsigned int tag, void (*ctor)(void *obj),
				     struct zpool_cpu_head __percpu *heads)
{
	struct zpool_cache *cache = kzalloc(cache_bytes(), GFP_KERNEL);

	if (!cache)
		return NULL;
	strscpy(cache->name, name, sizeof(cache->name));
	INIT_LIST_HEAD(&cache->detached);
	cache->geometry = *g;
	cache->capacity = most_capacity(g->stride);
	cache->tag = tag;
	cache->ctor = ctor;
	cache->heads = heads ?: alloc_percpu(struct zpool_cpu_head);
	if (!cache->heads)
		goto no_heads;
	init_heads(cache);
	if (alloc_nodes(cache))
		goto no_nodes;
	zpool_metadata_add(cache_metadata(cache));

	mutex_lock(&zpool_caches_lock);
	list_add_tail(&cache->list, &zpool_caches);
	mutex_unlock(&zpool_caches_lock);
	return cache;

no_nodes:
	free_nodes(cache);
	if (!heads)
		free_percpu(cache->heads);
no_heads:
	kfree(cache);
	return NULL;
}

/* Everything idle has been drained. What is still in use is leaked and told. */
static void end_cache(struct zpool_cache *cache, bool own_heads)
{
	unsigned long leaked = 0;
	int nid;

	for_each_node(nid)
		leaked += zpool_slabs_fini(&cache->nodes[nid]->slabs);
	if (leaked)
		zpool_report("%s: ended with %lu object(s), %lu bytes, in use; their memory is lost",
			     cache->name, leaked, leaked * cache->geometry.stride);
	free_nodes(cache);
	if (own_heads)
		free_percpu(cache->heads);
	zpool_metadata_add(-cache_metadata(cache));
	kfree(cache);
}

static bool is_good_name(const char *name)
{
	size_t i, len = name ? strnlen(name, ZPOOL_NAME_BYTES) : 0;

	for (i = 0; i < len; i++)
		if (!isgraph(name[i]) || name[i] == '/')
			return false;
	return len && len < ZPOOL_NAME_BYTES;
}

/* As far as the object is larger than half a line; else two share it. */
static size_t line_align(size_t size, size_t align)
{
	size_t line = cache_line_size();

	while (line > 1 && size <= line / 2)
		line /= 2;
	return max(align, line);
}

/**
 * zpool_cache_create() - a pool of objects of one size
 * @name: 1 to 31 printable characters without blank or slash; copied. Shown in
 *        debugfs and in reports.
 * @size: bytes of an object, 1 to ZPOOL_MAX_SIZE
 * @align: power of two, at most ZPOOL_MAX_SIZE; 0 for the usual
 * @flags: ZPOOL_HWCACHE_ALIGN, ZPOOL_PANIC; others are refused
 * @ctor: called once for each object when its slab is made, or NULL. An object
 *        must be freed in the state that @ctor leaves. It must not allocate
 *        from this cache.
 *
 * Context: process; may sleep.
 * Return: the cache; NULL, with a report, for a bad argument, or without
 *         memory (with ZPOOL_PANIC, never NULL).
 */
struct zpool_cache *zpool_cache_create(const char *name, size_t size,
				       size_t align, unsigned int flags,
				       void (*ctor)(void *obj))
{
	struct zpool_cache *cache = NULL;
	struct zpool_geometry geometry;

	if (!is_good_name(name))
		zpool_report("cache_create: a name has 1 to %d printable characters without blank or slash",
			     ZPOOL_NAME_BYTES - 1);
	else if (flags & ~(ZPOOL_HWCACHE_ALIGN | ZPOOL_PANIC))
		zpool_report("%s: unknown flags %#x", name, flags);
	else if (zpool_geometry_init(&geometry, size,
				     flags & ZPOOL_HWCACHE_ALIGN && is_power_of_2(align ?: 1) ?
				     line_align(size, align) : align ?: 1))
		zpool_report("%s: size %zu (1 to %lu) or alignment %zu (power of two up to %lu) out of range",
			     name, size, ZPOOL_MAX_SIZE, align, ZPOOL_MAX_SIZE);
	else
		cache = new_cache(name, &geometry, ZPOOL_TAG_HEADER, ctor, NULL);

	if (!cache && (flags & ZPOOL_PANIC))
		panic("kzpool: cannot create cache %s\n", name ?: "(null)");
	return cache;
}
EXPORT_SYMBOL_GPL(zpool_cache_create);

/* Return: false when there is no such typed cache. */
static bool unlist(struct zpool_cache *wanted)
{
	struct zpool_cache *cache;
	bool found = false;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list) {
		found = cache == wanted && cache->tag == ZPOOL_TAG_HEADER;
		if (found) {
			list_del(&cache->list);
			break;
		}
	}
	mutex_unlock(&zpool_caches_lock);
	return found;
}

/**
 * zpool_cache_destroy() - the end of a cache
 * @cache: from zpool_cache_create(), or NULL; no other call on it may be going on
 *
 * Objects still in use are reported and their memory is lost, never reused.
 *
 * Context: process; waits for a grace period.
 */
void zpool_cache_destroy(struct zpool_cache *cache)
{
	if (!cache)
		return;
	if (!unlist(cache)) {
		zpool_report("cache_destroy: %p is no cache, or not any more; ignored", cache);
		return;
	}
	zpool_slab_sync();
	zpool_cache_drain(cache);
	end_cache(cache, true);
}
EXPORT_SYMBOL_GPL(zpool_cache_destroy);

static int create_general(unsigned int class)
{
	size_t size = zpool_class_size(class);
	struct zpool_geometry geometry;
	char name[ZPOOL_NAME_BYTES];

	snprintf(name, sizeof(name), "zpool-%zu", size);
	zpool_geometry_init(&geometry, size, size & -size);
	zpool_general[class] = new_cache(name, &geometry, class, NULL,
					 class_heads(class));
	return zpool_general[class] ? 0 : -ENOMEM;
}

/**
 * zpool_cache_start() - at load, before the first call: the general classes
 *
 * Return: 0, or -ENOMEM with nothing left behind.
 */
int zpool_cache_start(void)
{
	unsigned int class;

	if (nr_node_ids > 1)
		static_branch_enable(&zpool_numa);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		if (create_general(class)) {
			zpool_cache_stop();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * zpool_cache_stop() - at unload, after the last call
 *
 * A typed cache that its owner did not destroy is told and ended, too.
 */
void zpool_cache_stop(void)
{
	struct zpool_cache *cache, *next;

	zpool_slab_sync();
	zpool_drain_all();
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry_safe(cache, next, &zpool_caches, list) {
		bool typed = cache->tag == ZPOOL_TAG_HEADER;

		if (typed)
			zpool_report("%s: never destroyed by its owner", cache->name);
		list_del(&cache->list);
		end_cache(cache, typed);
	}
	mutex_unlock(&zpool_caches_lock);
	memset(zpool_general, 0, sizeof(zpool_general));
}
