// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs: made of pages, filled and emptied object by object, given back.
 *
 * A slab hangs on one of three lists of its cache and node: partial slabs
 * serve first, then the one kept empty. Nothing is allocated, freed or
 * constructed under a lock, and no lock is held for more than ZPOOL_BATCH
 * objects. A free finds the slab through the page, so a batch may hold objects
 * of several slabs and nodes.
 */
#include <linux/bitmap.h>
#include <linux/irq_work.h>
#include <linux/kmemleak.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zpool_budget.h"
#include "zpool_defer.h"
#include "zpool_report.h"
#include "zpool_slab.h"

/* Flags that speak of the object, or that would make pages unfit. */
#define NOT_FOR_PAGES	(__GFP_ZERO | __GFP_COMP | __GFP_HIGHMEM | __GFP_MOVABLE | \
			 __GFP_RECLAIMABLE | __GFP_ACCOUNT)

/* One slab kept empty spares a cache that goes up and down by one object the page allocator. */
#define KEEP_EMPTY	1

#define HEADER_BYTES	(sizeof(struct zpool_slab) + ZPOOL_RUN_MAX_OBJECTS / 8)

static struct kmem_cache *headers;

/* What an empty slab claims while it is kept. */
static size_t slab_bytes(const struct zpool_slab *slab)
{
	return slab->nr_pages * PAGE_SIZE;
}

/* What its objects take. */
static size_t object_bytes(const struct zpool_slab *slab)
{
	return (size_t)slab->nr_objects * slab->home->geometry->stride;
}

static void mark_slab(struct zpool_slab *slab, unsigned int tag)
{
	zpool_pages_mark(slab->base, object_bytes(slab), slab->home->geometry->stride,
			 slab, tag);
}

static void unmark_slab(struct zpool_slab *slab)
{
	zpool_pages_unmark(slab->base, object_bytes(slab), slab->home->geometry->stride);
}

static void free_header(struct zpool_slab *slab)
{
	kmem_cache_free(headers, slab);
	zpool_metadata_add(-(long)HEADER_BYTES);
}

/**
 * zpool_slab_create() - a slab with all objects free and no home yet
 * @g: how it is cut
 * @gfp: what may be done to get its pages; __GFP_NOFAIL is honoured up to
 *       order 1 of the least run
 * @node: where from; without __GFP_THISNODE another node may give them
 *
 * What its objects will point to is no leak: kmemleak is told of the run, as
 * one piece that nobody needs to point to.
 *
 * Context: as @gfp allows; where zpool_pages_allowed() is false there is none.
 * Return: the slab, for zpool_slabs_add() on the node of its pages, or NULL.
 */
struct zpool_slab *zpool_slab_create(const struct zpool_geometry *g, gfp_t gfp,
				     int node)
{
	const struct zpool_run *run;
	struct zpool_slab *slab;
	struct page *page;

	if (!zpool_pages_allowed())
		return NULL;
	gfp &= ~NOT_FOR_PAGES;
	slab = kmem_cache_alloc_node(headers, gfp & ~__GFP_THISNODE, node);
	if (!slab)
		return NULL;
	page = zpool_pages_alloc(g, gfp, node, &run);
	if (!page) {
		kmem_cache_free(headers, slab);
		return NULL;
	}
	zpool_metadata_add(HEADER_BYTES);
	INIT_LIST_HEAD(&slab->list);
	slab->home = NULL;
	slab->base = page_address(page);
	slab->nr_free = run->nr_objects;
	slab->nr_objects = run->nr_objects;
	slab->nr_pages = run->nr_pages;
	slab->order = run->order;
	slab->pfmemalloc = page_is_pfmemalloc(page);
	bitmap_zero(slab->free, ZPOOL_RUN_MAX_OBJECTS);
	bitmap_set(slab->free, 0, run->nr_objects);
	kmemleak_alloc(slab->base, slab_bytes(slab), 0, gfp);
	return slab;
}

