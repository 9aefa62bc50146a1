// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that their owner moves: the callback, its five answers, and what is
 * done about each. After the consolidator of the illumos kmem allocator.
 *
 * The owner is called under compact_lock alone, which no function that it may call
 * takes; and the cache cannot end meanwhile. What it was offered and did not take, and what it left, is constructed anew, so that
 * a callback may leave either in any state.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/rcupdate.h>

#include "zpool_alloc.h"
#include "zpool_live.h"
#include "zpool_report.h"

/* LATER so often is NEVER. */
#define MOST_LATERS	3U

/* One move: from where to where. */
struct move {
	struct zpool_cache *cache;
	void *old, *new;
	u32 *old_note, *new_note;
};

static void construct(const struct zpool_cache *cache, void *obj)
{
	void (*ctor)(void *obj) = READ_ONCE(cache->ctor);

	if (ctor)
		ctor(obj);
}

static void put_old(const struct move *m, enum zpool_slab_use use)
{
	void *obj = m->old;

	zpool_slabs_free(&obj, 1, use, m->cache);
}

/* The new one was not taken. If it waits for a grace period, links are in it until then. */
static void end_new(const struct move *m)
{
	u32 state = zpool_live_end_move(m->new_note, ZPOOL_LIVE_FREE);

	WRITE_ONCE(*m->new_note, ZPOOL_LIVE_FREE);
	if (state & (ZPOOL_LIVE_FREED | ZPOOL_LIVE_RCU))
		zpool_report("%s: %p was freed, which a move had offered and its callback not taken",
			     m->cache->name, m->new);
	if (state & ZPOOL_LIVE_RCU)
		rcu_barrier();
	construct(m->cache, m->new);
}

/*
 * The owner has left the old one, and taken the new one or not: else this is the
 * free of what was allocated.
 */
static void end_old(const struct move *m, const char *answer, enum zpool_slab_use use)
{
	u32 state = zpool_live_end_move(m->old_note, ZPOOL_LIVE_FREE);

	if (state & (ZPOOL_LIVE_FREED | ZPOOL_LIVE_RCU))
		zpool_report("%s: %p was freed, and its callback says %s as well", m->cache->name,
			     m->old, answer);
	if (!(state & ZPOOL_LIVE_RCU))
		construct(m->cache, m->old);
	if (state & ZPOOL_LIVE_FREED || !(state & ZPOOL_LIVE_RCU))
		put_old(m, use);
	else if (use == ZPOOL_MOVING)
		atomic_long_inc(&m->cache->dropped);
}

static enum zpool_moved moved(const struct move *m)
{
	if (!(zpool_live_end_move(m->new_note, ZPOOL_LIVE_USED) & ZPOOL_LIVE_FREED)) {
		end_old(m, "done", ZPOOL_MOVING);
		return ZPOOL_MOVED;
	}
	/* Freed at once, at its new place: which is ours again. */
	end_old(m, "done", ZPOOL_FALLBACK);
	return ZPOOL_NOT_NEEDED;
}

/* It stays, unless it was freed meanwhile. */
static enum zpool_moved stayed(const struct move *m, u32 marks, enum zpool_moved why)
{
	end_new(m);
	if (!(zpool_live_end_move(m->old_note, ZPOOL_LIVE_USED | marks) & ZPOOL_LIVE_FREED))
		return why;
	put_old(m, ZPOOL_FALLBACK);
	return ZPOOL_NOT_IN_USE;
}

static enum zpool_moved put_off(const struct move *m)
{
	u32 laters = READ_ONCE(*m->old_note) & ZPOOL_LIVE_LATERS;

	if (laters / ZPOOL_LIVE_LATER + 1 >= MOST_LATERS)
		return stayed(m, ZPOOL_LIVE_NEVER, ZPOOL_PUT_OFF);
	return stayed(m, laters + ZPOOL_LIVE_LATER, ZPOOL_PUT_OFF);
}

static enum zpool_moved not_needed(const struct move *m)
{
	end_new(m);
	end_old(m, "unneeded", ZPOOL_FALLBACK);
	return ZPOOL_NOT_NEEDED;
}

static enum zpool_moved act_on(const struct move *m, enum zpool_move answer)
{
	switch (answer) {
	case ZPOOL_MOVE_DONE:
		return moved(m);
	case ZPOOL_MOVE_NEVER:
		return stayed(m, ZPOOL_LIVE_NEVER, ZPOOL_REFUSED);
	case ZPOOL_MOVE_LATER:
		return put_off(m);
	case ZPOOL_MOVE_UNNEEDED:
		return not_needed(m);
	case ZPOOL_MOVE_UNKNOWN:
		return stayed(m, READ_ONCE(*m->old_note) & ZPOOL_LIVE_LATERS, ZPOOL_NOT_KNOWN);
	}
	zpool_report("%s: %d is no answer to a move; taken for never", m->cache->name, answer);
	return stayed(m, ZPOOL_LIVE_NEVER, ZPOOL_REFUSED);
}

