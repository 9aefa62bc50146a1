// SPDX-License-Identifier: GPL-2.0
/*
 * After MicroQuill's sh8bench: an array is filled with objects of mixed sizes, and
 * freed in another order each time: from the first to the last, from the last to
 * the first, or every second one, which are replaced, and then all.
 */
#include <stdlib.h>

#include "peers.h"

static void begin(struct player *player)
{
	player->mine = malloc(player->load->live * sizeof(void *));
}

static void *new_object(struct player *player)
{
	return peers_get(player, peers_sizes[peers_next(player)]);
}

static size_t fill(struct player *player, void **objs)
{
	unsigned int i;

	for (i = 0; i < player->load->live; i++)
		objs[i] = new_object(player);
	return player->load->live;
}

static void free_forward(struct player *player, void **objs)
{
	unsigned int i;

	for (i = 0; i < player->load->live; i++)
		peers_put(player, objs[i]);
}

static void free_backward(struct player *player, void **objs)
{
	unsigned int i;

	for (i = player->load->live; i--; )
		peers_put(player, objs[i]);
}

static size_t replace_every_second(struct player *player, void **objs)
{
	unsigned int i;

	for (i = 0; i < player->load->live; i += 2)
		peers_put(player, objs[i]);
	for (i = 0; i < player->load->live; i += 2)
		objs[i] = new_object(player);
	return player->load->live / 2;
}

static void work(struct player *player)
{
	size_t pairs = 0;

	while (pairs < player->pairs) {
		pairs += fill(player, player->mine);
		free_forward(player, player->mine);
		pairs += fill(player, player->mine);
		free_backward(player, player->mine);
		pairs += fill(player, player->mine);
		pairs += replace_every_second(player, player->mine);
		free_forward(player, player->mine);
	}
}

static void end(struct player *player)
{
	free(player->mine);
}

const struct play peers_sh8 = { begin, work, end };