static void release_slab(struct zpool_slab *slab)
{
	kmemleak_free(slab->base);
	zpool_pages_free(virt_to_page(slab->base), slab->order, slab->nr_pages);
	free_header(slab);
}

static void release_later(struct llist_node *node)
{
	release_slab(container_of(node, struct zpool_slab, later));
}

static struct zpool_deferral released_later = ZPOOL_DEFERRAL(release_later);

/* Return: how many pages those have. */
static unsigned long release_slabs(struct list_head *dead)
{
	struct zpool_slab *slab, *next;
	bool now = zpool_pages_allowed();
	unsigned long pages = 0;

	list_for_each_entry_safe(slab, next, dead, list) {
		pages += slab->nr_pages;
		if (likely(now))
			release_slab(slab);
		else
			zpool_defer(&released_later, &slab->later);
	}
	return pages;
}

/*
 * The lists of a cache and node. Each function below holds slabs->lock.
 */

static void count_slab(struct zpool_slabs *slabs, const struct zpool_slab *slab,
		       int sign)
{
	lockdep_assert_held(&slabs->lock);
	slabs->nr_slabs += sign;
	slabs->nr_pages += sign * slab->nr_pages;
	slabs->nr_objects += sign * slab->nr_objects;
	slabs->nr_free += sign * (long)slab->nr_free;
}

/* Take a slab off the empty list, where it had claimed its pages. */
static void unkeep(struct zpool_slabs *slabs, struct zpool_slab *slab)
{
	lockdep_assert_held(&slabs->lock);
	slabs->nr_empty--;
	slabs->nr_empty_pages -= slab->nr_pages;
	zpool_budget_return(slab_bytes(slab), slabs->node);
}

/*
 * Its pages say so at once, lest a second free of an object follow them to a
 * header that has gone.
 */
static void kill_slab(struct zpool_slabs *slabs, struct zpool_slab *slab,
		      struct list_head *dead)
{
	lockdep_assert_held(&slabs->lock);
	count_slab(slabs, slab, -1);
	slabs->slabs_freed++;
	slabs->pages_freed += slab->nr_pages;
	unmark_slab(slab);
	list_move(&slab->list, dead);
}

/* Put a slab without used objects on the empty list, or on @dead. */
static void keep_or_kill(struct zpool_slabs *slabs, struct zpool_slab *slab,
			 struct list_head *dead)
{
	lockdep_assert_held(&slabs->lock);
	if (!slab->pfmemalloc && slabs->nr_empty < KEEP_EMPTY &&
	    zpool_budget_claim(slab_bytes(slab), READ_ONCE(zpool_budget.limit), slabs->node)) {
		list_move(&slab->list, &slabs->empty);
		slabs->nr_empty++;
		slabs->nr_empty_pages += slab->nr_pages;
		return;
	}
	kill_slab(slabs, slab, dead);
}

static unsigned int take_objects(struct zpool_slabs *slabs, struct zpool_slab *slab,
				 void **objs, unsigned int nr)
{
	unsigned int got = 0, i;

	lockdep_assert_held(&slabs->lock);
	for_each_set_bit(i, slab->free, slab->nr_objects) {
		if (got == nr)
			break;
		__clear_bit(i, slab->free);
		objs[got++] = zpool_slab_object(slab, i);
	}
	slab->nr_free -= got;
	slabs->nr_free -= got;
	if (!slab->nr_free || slab->pfmemalloc)
		list_move(&slab->list, &slabs->full);
	else
		list_move(&slab->list, &slabs->partial);
	return got;
}

/*
 * The slab that an address is in, or NULL. Without its home's lock it may go at
 * any time (when somebody frees an object twice), but header memory stays
 * header memory as long as the reader is in an RCU section.
 */
static struct zpool_slab *slab_of(const void *obj)
{
	struct page *page = virt_to_page(obj);
	struct zpool_slab *slab = zpool_page_slab(page);

	return zpool_page_is_ours(page) ? slab : NULL;
}

