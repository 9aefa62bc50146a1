// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_compact.h.
 *
 * A pass takes the sparsest slabs of a cache and node out of circulation, as many
 * as the others have room for, then brings home what lies in magazines (until then
 * a free object looks like a used one to its slab), then moves what is left. The
 * more slabs there are free in sum, the more can go: it does not matter how evenly
 * they are filled. What will not move makes its slab one to be filled, and nothing
 * else of it is moved.
 *
 * Copies and callbacks run with no lock held but that of compaction, which only
 * keeps another compaction out. Room is taken before and given back after. Nothing
 * is made for it: without room for a move, all stays as it is.
 *
 * Rejected: to compact by a threshold of each slab (a cache whose slabs are all
 * half full would stay so for ever), to let the free path know of moves but by one
 * look at its slab.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "zpool_compact.h"
#include "zpool_debug.h"
#include "zpool_drain.h"
#include "zpool_isolate.h"
#include "zpool_report.h"

/* With fewer slabs to be gained, a cache is left alone, unless memory is scarce. */
#define LEAST_SURPLUS	8U

/* Until a pass is followed by the next, so that others get to run. */
#define PASS_MS		20U

/* Turns without a gain in a row double those to come that are skipped. */
#define MOST_WAITS	63U

/* illumos starts at an eighth of free objects. */
#define FRAG_PCT	12U
#define BATCH		1024U

struct zpool_compact zpool_compact = {
	.frag_pct	= FRAG_PCT,
	.batch		= BATCH,
};

/* One compaction at a time. Callbacks run under it; no function for callers takes it. */
static DEFINE_MUTEX(compact_lock);

/* Objects to move to, of the slabs' own. */
struct room {
	struct zpool_slabs *slabs;
	bool may_make;			/* a slab for it; else there must be some */
	unsigned int nr;
	void *objs[ZPOOL_BATCH];
};

static void make_slab(struct room *room)
{
	struct zpool_slabs *slabs = room->slabs;
	struct zpool_slab *slab;

	slab = zpool_slab_create(slabs->geometry, ZPOOL_NOT_APART,
				 GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, slabs->node);
	if (slab)
		room->nr = zpool_slabs_add(slabs, slab, room->objs, 1, ZPOOL_MOVING);
}

static void *find_room(struct room *room)
{
	if (!room->nr)
		room->nr = zpool_slabs_alloc(room->slabs, room->objs, ZPOOL_BATCH, ZPOOL_MOVING);
	if (!room->nr && room->may_make)
		make_slab(room);
	return room->nr ? room->objs[room->nr - 1] : NULL;
}

static void leave_room(struct room *room)
{
	if (room->nr)
		zpool_slabs_free(room->objs, room->nr, ZPOOL_MOVING, NULL);
	room->nr = 0;
}

static void count(struct zpool_cache *cache, enum zpool_moved moved)
{
	lockdep_assert_held(&compact_lock);
	if (moved >= ZPOOL_NR_MOVED)
		return;
	WRITE_ONCE(cache->moves[moved], cache->moves[moved] + 1);
	WRITE_ONCE(zpool_compact.moves[moved], zpool_compact.moves[moved] + 1);
}

static enum zpool_moved move_object(struct zpool_cache *cache, struct zpool_slab *slab,
				    unsigned int i, void *new)
{
	struct zpool_slab *to = zpool_slab_of(new);
	unsigned int j = zpool_slab_index(to, new);
	enum zpool_moved moved;

	if (slab->sites)
		WRITE_ONCE(to->sites[j], READ_ONCE(slab->sites[i]));
	moved = cache->mover->move(cache, slab, i, to, j);
	count(cache, moved);
	return moved;
}

/* A pin counts whenever it is met; what said never was counted then. */
static bool has_fixed(struct zpool_cache *cache, const struct zpool_slab *slab)
{
	unsigned int i;

	for (i = 0; i < slab->nr_objects; i++) {
		if (!cache->mover->is_fixed(slab, i))
			continue;
		if (cache->mover->is_of_handles)
			count(cache, ZPOOL_PINNED);
		return true;
	}
	return false;
}

/* Return: false when something in it does not move. */
static bool move_all(struct zpool_cache *cache, struct zpool_slab *slab, struct room *room)
{
	enum zpool_moved moved;
	unsigned int i;
	void *new;

	for (i = 0; i < slab->nr_objects && (new = find_room(room)); i++) {
		moved = move_object(cache, slab, i, new);
		room->nr -= moved == ZPOOL_MOVED;
		if (moved > ZPOOL_NOT_NEEDED && moved < ZPOOL_NOT_IN_USE)
			return false;
		cond_resched();
	}
	return true;
}

