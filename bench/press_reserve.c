// SPDX-License-Identifier: GPL-2.0
/*
 * A cache with a reserve for who cannot sleep, and the test of it: while there
 * is no page to be had, hard interrupt context gets one half of the reserve
 * and process context the other.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include <zpool/zpool.h>

#include "../zpool_compat.h"
#include "press.h"

#define OBJECT_BYTES	256
/* Half of them are got in one interrupt. */
#define MAX_RESERVE	4096

/* As in torture_cpu.c: in hard interrupt context everywhere. */
#define HARDIRQ_MODE	(IS_ENABLED(CONFIG_PREEMPT_RT) ? \
			 HRTIMER_MODE_REL_PINNED_HARD : HRTIMER_MODE_REL_PINNED)

static struct zpool_cache *cache;
static unsigned int reserved;

static struct {
	struct hrtimer timer;
	struct completion fired;
	unsigned int wanted;
	struct press_chain got;
} hardirq;

/* Up to @wanted, as someone who cannot sleep. */
static void get(struct press_chain *got, unsigned int wanted)
{
	while (got->nr < wanted) {
		void *obj = zpool_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);

		if (!obj)
			break;
		press_chain_push(got, obj);
	}
}

static enum hrtimer_restart hardirq_fires(struct hrtimer *timer)
{
	get(&hardirq.got, hardirq.wanted);
	complete(&hardirq.fired);
	return HRTIMER_NORESTART;
}

static void get_in_hardirq(unsigned int wanted)
{
	hardirq.wanted = wanted;
	init_completion(&hardirq.fired);
	hrtimer_setup(&hardirq.timer, hardirq_fires, CLOCK_MONOTONIC, HARDIRQ_MODE);
	hrtimer_start(&hardirq.timer, ns_to_ktime(NSEC_PER_USEC), HARDIRQ_MODE);
	wait_for_completion(&hardirq.fired);
	hrtimer_cancel(&hardirq.timer);
}

int press_reserve(const unsigned int *args)
{
	unsigned int nr = args[0];
	int err;

	if (nr > MAX_RESERVE)
		return -EINVAL;
	if (!cache)
		cache = zpool_cache_create("press", OBJECT_BYTES, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	err = zpool_cache_reserve(cache, nr);
	if (!err) {
		reserved = nr;
		press_say("reserve %u: objects of %u bytes", nr, OBJECT_BYTES);
	}
	return err;
}

int press_reserve_test(const unsigned int *args)
{
	struct press_chain all = {}, got = {};
	unsigned int by_hardirq = reserved / 2, by_process = reserved - by_hardirq;
	bool is_enough;

	if (!reserved)
		return -ENOENT;
	press_chain_exhaust(&all);
	get_in_hardirq(by_hardirq);
	press_chain_exhaust(&all);	/* of what has been reclaimed meanwhile */
	get(&got, by_process);
	is_enough = hardirq.got.nr == by_hardirq && got.nr == by_process;
	press_say("reserve_test: %lu of %u in hard interrupt context, then %lu of %u, beside %lu objects of %lu bytes",
		  hardirq.got.nr, by_hardirq, got.nr, by_process, all.nr, PAGE_SIZE);
	press_chain_free(&all);
	press_chain_free(&got);
	press_chain_free(&hardirq.got);
	return is_enough ? 0 : -EIO;
}

void press_reserve_drop(void)
{
	if (!cache)
		return;
	zpool_cache_reserve(cache, 0);
	zpool_cache_destroy(cache);
	cache = NULL;
	reserved = 0;
}
