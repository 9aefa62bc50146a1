// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_reclaim.h. What is done is zpool_shrink's; here is when, what the
 * kernel is told of it, and that it is evidence of pressure.
 */
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/workqueue.h>

#include "zpool_alarm.h"
#include "zpool_compat.h"
#include "zpool_pressure.h"
#include "zpool_reclaim.h"
#include "zpool_shrink.h"

static struct shrinker *shrinker;
static struct workqueue_struct *queue;

/* What nobody reclaims any more comes home all the same, a grace period later. */
static void bring_home(struct work_struct *work)
{
	if (zpool_shrink_bring_home())
		queue_rcu_work(queue, to_rcu_work(work));
}

static struct rcu_work home_work;

static unsigned long count_objects(struct shrinker *unused, struct shrink_control *sc)
{
	return zpool_shrink_count(sc->nid) ?: SHRINK_EMPTY;
}

static unsigned long scan_objects(struct shrinker *unused, struct shrink_control *sc)
{
	unsigned long nr = sc->nr_to_scan, freed;

	freed = zpool_shrink_scan(sc->nid, &nr);
	mm_account_reclaimed_pages(freed);
	if (zpool_pressure_note_shrinking(&zpool_pressure, zpool_now_ms()))
		zpool_alarm();
	if (!nr)
		return SHRINK_STOP;
	queue_rcu_work(queue, &home_work);
	sc->nr_scanned = nr;
	return freed;
}

static int no_memory(struct notifier_block *nb, unsigned long action, void *arg)
{
	unsigned long *freed = arg;

	*freed += zpool_shrink_all();
	if (zpool_pressure_note(&zpool_pressure, ZPOOL_FALL_BACK, zpool_now_ms()))
		zpool_alarm();
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = {
	.notifier_call = no_memory,
};

/* What is asked for is what an object costs to make again: nothing. */
static int start_shrinker(void)
{
	shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE, "kzpool");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count_objects;
	shrinker->scan_objects = scan_objects;
	shrinker->seeks = 0;
	shrinker_register(shrinker);
	return 0;
}

/**
 * zpool_reclaim_start() - at load, when the caches are there
 *
 * Return: 0, or an error.
 */
int zpool_reclaim_start(void)
{
	int err = -ENOMEM;

	INIT_RCU_WORK(&home_work, bring_home);
	queue = alloc_workqueue("kzpool_reclaim", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	if (!queue)
		return err;
	err = start_shrinker();
	if (err)
		goto no_shrinker;
	err = register_oom_notifier(&oom_notifier);
	if (err)
		goto no_notifier;
	return 0;

no_notifier:
	shrinker_free(shrinker);
no_shrinker:
	destroy_workqueue(queue);
	return err;
}

/* At unload, before the caches go. */
void zpool_reclaim_stop(void)
{
	unregister_oom_notifier(&oom_notifier);
	shrinker_free(shrinker);
	while (flush_rcu_work(&home_work))
		;	/* it queues itself until all is home */
	destroy_workqueue(queue);
}
