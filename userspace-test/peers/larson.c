// SPDX-License-Identifier: GPL-2.0
/*
 * After P. Larson and M. Krishnan, "Memory Allocation for Long-Running Server
 * Applications" (ISMM 1998): a thread replaces what is in random slots by new
 * objects, and after a while hands its slots to a new thread and ends. Where two
 * play they also change slots, so that objects are freed where they were not
 * allocated.
 */
#include <pthread.h>
#include <stdlib.h>

#include "peers.h"

#define NR_EPOCHS	10U

static void **slots[PEERS_MOST_PLAYERS];
static pthread_barrier_t epoch_over;

static void begin(struct player *player)
{
	unsigned int i, live = player->load->live;
	void **mine = malloc(live * sizeof(*mine));

	for (i = 0; i < live; i++)
		mine[i] = peers_get(player, peers_sizes[peers_next(player)]);
	slots[player->nr] = mine;
	player->mine = mine;
	if (!player->nr)
		pthread_barrier_init(&epoch_over, NULL, player->load->nr_players);
}

static void *replace(void *arg)
{
	struct player *player = arg;
	size_t pairs = player->pairs / NR_EPOCHS;
	unsigned int live = player->load->live;
	void **mine = player->mine;

	zpool_peer_become_cpu(player->nr);
	while (pairs--) {
		unsigned int at = peers_next(player);
		void **slot = &mine[peers_draws[at] % live];

		peers_put(player, *slot);
		*slot = peers_get(player, peers_sizes[at]);
	}
	return NULL;
}

static void work(struct player *player)
{
	unsigned int epoch;
	pthread_t thread;

	for (epoch = 1; epoch <= NR_EPOCHS; epoch++) {
		if (pthread_create(&thread, NULL, replace, player))
			peers_die("no thread");
		pthread_join(thread, NULL);
		pthread_barrier_wait(&epoch_over);
		player->mine = slots[(player->nr + epoch) % player->load->nr_players];
	}
}

static void end(struct player *player)
{
	void **mine = slots[player->nr];
	unsigned int i;

	for (i = 0; i < player->load->live; i++)
		peers_put(player, mine[i]);
	free(mine);
	if (!player->nr)
		pthread_barrier_destroy(&epoch_over);
}

const struct play peers_larson = { begin, work, end };