static enum zpool_moved move(struct zpool_cache *cache, struct zpool_slab *slab, unsigned int i,
			     struct zpool_slab *to, unsigned int j)
{
	enum zpool_move (*callback)(void *old, void *new, size_t size, void *arg);
	const struct move m = {
		.cache		= cache,
		.old		= zpool_slab_object(slab, i),
		.new		= zpool_slab_object(to, j),
		.old_note	= &slab->notes[i],
		.new_note	= &to->notes[j],
	};

	callback = READ_ONCE(cache->move);
	if (!callback || !zpool_live_begin_move(m.old_note, m.new_note))
		return ZPOOL_NOT_IN_USE;
	return act_on(&m, callback(m.old, m.new, cache->geometry.size, cache->move_arg));
}

static const struct zpool_mover mover = {
	.is_fixed	= zpool_live_is_fixed,
	.move		= move,
};

static bool has_slabs(const struct zpool_cache *cache)
{
	int nid;

	for_each_node(nid)
		if (READ_ONCE(cache->nodes[nid]->slabs.nr_slabs))
			return true;
	return false;
}

/**
 * zpool_cache_set_move() - let the objects of a cache be moved
 * @cache: with a constructor; no object has been allocated from it yet
 * @move: the callback; NULL: from now on nothing moves, and no callback is
 *        going on any more when this returns (call it under no lock that the
 *        callback takes; the same holds for zpool_cache_destroy())
 * @arg: for @move
 *
 * The compactor calls @move with an object that is allocated, one of the same
 * cache and node that is constructed and free, their size, and @arg. @move is
 * called in process context and may sleep, under no lock but that of compaction,
 * and when memory is to go offline those of memory and CPU hotplug: it must not wait
 * for either. It may call the pools, but may neither end this cache nor change its
 * callback. It has five answers:
 *
 *   ZPOOL_MOVE_DONE      the new one has taken the place of the old one, which
 *                        nobody knows any more
 *   ZPOOL_MOVE_NEVER     the old one cannot move: do not ask again
 *   ZPOOL_MOVE_LATER     not now: ask again (three times in all)
 *   ZPOOL_MOVE_UNNEEDED  the old one is not needed: it is freed
 *   ZPOOL_MOVE_UNKNOWN   the old one is not known, being freed or not yet in use
 *
 * Only its owner can know whether an object may move: @move must make sure, by
 * a lock of its own, that nobody uses the old one. An object may be freed on
 * another CPU at any time; what is freed while @move works on it stays what it
 * was until @move returns. @move may leave either object in any state.
 *
 * Context: process; with NULL, waits for a callback that is going on.
 * Return: 0; -EINVAL, with a report, for a cache without constructor or no cache;
 *         -EBUSY, with a report, when it has objects already.
 */
int zpool_cache_set_move(struct zpool_cache *cache,
			 enum zpool_move (*move)(void *old, void *new, size_t size, void *arg),
			 void *arg)
{
	const char *why = NULL;
	int err = -EINVAL;

	mutex_lock(&zpool_caches_lock);
	if (!zpool_cache_is_typed_locked(cache)) {
		why = "is no cache, or not any more";
	} else if (move && !cache->ctor) {
		why = "has no constructor";
	} else if (move && has_slabs(cache)) {
		why = "has objects already";
		err = -EBUSY;
	} else if (move) {
		cache->geometry.has_notes = true;
		cache->move_arg = arg;
		WRITE_ONCE(cache->move, move);
		WRITE_ONCE(cache->mover, &mover);
	} else {
		WRITE_ONCE(cache->move, NULL);
	}
	mutex_unlock(&zpool_caches_lock);
	if (why) {
		zpool_report("set_move: %p %s", cache, why);
		return err;
	}
	if (!move)
		zpool_cache_wait_unused(cache, 0);
	return 0;
}
EXPORT_SYMBOL_GPL(zpool_cache_set_move);

/**
 * zpool_cache_move_notify() - an object that could not move may do so now
 * @cache: whose callback said never, or later
 * @obj: of which
 *
 * Context: any.
 */
void zpool_cache_move_notify(struct zpool_cache *cache, void *obj)
{
	struct zpool_slab *slab;
	struct page *page;

	if (!zpool_is_ours(obj, &page) || zpool_owner(zpool_page_slab(page)) != cache) {
		zpool_report("move_notify: %p is no object of %s; ignored", obj, cache->name);
		return;
	}
	/* The compactor may move it just now, and its slab may go. */
	rcu_read_lock();
	slab = zpool_page_slab(page);
	if (READ_ONCE(cache->mover) == &mover &&
	    zpool_is_object(slab, obj, "move_notify", (void *)_RET_IP_)) {
		zpool_live_unmark(slab, obj);
		WRITE_ONCE(cache->compact_wait, 0);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(zpool_cache_move_notify);
