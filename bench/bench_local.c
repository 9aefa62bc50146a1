// SPDX-License-Identifier: GPL-2.0
/*
 * The timed loops of one CPU that frees what it allocated: one object alive,
 * or a batch, freed in the order of allocation or in a random one.
 *
 * The loops are not inlined and reach the allocator through a pointer, so that
 * the compiler cannot see both ends of a pair and every contender pays the
 * same for the harness. That is some 16 instructions a pair on x86, and 6
 * more for each batch: what does not change stays in registers.
 */
#include <linux/gfp.h>
#include <linux/string.h>

#include "bench.h"

static void *batch_objs[BENCH_MAX_BATCH];

static noinline unsigned int churn_one(struct bench_player *player)
{
	void *(*alloc)(size_t size, gfp_t gfp) = player->contender->alloc;
	void (*free)(void *obj, size_t size) = player->contender->free;
	const u32 *sizes = player->load->sizes;
	unsigned int i, pairs = player->pairs, failed = 0;
	bool touch = player->load->touch;

	for (i = 0; i < pairs; i++) {
		size_t size = sizes[i % BENCH_NR_SIZES];
		void *obj = alloc(size, GFP_KERNEL);

		if (unlikely(!obj)) {
			failed++;
			continue;
		}
		if (touch)
			memset(obj, (u8)i, size);
		free(obj, size);
	}
	return failed;
}

static noinline unsigned int churn_batch(struct bench_player *player)
{
	void *(*alloc)(size_t size, gfp_t gfp) = player->contender->alloc;
	void (*free)(void *obj, size_t size) = player->contender->free;
	unsigned int i, batch = player->load->batch, failed = 0;
	size_t size = player->load->max_size;
	int left;

	for (left = player->pairs; left > 0; left -= batch) {
		i = 0;
		do {
			batch_objs[i] = alloc(size, GFP_KERNEL);
		} while (++i != batch);
		i = 0;
		do {
			if (likely(batch_objs[i]))
				free(batch_objs[i], size);
			else
				failed++;
		} while (++i != batch);
	}
	return failed;
}

static noinline unsigned int churn_shuffled(struct bench_player *player)
{
	void *(*alloc)(size_t size, gfp_t gfp) = player->contender->alloc;
	void (*free)(void *obj, size_t size) = player->contender->free;
	unsigned int i, batch = player->load->batch, failed = 0;
	const u32 *order = player->load->order;
	size_t size = player->load->max_size;
	int left;

	for (left = player->pairs; left > 0; left -= batch) {
		i = 0;
		do {
			batch_objs[i] = alloc(size, GFP_KERNEL);
		} while (++i != batch);
		i = 0;
		do {
			void *obj = batch_objs[order[i]];

			if (likely(obj))
				free(obj, size);
			else
				failed++;
		} while (++i != batch);
	}
	return failed;
}

const struct bench_play bench_play_one = { .work = churn_one };
const struct bench_play bench_play_batch = { .work = churn_batch };
const struct bench_play bench_play_shuffled = { .work = churn_shuffled };
