// SPDX-License-Identifier: GPL-2.0
/*
 * The slabs of a cache on a node: see zpool_slabs.h.
 *
 * Nothing is allocated, freed or constructed under a lock, and no lock is held
 * for more than ZPOOL_BATCH objects. A free finds the slab through the page, so a
 * batch may hold objects of several slabs and nodes.
 */
#include <linux/bitmap.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "zpool_budget.h"
#include "zpool_report.h"
#include "zpool_slabs.h"

/* One slab kept empty spares a cache that goes up and down by one object the page allocator. */
#define KEEP_EMPTY	1

/* What its objects take. */
static size_t object_bytes(const struct zpool_slab *slab)
{
	return (size_t)slab->nr_objects * slab->home->geometry->stride;
}

/* Let the pages say whose they are. */
static void mark(struct zpool_slab *slab, unsigned int tag)
{
	zpool_pages_mark(slab->base, object_bytes(slab), slab->home->geometry->stride,
			 slab, tag);
}

static void unmark(struct zpool_slab *slab)
{
	zpool_pages_unmark(slab->base, object_bytes(slab), slab->home->geometry->stride);
}

static void retire(struct zpool_slab *slab)
{
	if (slab->home->retire)
		slab->home->retire(slab);
}

/* Return: how many pages those have. */
static unsigned long release(struct list_head *dead)
{
	struct zpool_slab *slab;

	list_for_each_entry(slab, dead, list)
		retire(slab);
	return zpool_slab_release(dead);
}

/*
 * Where slabs are. Each function below holds slabs->lock.
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

/* Where it belongs by what is free in it. */
static enum zpool_place place_of(const struct zpool_slab *slab)
{
	if (!slab->nr_free || slab->pfmemalloc)
		return ZPOOL_FULL;
	if (slab->nr_free == slab->nr_objects)
		return ZPOOL_EMPTY;
	if (slab->is_hindered)
		return ZPOOL_HINDERED;
	return ZPOOL_TENTH + (slab->nr_free * slab->tenth >> ZPOOL_TENTH_SHIFT);
}

static void leave(struct zpool_slabs *slabs, struct zpool_slab *slab)
{
	enum zpool_place place = slab->place;

	lockdep_assert_held(&slabs->lock);
	list_del_init(&slab->list);
	if (!--slabs->nr_on[place])
		slabs->serving &= ~(1U << place);
	if (place <= ZPOOL_LAST_TENTH)
		slabs->nr_room -= slab->nr_free;
	if (place == ZPOOL_HINDERED)
		slabs->nr_hindered_pages -= slab->nr_pages;
}

/* At the end where it serves first, or last. */
static void enter(struct zpool_slabs *slabs, struct zpool_slab *slab, enum zpool_place place,
		  bool is_first)
{
	lockdep_assert_held(&slabs->lock);
	if (is_first)
		list_add(&slab->list, &slabs->on[place]);
	else
		list_add_tail(&slab->list, &slabs->on[place]);
	WRITE_ONCE(slab->place, place);
	slabs->nr_on[place]++;
	if (place < ZPOOL_FULL)
		slabs->serving |= 1U << place;
	if (place <= ZPOOL_LAST_TENTH)
		slabs->nr_room += slab->nr_free;
	if (place == ZPOOL_HINDERED)
		slabs->nr_hindered_pages += slab->nr_pages;
}

/* So many more are free in a slab that nobody has isolated. */
static void add_free(struct zpool_slabs *slabs, struct zpool_slab *slab, int more)
{
	slabs->nr_free += more;
	slab->nr_free += more;
	if (slab->place <= ZPOOL_LAST_TENTH)
		slabs->nr_room += more;
}

/* Claimed of the budget, or not any more. */
static void unkeep(struct zpool_slabs *slabs, struct zpool_slab *slab)
{
	lockdep_assert_held(&slabs->lock);
	slabs->nr_empty_pages -= slab->nr_pages;
	zpool_budget_return(zpool_slab_bytes(slab), slabs->node);
}

/*
 * Its pages say so at once, lest a second free of an object follow them to a
 * header that has gone.
 */
