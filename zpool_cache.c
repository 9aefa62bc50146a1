// SPDX-License-Identifier: GPL-2.0
/*
 * Caches, and how the whole works: the Big Theory.
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
 *        CPU 0                  CPU 1           a way to its heads, a slow_lock each
 *   [loaded][previous]     [loaded][previous]   a pair for each cache, and
 *        [remote]               [remote]        what belongs to other nodes
 *            \                /
 *          depot of the node                    depot->lock
 *       full magazines, empty ones
 *                  |
 *          slabs of the node                    slabs->lock
 *   partial ones by tenths, full, one empty
 *                  |
 *            page allocator
 *
 * Life of an allocation
 *
 * zpool_kmalloc() turns the size into a class by bit operations and pops the
 * top of this CPU's loaded magazine. That is all, nearly always. If loaded is
 * empty, zpool_alloc_slow() swaps it with previous, or if the load swings just
 * about where one of the two ends, fills it from there as far as spares the next
 * swaps (zpool_head.c); if both are, exchanges an
 * empty magazine for a full one at the depot; if there is none, it leaves the
 * busy section and all locks, takes a batch out of the slabs of the node,
 * making a slab if need be, comes back (perhaps on another CPU), loads the
 * batch and keeps one object. A CPU gets its magazines the same way: it starts
 * with the magazine that holds nothing, and the first miss makes a real one.
 *
 * Life of a free
 *
 * The page under the pointer tells whether the object is ours, and by its tag
 * where this CPU's head of its class is: no header is touched. The object is
 * pushed on loaded; where there is no class, nothing is ever loaded, and the
 * header tells whose it is (zpool_kmalloc.c). If loaded is
 * full and smaller than this CPU may have: a larger one takes its place. Else
 * swap with previous; else exchange a full magazine for an empty one at the
 * depot; else make a magazine, if the budget has room; else take an empty one
 * that is too small; else give half a magazine back to the slabs. A slab whose last object came home is kept (one
 * for each cache and node, within the budget) or its pages go back.
 *
 * Nodes
 *
 * A CPU fills from one node only, and its pair and depot hold nothing else.
 * What it frees and another node owns is pushed on its remote magazine. When
 * that is full and of one node, it changes places with an empty one of that
 * node's depot, where the CPUs that live there find it: a free far away costs
 * one lock for a magazine's worth, and so does the allocation that follows. A
 * magazine of several nodes is spilled to their slabs, a batch under one hold
 * of each lock. Where no CPU fills from a node, nobody would come for a full
 * magazine: such objects go to the slabs, too.
 *
 * CPUs and memory come and go (zpool_hotplug.c): what a dead CPU had goes to
 * the slabs, as does what depots have when the last CPU of a node has gone; a
 * node that gets its first memory is filled from, and all is drained once.
 *
 * Adapting
 *
 * How large the next magazine of a class on a CPU is, is a number of that CPU
 * (tail->capacity). Every magazine claims of the budget what it can hold, so
 * to move capacity is to have one place give up magazines and another make
 * larger ones. Two do that:
 *
 *   the slow path   raises the number at once, when what it has just given away
 *                   is wanted back, out of credit that the worker granted: a
 *                   burst is over when the worker comes
 *   the worker      looks at all classes on all CPUs every second, decides by
 *                   the rules in zpool_policy.c, makes the coldest pay for the
 *                   hottest, brings home what nobody uses, and grants credit
 *
 * Magazines of several capacities live side by side, and nobody is stopped:
 * the CPU itself puts the larger in the place of the smaller the next time its
 * fast path fails. zpool_adapt.c has the rest, docs/adapt.md shows it at work.
 *
 * Pressure
 *
 * Who reclaims memory (zpool_shrink.c) takes from here what lies idle, under any
 * lock of a caller's: it finds caches under RCU, takes raw locks only, and what
 * a CPU may still use waits in limbo until a grace period is over. When memory
 * stays scarce (zpool_pressure.c), the worker sets up a level (zpool_degrade.c):
 * it throttles caches, which is to lower the number that capacity is, to none
 * even, and it changes who serves a class (zpool_serving). Neither is looked at
 * by a fast path: a CPU without a magazine misses, and the slow path asks.
 *
 * Moving
 *
 * A slab with one survivor is held as long as that lives, unless it can be moved.
 * The densest slabs serve first, so that sparse ones drain by themselves; what stays
 * sparse is compacted (zpool_compact.c) if its objects may move:
 *
 *   handles     zpool_handle_alloc() gives a number, not an address. Who needs the
 *               address pins the object; who moves it copies without a lock, and the
 *               copy holds only if nobody pinned meanwhile (zpool_handle.c).
 *   callbacks   the owner of a typed cache is asked to move an object, under no lock
 *               that a call of its own may take, and has five answers (zpool_movable.c).
 *
 * A slab that is to be emptied is isolated (zpool_isolate.c): it serves nobody, frees
 * to it go past the magazines, and it stays, whatever becomes of its objects. Then
 * the cache's magazines are brought home, since what lies there free is taken to the
 * slab. An object that is freed in the middle of its move is left to the compactor
 * (zpool_live.h); of a handle, the move fails.
 *
 * What must not fail for want of memory has a reserve (zpool_reserve.h), outside
 * of all this.
 *
 * States of an object
 *
 *   in use -> free in a magazine -> (by way of a depot) -> free in its slab
 *      \-> in use elsewhere: its old place is free in its slab, at once
 *
 * The slab's bitmap counts all but the last state as taken, which is why
 *
 *   held = in use + magazines + remote + depots + reserve + free in slabs + tails
 *
 * and why "in use", counted as allocations less frees, proves something.
 *
 * What goes past the magazines ("direct")
 *
 * An interrupt that comes in the middle of a busy section, which finds nothing
 * loaded either (zpool_head.h); an object asked of another node, or got from one
 * because this one has none; a slab made from the emergency reserves. These go to
 * the slabs under their lock.
 *
 * So does, when it is freed, what is more than the budget holds: where slabs have three
 * objects or fewer, one request after the other that only they can serve would ask the
 * page allocator each time, and again when it is freed and no magazine has room. After
 * such a row (zpool_tail_is_dry()) slabs are made of four objects and more, which serve
 * no magazine otherwise and get theirs back one by one (enum zpool_apart). They are not
 * made for all: idle objects in magazines would keep whole runs of 256 KiB.
 *
 * Contexts
 *
 * Process, softirq and hardirq alike, and no lock is held where the page
 * allocator is called. From NMI, what this CPU's magazine can serve; a free
 * that it cannot waits for the next interrupt. On PREEMPT_RT the page
 * allocator's locks sleep: with preemption or interrupts off, an allocation is
 * served from magazines, depot and slabs or fails, and a slab that dies there
 * is given back by an irq_work (zpool_defer.h).
 *
 * What was not done, and why
 *
 * No per-CPU slab (SLUB's first level): a free would be fast only into the
 * slab that the CPU happens to hold. No disabling of interrupts and no
 * double-word compare-and-swap on the fast path: both cost more than the rest
 * of it. No registry of addresses: the page says whose it is. No preallocation:
 * the budget bounds what lies idle after use, and nothing lies idle before.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include "zpool_budget.h"
#include "zpool_cache.h"
#include "zpool_debug.h"
#include "zpool_report.h"

LIST_HEAD(zpool_caches);
DEFINE_MUTEX(zpool_caches_lock);
struct zpool_cache *zpool_general[ZPOOL_NR_CLASSES];
struct zpool_cache *zpool_serving[ZPOOL_NR_CLASSES];
static u64 last_serial;			/* under zpool_caches_lock */

