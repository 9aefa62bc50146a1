// SPDX-License-Identifier: GPL-2.0
/*
 * One CPU allocates, another frees: as a driver's receive path does, and
 * every producer with a consumer. Where four play they are two such pairs, with
 * a ring each, and meet in the allocator only.
 *
 * Batches of pointers go through a ring with one writer and one reader. Both
 * work at the same time; who has nothing to do spins without touching the
 * allocator, and what it spins is taken off its time. The round's is that of
 * the side that worked longer: the wall time, had neither ever to wait for a
 * CPU that an emulator's host has given to somebody else.
 */
#include <linux/cache.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/processor.h>

#include <asm/barrier.h>

#include "bench.h"

/* 256 objects under way at most: a ring of a network card. */
#define RING_BATCHES	8

/* head and tail only grow; head - tail batches are in the ring. */
struct ring {
	unsigned int head ____cacheline_aligned;	/* written by who produces */
	unsigned int tail ____cacheline_aligned;	/* written by who consumes */
	void *objs[RING_BATCHES][BENCH_CROSS_BATCH] ____cacheline_aligned;
};

/* Players 0 and 1 have the first one, 2 and 3 the next. */
static struct ring rings[BENCH_MAX_CPUS / 2];

static struct ring *ring_of(const struct bench_player *player)
{
	return &rings[player->nr / 2];
}

/* Pairs with the release in consume(): the batch has been read. */
static bool is_full(const struct ring *ring, unsigned int head)
{
	return head - smp_load_acquire(&ring->tail) == RING_BATCHES;
}

/* Pairs with the release in produce(): the batch is written. */
static bool is_empty(const struct ring *ring, unsigned int tail)
{
	return smp_load_acquire(&ring->head) == tail;
}

/* The clock is read only where there is time to. */
static void wait_while(bool (*condition)(const struct ring *ring, unsigned int at),
		       unsigned int at, struct bench_player *player)
{
	const struct ring *ring = ring_of(player);
	u64 start_ns;

	if (!condition(ring, at))
		return;
	start_ns = ktime_get_ns();
	while (condition(ring, at))
		cpu_relax();
	player->waited_ns += ktime_get_ns() - start_ns;
}

static noinline unsigned int produce(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	struct ring *ring = ring_of(player);
	unsigned int head = ring->head, i, done, failed = 0;
	size_t size = player->load->max_size;

	for (done = 0; done < player->pairs; done += BENCH_CROSS_BATCH) {
		void **objs = ring->objs[head % RING_BATCHES];

		wait_while(is_full, head, player);
		for (i = 0; i < BENCH_CROSS_BATCH; i++) {
			objs[i] = contender->alloc(size, GFP_KERNEL);
			if (unlikely(!objs[i]))
				failed++;
		}
		/* Pairs with the acquire in is_empty(). */
		smp_store_release(&ring->head, ++head);
	}
	return failed;
}

static noinline unsigned int consume(struct bench_player *player)
{
	const struct bench_contender *contender = player->contender;
	struct ring *ring = ring_of(player);
	unsigned int tail = ring->tail, i, done;
	size_t size = player->load->max_size;

	for (done = 0; done < player->pairs; done += BENCH_CROSS_BATCH) {
		void **objs = ring->objs[tail % RING_BATCHES];

		wait_while(is_empty, tail, player);
		for (i = 0; i < BENCH_CROSS_BATCH; i++)
			if (likely(objs[i]))
				contender->free(objs[i], size);
		/* Pairs with the acquire in is_full(). */
		smp_store_release(&ring->tail, ++tail);
	}
	return 0;
}

static unsigned int cross(struct bench_player *player)
{
	return player->nr % 2 ? consume(player) : produce(player);
}

const struct bench_play bench_play_cross = { .work = cross };
