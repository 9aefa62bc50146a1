/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: fixed-capacity stacks of free objects, and a depot of them for
 * each cache and node. After Bonwick and Adams, "Magazines and Vmem" (USENIX
 * 2001).
 *
 * Called by the layers from head to cache and above. Calls the slab layer.
 */
#ifndef _KZPOOL_MAGAZINE_H
#define _KZPOOL_MAGAZINE_H

#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/spinlock.h>

#include "zpool_slabs.h"

/*
 * A stack of free objects: objs[1] to objs[count], the last one on top.
 * objs[0] is never an object, so that objs[count] can be compared with the one
 * being freed without a test for the empty stack: it is the label, an odd
 * number. Capacities of 4, 12, 28, 60, 124 and 252 fill 64, 128, 256, 512 and 1024
 * bytes exactly.
 */
struct zpool_magazine {
	struct list_head list;		/* in a depot, under depot->lock */
	u32 count;			/* <= capacity */
	u32 capacity;
	void *objs[];
};

/*
 * Label: 1 | claimed for depots, see zpool_budget_share() | the node where it
 * is claimed | since when in a depot
 */
#define ZPOOL_LABEL		1UL
#define ZPOOL_LABEL_SHARED	2UL
#define ZPOOL_LABEL_NODE_SHIFT	2
#define ZPOOL_LABEL_NODE	(1023UL << ZPOOL_LABEL_NODE_SHIFT)
#define ZPOOL_LABEL_SHIFT	12
static_assert(MAX_NUMNODES <= 1024);

/* Passes of the worker: what the age of a magazine in a depot is counted in. */
extern u32 zpool_epoch;

/* What every head starts with and falls back to: pops and pushes both miss. */
extern struct zpool_magazine *const zpool_no_magazine;

/* Full (at least not empty) and empty magazines of one cache on one node. */
struct zpool_depot {
	raw_spinlock_t lock;
	struct list_head full;
	struct list_head empty;
	unsigned long nr_full;		/* under lock, as all below */
	unsigned long nr_empty;
	unsigned long nr_objects;	/* in the full ones */
	unsigned long nr_kept;		/* of these, so many do not grow old */
};

struct zpool_magazine *zpool_magazine_create(size_t stride, unsigned int capacity,
					     unsigned long limit, int node);
void zpool_magazine_destroy(struct zpool_magazine *mag, size_t stride);

void zpool_magazine_move(struct zpool_magazine *mag, size_t stride, int node);
void zpool_magazine_pop(struct zpool_magazine *mag, void **objs, unsigned int nr);

void zpool_depot_init(struct zpool_depot *depot);
struct zpool_magazine *zpool_depot_take(struct zpool_depot *depot);
void zpool_depot_put(struct zpool_depot *depot, struct zpool_magazine *mag);
void zpool_depot_put_kept(struct zpool_depot *depot, struct zpool_magazine *mag);
struct zpool_magazine *zpool_depot_take_full_locked(struct zpool_depot *depot);
struct zpool_magazine *zpool_depot_take_empty_locked(struct zpool_depot *depot,
						     unsigned int capacity);
void zpool_depot_put_locked(struct zpool_depot *depot, struct zpool_magazine *mag);
size_t zpool_depot_take_old(struct zpool_depot *depot, u32 age, size_t most,
			    struct list_head *taken);

/* Take the top object; then @left are left. */
static __always_inline void *zpool_magazine_take(struct zpool_magazine *mag, unsigned long left)
{
	WRITE_ONCE(mag->count, left);
	return mag->objs[left + 1];
}

enum zpool_push { ZPOOL_PUSHED, ZPOOL_NO_ROOM, ZPOOL_TWICE };

/* Put an object on top. */
static __always_inline enum zpool_push zpool_magazine_put(struct zpool_magazine *mag, void *obj)
{
	u32 count = mag->count;

	if (unlikely(mag->objs[count] == obj))
		return ZPOOL_TWICE;
	if (unlikely(count == mag->capacity))
		return ZPOOL_NO_ROOM;
	mag->objs[count + 1] = obj;
	WRITE_ONCE(mag->count, count + 1);
	return ZPOOL_PUSHED;
}

static inline void zpool_magazine_share(struct zpool_magazine *mag)
{
	mag->objs[0] = (void *)((unsigned long)mag->objs[0] | ZPOOL_LABEL_SHARED);
}

static inline bool zpool_magazine_is_shared(const struct zpool_magazine *mag)
{
	return (unsigned long)mag->objs[0] & ZPOOL_LABEL_SHARED;
}

/*
 * One goes to a CPU, another to a depot, under the locks of both: if they are alike,
 * it is the depot that has what was claimed for depots.
 */
static inline void zpool_magazine_trade(struct zpool_magazine *to_cpu,
					struct zpool_magazine *to_depot)
{
	if (to_cpu->capacity != to_depot->capacity || !zpool_magazine_is_shared(to_cpu) ||
	    zpool_magazine_is_shared(to_depot))
		return;
	to_cpu->objs[0] = (void *)((unsigned long)to_cpu->objs[0] & ~ZPOOL_LABEL_SHARED);
	zpool_magazine_share(to_depot);
}

static inline int zpool_magazine_node(const struct zpool_magazine *mag)
{
	return ((unsigned long)mag->objs[0] & ZPOOL_LABEL_NODE) >> ZPOOL_LABEL_NODE_SHIFT;
}

/* Not worth to be kept by who wants @capacity. */
static inline bool zpool_magazine_is_small(const struct zpool_magazine *mag,
					   unsigned int capacity)
{
	return mag->capacity < capacity / 2;
}

#endif /* _KZPOOL_MAGAZINE_H */
