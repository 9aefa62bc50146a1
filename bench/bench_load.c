// SPDX-License-Identifier: GPL-2.0
/*
 * The set `load`: work for zpool, for scripts that look at what it makes of it.
 *
 * A saw-tooth: `live` objects are allocated, their sizes those asked for in
 * turn, and freed in the same order, again and again. Nothing is measured and
 * nobody else plays. A signal ends it early.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <zpool/zpool.h>

#include "bench.h"

static u64 nr_failed;
static struct zpool_cache *caches[BENCH_MAX_CACHES];
static unsigned int nr_caches;

static void go_up(void **objs, const struct bench_saw *saw)
{
	unsigned int i;

	for (i = 0; i < saw->live; i++) {
		objs[i] = zpool_kmalloc(saw->sizes.sizes[i % saw->sizes.nr], GFP_KERNEL);
		nr_failed += !objs[i];
	}
}

static void go_down(void **objs, const struct bench_saw *saw)
{
	unsigned int i;

	for (i = 0; i < saw->live; i++)
		zpool_kfree(objs[i]);
}

static void run_here(void **objs, const struct bench_saw *saw)
{
	ktime_t end = ktime_add_ms(ktime_get(), saw->ms);
	unsigned int done = 0;

	do {
		go_up(objs, saw);
		go_down(objs, saw);
		done++;
		cond_resched();
	} while ((done < saw->rounds || ktime_before(ktime_get(), end)) &&
		 !signal_pending(current));
	pr_info("%u rounds of %u objects on CPU %u\n", done, saw->live,
		raw_smp_processor_id());
}

static int run_on(unsigned int cpu, void **objs, const struct bench_saw *saw)
{
	int err = set_cpus_allowed_ptr(current, cpumask_of(cpu));

	if (err)
		pr_err("cpu=%u is not online\n", cpu);
	else
		run_here(objs, saw);
	return err;
}

/* One object each, so that there is something to look at. */
static int make_caches(const struct bench_saw *saw)
{
	char name[24];

	for (; nr_caches < saw->nr_caches; nr_caches++) {
		size_t size = saw->sizes.sizes[nr_caches % saw->sizes.nr];
		struct zpool_cache *cache;

		scnprintf(name, sizeof(name), "kzpool_bench-%u", nr_caches);
		cache = zpool_cache_create(name, size, 0, 0, NULL);
		if (!cache)
			return -ENOMEM;
		caches[nr_caches] = cache;
		zpool_cache_free(cache, zpool_cache_alloc(cache, GFP_KERNEL));
	}
	return 0;
}

/**
 * bench_load_run() - on each CPU so many rounds, and more until the time is up
 * @saw: the load
 *
 * Return: 0, or an error: -ENOMEM also where an allocation has failed.
 */
int bench_load_run(const struct bench_saw *saw)
{
	void **objs = kvmalloc_array(saw->live, sizeof(*objs), GFP_KERNEL);
	int err = objs ? make_caches(saw) : -ENOMEM;
	unsigned int i;

	for (i = 0; i < saw->nr_cpus && !err; i++)
		err = run_on(saw->cpus[i], objs, saw);
	kvfree(objs);
	if (nr_failed)
		pr_err("%llu allocations failed\n", nr_failed);
	return err ?: nr_failed ? -ENOMEM : 0;
}

/* Also when nothing was begun. */
void bench_load_end(void)
{
	while (nr_caches)
		zpool_cache_destroy(caches[--nr_caches]);
}
