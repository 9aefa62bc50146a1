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

/**
 * zpool_slabs_release() - give slabs back that are dead
 * @dead: as zpool_slabs_kill_locked() left them
 *
 * Context: any but NMI.
 * Return: how many pages they had.
 */
unsigned long zpool_slabs_release(struct list_head *dead)
{
	struct zpool_slab *slab;

	list_for_each_entry(slab, dead, list)
		retire(slab);
	return zpool_slab_release(dead);
}

/*
 * Where slabs are. The functions below are called under slabs->lock.
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

/* Where a slab belongs by what is free in it. */
enum zpool_place zpool_slab_place_locked(const struct zpool_slab *slab)
{
	if (!slab->nr_free || slab->apart == ZPOOL_EMERGENCY)
		return ZPOOL_FULL;
	if (slab->apart)
		return ZPOOL_APART;
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
	if (place < ZPOOL_EMPTY)
		slabs->nr_room -= slab->nr_free;
	if (place == ZPOOL_HINDERED)
		slabs->nr_hindered_pages -= slab->nr_pages;
}

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
	if (place < ZPOOL_EMPTY)
		slabs->nr_room += slab->nr_free;
	if (place == ZPOOL_HINDERED)
		slabs->nr_hindered_pages += slab->nr_pages;
}

/* At the end of @place where it serves first, or last; where it is there already, as it was. */
void zpool_slabs_move_locked(struct zpool_slabs *slabs, struct zpool_slab *slab,
			     enum zpool_place place, bool is_first)
{
	if (place == slab->place)
		return;
	leave(slabs, slab);
	enter(slabs, slab, place, is_first);
}

/* So many more are free in a slab that nobody has isolated. */
static void add_free(struct zpool_slabs *slabs, struct zpool_slab *slab, int more)
{
	slabs->nr_free += more;
	slab->nr_free += more;
	if (slab->place < ZPOOL_EMPTY)
		slabs->nr_room += more;
}

/* It is claimed of the budget no more, and leaves the empty ones. */
void zpool_slabs_unkeep_locked(struct zpool_slabs *slabs, struct zpool_slab *slab)
{
	lockdep_assert_held(&slabs->lock);
	slabs->nr_empty_pages -= slab->nr_pages;
	zpool_budget_return(zpool_slab_bytes(slab), slabs->node);
}

/*
 * Its pages say so at once, lest a second free of an object follow them to a
 * header that has gone.
 */
void zpool_slabs_kill_locked(struct zpool_slabs *slabs, struct zpool_slab *slab,
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
	if (!slab->apart && slabs->nr_on[ZPOOL_EMPTY] < KEEP_EMPTY &&
	    zpool_budget_claim(zpool_slab_bytes(slab), READ_ONCE(zpool_budget.limit),
			       slabs->node)) {
		slab->is_hindered = false;
		zpool_slabs_move_locked(slabs, slab, ZPOOL_EMPTY, true);
		slabs->nr_empty_pages += slab->nr_pages;
		return;
	}
	zpool_slabs_kill_locked(slabs, slab, dead);
}

/* Under the lock, as all here; the caller has nr_free and place follow. */
static unsigned int pick_objects(struct zpool_slab *slab, void **objs, unsigned int nr)
{
	unsigned int got = 0, i;

	for_each_set_bit(i, slab->free, slab->nr_objects) {
		if (got == nr)
			break;
		__clear_bit(i, slab->free);
		objs[got++] = zpool_slab_object(slab, i);
	}
	return got;
}

static unsigned int take_objects(struct zpool_slabs *slabs, struct zpool_slab *slab,
				 void **objs, unsigned int nr)
{
	unsigned int got = pick_objects(slab, objs, nr);

	lockdep_assert_held(&slabs->lock);
	add_free(slabs, slab, -(int)got);
	zpool_slabs_move_locked(slabs, slab, zpool_slab_place_locked(slab), true);
	return got;
}

/* Return: false when @obj is not the start of an object in use here. */
static bool put_object(struct zpool_slabs *slabs, void *obj, struct list_head *dead)
{
	struct zpool_slab *slab = zpool_slab_of(obj);
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
	if (slab->nr_free == slab->nr_objects)
		keep_or_kill(slabs, slab, dead);
	else
		zpool_slabs_move_locked(slabs, slab, zpool_slab_place_locked(slab), false);
	return true;
}

static void count_taken(struct zpool_slabs *slabs, unsigned int nr,
			enum zpool_slab_use use)
{
	lockdep_assert_held(&slabs->lock);
	if (use == ZPOOL_MAGAZINE || use == ZPOOL_PASSING)
		slabs->refills += !!nr;
	else if (use != ZPOOL_MOVING)
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
 * @tag: ZPOOL_TAG_CLASS() or ZPOOL_TAG_HEADER; with init_on_free, all pages say the latter
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

/* The places that may serve, the first of them first. */
static unsigned int serving_for(const struct zpool_slabs *slabs, enum zpool_slab_use use)
{
	switch (use) {
	case ZPOOL_MAGAZINE:
		return slabs->serving & ~BIT(ZPOOL_APART);
	case ZPOOL_MOVING:
		return slabs->serving & GENMASK(ZPOOL_LAST_TENTH, 0);
	default:
		return slabs->serving;
	}
}

/* The slab that serves next, taken off what is kept if need be; NULL for none. */
static struct zpool_slab *next_serving(struct zpool_slabs *slabs, enum zpool_slab_use use)
{
	unsigned int places = serving_for(slabs, use), place;
	struct zpool_slab *slab;

	lockdep_assert_held(&slabs->lock);
	if (!places)
		return NULL;
	place = __ffs(places);
	slab = list_first_entry(&slabs->on[place], struct zpool_slab, list);
	if (place == ZPOOL_EMPTY)
		zpool_slabs_unkeep_locked(slabs, slab);
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
	mark(slab, slab->apart || want_init_on_free() ? ZPOOL_TAG_HEADER : slabs->tag);
	for (i = 0; ctor && i < slab->nr_objects; i++)
		ctor(zpool_slab_object(slab, i));

	raw_spin_lock_irqsave(&slabs->lock, flags);
	got = pick_objects(slab, objs, nr);
	slab->nr_free -= got;
	count_slab(slabs, slab, 1);
	enter(slabs, slab, zpool_slab_place_locked(slab), true);
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
	zpool_slabs_release(&dead);
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
	*pages += zpool_slabs_release(&dead);
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
		zpool_slabs_unkeep_locked(slabs, slab);
		zpool_slabs_kill_locked(slabs, slab, &dead);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return zpool_slabs_release(&dead);
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