static void kill_slab(struct zpool_slabs *slabs, struct zpool_slab *slab,
		      struct list_head *dead)
{
	lockdep_assert_held(&slabs->lock);
	leave(slabs, slab);
	count_slab(slabs, slab, -1);
	slabs->slabs_freed++;
	slabs->pages_freed += slab->nr_pages;
	unmark(slab);
	slab->place = ZPOOL_NOWHERE;
	list_add(&slab->list, dead);
}

/* Keep a slab without used objects, or put it on @dead. */
static void keep_or_kill(struct zpool_slabs *slabs, struct zpool_slab *slab,
			 struct list_head *dead)
{
	lockdep_assert_held(&slabs->lock);
	if (!slab->pfmemalloc && slabs->nr_on[ZPOOL_EMPTY] < KEEP_EMPTY &&
	    zpool_budget_claim(zpool_slab_bytes(slab), READ_ONCE(zpool_budget.limit),
			       slabs->node)) {
		leave(slabs, slab);
		slab->is_hindered = false;
		enter(slabs, slab, ZPOOL_EMPTY, true);
		slabs->nr_empty_pages += slab->nr_pages;
		return;
	}
	kill_slab(slabs, slab, dead);
}

static unsigned int take_objects(struct zpool_slabs *slabs, struct zpool_slab *slab,
				 void **objs, unsigned int nr)
{
	unsigned int got = 0, i;
	enum zpool_place place;

	lockdep_assert_held(&slabs->lock);
	for_each_set_bit(i, slab->free, slab->nr_objects) {
		if (got == nr)
			break;
		__clear_bit(i, slab->free);
		objs[got++] = zpool_slab_object(slab, i);
	}
	add_free(slabs, slab, -(int)got);
	place = place_of(slab);
	if (place != slab->place) {
		leave(slabs, slab);
		enter(slabs, slab, place, true);
	}
	return got;
}

/* Return: false when @obj is not the start of an object in use here. */
static bool put_object(struct zpool_slabs *slabs, void *obj, struct list_head *dead)
{
	struct zpool_slab *slab = zpool_slab_of(obj);
	enum zpool_place place;
	int i;

	lockdep_assert_held(&slabs->lock);
	if (!slab || READ_ONCE(slab->home) != slabs)
		return false;
	i = zpool_slab_index(slab, obj);
	if (i < 0 || __test_and_set_bit(i, slab->free))
		return false;
	add_free(slabs, slab, 1);
	if (slab->place == ZPOOL_ISOLATED)
		return true;
	if (slab->nr_free == slab->nr_objects) {
		keep_or_kill(slabs, slab, dead);
		return true;
	}
	place = place_of(slab);
	if (place != slab->place) {
		leave(slabs, slab);
		enter(slabs, slab, place, false);
	}
	return true;
}

static void count_taken(struct zpool_slabs *slabs, unsigned int nr,
			enum zpool_slab_use use)
{
	lockdep_assert_held(&slabs->lock);
	if (use == ZPOOL_MAGAZINE)
		slabs->refills += !!nr;
	if (use == ZPOOL_MAGAZINE || use == ZPOOL_MOVING)
		return;
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
	unsigned int i;

	*slabs = (struct zpool_slabs) {
		.geometry = g,
		.ctor = ctor,
		.owner = owner,
		.tag = tag,
		.node = node,
	};
	raw_spin_lock_init(&slabs->lock);
	for (i = 0; i < ZPOOL_NR_PLACES; i++)
		INIT_LIST_HEAD(&slabs->on[i]);
}

/* The slab that serves next, taken off what is kept if need be; NULL for none. */
static struct zpool_slab *next_serving(struct zpool_slabs *slabs, enum zpool_slab_use use)
{
	struct zpool_slab *slab;
	unsigned int place;

	lockdep_assert_held(&slabs->lock);
	if (!slabs->serving)
		return NULL;
	place = __ffs(slabs->serving);
	if (place == ZPOOL_EMPTY && use == ZPOOL_MOVING)
		return NULL;
	slab = list_first_entry(&slabs->on[place], struct zpool_slab, list);
	if (place == ZPOOL_EMPTY)
		unkeep(slabs, slab);
	return slab;
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
	struct zpool_slab *slab;
	unsigned int got = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	while (got < nr && (slab = next_serving(slabs, use)))
		got += take_objects(slabs, slab, objs + got, nr - got);
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
	void (*ctor)(void *obj) = READ_ONCE(slabs->ctor);
	unsigned int got, i;
	unsigned long flags;

