// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots: see zpool_magazine.h. Functions that end in _locked are
 * called with the depot's lock held, by who exchanges a magazine for another.
 */
#include <linux/slab.h>

#include "zpool_budget.h"
#include "zpool_defer.h"
#include "zpool_magazine.h"

u32 zpool_epoch = 1;

/* Never written: count == capacity == 0 and no caller passes those tests. */
static struct {
	struct zpool_magazine mag;
	void *label;
} no_magazine;

struct zpool_magazine *const zpool_no_magazine = &no_magazine.mag;

static size_t magazine_bytes(unsigned int capacity)
{
	return offsetof(struct zpool_magazine, objs) + (capacity + 1) * sizeof(void *);
}

/**
 * zpool_magazine_create() - an empty magazine, if the budget has room
 * @stride: bytes of an object
 * @capacity: objects it is to hold
 * @limit: what the sum of all claims may reach, see zpool_budget_claim()
 * @node: where its memory should be
 *
 * All slots but the label are NULL: who counts what lies in it may see a slot
 * before the object that is written there.
 *
 * Never waits, digs into no reserves and wakes nobody (a free may come under
 * the scheduler's own locks): without a magazine objects go one by one, which
 * is slower but right.
 *
 * Context: any but NMI, outside all locks of ours; where zpool_pages_allowed()
 * is false there is none.
 * Return: the magazine, or NULL.
 */
struct zpool_magazine *zpool_magazine_create(size_t stride, unsigned int capacity,
					     unsigned long limit, int node)
{
	struct zpool_magazine *mag;
	int claimant = max(node, 0);

	if (!zpool_pages_allowed() || !zpool_budget_claim(capacity * stride, limit, claimant))
		return NULL;
	mag = kmalloc_node(magazine_bytes(capacity),
			   __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC | __GFP_ZERO, node);
	if (!mag) {
		zpool_budget_return(capacity * stride, claimant);
		return NULL;
	}
	zpool_metadata_add(magazine_bytes(capacity));
	INIT_LIST_HEAD(&mag->list);
	mag->capacity = capacity;
	mag->objs[0] = (void *)(ZPOOL_LABEL | (unsigned long)claimant << ZPOOL_LABEL_NODE_SHIFT);
	return mag;
}

/**
 * zpool_magazine_destroy() - free an empty magazine and return its claim
 * @mag: from zpool_magazine_create(), or zpool_no_magazine, which stays
 * @stride: as at its creation
 */
void zpool_magazine_destroy(struct zpool_magazine *mag, size_t stride)
{
	if (mag == zpool_no_magazine)
		return;
	WARN_ON_ONCE(mag->count);
	zpool_budget_return(mag->capacity * stride, zpool_magazine_node(mag));
	if (zpool_magazine_is_shared(mag))
		zpool_budget_unshare(mag->capacity * stride);
	zpool_metadata_add(-(long)magazine_bytes(mag->capacity));
	kfree(mag);
}

/**
 * zpool_magazine_move() - claim elsewhere what a magazine claims
 * @mag: the caller's, not zpool_no_magazine
 * @stride: as at its creation
 * @node: where its objects are at home
 */
void zpool_magazine_move(struct zpool_magazine *mag, size_t stride, int node)
{
	unsigned long label = (unsigned long)mag->objs[0] & ~ZPOOL_LABEL_NODE;

	zpool_budget_move(mag->capacity * stride, zpool_magazine_node(mag), node);
	mag->objs[0] = (void *)(label | (unsigned long)node << ZPOOL_LABEL_NODE_SHIFT);
}

/**
 * zpool_magazine_pop() - take objects off the top
 * @mag: the caller's
 * @objs: filled in
 * @nr: how many, no more than it has
 */
void zpool_magazine_pop(struct zpool_magazine *mag, void **objs, unsigned int nr)
{
	WRITE_ONCE(mag->count, mag->count - nr);
	memcpy(objs, &mag->objs[mag->count + 1], nr * sizeof(*objs));
}

/*
 * Depot.
 */

void zpool_depot_init(struct zpool_depot *depot)
{
	*depot = (struct zpool_depot) {};
	raw_spin_lock_init(&depot->lock);
	INIT_LIST_HEAD(&depot->full);
	INIT_LIST_HEAD(&depot->empty);
}

/* Since when it is here. */
static void stamp(struct zpool_magazine *mag)
{
	unsigned long label = (unsigned long)mag->objs[0] & ((1UL << ZPOOL_LABEL_SHIFT) - 1);

	label |= (unsigned long)READ_ONCE(zpool_epoch) << ZPOOL_LABEL_SHIFT;
	mag->objs[0] = (void *)label;
}

/* In passes of the worker. */
static u32 age_of(const struct zpool_magazine *mag)
{
	unsigned long since = (unsigned long)mag->objs[0] >> ZPOOL_LABEL_SHIFT;

	return (zpool_epoch - since) & (~0UL >> ZPOOL_LABEL_SHIFT);
}

static void remove_full(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	lockdep_assert_held(&depot->lock);
	list_del_init(&mag->list);
	depot->nr_full--;
	depot->nr_objects -= mag->count;
}

