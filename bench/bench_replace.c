// SPDX-License-Identifier: GPL-2.0
/*
 * Random replacement: each step frees what is in a random slot and puts a new
 * object of a random size there. A load as of a server that has been up for
 * long: sizes and ages mix, and nothing is freed in order.
 *
 * Where two CPUs play, each has its slots and now and then swaps what is in
 * one of them with a place that both can reach, so that objects are freed far
 * from where they were allocated, and slots stay as many as they were.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "bench.h"

#define NR_PLACES	64
/* One object in sixteen changes its CPU. */
#define SWAP_EVERY	16

struct slot {
	void *obj;		/* or NULL */
	size_t size;
};

/* Where the players swap; both pay for its lock, whoever the contender is. */
static struct place {
	spinlock_t lock;
	struct slot slot;
} places[NR_PLACES];

static struct slot slots[BENCH_MAX_CPUS][BENCH_NR_SLOTS];

/* Fills every slot; the places start empty, and are emptied by end(). */
static void begin(struct bench_player *player)
{
	const struct bench_load *load = player->load;
	unsigned int i;

	for (i = 0; i < BENCH_NR_SLOTS; i++) {
		struct slot *slot = &slots[player->nr][i];

		slot->size = load->sizes[i];
		slot->obj = player->contender->alloc(slot->size, GFP_KERNEL);
		player->failed += !slot->obj;
	}
	for (i = player->nr; i < NR_PLACES; i += load->nr_cpus)
		spin_lock_init(&places[i].lock);
}

static void swap_at(struct place *place, struct slot *slot)
{
	spin_lock(&place->lock);
	swap(place->slot, *slot);
	spin_unlock(&place->lock);
}

/* The players walk the same tables, but are not to meet at a place in step. */
static noinline unsigned int replace(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	const struct bench_load *load = player->load;
	struct slot *mine = slots[player->nr];
	unsigned int i, pairs = player->pairs, failed = 0;
	unsigned int start = player->nr * (BENCH_NR_SIZES + SWAP_EVERY * NR_PLACES) / 2;
	bool swaps = load->nr_cpus > 1;

	for (i = 0; i < pairs; i++) {
		unsigned int at = (start + i) % BENCH_NR_SIZES;
		struct slot *slot = &mine[load->slots[at]];

		if (likely(slot->obj))
			contender->free(slot->obj, slot->size);
		slot->size = load->sizes[at];
		slot->obj = contender->alloc(slot->size, GFP_KERNEL);
		if (unlikely(!slot->obj))
			failed++;
		if (swaps && !(i % SWAP_EVERY))
			swap_at(&places[at / SWAP_EVERY % NR_PLACES], slot);
	}
	return failed;
}

static void empty(const struct bench_contender *contender, struct slot *slot)
{
	if (slot->obj)
		contender->free(slot->obj, slot->size);
	slot->obj = NULL;
}

static void end(struct bench_player *player)
{
	unsigned int i;

	for (i = 0; i < BENCH_NR_SLOTS; i++)
		empty(player->contender, &slots[player->nr][i]);
	for (i = 0; i < NR_PLACES; i++)
		empty(player->contender, &places[i].slot);
}

const struct bench_play bench_play_replace = {
	.begin	= begin,
	.work	= replace,
	.end	= end,
};