	/* Who finds a marked page sees a slab that is nowhere yet. */
	smp_store_release(&slab->home, slabs);
	mark(slab, slab->pfmemalloc ? ZPOOL_TAG_HEADER : slabs->tag);
	for (i = 0; ctor && i < slab->nr_objects; i++)
		ctor(zpool_slab_object(slab, i));

	raw_spin_lock_irqsave(&slabs->lock, flags);
	count_slab(slabs, slab, 1);
	enter(slabs, slab, place_of(slab), true);
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
	else if (use != ZPOOL_MOVING)
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
	struct zpool_slab *slab = zpool_slab_of(obj);
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
	release(&dead);
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
	*pages += release(&dead);
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
	list_for_each_entry_safe(slab, next, &slabs->on[ZPOOL_EMPTY], list) {
		unkeep(slabs, slab);
		kill_slab(slabs, slab, &dead);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return release(&dead);
}

/*
 * For the compactor.
 */

/**
 * zpool_slabs_surplus() - how many slabs could go if all objects were moved together
 * @slabs: of which cache and node
 *
 * Of those that are not hindered. Objects that lie in magazines count as used.
 */
unsigned long zpool_slabs_surplus(struct zpool_slabs *slabs)
{
	unsigned long candidates = 0, surplus, flags;
	unsigned int place;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	for (place = ZPOOL_TENTH; place <= ZPOOL_LAST_TENTH; place++)
		candidates += slabs->nr_on[place];
	surplus = min(candidates, slabs->nr_room / slabs->geometry->best.nr_objects);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return surplus;
}

static void isolate(struct zpool_slabs *slabs, struct zpool_slab *slab)
{
	lockdep_assert_held(&slabs->lock);
	if (slab->place == ZPOOL_EMPTY)
		unkeep(slabs, slab);
	leave(slabs, slab);
	enter(slabs, slab, ZPOOL_ISOLATED, false);
}

/* Are there so many free in others? */
static bool has_room_for(const struct zpool_slabs *slabs, const struct zpool_slab *slab,
			 unsigned long owed)
{
	return slabs->nr_room - slab->nr_free >= owed + slab->nr_objects - slab->nr_free;
}

/**
 * zpool_slabs_isolate_sparsest() - isolate the slab that is emptied most easily
 * @slabs: of which cache and node
 * @owed: used objects of slabs that are isolated already; its own are added
 *
 * Return: the slab; NULL where the others have no room for what it has.
 */
struct zpool_slab *zpool_slabs_isolate_sparsest(struct zpool_slabs *slabs, unsigned long *owed)
{
	unsigned int tenths = GENMASK(ZPOOL_LAST_TENTH, ZPOOL_TENTH);
	struct zpool_slab *slab = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	if (slabs->serving & tenths)
		slab = list_last_entry(&slabs->on[__fls(slabs->serving & tenths)],
				       struct zpool_slab, list);
	if (slab && !has_room_for(slabs, slab, *owed))
		slab = NULL;
	if (slab) {
		isolate(slabs, slab);
		*owed += slab->nr_objects - slab->nr_free;
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

/**
 * zpool_slabs_isolate_from() - isolate any slab of a place, wherever its objects may go
 * @slabs: of which cache and node
 * @place: before ZPOOL_ISOLATED
 *
 * Return: the slab, or NULL.
 */
struct zpool_slab *zpool_slabs_isolate_from(struct zpool_slabs *slabs, enum zpool_place place)
{
	struct zpool_slab *slab;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab = list_empty(&slabs->on[place]) ? NULL :
	       list_last_entry(&slabs->on[place], struct zpool_slab, list);
	if (slab)
		isolate(slabs, slab);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

static bool is_within(const struct zpool_slab *slab, unsigned long start_pfn,
		      unsigned long nr_pages)
{
	unsigned long first = page_to_pfn(virt_to_page(slab->base));

	return first < start_pfn + nr_pages && start_pfn < first + slab->nr_pages;
}

/* What is not within goes to the end, so that each is looked at once. */
static bool isolate_within(struct zpool_slabs *slabs, enum zpool_place place,
			   unsigned long start_pfn, unsigned long nr_pages)
{
	unsigned long left, flags;
	struct zpool_slab *slab;
	bool any = false;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	for (left = slabs->nr_on[place]; left && !list_empty(&slabs->on[place]); left--) {
		slab = list_first_entry(&slabs->on[place], struct zpool_slab, list);
		if (is_within(slab, start_pfn, nr_pages)) {
			isolate(slabs, slab);
			any = true;
		} else {
			list_move_tail(&slab->list, &slabs->on[place]);
		}
		if (left % ZPOOL_BATCH == 0) {
			raw_spin_unlock_irqrestore(&slabs->lock, flags);
			raw_spin_lock_irqsave(&slabs->lock, flags);
		}
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return any;
}

/**
 * zpool_slabs_isolate_range() - isolate what lies in a range of memory
 * @slabs: of which cache and node
 * @start_pfn: first page
 * @nr_pages: how many
 *
 * What becomes fuller or emptier meanwhile may be missed. (The pages of the range
 * are not asked: one of somebody else's may look like ours for a moment, with a
 * private word that leads anywhere.)
 *
 * Return: false when there is nothing.
 */
bool zpool_slabs_isolate_range(struct zpool_slabs *slabs, unsigned long start_pfn,
			       unsigned long nr_pages)
{
	unsigned int place;
	bool any = false;

	for (place = 0; place < ZPOOL_ISOLATED; place++)
		any |= isolate_within(slabs, place, start_pfn, nr_pages);
	return any;
}

/**
 * zpool_slabs_first_isolated() - what is left to be emptied or settled
 * @slabs: of which cache and node
 *
 * Return: a slab, or NULL.
 */
struct zpool_slab *zpool_slabs_first_isolated(struct zpool_slabs *slabs)
{
	struct zpool_slab *slab;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab = list_first_entry_or_null(&slabs->on[ZPOOL_ISOLATED], struct zpool_slab, list);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

/**
 * zpool_slabs_settle() - the end of an isolation
 * @slabs: of which cache and node
 * @slab: isolated; no move from it is pending
 * @is_hindered: something in it did not move
 *
 * Context: any but NMI.
 * Return: how many pages were given back: its, if it is empty.
 */
unsigned long zpool_slabs_settle(struct zpool_slabs *slabs, struct zpool_slab *slab,
				 bool is_hindered)
{
	unsigned long flags;
	LIST_HEAD(dead);

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab->is_hindered = is_hindered;
	if (slab->nr_free == slab->nr_objects) {
		kill_slab(slabs, slab, &dead);
	} else {
		leave(slabs, slab);
		enter(slabs, slab, place_of(slab), is_hindered);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return release(&dead);
}

/**
 * zpool_slabs_visit() - look at a slab, which is the last of its place then
 * @slabs: of which cache and node
 * @place: where
 * @visit: called with it, under slabs->lock
 * @arg: for @visit
 *
 * As many calls as there are slabs in that place see all of them, unless they are
 * used meanwhile.
 *
 * Return: false when there is none.
 */
bool zpool_slabs_visit(struct zpool_slabs *slabs, enum zpool_place place,
		       void (*visit)(const struct zpool_slab *slab, void *arg), void *arg)
{
	struct zpool_slab *slab;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab = list_first_entry_or_null(&slabs->on[place], struct zpool_slab, list);
	if (slab) {
		list_move_tail(&slab->list, &slabs->on[place]);
		visit(slab, arg);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

static bool retry_some(struct zpool_slabs *slabs)
{
	struct zpool_slab *slab;
	unsigned int nr = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	while (nr < ZPOOL_BATCH &&
	       (slab = list_first_entry_or_null(&slabs->on[ZPOOL_HINDERED], struct zpool_slab,
						list))) {
		leave(slabs, slab);
		slab->is_hindered = false;
		enter(slabs, slab, place_of(slab), true);
		nr++;
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return nr == ZPOOL_BATCH;
}

/**
 * zpool_slabs_retry() - what hindered may be gone
 * @slabs: of which cache and node
 *
 * Context: process.
 */
void zpool_slabs_retry(struct zpool_slabs *slabs)
{
	while (retry_some(slabs))
		cond_resched();
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
		unmark(slab);
		retire(slab);
		zpool_slab_abandon(slab);
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
	unsigned long nr_used = 0;
	unsigned int place;

	zpool_slabs_trim(slabs);
	for (place = 0; place < ZPOOL_NR_PLACES; place++)
		nr_used += abandon_slabs(&slabs->on[place]);
	return nr_used;
}
