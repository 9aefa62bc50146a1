// SPDX-License-Identifier: GPL-2.0
/* See zpool_isolate.h. */
#include <linux/mm.h>
#include <linux/sched.h>

#include "zpool_isolate.h"

/**
 * zpool_isolate_surplus() - how many slabs could go if all objects were moved together
 * @slabs: of which cache and node
 *
 * Of those that are not hindered. Objects that lie in magazines count as used.
 */
unsigned long zpool_isolate_surplus(struct zpool_slabs *slabs)
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
		zpool_slabs_unkeep_locked(slabs, slab);
	zpool_slabs_move_locked(slabs, slab, ZPOOL_ISOLATED, false);
}

/**
 * zpool_isolate_sparsest() - isolate the slab that is emptied most easily
 * @slabs: of which cache and node
 * @owed: used objects of slabs that are isolated already; its own are added
 *
 * Return: the slab; NULL where the others have no room for what it has.
 */
struct zpool_slab *zpool_isolate_sparsest(struct zpool_slabs *slabs, unsigned long *owed)
{
	unsigned int tenths = GENMASK(ZPOOL_LAST_TENTH, ZPOOL_TENTH);
	struct zpool_slab *slab = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	if (slabs->serving & tenths)
		slab = list_last_entry(&slabs->on[__fls(slabs->serving & tenths)],
				       struct zpool_slab, list);
	if (slab && slabs->nr_room < *owed + slab->nr_objects)	/* its own free ones do not help */
		slab = NULL;
	if (slab) {
		isolate(slabs, slab);
		*owed += slab->nr_objects - slab->nr_free;
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

/**
 * zpool_isolate_from() - isolate any slab of a place, wherever its objects may go
 * @slabs: of which cache and node
 * @place: before ZPOOL_ISOLATED
 *
 * Return: the slab, or NULL.
 */
struct zpool_slab *zpool_isolate_from(struct zpool_slabs *slabs, enum zpool_place place)
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
 * zpool_isolate_range() - isolate what lies in a range of memory
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
bool zpool_isolate_range(struct zpool_slabs *slabs, unsigned long start_pfn,
			       unsigned long nr_pages)
{
	unsigned int place;
	bool any = false;

	for (place = 0; place < ZPOOL_ISOLATED; place++)
		any |= isolate_within(slabs, place, start_pfn, nr_pages);
	return any;
}

/**
 * zpool_isolate_first() - what is left to be emptied or settled
 * @slabs: of which cache and node
 *
 * Return: a slab, or NULL.
 */
struct zpool_slab *zpool_isolate_first(struct zpool_slabs *slabs)
{
	struct zpool_slab *slab;
	unsigned long flags;

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab = list_first_entry_or_null(&slabs->on[ZPOOL_ISOLATED], struct zpool_slab, list);
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return slab;
}

/**
 * zpool_isolate_end() - the end of an isolation
 * @slabs: of which cache and node
 * @slab: isolated; no move from it is pending
 * @is_hindered: something in it did not move
 *
 * Context: any but NMI.
 * Return: how many pages were given back: its, if it is empty.
 */
unsigned long zpool_isolate_end(struct zpool_slabs *slabs, struct zpool_slab *slab,
				 bool is_hindered)
{
	unsigned long flags;
	LIST_HEAD(dead);

	raw_spin_lock_irqsave(&slabs->lock, flags);
	slab->is_hindered = is_hindered;
	if (slab->nr_free == slab->nr_objects) {
		zpool_slabs_kill_locked(slabs, slab, &dead);
	} else {
		zpool_slabs_move_locked(slabs, slab, zpool_slab_place_locked(slab), is_hindered);
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return zpool_slabs_release(&dead);
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
		slab->is_hindered = false;
		zpool_slabs_move_locked(slabs, slab, zpool_slab_place_locked(slab), true);
		nr++;
	}
	raw_spin_unlock_irqrestore(&slabs->lock, flags);
	return nr == ZPOOL_BATCH;
}

/**
 * zpool_isolate_retry() - what hindered may be gone
 * @slabs: of which cache and node
 *
 * Context: process.
 */
void zpool_isolate_retry(struct zpool_slabs *slabs)
{
	while (retry_some(slabs))
		cond_resched();
}