/* Return: false when @obj is not the start of an object in use here. */
static bool put_object(struct zpool_slabs *slabs, void *obj, struct list_head *dead)
{
	struct zpool_slab *slab = slab_of(obj);
	int i;

	lockdep_assert_held(&slabs->lock);
	if (!slab || READ_ONCE(slab->home) != slabs)
		return false;
	i = zpool_slab_index(slab, obj);
	if (i < 0 || __test_and_set_bit(i, slab->free))
		return false;
	slabs->nr_free++;
	if (++slab->nr_free == slab->nr_objects)
		keep_or_kill(slabs, slab, dead);
	else if (slab->nr_free == 1 && !slab->pfmemalloc)
		list_move_tail(&slab->list, &slabs->partial);
	return true;
}

static void count_taken(struct zpool_slabs *slabs, unsigned int nr,
			enum zpool_slab_use use)
{
	lockdep_assert_held(&slabs->lock);
	if (use == ZPOOL_MAGAZINE) {
		slabs->refills += !!nr;
		return;
	}
	slabs->direct_allocs += nr;
	if (use == ZPOOL_DIRECT)
		slabs->direct_misses += nr;
}

/**
 * zpool_slabs_init() - no slabs yet
 * @slabs: what to set up
 * @g: how its slabs are cut
 * @ctor: called once for each object of a new slab, or NULL
 * @owner: the cache, for whoever finds an object and asks
 * @tag: its class, or ZPOOL_TAG_HEADER
 * @node: where its pages are
 */
void zpool_slabs_init(struct zpool_slabs *slabs, const struct zpool_geometry *g,
		      void (*ctor)(void *obj), void *owner, unsigned int tag,
		      int node)
{
	*slabs = (struct zpool_slabs) {
		.geometry = g,
		.ctor = ctor,
		.owner = owner,
		.tag = tag,
		.node = node,
	};
	raw_spin_lock_init(&slabs->lock);
	INIT_LIST_HEAD(&slabs->partial);
	INIT_LIST_HEAD(&slabs->full);
	INIT_LIST_HEAD(&slabs->empty);
}

/**
 * zpool_slabs_alloc() - take objects out of slabs that are there
 * @slabs: from where
 * @objs: filled in
 * @nr: how many are wanted, at most ZPOOL_BATCH
 * @use: where they go
 *
 * Context: any but NMI; takes slabs->lock.
 * Return: how many there were, 0 to @nr.
 */
unsigned int zpool_slabs_alloc(struct zpool_slabs *slabs, void **objs,
			       unsigned int nr, enum zpool_slab_use use)
{
	unsigned int got = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	while (got < nr) {
		struct zpool_slab *slab;

		slab = list_first_entry_or_null(&slabs->partial, struct zpool_slab, list);
		if (!slab) {
			slab = list_first_entry_or_null(&slabs->empty,
							struct zpool_slab, list);
			if (!slab)
				break;
			unkeep(slabs, slab);
		}
		got += take_objects(slabs, slab, objs + got, nr - got);
	}
	count_taken(slabs, got, use);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return got;
}

/**
 * zpool_slabs_add() - give a new slab its home and take the first objects
 * @slabs: its home, on the node of its pages
 * @slab: from zpool_slab_create()
 * @objs: filled in
 * @nr: how many are wanted, at most ZPOOL_BATCH
 * @use: where they go
 *
 * Context: any but NMI; calls the constructor, then takes slabs->lock.
 * Return: how many it had, at least 1.
 */
unsigned int zpool_slabs_add(struct zpool_slabs *slabs, struct zpool_slab *slab,
			     void **objs, unsigned int nr, enum zpool_slab_use use)
{
	unsigned int got, i;
	unsigned long flags;

	slab->home = slabs;
	mark_slab(slab, slab->pfmemalloc ? ZPOOL_TAG_HEADER : slabs->tag);
	if (slabs->ctor)
		for (i = 0; i < slab->nr_objects; i++)
			slabs->ctor(zpool_slab_object(slab, i));

	raw_spin_lock_irqsave(&slabs->lock, flags);
	count_slab(slabs, slab, 1);
	got = take_objects(slabs, slab, objs, nr);
	count_taken(slabs, got, use);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return got;
}

