// SPDX-License-Identifier: GPL-2.0
/*
 * The load `pin` of the set insn: an object by handle, pinned and unpinned. The
 * calls are direct, as a client's are, and counted with their arguments; the loop is
 * unrolled, so that it takes no instruction of a pair. The contender is of no
 * matter.
 */
#include <linux/gfp.h>

#include <zpool/zpool.h>

#include "bench.h"

#define PIN_BYTES	64
#define UNROLLED	16

static struct zpool_handle *handle;

static void make_handle(struct bench_player *player)
{
	handle = zpool_handle_alloc(PIN_BYTES, GFP_KERNEL);
}

static void drop_handle(struct bench_player *player)
{
	zpool_handle_free(handle);
}

static noinline unsigned int pin_all(struct bench_player *player)
{
	struct zpool_handle *h = handle;
	unsigned int i, j;

	for (i = 0; h && i < player->pairs; i += UNROLLED) {
#pragma GCC unroll 16
		for (j = 0; j < UNROLLED; j++) {
			zpool_handle_pin(h);
			zpool_handle_unpin(h);
		}
	}
	return h ? 0 : player->pairs;
}

static const struct bench_play play_pin = {
	.begin	= make_handle,
	.work	= pin_all,
	.end	= drop_handle,
};

const struct bench_load bench_pin_load = {
	.name		= "pin",
	.play		= &play_pin,
	.size		= PIN_BYTES,
	.max_size	= PIN_BYTES,
	.batch		= UNROLLED,
	.nr_cpus	= 1,
};
