// SPDX-License-Identifier: GPL-2.0
/* See zpool_throttle.h. */
#include "zpool_throttle.h"

static unsigned int throttled(unsigned int capacity, unsigned int why)
{
	if (why & ~ZPOOL_HALF || !capacity)
		return 0;
	return why & ZPOOL_HALF ? max(capacity / 2, ZPOOL_LEAST_CAPACITY) : capacity;
}

/* The CPU itself may raise its capacity while there is no reason @before, not after. */
static void throttle_cpu(struct zpool_cache *cache, unsigned int cpu, unsigned int before,
			 unsigned int after)
{
	raw_spinlock_t *slow_lock = &per_cpu_ptr(&zpool_cpu, cpu)->slow_lock;
	struct zpool_cpu_tail *tail = per_cpu_ptr(cache->tails, cpu);
	unsigned long flags;

	raw_spin_lock_irqsave(slow_lock, flags);
	if (!before)
		tail->unthrottled = tail->capacity;
	WRITE_ONCE(tail->may_raise, !after);
	WRITE_ONCE(tail->capacity, throttled(tail->unthrottled, after));
	raw_spin_unlock_irqrestore(slow_lock, flags);
}

/**
 * zpool_throttle() - change the reasons to live with less capacity
 * @cache: which
 * @set: reasons there are from now on
 * @clear: and those there are not
 *
 * Context: process; zpool_caches_lock held.
 */
void zpool_throttle(struct zpool_cache *cache, unsigned int set, unsigned int clear)
{
	unsigned int before = cache->throttle, after = (before & ~clear) | set, cpu;

	lockdep_assert_held(&zpool_caches_lock);
	if (after == before)
		return;
	for_each_possible_cpu(cpu)
		throttle_cpu(cache, cpu, before, after);
	WRITE_ONCE(cache->throttle, after);
}