/*
 * What a magazine holds to begin with: one object of the largest class, or as
 * many smaller ones, but a few at least. Who needs more gets it (zpool_adapt.c).
 */
static unsigned int first_capacity(size_t stride)
{
	return clamp_t(size_t, ZPOOL_MAX_SIZE / stride, ZPOOL_LEAST_CAPACITY,
		       ZPOOL_MOST_CAPACITY);
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
		zpool_reserve_init(&node->reserve);
		zpool_limbo_init(&node->limbo);
		cache->nodes[nid] = node;
	}
	return 0;
}

static bool is_typed(const struct zpool_cache *cache)
{
	return cache->tag == ZPOOL_TAG_HEADER;
}

/* The heads of the general classes are in zpool_cpu. */
static int alloc_per_cpu(struct zpool_cache *cache)
{
	struct zpool_cpu_heads __percpu *heads;
	unsigned int cpu;

	heads = is_typed(cache) ? alloc_percpu(struct zpool_cpu_heads) :
				  &zpool_cpu.heads[cache->tag];
	if (!heads)
		return -ENOMEM;
	cache->heads = &heads->own;
	cache->tails = alloc_percpu(struct zpool_cpu_tail);
	if (!cache->tails)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct zpool_cpu_tail *tail = per_cpu_ptr(cache->tails, cpu);

		zpool_heads_init(per_cpu_ptr(heads, cpu));
		zpool_tail_init(tail, cache->geometry.stride, cache->capacity);
		if (cache->throttle) {
			tail->unthrottled = tail->capacity;
			tail->capacity = 0;
			tail->may_raise = false;
		}
	}
	return 0;
}

