// SPDX-License-Identifier: GPL-2.0
/* See sim_load.h. */
#include <zpool/zpool.h>

#include "sim.h"
#include "sim_load.h"

void *sim_alloc(size_t size)
{
	void *obj = zpool_kmalloc(size, GFP_KERNEL);

	if (!obj)
		shim_bug("%s: no memory", sim.name);
	sim_note_claimed();
	return obj;
}

void sim_free(void *obj)
{
	zpool_kfree(obj);
	sim_note_claimed();
}

void sim_pool_init(struct sim_pool *pool, size_t size, unsigned int low, unsigned int high)
{
	if (high > SIM_MOST_LIVE)
		shim_bug("%s: %u live", sim.name, high);
	pool->size = size;
	pool->low = low;
	pool->high = high;
	pool->target = pool->nr = 0;
}

static void grow(struct sim_pool *pool)
{
	pool->objs[pool->nr++] = sim_alloc(pool->size);
}

/* Any of them. */
static void fall(struct sim_pool *pool)
{
	unsigned int i = shim_below(pool->nr);

	sim_free(pool->objs[i]);
	pool->objs[i] = pool->objs[--pool->nr];
}

/* In straight lines from one random level to the next: the hardest for a pair of stacks. */
void sim_pool_run(struct sim_pool *pool, unsigned int ops)
{
	while (ops--) {
		while (pool->nr == pool->target)
			pool->target = pool->low + shim_below(pool->high - pool->low + 1);
		if (pool->nr < pool->target)
			grow(pool);
		else
			fall(pool);
	}
}

/* Up to the top and down again. */
void sim_pool_saw(struct sim_pool *pool)
{
	while (pool->nr < pool->high)
		grow(pool);
	sim_pool_empty(pool);
}

void sim_pool_empty(struct sim_pool *pool)
{
	while (pool->nr)
		fall(pool);
}

/* Popularity has nothing to do with size: a class of each fifth of the scale in turn. */
static unsigned int class_of_rank(unsigned int rank)
{
	return (rank * 29 + 7) % ZPOOL_NR_CLASSES;
}

void sim_mix_init(struct sim_mix *mix, unsigned int high)
{
	unsigned int rank;

	for (rank = 0; rank < ZPOOL_NR_CLASSES; rank++)
		sim_pool_init(&mix->pools[rank], zpool_class_size(class_of_rank(rank)), 0, high);
}

#define WEIGHT(rank)	(1000000 / ((rank) + 1))

static u32 sum_of_weights(void)
{
	unsigned int rank;
	u32 sum = 0;

	for (rank = 0; rank < ZPOOL_NR_CLASSES; rank++)
		sum += WEIGHT(rank);
	return sum;
}

static unsigned int random_rank(u32 sum)
{
	u32 x = shim_below(sum);
	unsigned int rank;

	for (rank = 0; x >= WEIGHT(rank); rank++)
		x -= WEIGHT(rank);
	return rank;
}

void sim_mix_run(struct sim_mix *mix, unsigned int ops)
{
	u32 sum = sum_of_weights();

	while (ops--)
		sim_pool_run(&mix->pools[random_rank(sum)], 1);
}

void sim_mix_empty(struct sim_mix *mix)
{
	unsigned int rank;

	for (rank = 0; rank < ZPOOL_NR_CLASSES; rank++)
		sim_pool_empty(&mix->pools[rank]);
}
