// SPDX-License-Identifier: GPL-2.0
/*
 * Batches that are allocated and freed in hardirq context, as an interrupt
 * handler of a driver does: by a timer on the player's CPU, PAIRS_AT_ONCE in
 * each interrupt, while the player waits for it.
 *
 * The clock runs in the handler only: what it takes to get there is taken off
 * like any other waiting. PREEMPT_RT forbids the kernel's own allocator there,
 * so that there is nothing to compare.
 */
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/processor.h>

#include <asm/barrier.h>

#include "../zpool_compat.h"
#include "bench.h"

/* A multiple of the batches; less than a tick of the slowest contender, emulated as well. */
#define PAIRS_AT_ONCE	100

static void *objs[BENCH_MAX_BATCH];

static struct {
	struct hrtimer timer;
	struct bench_player *player;
	unsigned int pairs;		/* of the next interrupt */
	u64 reading_ns;			/* what it costs to read the clock */
	u64 ns;				/* in all interrupts so far */
	unsigned int failed;
	bool done;
} handler;

static noinline unsigned int churn(const struct bench_player *player, int left)
{
	void *(*alloc)(size_t size, gfp_t gfp) = player->contender->alloc;
	void (*free)(void *obj, size_t size) = player->contender->free;
	unsigned int i, batch = player->load->batch, failed = 0;
	size_t size = player->load->max_size;

	for (; left > 0; left -= batch) {
		i = 0;
		do {
			objs[i] = alloc(size, GFP_ATOMIC);
		} while (++i != batch);
		i = 0;
		do {
			if (likely(objs[i]))
				free(objs[i], size);
			else
				failed++;
		} while (++i != batch);
	}
	return failed;
}

/* Anywhere else than in a hard interrupt the time is not what it is called. */
static enum hrtimer_restart fires(struct hrtimer *timer)
{
	u64 start_ns;

	WARN_ON_ONCE(!in_hardirq());
	start_ns = ktime_get_ns();
	handler.failed += churn(handler.player, handler.pairs);
	handler.ns += ktime_get_ns() - start_ns - handler.reading_ns;
	/* Pairs with the acquire in interrupt(). */
	smp_store_release(&handler.done, true);
	return HRTIMER_NORESTART;
}

/* On this CPU, on which the caller stays. */
static void interrupt(unsigned int pairs)
{
	handler.pairs = pairs;
	handler.done = false;
	hrtimer_start(&handler.timer, 0, HRTIMER_MODE_REL_PINNED);
	/* Pairs with the release in fires(). */
	while (!smp_load_acquire(&handler.done))
		cpu_relax();
}

static void begin(struct bench_player *player)
{
	hrtimer_setup(&handler.timer, fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	handler.player = player;
	handler.reading_ns = bench_clock_ns();
	handler.ns = 0;
	handler.failed = 0;
}

static unsigned int work(struct bench_player *player)
{
	u64 start_ns = ktime_get_ns();
	int left;

	for (left = player->pairs; left > 0; left -= PAIRS_AT_ONCE)
		interrupt(min(left, PAIRS_AT_ONCE));
	player->waited_ns = ktime_get_ns() - start_ns - handler.ns;
	return handler.failed;
}

static void end(struct bench_player *player)
{
	hrtimer_cancel(&handler.timer);
}

const struct bench_play bench_play_hardirq = {
	.begin	= begin,
	.work	= work,
	.end	= end,
};
