// SPDX-License-Identifier: GPL-2.0
/* See zpool_live.h. */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "zpool_live.h"

/* @obj is known to start an object there. */
static u32 *note_of(const struct zpool_slab *slab, const void *obj)
{
	return &slab->notes[zpool_slab_index(slab, obj)];
}

static u32 phase_of(u32 state)
{
	return state & ZPOOL_LIVE_PHASE;
}

/**
 * zpool_live_set_used() - an object goes to its owner
 * @slab: of @obj
 * @obj: the caller's
 */
void zpool_live_set_used(struct zpool_slab *slab, const void *obj)
{
	WRITE_ONCE(*note_of(slab, obj), ZPOOL_LIVE_USED);
}

/**
 * zpool_live_free() - an object comes from its owner
 * @slab: of @obj
 * @obj: starts an object
 *
 * Context: any.
 * Return: what is to be done with it.
 */
enum zpool_live_free zpool_live_free(struct zpool_slab *slab, const void *obj)
{
	u32 *note = note_of(slab, obj), state, seen = READ_ONCE(*note);

	do {
		state = seen;
		if (!phase_of(state) || state & ZPOOL_LIVE_FREED)
			return ZPOOL_LIVE_TWICE;
		seen = cmpxchg(note, state, phase_of(state) == ZPOOL_LIVE_USED ?
					    ZPOOL_LIVE_FREE : state | ZPOOL_LIVE_FREED);
	} while (seen != state);
	return phase_of(state) == ZPOOL_LIVE_USED ? ZPOOL_LIVE_GO_ON : ZPOOL_LIVE_LEFT;
}

/**
 * zpool_live_set_rcu() - an object is to be freed after a grace period
 * @slab: of @obj
 * @obj: starts an object
 *
 * Return: false when it was free already, or is to be freed so already.
 */
bool zpool_live_set_rcu(struct zpool_slab *slab, const void *obj)
{
	u32 *note = note_of(slab, obj), state, seen = READ_ONCE(*note);

	do {
		state = seen;
		if (!phase_of(state) || state & (ZPOOL_LIVE_FREED | ZPOOL_LIVE_RCU))
			return false;
		seen = cmpxchg(note, state, state | ZPOOL_LIVE_RCU);
	} while (seen != state);
	return true;
}

/**
 * zpool_live_is_fixed() - did its owner say never?
 * @slab: which
 * @i: number of the object
 */
bool zpool_live_is_fixed(const struct zpool_slab *slab, unsigned int i)
{
	return READ_ONCE(slab->notes[i]) & ZPOOL_LIVE_NEVER;
}

/**
 * zpool_live_begin_move() - from now on, whoever frees either leaves it to the compactor
 * @old: note of the object that is to be moved
 * @new: note of one that is free and the caller's
 *
 * Return: false when the old one may not be moved any more.
 */
bool zpool_live_begin_move(u32 *old, u32 *new)
{
	u32 state = READ_ONCE(*old);

	if (phase_of(state) != ZPOOL_LIVE_USED || state & (ZPOOL_LIVE_RCU | ZPOOL_LIVE_NEVER))
		return false;
	WRITE_ONCE(*new, ZPOOL_LIVE_NEW);
	if (cmpxchg(old, state, (state & ~ZPOOL_LIVE_PHASE) | ZPOOL_LIVE_OLD) == state)
		return true;
	WRITE_ONCE(*new, ZPOOL_LIVE_FREE);
	return false;
}

/**
 * zpool_live_end_move() - the reverse, for one of the two
 * @note: of the old or the new one
 * @next: what it is to be, unless it was freed meanwhile: then it is free
 *
 * What is to be freed after a grace period stays in use until then.
 *
 * Return: what it was.
 */
u32 zpool_live_end_move(u32 *note, u32 next)
{
	u32 state, end, seen = READ_ONCE(*note);

	do {
		state = seen;
		if (state & ZPOOL_LIVE_FREED)
			end = ZPOOL_LIVE_FREE;
		else if (state & ZPOOL_LIVE_RCU)
			end = ZPOOL_LIVE_USED | ZPOOL_LIVE_RCU;
		else if (state & ZPOOL_LIVE_NOTIFIED)
			end = next & ~(ZPOOL_LIVE_NEVER | ZPOOL_LIVE_LATERS);
		else
			end = next;
		seen = cmpxchg(note, state, end);
	} while (seen != state);
	return state;
}

/**
 * zpool_live_unmark() - the owner of an object may be asked again
 * @slab: of @obj
 * @obj: starts an object
 */
void zpool_live_unmark(struct zpool_slab *slab, const void *obj)
{
	u32 *note = note_of(slab, obj), state, end, seen = READ_ONCE(*note);

	do {
		state = seen;
		end = state & ~(ZPOOL_LIVE_NEVER | ZPOOL_LIVE_LATERS);
		if (phase_of(state) == ZPOOL_LIVE_OLD)
			end |= ZPOOL_LIVE_NOTIFIED;
		seen = cmpxchg(note, state, end);
	} while (seen != state);
}
