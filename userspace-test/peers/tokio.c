// SPDX-License-Identifier: GPL-2.0
/*
 * The load that stands for Tokio's buffers: one object alive, of 1024 + i % 4096
 * bytes; bare, where nobody writes to it, or with all of it written.
 */
#include <string.h>

#include "peers.h"

#define SIZE(i)		(1024 + (i) % 4096)

static void work_checked(struct player *player)
{
	size_t i;

	for (i = 0; i < player->pairs; i++)
		peers_put(player, peers_get(player, SIZE(i)));
}

static void work(struct player *player)
{
	void *(*alloc)(size_t size) = player->contender->alloc;
	void (*free)(void *obj) = player->contender->free;
	size_t i;

	if (player->checks) {
		work_checked(player);
		return;
	}
	for (i = 0; i < player->pairs; i++)
		free(alloc(SIZE(i)));
}

static void work_memset(struct player *player)
{
	void *(*alloc)(size_t size) = player->contender->alloc;
	void (*free)(void *obj) = player->contender->free;
	size_t i;

	if (player->checks) {
		work_checked(player);
		return;
	}
	for (i = 0; i < player->pairs; i++)
		free(memset(alloc(SIZE(i)), (int)i, SIZE(i)));
}

const struct play peers_tokio = { .work = work };
const struct play peers_tokio_memset = { .work = work_memset };
