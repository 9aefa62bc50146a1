// SPDX-License-Identifier: GPL-2.0
/*
 * A grace period that begins before magazines are left in limbo says nothing of
 * them, though it ends later. It takes two threads to have one.
 */
#include <pthread.h>
#include <sched.h>

#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_drain.h"
#include "tap.h"
#include "world.h"

#define SIZE	256U
#define NR	10U

static struct zpool_cache *cache;

static void swing(void)
{
	void *objs[NR];
	unsigned int i;

	for (i = 0; i < NR; i++)
		objs[i] = zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < NR; i++)
		zpool_cache_free(cache, objs[i]);
}

static void *wait(void *unused)
{
	shim_thread_start(1, 1);
	synchronize_rcu();
	return NULL;
}

/* Between the begin and the end of a grace period, which waits for this CPU. */
static void detach_midway(void)
{
	unsigned long cookie = get_state_synchronize_rcu();
	pthread_t waiter;

	preempt_disable();
	if (pthread_create(&waiter, NULL, wait, NULL))
		shim_bug("no thread");
	while (get_state_synchronize_rcu() == cookie)
		sched_yield();
	zpool_cache_detach(cache, 0, ZPOOL_ALL);
	preempt_enable();
	pthread_join(waiter, NULL);
	if (!poll_state_synchronize_rcu(cookie))
		shim_bug("it is not over");
}

/* @is_second: something waits there already, for just that grace period. */
static void one_that_began_before_is_not_enough(bool is_second)
{
	struct zpool_limbo *limbo = &cache->nodes[0]->limbo;
	const char *broken;
	bool early, late;

	if (is_second) {
		swing();
		zpool_cache_detach(cache, 0, ZPOOL_ALL);
	}
	swing();
	detach_midway();
	zpool_cache_bring_home(cache);
	early = zpool_limbo_is_empty(limbo);
	broken = zpool_check_all();
	synchronize_rcu();
	zpool_cache_bring_home(cache);
	late = !zpool_limbo_is_empty(limbo);
	tap_ok(!early && !late && !broken, "one that began before is not enough%s",
	       is_second ? " for the second lot" : "");
}

int main(void)
{
	const char *leaks;

	shim_thread_start(0, 0);
	shim_rcu_misses = false;
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	cache = zpool_cache_create("limbo", SIZE, 0, 0, NULL);
	one_that_began_before_is_not_enough(false);
	one_that_began_before_is_not_enough(true);
	zpool_cache_destroy(cache);
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks, "nothing left%s%s", leaks ? ": " : "", leaks ?: "");
	return tap_end();
}