/* Return: true if it could be given back. */
static bool evacuate(struct zpool_cache *cache, struct zpool_slab *slab, struct room *room)
{
	bool moves = !has_fixed(cache, slab) && move_all(cache, slab, room);
	bool is_gone = zpool_isolate_end(room->slabs, slab, !moves);

	cond_resched();
	WRITE_ONCE(zpool_compact.slabs_emptied, zpool_compact.slabs_emptied + is_gone);
	return is_gone;
}

/* Return: how many slabs were given back. */
static unsigned long evacuate_isolated(struct zpool_cache *cache, struct zpool_slabs *slabs,
				       bool may_make)
{
	struct room room = { .slabs = slabs, .may_make = may_make };
	unsigned long gone = 0;
	struct zpool_slab *slab;

	/* Free in a magazine is used in its slab: home first. */
	zpool_cache_drain(cache);
	while ((slab = zpool_isolate_first(slabs)))
		gone += evacuate(cache, slab, &room);
	leave_room(&room);
	WRITE_ONCE(zpool_compact.passes, zpool_compact.passes + 1);
	return gone;
}

/* Return: how many slabs were given back. */
static unsigned long pass(struct zpool_cache *cache, struct zpool_slabs *slabs)
{
	unsigned long owed = 0, batch = READ_ONCE(zpool_compact.batch);
	bool any = false;

	lockdep_assert_held(&compact_lock);
	while (owed < batch && zpool_isolate_sparsest(slabs, &owed)) {
		any = true;
		cond_resched();
	}
	return any ? evacuate_isolated(cache, slabs, false) : 0;
}

/* As long as anything is to be gained of what there is now: others may make more as fast. */
static void compact(struct zpool_cache *cache)
{
	int nid;

	lockdep_assert_held(&compact_lock);
	/* What lies in magazines and depots looks used: there may seem to be no surplus. */
	zpool_cache_drain(cache);
	for_each_node(nid) {
		struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;
		unsigned long left, gone;

		zpool_isolate_retry(slabs);
		for (left = zpool_isolate_surplus(slabs); left; left -= min(left, gone)) {
			gone = pass(cache, slabs);
			if (!gone || fatal_signal_pending(current))
				break;
		}
	}
}

/**
 * zpool_compact_all() - compact until nothing can be gained any more
 *
 * Context: process; waits for grace periods and for owners' callbacks.
 */
void zpool_compact_all(void)
{
	struct zpool_cache *cache;
	u64 serial = 0;

	do {	/* between two caches the worker may have its turn */
		mutex_lock(&compact_lock);
		cache = zpool_cache_hold_after(serial);
		if (cache) {
			serial = cache->serial;
			compact(cache);
			zpool_cache_release(cache);
		}
		mutex_unlock(&compact_lock);
	} while (cache);
}

/**
 * zpool_compact_named() - the same for one cache
 * @name: which
 *
 * Context: see zpool_compact_all().
 * Return: 0; -ENOENT, with a report, when there is none of that name; -EOPNOTSUPP,
 *         with a report, when nothing in it moves.
 */
int zpool_compact_named(const char *name)
{
	struct zpool_cache *cache;
	int err = 0;

	/* A callback may end other caches: who holds one must not wait for it. */
	mutex_lock(&compact_lock);
	cache = zpool_cache_hold(name);
	if (!cache) {
		zpool_report("compact: '%s' is neither 1 nor the name of a cache", name);
		err = -ENOENT;
	} else if (!READ_ONCE(cache->mover)) {
		zpool_report("compact: nothing of %s moves", name);
		err = -EOPNOTSUPP;
	} else {
		compact(cache);
	}
	if (cache)
		zpool_cache_release(cache);
	mutex_unlock(&compact_lock);
	return err;
}

/*
 * The worker's turns.
 */

static bool is_fragmented(const struct zpool_slabs *slabs, unsigned long surplus)
{
	return surplus >= LEAST_SURPLUS &&
	       surplus * 100 >= READ_ONCE(slabs->nr_slabs) * READ_ONCE(zpool_compact.frag_pct);
}

static bool is_worth_it(struct zpool_slabs *slabs, bool is_scarce)
{
	unsigned long surplus = zpool_isolate_surplus(slabs);

	return is_scarce ? surplus : is_fragmented(slabs, surplus);
}