static void report_bad(void **objs, unsigned int nr)
{
	while (nr--)
		zpool_report("%p is free already or starts no object; dropped", objs[nr]);
}

/* Put objects of one home back; tell of what is none. Return: how many were good. */
static unsigned int put_batch(struct zpool_slabs *slabs, void **objs, unsigned int nr,
			      enum zpool_slab_use use, struct list_head *dead)
{
	unsigned int i, bad = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	for (i = 0; i < nr; i++)
		if (!put_object(slabs, objs[i], dead))
			objs[bad++] = objs[i];
	if (use == ZPOOL_MAGAZINE)
		slabs->flushes++;
	else
		slabs->direct_frees += nr - bad;
	if (use == ZPOOL_DIRECT)
		slabs->direct_misses += nr - bad;
	raw_spin_unlock_irqrestore(&slabs->lock, flags);

	report_bad(objs, bad);
	return nr - bad;
}

/*
 * Where an object belongs; NULL when it has no slab, or none of @owner's: then
 * it was freed twice.
 */
static struct zpool_slabs *home_of(const void *obj, const void *owner)
{
	struct zpool_slab *slab = slab_of(obj);
	struct zpool_slabs *home = slab ? READ_ONCE(slab->home) : NULL;

	return home && (!owner || home->owner == owner) ? home : NULL;
}

/* Bring what else belongs to @home to the front of objs[i] and on. Return: where it ends. */
static unsigned int gather(const struct zpool_slabs *home, void **objs, unsigned int i,
			   unsigned int nr, const void *owner)
{
	unsigned int end = i;

	for (; i < nr; i++) {
		if (home_of(objs[i], owner) == home) {
			swap(objs[i], objs[end]);
			end++;
		}
	}
	return end;
}

static unsigned int put_all(void **objs, unsigned int nr, enum zpool_slab_use use,
			    const void *owner, struct list_head *dead)
{
	unsigned int first, end, good = 0;

	rcu_read_lock();
	for (first = 0; first < nr; first = end) {
		struct zpool_slabs *home = home_of(objs[first], owner);

		end = gather(home, objs, first + 1, nr, owner);
		if (home)
			good += put_batch(home, objs + first, end - first, use, dead);
		else
			report_bad(objs + first, end - first);
	}
	rcu_read_unlock();
	return good;
}

/**
 * zpool_slabs_free() - put objects back into their slabs, wherever those are
 * @objs: objects of any slabs; the array is overwritten
 * @nr: how many, at most ZPOOL_BATCH
 * @use: where they come from
 * @owner: whose they must be, or NULL
 *
 * What is free already, or starts no object, is reported and dropped.
 *
 * Context: any but NMI; takes slabs->lock of each home, once.
 * Return: how many were put back.
 */
unsigned int zpool_slabs_free(void **objs, unsigned int nr, enum zpool_slab_use use,
			      const void *owner)
{
	unsigned int good;
	LIST_HEAD(dead);

	good = put_all(objs, nr, use, owner, &dead);
	release_slabs(&dead);
	return good;
}

/**
 * zpool_slabs_flush() - zpool_slabs_free() for what a magazine had
 * @objs: see zpool_slabs_free()
 * @nr: see zpool_slabs_free()
 * @owner: whose they must be
 * @pages: added to: those that were given back for it
 *
 * Context: see zpool_slabs_free().
 * Return: how many objects were put back.
 */
unsigned int zpool_slabs_flush(void **objs, unsigned int nr, const void *owner,
			       unsigned long *pages)
{
	unsigned int good;
	LIST_HEAD(dead);

	good = put_all(objs, nr, ZPOOL_MAGAZINE, owner, &dead);
	*pages += release_slabs(&dead);
	return good;
}

/**
 * zpool_slabs_trim() - give the slabs kept empty back
 * @slabs: of which cache and node
 *
 * Context: any but NMI; takes slabs->lock.
 * Return: how many pages they had.
 */
