// SPDX-License-Identifier: GPL-2.0
/*
 * The set `burst`: 32 MiB of objects of one size are allocated and freed, and
 * then nothing happens. How soon is the memory back with the system?
 *
 * Two rows for each round: in `burst` the pairs are timed as everywhere, held
 * bytes are what is missing right after the last free, peak bytes what was
 * missing at the top. In `burst_back` the one operation is the wait until no
 * more than BACK_MARGIN_BYTES are missing, at most BACK_LIMIT_MS, which is then
 * what it took; held bytes are what is missing at its end.
 *
 * It is a set of its own since nothing else may go on meanwhile, and since
 * it takes minutes: a round begins where the one before has ended, when its
 * memory was waited for. In the warm-up round, too; its objects are checked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "bench.h"

#define BURST_BYTES		SZ_32M
#define BURST_ROUNDS		3
/* Others' pages come and go as well, and nobody gives back the last slab of each CPU. */
#define BACK_MARGIN_BYTES	SZ_1M
/* zpool gives back what was unused for 20 s, by default. */
#define BACK_LIMIT_MS		60000
#define LOOK_MS			10
/* So often others may run. */
#define REST_OBJS		1024

static const unsigned int burst_sizes[] = { 512, SZ_4K, SZ_64K };

struct burst {
	const struct bench_contender *contender;
	struct bench_load load;
	void **objs;
	s64 free_before;		/* of the machine */
};

static u64 go_up(const struct burst *burst, u64 *failed)
{
	u64 start_ns = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < burst->load.batch; i++) {
		burst->objs[i] = burst->contender->alloc(burst->load.size, GFP_KERNEL);
		*failed += !burst->objs[i];
		if (!(i % REST_OBJS))
			cond_resched();
	}
	return ktime_get_ns() - start_ns;
}

static u64 go_down(const struct burst *burst)
{
	u64 start_ns = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < burst->load.batch; i++) {
		if (likely(burst->objs[i]))
			burst->contender->free(burst->objs[i], burst->load.size);
		if (!(i % REST_OBJS))
			cond_resched();
	}
	return ktime_get_ns() - start_ns;
}

static s64 missing_bytes(const struct burst *burst)
{
	return burst->free_before - bench_free_bytes();
}

static int wait_for_memory(const struct burst *burst, struct bench_round *back)
{
	u64 start_ns = ktime_get_ns();

	do {
		back->held_bytes = missing_bytes(burst);
		back->ns = ktime_get_ns() - start_ns;
		if (back->held_bytes <= BACK_MARGIN_BYTES)
			return 0;
		if (msleep_interruptible(LOOK_MS))
			return -EINTR;
	} while (back->ns < (u64)BACK_LIMIT_MS * NSEC_PER_MSEC);
	return 0;
}

/* Round @turn; 0 is the warm-up, of which no rows are printed. */
static int run_round(struct burst *burst, unsigned int turn)
{
	const struct bench_contender *contender = burst->contender;
	struct bench_load back_load = burst->load;
	struct bench_round up = { }, back = { };
	int err;

	back_load.name = "burst_back";
	if (!turn)
		burst->contender = bench_check(contender, burst->load.batch);
	burst->free_before = bench_free_bytes();
	up.ns = go_up(burst, &up.failed);
	up.peak_bytes = missing_bytes(burst);
	up.ns += go_down(burst);
	up.held_bytes = missing_bytes(burst);
	back.peak_bytes = up.peak_bytes;
	err = wait_for_memory(burst, &back);
	burst->contender = contender;
	bench_add_failed(up.failed);
	if (turn && !err) {
		bench_row(&burst->load, contender->name, burst->load.batch, turn, &up);
		bench_row(&back_load, contender->name, 1, turn, &back);
	}
	return err;
}

static int run_rounds(struct burst *burst, unsigned int rounds)
{
	unsigned int turn, nr;
	int err = 0;

	for (turn = 0; turn <= rounds; turn++)
		for (nr = 0; nr < bench_nr_contenders && !err; nr++) {
			burst->contender = bench_contenders[nr];
			if (burst->contender->sets & BENCH_BURST)
				err = run_round(burst, turn);
		}
	return err;
}

/* The room for the pointers is there before anything is measured. */
static int run_size(size_t size, unsigned int rounds)
{
	struct burst burst = {
		.load = {
			.name		= "burst",
			.size		= size,
			.max_size	= size,
			.batch		= BURST_BYTES / size,
			.nr_cpus	= 1,
		},
	};
	int err;

	burst.objs = kvmalloc_array(burst.load.batch, sizeof(*burst.objs), GFP_KERNEL);
	if (!burst.objs)
		return -ENOMEM;
	memset(burst.objs, 0, burst.load.batch * sizeof(*burst.objs));
	err = run_rounds(&burst, rounds);
	kvfree(burst.objs);
	return err;
}

/* Runs the sizes asked for, or those of burst_sizes; a burst of many sizes there is not. */
int bench_burst_run(struct bench_effort effort, struct bench_sizes sizes)
{
	unsigned int i;
	int err;

	if (!effort.rounds)
		effort.rounds = BURST_ROUNDS;
	if (!sizes.nr)
		sizes = (struct bench_sizes){ burst_sizes, ARRAY_SIZE(burst_sizes) };
	err = bench_rows_begin(BENCH_BURST, effort);
	if (err)
		return err;
	for (i = 0; i < sizes.nr && !err; i++)
		if (sizes.sizes[i])
			err = run_size(sizes.sizes[i], effort.rounds);
	bench_rows_end(BENCH_BURST);
	return err;
}
