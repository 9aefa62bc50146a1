// SPDX-License-Identifier: GPL-2.0
/* See zpool_reserve.h. */
#include <linux/compiler.h>
#include <linux/string.h>

#include "zpool_reserve.h"

void zpool_reserve_init(struct zpool_reserve *r)
{
	*r = (struct zpool_reserve) {};
	raw_spin_lock_init(&r->lock);
}

static void *pop(struct zpool_reserve *r)
{
	lockdep_assert_held(&r->lock);
	WRITE_ONCE(r->count, r->count - 1);
	return r->objs[r->count];
}

/**
 * zpool_reserve_take() - an object for a caller that cannot sleep
 * @r: of which node
 * @is_direct: the magazines were not asked
 *
 * Context: any but NMI.
 * Return: the object, or NULL.
 */
void *zpool_reserve_take(struct zpool_reserve *r, bool is_direct)
{
	unsigned long flags;
	void *obj = NULL;

	raw_spin_lock_irqsave(&r->lock, flags);
	if (r->count) {
		obj = pop(r);
		r->allocs++;
		r->misses += is_direct;
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return obj;
}

/**
 * zpool_reserve_put() - leave an object, if one is missing
 * @r: of the object's node
 * @obj: taken in its slab
 * @is_freed: by a caller, just now
 *
 * Context: any but NMI.
 * Return: false when none is missing: the object is still the caller's.
 */
bool zpool_reserve_put(struct zpool_reserve *r, void *obj, bool is_freed)
{
	unsigned long flags;
	bool is_put;

	raw_spin_lock_irqsave(&r->lock, flags);
	is_put = r->count < r->target;
	if (is_put) {
		r->objs[r->count] = obj;
		WRITE_ONCE(r->count, r->count + 1);
		r->frees += is_freed;
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return is_put;
}

/**
 * zpool_reserve_set() - how much is to be kept
 * @r: of which node
 * @target: objects
 * @objs: room for so many, in the place of what there is; NULL: it is enough
 *
 * What is above a lower target is to be taken by zpool_reserve_surplus().
 *
 * Return: the room that is not needed any more, or NULL.
 */
void **zpool_reserve_set(struct zpool_reserve *r, unsigned int target, void **objs)
{
	void **old = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	WRITE_ONCE(r->target, target);
	if (objs || (!target && !r->count)) {
		if (r->count)
			memcpy(objs, r->objs, r->count * sizeof(*objs));
		old = r->objs;
		r->objs = objs;
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return old;
}

/**
 * zpool_reserve_surplus() - take an object that is above the target
 * @r: of which node
 *
 * Return: the object, or NULL when there is none.
 */
void *zpool_reserve_surplus(struct zpool_reserve *r)
{
	unsigned long flags;
	void *obj;

	raw_spin_lock_irqsave(&r->lock, flags);
	obj = r->count > r->target ? pop(r) : NULL;
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return obj;
}