unsigned long zpool_slabs_trim(struct zpool_slabs *slabs)
{
	struct zpool_slab *slab, *next;
	unsigned long flags;
	LIST_HEAD(dead);

	raw_spin_lock_irqsave(&slabs->lock, flags);
	list_for_each_entry_safe(slab, next, &slabs->empty, list) {
		unkeep(slabs, slab);
		kill_slab(slabs, slab, &dead);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return release_slabs(&dead);
}

/*
 * A free from a context that may take no lock (NMI) waits for an interrupt. It
 * waits in a slot of its CPU, not on a list through the object, since what a
 * caller frees may be none.
 */
#define NR_DEFERRED	128	/* many more than NMIs free until interrupts are on again */

struct deferred {
	void *objs[NR_DEFERRED];
};

static DEFINE_PER_CPU(struct deferred, deferred);

static void free_deferred(struct irq_work *work)
{
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		for (i = 0; i < NR_DEFERRED; i++) {
			void **slot = &per_cpu_ptr(&deferred, cpu)->objs[i];
			void *obj = READ_ONCE(*slot) ? xchg(slot, NULL) : NULL;

			if (obj)
				zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, NULL);
		}
	}
}

/* Hard: the slots are few, and on PREEMPT_RT the thread for the others may be long in coming. */
static struct irq_work deferred_work = IRQ_WORK_INIT_HARD(free_deferred);

/**
 * zpool_slab_defer() - put an object back into its slab, but not now
 * @obj: in use
 *
 * Context: NMI.
 */
void zpool_slab_defer(void *obj)
{
	struct deferred *waiting = raw_cpu_ptr(&deferred);
	unsigned int i;

	for (i = 0; i < NR_DEFERRED; i++) {
		if (!READ_ONCE(waiting->objs[i]) && !cmpxchg(&waiting->objs[i], NULL, obj)) {
			irq_work_queue(&deferred_work);
			return;
		}
	}
	zpool_report("%p freed in NMI, where %u wait already; its memory is lost",
		     obj, NR_DEFERRED);
}

/**
 * zpool_slab_sync() - wait for what was put off: frees from NMI, dead slabs
 *
 * Context: process.
 */
void zpool_slab_sync(void)
{
	irq_work_sync(&deferred_work);
	irq_work_sync(&released_later.work);
}

/*
 * Objects in use keep their pages for good: unmarked, so that nothing follows
 * them to a dead header.
 */
static unsigned long abandon_slabs(struct list_head *list)
{
	struct zpool_slab *slab, *next;
	unsigned long nr_used = 0;

	list_for_each_entry_safe(slab, next, list, list) {
		nr_used += slab->nr_objects - slab->nr_free;
		unmark_slab(slab);
		zpool_pages_abandon(virt_to_page(slab->base), slab->nr_pages);
		free_header(slab);
	}
	INIT_LIST_HEAD(list);
	return nr_used;
}

/**
 * zpool_slabs_fini() - the end of a cache on a node
 * @slabs: in nobody's hands any more
 *
 * Empty slabs go back. A slab with objects in use is leaked, pages and all:
 * somebody may still write there.
 *
 * Context: process.
 * Return: number of objects still in use.
 */
unsigned long zpool_slabs_fini(struct zpool_slabs *slabs)
{
	zpool_slabs_trim(slabs);
	return abandon_slabs(&slabs->partial) + abandon_slabs(&slabs->full);
}

/**
 * zpool_slab_start() - at load, before the first slab
 *
 * Return: 0, or -ENOMEM.
 */
int zpool_slab_start(void)
{
	headers = kmem_cache_create("kzpool_slab", HEADER_BYTES,
				    __alignof__(struct zpool_slab),
				    SLAB_TYPESAFE_BY_RCU, NULL);
	return headers ? 0 : -ENOMEM;
}

/* At unload, after the last slab. */
void zpool_slab_stop(void)
{
	zpool_slab_sync();
	kmem_cache_destroy(headers);
}