static void remove_empty(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	lockdep_assert_held(&depot->lock);
	list_del_init(&mag->list);
	depot->nr_empty--;
}

struct zpool_magazine *zpool_depot_take_full_locked(struct zpool_depot *depot)
{
	struct zpool_magazine *mag;

	lockdep_assert_held(&depot->lock);
	mag = list_first_entry_or_null(&depot->full, struct zpool_magazine, list);
	if (mag)
		remove_full(depot, mag);
	return mag;
}

/* Of those there are, as many are looked at. */
#define NR_LOOKS	16

/* One that is not too small for who wants @capacity. */
struct zpool_magazine *zpool_depot_take_empty_locked(struct zpool_depot *depot,
						     unsigned int capacity)
{
	struct zpool_magazine *mag;
	unsigned int nr = 0;

	lockdep_assert_held(&depot->lock);
	list_for_each_entry(mag, &depot->empty, list) {
		if (!zpool_magazine_is_small(mag, capacity)) {
			remove_empty(depot, mag);
			return mag;
		}
		if (++nr == NR_LOOKS)
			break;
	}
	return NULL;
}

static void add_empty(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	struct zpool_magazine *first;

	lockdep_assert_held(&depot->lock);
	first = list_first_entry_or_null(&depot->empty, struct zpool_magazine, list);
	if (first && first->capacity > mag->capacity)
		list_add_tail(&mag->list, &depot->empty);
	else
		list_add(&mag->list, &depot->empty);
	depot->nr_empty++;
}

void zpool_depot_put_locked(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	lockdep_assert_held(&depot->lock);
	if (mag == zpool_no_magazine)
		return;
	stamp(mag);
	if (mag->count) {
		list_add(&mag->list, &depot->full);
		depot->nr_full++;
		depot->nr_objects += mag->count;
	} else {
		add_empty(depot, mag);
	}
}

/**
 * zpool_depot_take() - take any magazine, full ones first
 * @depot: from where
 *
 * None is kept any more, see zpool_depot_put_kept().
 *
 * Return: a magazine that is the caller's, or NULL when there is none.
 */
struct zpool_magazine *zpool_depot_take(struct zpool_depot *depot)
{
	struct zpool_magazine *mag;
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	mag = zpool_depot_take_full_locked(depot) ?: zpool_depot_take_empty_locked(depot, 0);
	depot->nr_kept = 0;
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return mag;
}

/**
 * zpool_depot_put() - leave a magazine, full or empty
 * @depot: where
 * @mag: the caller's; not zpool_no_magazine
 */
void zpool_depot_put(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	zpool_depot_put_locked(depot, mag);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

/**
 * zpool_depot_put_kept() - leave a full magazine for good
 * @depot: where
 * @mag: the caller's
 *
 * As many objects as it has are never too old to stay, until all are taken.
 */
void zpool_depot_put_kept(struct zpool_depot *depot, struct zpool_magazine *mag)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	depot->nr_kept += mag->count;
	zpool_depot_put_locked(depot, mag);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

/* As many under one hold of the lock. */
#define NR_TAKEN_AT_ONCE	16

/*
 * Those that are full are in the order in which they came, those that are empty
 * roughly: small ones are put behind, so some young ones are passed over there.
 */
static size_t take_oldest(struct zpool_depot *depot, struct list_head *from, u32 age,
			  size_t most, struct list_head *taken)
{
	struct zpool_magazine *mag, *next;
	unsigned int nr = 0, young = 0;
	size_t capacity = 0;

	lockdep_assert_held(&depot->lock);
	list_for_each_entry_safe_reverse(mag, next, from, list) {
		if (nr == NR_TAKEN_AT_ONCE || capacity >= most)
			break;
		if (age_of(mag) < age) {
			if (mag->count || ++young == NR_LOOKS)
				break;
			continue;
		}
		if (age && mag->count && depot->nr_objects < depot->nr_kept + mag->count)
			break;
		capacity += mag->capacity;
		if (mag->count)
			remove_full(depot, mag);
		else
			remove_empty(depot, mag);
		list_add(&mag->list, taken);
		nr++;
	}
	return capacity;
}

/**
 * zpool_depot_take_old() - take magazines that nobody came for
 * @depot: from where
 * @age: passes of the worker that they have been there, at least; 0: also those
 *       that are kept, see zpool_depot_put_kept()
 * @most: objects that they may hold together; the last one may exceed it
 * @taken: they are added to it
 *
 * Some at a time, so that the lock is not held long. Both lists have what was used last in front.
 *
 * Return: the objects that those taken can hold, 0 if there were none.
 */
size_t zpool_depot_take_old(struct zpool_depot *depot, u32 age, size_t most,
			    struct list_head *taken)
{
	size_t capacity;
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	capacity = take_oldest(depot, &depot->empty, age, most, taken);
	if (!capacity)
		capacity = take_oldest(depot, &depot->full, age, most, taken);
	depot->nr_kept = min(depot->nr_kept, depot->nr_objects);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return capacity;
}
