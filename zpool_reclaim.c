// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_reclaim.h. What is done is zpool_shrink's; here is when, what the
 * kernel is told of it, and what of it is evidence of pressure.
 */
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include "zpool_alarm.h"
#include "zpool_compat.h"
#include "zpool_pressure.h"
#include "zpool_reclaim.h"
#include "zpool_shrink.h"

/* Pages at a time: a node with less than the kernel's own 128 would seldom be asked. */
#define BATCH	32

static struct shrinker *shrinker;

static unsigned long count_objects(struct shrinker *unused, struct shrink_control *sc)
{
	return zpool_shrink_count(sc->nid) ?: SHRINK_EMPTY;
}

/* That kswapd comes is no evidence: it does whenever files have filled the memory. */
static void note_evidence(void)
{
	if (!current_is_kswapd() && zpool_pressure_note_shrinking(&zpool_pressure, zpool_now_ms()))
		zpool_alarm();
}

static unsigned long scan_objects(struct shrinker *unused, struct shrink_control *sc)
{
	unsigned long nr = sc->nr_to_scan, freed;

	freed = zpool_shrink_scan(sc->nid, &nr);
	mm_account_reclaimed_pages(freed);
	note_evidence();
	if (!nr)
		return SHRINK_STOP;
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

/* To make an object again costs no input or output: nothing, as seeks has it. */
static int start_shrinker(void)
{
	shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE, "kzpool");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count_objects;
	shrinker->scan_objects = scan_objects;
	shrinker->batch = BATCH;
	shrinker->seeks = 0;
	shrinker_register(shrinker);
	return 0;
}

/**
 * zpool_reclaim_start() - at load, when caches and worker are there
 *
 * Return: 0, or an error.
 */
int zpool_reclaim_start(void)
{
	int err = start_shrinker();

	if (err)
		return err;
	err = register_oom_notifier(&oom_notifier);
	if (err)
		shrinker_free(shrinker);
	return err;
}

/* At unload, before they go. */
void zpool_reclaim_stop(void)
{
	unregister_oom_notifier(&oom_notifier);
	shrinker_free(shrinker);
}
