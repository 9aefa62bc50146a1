// SPDX-License-Identifier: GPL-2.0
/*
 * After D. Leijen's stress test for mimalloc, mstress in mimalloc-bench: the set of
 * what is alive grows and shrinks by random amounts, what is freed is drawn from
 * it, and one object in eight changes places with one that any thread may have left
 * and any may take.
 */
#include <stdlib.h>

#include "peers.h"

#define NR_PLACES	256U
#define SWAP_EVERY	8U

static void *places[NR_PLACES];		/* or NULL */

static void begin(struct player *player)
{
	player->mine = malloc(player->load->live * sizeof(void *));
}

static void *new_object(struct player *player)
{
	unsigned int at = peers_next(player);
	void *obj = peers_get(player, peers_sizes[at]);

	if (at % SWAP_EVERY)
		return obj;
	return __atomic_exchange_n(&places[peers_draws[at] % NR_PLACES], obj, __ATOMIC_ACQ_REL);
}

/* Return: how many were allocated; not all are here now. */
static size_t grow(struct player *player, void **objs, unsigned int *nr, unsigned int to)
{
	size_t pairs = 0;

	for (; *nr < to; pairs++) {
		objs[*nr] = new_object(player);
		*nr += !!objs[*nr];
	}
	return pairs;
}

static void shrink(struct player *player, void **objs, unsigned int *nr, unsigned int to)
{
	while (*nr > to) {
		unsigned int i = peers_draws[peers_next(player)] % *nr;

		peers_put(player, objs[i]);
		objs[i] = objs[--*nr];
	}
}

static void work(struct player *player)
{
	unsigned int live = player->load->live, nr = 0;
	size_t pairs = 0;

	while (pairs < player->pairs) {
		unsigned int draw = peers_draws[peers_next(player)];

		pairs += grow(player, player->mine, &nr, live / 2 + draw % (live / 2));
		shrink(player, player->mine, &nr, (draw >> 16) % (live / 2));
	}
	shrink(player, player->mine, &nr, 0);
}

static void end(struct player *player)
{
	unsigned int i;

	for (i = player->nr; i < NR_PLACES; i += player->load->nr_players) {
		if (places[i])
			peers_put(player, places[i]);
		places[i] = NULL;
	}
	free(player->mine);
}

const struct play peers_mstress = { begin, work, end };
