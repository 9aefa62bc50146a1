// SPDX-License-Identifier: GPL-2.0
/*
 * The timed loop of objects that are allocated and freed many at once, by the
 * contender's own bulk functions. One by one the same is the load `batch`.
 *
 * An object of a bulk costs the harness nothing but its part of two indirect
 * calls.
 */
#include <linux/gfp.h>

#include "bench.h"

static void *bulk_objs[BENCH_MAX_BATCH];

static noinline unsigned int churn_bulk(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	unsigned int batch = player->load->batch, failed = 0;
	size_t size = player->load->max_size;
	int left;

	for (left = player->pairs; left > 0; left -= batch) {
		unsigned int got = contender->alloc_bulk(size, GFP_KERNEL, batch, bulk_objs);

		failed += batch - got;
		if (likely(got))
			contender->free_bulk(got, bulk_objs);
	}
	return failed;
}

const struct bench_play bench_play_bulk = {
	.work		= churn_bulk,
	.in_bulk	= true,
};