static void free_per_cpu(struct zpool_cache *cache)
{
	if (is_typed(cache))
		free_percpu(cache->heads);
	free_percpu(cache->tails);
}

/* What a cache takes before its first object. */
static long cache_metadata(const struct zpool_cache *cache)
{
	size_t per_cpu = sizeof(struct zpool_cpu_tail) +
			 (is_typed(cache) ? sizeof(struct zpool_cpu_heads) : 0);

	return cache_bytes() + num_possible_nodes() * sizeof(struct zpool_cache_node) +
	       num_possible_cpus() * per_cpu;
}

/**
 * zpool_cache_begin() - a cache, on the list of all
 * @name: copied
 * @g: how its slabs are cut; copied
 * @tag: ZPOOL_TAG_CLASS() or ZPOOL_TAG_HEADER
 * @ctor: see zpool_cache_create()
 *
 * Context: process; takes zpool_caches_lock.
 * Return: the cache, or NULL.
 */
struct zpool_cache *zpool_cache_begin(const char *name, const struct zpool_geometry *g,
				      unsigned int tag, void (*ctor)(void *obj))
{
	struct zpool_cache *cache = kzalloc(cache_bytes(), GFP_KERNEL);

	if (!cache)
		return NULL;
	strscpy(cache->name, name, sizeof(cache->name));
	INIT_LIST_HEAD(&cache->reserved);
	cache->geometry = *g;
	cache->capacity = first_capacity(g->stride);
	cache->tag = tag;
	cache->ctor = ctor;
	if (zpool_debug & ZPOOL_DEBUG_SITES)
		cache->throttle = ZPOOL_TRACED;
	if (alloc_per_cpu(cache))
		goto no_per_cpu;
	if (alloc_nodes(cache))
		goto no_nodes;
	zpool_metadata_add(cache_metadata(cache));

	mutex_lock(&zpool_caches_lock);
	cache->serial = ++last_serial;
	list_add_tail_rcu(&cache->list, &zpool_caches);
	mutex_unlock(&zpool_caches_lock);
	return cache;

no_nodes:
	free_nodes(cache);
no_per_cpu:
	free_per_cpu(cache);
	kfree(cache);
	return NULL;
}

/**
 * zpool_cache_end() - the reverse of zpool_cache_begin()
 * @cache: off the list, and nobody who found it there is left; everything idle
 *         has been drained
 *
 * What is still in use is leaked and told.
 */
void zpool_cache_end(struct zpool_cache *cache)
{
	unsigned long leaked = 0;
	int nid;

	for_each_node(nid) {
		WARN_ON_ONCE(!zpool_limbo_is_empty(&cache->nodes[nid]->limbo));
		leaked += zpool_slabs_fini(&cache->nodes[nid]->slabs);
	}
	if (leaked)
		zpool_report("%s: ended with %lu object(s), %lu bytes, in use; their memory is lost",
			     cache->name, leaked, leaked * cache->geometry.stride);
	free_nodes(cache);
	free_per_cpu(cache);
	zpool_metadata_add(-cache_metadata(cache));
	kfree(cache);
}

