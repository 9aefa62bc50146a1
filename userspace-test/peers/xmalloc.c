// SPDX-License-Identifier: GPL-2.0
/*
 * After C. Lever and D. Boreham, "malloc() Performance in a Multithreaded Linux
 * Environment" (USENIX 2000): one thread allocates and another frees, batches at a
 * time, through a ring with few places.
 */
#include <sched.h>

#include "peers.h"

#define NR_PLACES	8U
#define MOST_BATCH	256U
#define SPINS		1000U

static struct place {
	bool is_full;
	void *objs[MOST_BATCH];
} __attribute__((aligned(64))) places[NR_PLACES];

static bool is_ready(const struct place *place, bool full)
{
	return __atomic_load_n(&place->is_full, __ATOMIC_ACQUIRE) == full;
}

/* Waiting is not what is measured: its CPU time is taken off. */
static void await(struct player *player, const struct place *place, bool full)
{
	double start;
	unsigned int i;

	if (is_ready(place, full))
		return;
	start = peers_cpu_ns();
	for (i = 1; !is_ready(place, full); i++) {
		__builtin_ia32_pause();
		if (!(i % SPINS))
			sched_yield();
	}
	player->waited_ns += peers_cpu_ns() - start;
}

static void produce(struct player *player, struct place *place)
{
	unsigned int i;

	await(player, place, false);
	for (i = 0; i < player->load->live; i++)
		place->objs[i] = peers_get(player, peers_sizes[peers_next(player)]);
	__atomic_store_n(&place->is_full, true, __ATOMIC_RELEASE);
}

static void consume(struct player *player, struct place *place)
{
	unsigned int i;

	await(player, place, true);
	for (i = 0; i < player->load->live; i++)
		peers_put(player, place->objs[i]);
	__atomic_store_n(&place->is_full, false, __ATOMIC_RELEASE);
}

static void work(struct player *player)
{
	size_t batch, nr_batches = player->pairs / player->load->live;

	for (batch = 0; batch < nr_batches; batch++) {
		if (player->nr)
			consume(player, &places[batch % NR_PLACES]);
		else
			produce(player, &places[batch % NR_PLACES]);
	}
}

const struct play peers_xmalloc = { .work = work, .is_joint = true };