/* Who gains nothing is left alone for longer and longer. */
static void wait_longer(struct zpool_cache *cache)
{
	cache->compact_waits = min(2 * cache->compact_waits + 1, MOST_WAITS);
	WRITE_ONCE(cache->compact_wait, cache->compact_waits);
}

/* One pass on each node. Return: true if there is more to be gained. */
static bool turn(struct zpool_cache *cache, bool is_scarce)
{
	bool tried = false, more = false;
	unsigned long gone = 0;
	int nid;

	for_each_node(nid) {
		struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;
		unsigned long gained;

		if (!cache->is_compacting)
			zpool_isolate_retry(slabs);
		if (!is_worth_it(slabs, is_scarce))
			continue;
		tried = true;
		gained = pass(cache, slabs);
		gone += gained;
		more |= gained && is_worth_it(slabs, is_scarce);
	}
	if (gone)
		cache->compact_waits = 0;
	else if (tried)
		wait_longer(cache);
	cache->is_compacting = more;
	return more;
}

/*
 * Debugging: a slab of any place is emptied, though nothing is gained, so that who
 * keeps the address of what may move is found out soon.
 */
static void shake(struct zpool_cache *cache, struct zpool_slabs *slabs)
{
	static u32 random;
	unsigned int tries;

	for (tries = 0; tries < ZPOOL_FULL; tries++) {
		unsigned int place;

		random = 1664525 * random + 1013904223;		/* Numerical Recipes */
		place = (random >> 16) % (ZPOOL_FULL + 1);
		if (place != ZPOOL_EMPTY && zpool_isolate_from(slabs, place)) {
			evacuate_isolated(cache, slabs, true);
			return;
		}
	}
}

static bool work_on(struct zpool_cache *cache, bool is_scarce)
{
	unsigned int wait;
	int nid;

	lockdep_assert_held(&compact_lock);
	if (zpool_debug & ZPOOL_DEBUG_MOVE)
		for_each_node(nid)
			shake(cache, &cache->nodes[nid]->slabs);
	wait = READ_ONCE(cache->compact_wait);
	if (wait && !is_scarce) {
		cmpxchg(&cache->compact_wait, wait, wait - 1);	/* unless somebody notified */
		return false;
	}
	return turn(cache, is_scarce);
}

/**
 * zpool_compact_turn() - one pass over what is worth it
 * @is_scarce: memory is: whatever can be gained is worth it
 *
 * Context: process; waits for grace periods and for owners' callbacks.
 * Return: ms after which there is more to do, 0 if there is not.
 */
unsigned int zpool_compact_turn(bool is_scarce)
{
	struct zpool_cache *cache;
	bool more = false;
	u64 serial = 0;

	mutex_lock(&compact_lock);
	while ((cache = zpool_cache_hold_after(serial))) {
		serial = cache->serial;
		more |= work_on(cache, is_scarce);
		zpool_cache_release(cache);
	}
	mutex_unlock(&compact_lock);
	return more ? PASS_MS : 0;
}

/*
 * Memory that is to go offline.
 */

/* Who offlines memory holds locks that a callback may want: it does not wait for one for ever. */
#define MOST_TRIES	100

static bool lock_soon(void)
{
	unsigned int tries;

	for (tries = 0; tries < MOST_TRIES; tries++) {
		if (mutex_trylock(&compact_lock))
			return true;
		schedule_timeout_uninterruptible(1);
	}
	return false;
}

static void empty_range(struct zpool_cache *cache, unsigned long start_pfn,
			unsigned long nr_pages)
{
	int nid;

	lockdep_assert_held(&compact_lock);
	for_each_node(nid) {
		struct zpool_slabs *slabs = &cache->nodes[nid]->slabs;

		if (zpool_isolate_range(slabs, start_pfn, nr_pages))
			evacuate_isolated(cache, slabs, true);
	}
}

/**
 * zpool_compact_range() - move what moves out of a range of memory
 * @start_pfn: first page
 * @nr_pages: how many
 *
 * Context: process, under the locks of memory hotplug; waits for grace periods and for
 * owners' callbacks.
 */
void zpool_compact_range(unsigned long start_pfn, unsigned long nr_pages)
{
	struct zpool_cache *cache;
	u64 serial = 0;

	if (!lock_soon())
		return;
	while ((cache = zpool_cache_hold_after(serial))) {
		serial = cache->serial;
		empty_range(cache, start_pfn, nr_pages);
		zpool_cache_release(cache);
	}
	mutex_unlock(&compact_lock);
}
