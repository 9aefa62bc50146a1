// SPDX-License-Identifier: GPL-2.0
/*
 * After alloc-test of the OLogN project: random slots of a large array; one that is
 * empty gets an object, one that is not loses it. As many sizes in each doubling.
 */
#include <stdlib.h>

#include "peers.h"

static void begin(struct player *player)
{
	player->mine = calloc(player->load->live, sizeof(void *));
}

/* Each step is half a pair. */
static void work(struct player *player)
{
	size_t steps = 2 * player->pairs;
	void **objs = player->mine;

	while (steps--) {
		unsigned int at = peers_next(player);
		void **slot = &objs[peers_draws[at] % player->load->live];

		if (*slot) {
			peers_put(player, *slot);
			*slot = NULL;
		} else {
			*slot = peers_get(player, peers_sizes[at]);
		}
	}
}

static void end(struct player *player)
{
	void **objs = player->mine;
	unsigned int i;

	for (i = 0; i < player->load->live; i++)
		if (objs[i])
			peers_put(player, objs[i]);
	free(objs);
}

const struct play peers_alloc_test = { begin, work, end };
