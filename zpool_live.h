/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which objects of a typed cache that may move are alive, for their owner is not
 * to be asked to move what is free: to its slab, an object in a magazine is taken
 * as well. The state of each is its note.
 *
 * While an object is being moved, both the old and the new one stay: who frees
 * either only leaves a word, and the compactor does it when the move is over.
 *
 * Called by the layers from alloc up. No locks: each change is one atomic
 * operation, and whoever finds a state that must not be has made a mistake.
 */
#ifndef _KZPOOL_LIVE_H
#define _KZPOOL_LIVE_H

#include "zpool_slabs.h"

enum zpool_live {
	ZPOOL_LIVE_FREE		= 0,		/* in the slab, a magazine or a reserve */
	ZPOOL_LIVE_USED		= 1,
	ZPOOL_LIVE_OLD		= 2,		/* being moved away from */
	ZPOOL_LIVE_NEW		= 3,		/* being moved to */
	ZPOOL_LIVE_PHASE	= 3,

	ZPOOL_LIVE_FREED	= 1 << 2,	/* by its owner, while it was being moved */
	ZPOOL_LIVE_RCU		= 1 << 3,	/* to be freed after a grace period: does not move */
	ZPOOL_LIVE_NEVER	= 1 << 4,	/* nor does this */
	ZPOOL_LIVE_LATER	= 1 << 5,	/* put off so many times: two bits */
	ZPOOL_LIVE_LATERS	= 3 << 5,
	ZPOOL_LIVE_NOTIFIED	= 1 << 7,	/* while it was being moved: the answer may be old */
};

/* What became of a free. */
enum zpool_live_free {
	ZPOOL_LIVE_GO_ON,			/* the caller's, to put where it belongs */
	ZPOOL_LIVE_LEFT,			/* the compactor's */
	ZPOOL_LIVE_TWICE,			/* it was free already */
};

void zpool_live_set_used(struct zpool_slab *slab, const void *obj);
enum zpool_live_free zpool_live_free(struct zpool_slab *slab, const void *obj);
bool zpool_live_set_rcu(struct zpool_slab *slab, const void *obj);
bool zpool_live_is_fixed(const struct zpool_slab *slab, unsigned int i);
bool zpool_live_begin_move(u32 *old, u32 *new);
u32 zpool_live_end_move(u32 *note, u32 next);
void zpool_live_unmark(struct zpool_slab *slab, const void *obj);

#endif /* _KZPOOL_LIVE_H */
