// SPDX-License-Identifier: GPL-2.0
/*
 * The loads, and what they draw at random: sizes and numbers, before the clock, the
 * same for all contenders. The rounds of the fastest take about a tenth of a second.
 */
#include <math.h>

#include "peers.h"

#define KIB	1024U

const struct load peers_loads[] = {
	/* name, play, players, least, most, log, live, pairs */
	{ "tokio",	   &peers_tokio,	1, 1 * KIB, 5 * KIB - 1, false, 1, 5000000 },
	{ "tokio_memset",  &peers_tokio_memset,	1, 1 * KIB, 5 * KIB - 1, false, 1, 1000000 },
	{ "larson",	   &peers_larson,	1, 8, 1000, false, 5000, 2000000 },
	{ "larson",	   &peers_larson,	2, 8, 1000, false, 5000, 2000000 },
	{ "larson_large",  &peers_larson,	1, 1 * KIB, 64 * KIB, true, 500, 1000000 },
	{ "xmalloc",	   &peers_xmalloc,	2, 64, 64, false, 256, 2000000 },
	{ "xmalloc_mixed", &peers_xmalloc,	2, 16, 4 * KIB, true, 256, 1000000 },
	{ "xmalloc_large", &peers_xmalloc,	2, 4 * KIB, 64 * KIB, true, 32, 300000 },
	{ "mstress",	   &peers_mstress,	1, 16, 16 * KIB, true, 2000, 1000000 },
	{ "mstress",	   &peers_mstress,	2, 16, 16 * KIB, true, 2000, 1000000 },
	{ "sh8",	   &peers_sh8,		1, 8, 1000, false, 1000, 2000000 },
	{ "alloc_test",	   &peers_alloc_test,	1, 16, 64 * KIB, true, 4000, 500000 },
};
const unsigned int peers_nr_loads = ARRAY_SIZE(peers_loads);

uint32_t peers_sizes[PEERS_NR_DRAWS];
uint32_t peers_draws[PEERS_NR_DRAWS];

/* xorshift64*, always from the same seed. */
static uint64_t draw(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d >> 32;
}

static uint32_t draw_size(const struct load *load)
{
	double part = draw() / 4294967296.0;

	if (load->is_log)
		return load->least * pow((double)load->most / load->least, part);
	return load->least + part * (load->most - load->least + 1);
}

void peers_draw(const struct load *load)
{
	unsigned int i;

	for (i = 0; i < PEERS_NR_DRAWS; i++) {
		peers_sizes[i] = draw_size(load);
		peers_draws[i] = draw();
	}
}
