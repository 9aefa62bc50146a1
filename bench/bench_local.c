// SPDX-License-Identifier: GPL-2.0
/*
 * The timed loops of one CPU that frees what it allocated: one object alive,
 * or a batch, freed in the order of allocation or in a random one.
 *
 * The loops are not inlined and reach the allocator through a pointer, so that
 * the compiler cannot see both ends of a pair and every contender pays the
 * same for the harness.
 */
#include <linux/gfp.h>
#include <linux/string.h>

#include "bench.h"

static void *batch_objs[BENCH_MAX_BATCH];

static noinline unsigned int churn_one(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	const struct bench_load *load = player->load;
	unsigned int i, pairs = player->pairs, failed = 0;

	for (i = 0; i < pairs; i++) {
		size_t size = load->sizes[i % BENCH_NR_SIZES];
		void *obj = contender->alloc(size, GFP_KERNEL);

		if (unlikely(!obj)) {
			failed++;
			continue;
		}
		if (load->touch)
			memset(obj, (u8)i, size);
		contender->free(obj, size);
	}
	return failed;
}

static noinline unsigned int churn_batch(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	const struct bench_load *load = player->load;
	unsigned int i, done, pairs = player->pairs, failed = 0;
	size_t size = load->max_size;

	for (done = 0; done < pairs; done += load->batch) {
		for (i = 0; i < load->batch; i++)
			batch_objs[i] = contender->alloc(size, GFP_KERNEL);
		for (i = 0; i < load->batch; i++)
			if (likely(batch_objs[i]))
				contender->free(batch_objs[i], size);
			else
				failed++;
	}
	return failed;
}

static noinline unsigned int churn_shuffled(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	const struct bench_load *load = player->load;
	unsigned int i, done, pairs = player->pairs, failed = 0;
	size_t size = load->max_size;

	for (done = 0; done < pairs; done += load->batch) {
		for (i = 0; i < load->batch; i++)
			batch_objs[i] = contender->alloc(size, GFP_KERNEL);
		for (i = 0; i < load->batch; i++) {
			void *obj = batch_objs[load->order[i]];

			if (likely(obj))
				contender->free(obj, size);
			else
				failed++;
		}
	}
	return failed;
}

const struct bench_play bench_play_one = { .work = churn_one };
const struct bench_play bench_play_batch = { .work = churn_batch };
const struct bench_play bench_play_shuffled = { .work = churn_shuffled };