/* zpool_cache_is_typed() for who holds zpool_caches_lock. */
bool zpool_cache_is_typed_locked(const struct zpool_cache *wanted)
{
	struct zpool_cache *cache;

	lockdep_assert_held(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		if (cache == wanted)
			return is_typed(cache);
	return false;
}

/**
 * zpool_cache_is_typed() - is it a typed cache, and not yet destroyed?
 * @wanted: any address
 *
 * Context: process.
 */
bool zpool_cache_is_typed(const struct zpool_cache *wanted)
{
	bool is_one;

	mutex_lock(&zpool_caches_lock);
	is_one = zpool_cache_is_typed_locked(wanted);
	mutex_unlock(&zpool_caches_lock);
	return is_one;
}

/*
 * Compaction calls owners back without zpool_caches_lock. What it works on it
 * holds, and the end of a cache waits for that.
 */

/**
 * zpool_cache_hold() - keep the cache of a name from ending
 * @name: which; not necessarily the only one of that name
 *
 * Context: process; takes zpool_caches_lock.
 * Return: the cache, for zpool_cache_release(), or NULL.
 */
struct zpool_cache *zpool_cache_hold(const char *name)
{
	struct zpool_cache *cache, *found = NULL;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		if (!found && !strcmp(cache->name, name))
			found = cache;
	if (found)
		atomic_inc(&found->users);
	mutex_unlock(&zpool_caches_lock);
	return found;
}

/**
 * zpool_cache_hold_after() - go through all caches that may be compacted
 * @serial: of the one before, 0 to begin with
 *
 * Context: process; takes zpool_caches_lock.
 * Return: the next that has something that moves, for zpool_cache_release(), or NULL.
 */
struct zpool_cache *zpool_cache_hold_after(u64 serial)
{
	struct zpool_cache *cache, *found = NULL;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		if (!found && cache->serial > serial && READ_ONCE(cache->mover))
			found = cache;
	if (found)
		atomic_inc(&found->users);
	mutex_unlock(&zpool_caches_lock);
	return found;
}

/**
 * zpool_cache_release() - the reverse of zpool_cache_hold()
 * @cache: perhaps off the list meanwhile
 */
void zpool_cache_release(struct zpool_cache *cache)
{
	atomic_t *users = &cache->users;

	/* Ordered; who waits may end the cache at once: only its address is used after that. */
	atomic_dec_return(users);
	wake_up_var(users);
}

/**
 * zpool_cache_wait_unused() - wait until nobody else holds a cache
 * @cache: alive
 * @mine: how often the caller holds it
 *
 * Context: process.
 */
void zpool_cache_wait_unused(struct zpool_cache *cache, int mine)
{
	wait_var_event(&cache->users, atomic_read(&cache->users) <= mine);
}

/**
 * zpool_cache_unlist() - take a typed cache off the list of all
 * @wanted: which; perhaps none
 *
 * Context: process; waits for those who may still look at it.
 * Return: false when there is no such typed cache.
 */
bool zpool_cache_unlist(struct zpool_cache *wanted)
{
	bool is_one;

	mutex_lock(&zpool_caches_lock);
	is_one = zpool_cache_is_typed_locked(wanted);
	if (is_one)
		list_del_rcu(&wanted->list);
	mutex_unlock(&zpool_caches_lock);
	if (is_one) {
		zpool_cache_wait_unused(wanted, 0);
		synchronize_rcu();
	}
	return is_one;
}

static int create_general(unsigned int class)
{
	size_t size = zpool_class_size(class);
	struct zpool_geometry geometry;
	char name[ZPOOL_NAME_BYTES];

	snprintf(name, sizeof(name), "zpool-%zu", size);
	zpool_geometry_init(&geometry, size, size & -size);
	zpool_general[class] = zpool_cache_begin(name, &geometry, ZPOOL_TAG_CLASS(class), NULL);
	zpool_serving[class] = zpool_general[class];
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
 * Everything idle has been drained, and nobody reclaims any more. A typed cache
 * that its owner did not destroy is told and ended, too.
 */
void zpool_cache_stop(void)
{
	struct zpool_cache *cache, *next;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry_safe(cache, next, &zpool_caches, list) {
		if (is_typed(cache))
			zpool_report("%s: never destroyed by its owner", cache->name);
		list_del(&cache->list);
		zpool_cache_end(cache);
	}
	mutex_unlock(&zpool_caches_lock);
	memset(zpool_general, 0, sizeof(zpool_general));
	memset(zpool_serving, 0, sizeof(zpool_serving));
}
