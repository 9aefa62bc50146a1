// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_degrade.h.
 *
 *   1  every cache lives with half of its capacity, nothing grows, and what is
 *      in depots and empty slabs goes back at each turn; from level 2 on also
 *      what CPUs have
 *   2  classes that are sparse are served by a larger one that has room, so that
 *      their slabs can drain
 *   3  the kernel's kmalloc serves what comes new; no cache has magazines. Typed
 *      caches, whose objects must be their own, go on with their slabs alone.
 *
 * What a cache is to live with is worked out anew at each turn from the level
 * alone, so that no level needs an undoing of its own. A size is asked of the
 * page and a free goes where the page says: both stay right whoever served.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "zpool_degrade.h"
#include "zpool_drain.h"
#include "zpool_log.h"
#include "zpool_pressure.h"
#include "zpool_throttle.h"

/* Between two turns, if no level ends before. */
#define TURN_MS		500U

static const enum zpool_signal signals[] = {
	[ZPOOL_CALM]		= ZPOOL_EASED,
	[ZPOOL_TRIM]		= ZPOOL_RECLAIM,
	[ZPOOL_MERGE]		= ZPOOL_NO_PAGES,
	[ZPOOL_FALL_BACK]	= ZPOOL_OOM,
};
static_assert(ARRAY_SIZE(signals) == ZPOOL_NR_LEVELS);

static void log_change(const char *name, enum zpool_signal signal, enum zpool_action action,
		       unsigned int before, unsigned int after)
{
	struct zpool_event event = {
		.at_s		= ktime_get_seconds(),
		.cpu		= -1,
		.signal		= signal,
		.action		= action,
		.before		= before,
		.after		= after,
		.hit_pct	= ZPOOL_NO_HIT_PCT,
		.outcome_pct	= ZPOOL_NO_HIT_PCT,
	};

	strscpy(event.cache, name, sizeof(event.cache));
	zpool_log_add(&event);
}

static bool is_general(const struct zpool_cache *cache)
{
	return zpool_tag_is_class(cache->tag);
}

static bool is_merged(unsigned int class)
{
	return zpool_serving[class] && zpool_serving[class] != zpool_general[class];
}

static void serve(unsigned int class, struct zpool_cache *cache)
{
	WRITE_ONCE(zpool_serving[class], cache);
}

/* What a cache is to live with at a level. */
static unsigned int throttle_at(enum zpool_level level, const struct zpool_cache *cache)
{
	unsigned int why = level >= ZPOOL_TRIM ? ZPOOL_HALF : 0;

	if (level >= ZPOOL_FALL_BACK || (is_general(cache) && is_merged(zpool_tag_class(cache->tag))))
		why |= ZPOOL_NONE;
	return why;
}

static void apply(enum zpool_level level)
{
	struct zpool_cache *cache;
	unsigned int class, why;

	lockdep_assert_held(&zpool_caches_lock);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		if (level == ZPOOL_FALL_BACK)
			serve(class, NULL);
		else if (level < ZPOOL_MERGE || !is_merged(class))
			serve(class, zpool_general[class]);
	}
	list_for_each_entry(cache, &zpool_caches, list) {
		why = throttle_at(level, cache);
		zpool_throttle(cache, why, (ZPOOL_HALF | ZPOOL_NONE) & ~why);
	}
}

/*
 * Merging.
 */

/* Objects of a class: those that its slabs have, and those of them that are free there. */
static void count_objects(unsigned int class, unsigned long *all, unsigned long *free)
{
	unsigned long flags;
	int nid;

	*all = 0;
	*free = 0;
	for_each_node(nid) {
		struct zpool_slabs *slabs = &zpool_general[class]->nodes[nid]->slabs;

		raw_spin_lock_irqsave(&slabs->lock, flags);
		*all += slabs->nr_objects;
		*free += slabs->nr_free;
		raw_spin_unlock_irqrestore(&slabs->lock, flags);
	}
}

static size_t divisor(size_t size)
{
	return size & -size;
}

/* At most half as large again, and aligned as well. */
static bool may_serve(unsigned int target, unsigned int class)
{
	size_t size = zpool_class_size(class), larger = zpool_class_size(target);

	return 2 * larger <= 3 * size && divisor(larger) >= divisor(size);
}

/*
 * The smallest class that may and has as much free as is used of this;
 * ZPOOL_NR_CLASSES if none has.
 */
static unsigned int find_target(unsigned int class, unsigned long used, const long *room)
{
	unsigned int target;

	for (target = class + 1; target < ZPOOL_NR_CLASSES; target++)
		if (may_serve(target, class) && !is_merged(target) &&
		    room[target] >= (long)max(used, 1UL))
			break;
	return target;
}

/* Who serves another class already. */
static void find_servers(bool *serves)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		if (is_merged(class))
			serves[zpool_tag_class(zpool_serving[class]->tag)] = true;
}

/* Large classes first: who is merged cannot serve, and who serves is not merged. */
static unsigned int merge_sparse(void)
{
	long room[ZPOOL_NR_CLASSES];
	bool serves[ZPOOL_NR_CLASSES] = {};
	unsigned int class, target, merged = 0;
	unsigned long all, free;

	lockdep_assert_held(&zpool_caches_lock);
	find_servers(serves);
	for (class = ZPOOL_NR_CLASSES; class-- > 0;) {
		count_objects(class, &all, &free);
		room[class] = free;
		target = find_target(class, all - free, room);
		if (!all || serves[class] || is_merged(class) || 2 * free < all ||
		    target == ZPOOL_NR_CLASSES)
			continue;
		room[target] -= all - free;
		serves[target] = true;
		serve(class, zpool_general[target]);
		log_change(zpool_general[class]->name, ZPOOL_NO_PAGES, ZPOOL_MERGED,
			   zpool_class_size(class), zpool_class_size(target));
		merged++;
	}
	return merged;
}

/* What was merged has magazines no more. */
static void merge(void)
{
	unsigned int merged;

	mutex_lock(&zpool_caches_lock);
	merged = merge_sparse();
	apply(ZPOOL_MERGE);
	mutex_unlock(&zpool_caches_lock);
	if (merged)
		zpool_drain_all();
}

/*
 * Levels.
 */

static void set_up(enum zpool_level level)
{
	mutex_lock(&zpool_caches_lock);
	apply(level);
	mutex_unlock(&zpool_caches_lock);
}

/**
 * zpool_degrade() - do what the pressure there is calls for
 * @now_ms: the time
 *
 * Context: process; one at a time, under zpool_adapt_lock. Takes
 * zpool_caches_lock, waits for a grace period.
 * Return: ms after which to do so again, 0 when all is calm.
 */
unsigned int zpool_degrade(u64 now_ms)
{
	enum zpool_level before = zpool_level(), level;
	unsigned int until_ms;

	level = zpool_pressure_update(&zpool_pressure, now_ms, &until_ms);
	if (level != before)
		log_change("-", signals[level], ZPOOL_LEVEL, before, level);
	if (level || before)
		set_up(level);
	if (level > before || level >= ZPOOL_MERGE)
		zpool_drain_all();
	else if (level)
		zpool_drain_depots();
	if (level == ZPOOL_MERGE)
		merge();
	return min(until_ms, TURN_MS);
}
