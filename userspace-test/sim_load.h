/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads: who allocates and frees what, in which order. Drawn from the shim's
 * random numbers, so that each run is the same.
 */
#ifndef _SIM_LOAD_H
#define _SIM_LOAD_H

#include "../zpool_sizeclass.h"
#include "shim.h"

#define SIM_MOST_LIVE	1024U

/* Objects of one size that are in use. */
struct sim_pool {
	size_t size;
	unsigned int low, high;		/* how many, at least and at most */
	unsigned int target;		/* where it is going */
	unsigned int nr;
	void *objs[SIM_MOST_LIVE];
};

void *sim_alloc(size_t size);
void sim_free(void *obj);

void sim_pool_init(struct sim_pool *pool, size_t size, unsigned int low, unsigned int high);
void sim_pool_run(struct sim_pool *pool, unsigned int ops);
void sim_pool_saw(struct sim_pool *pool);
void sim_pool_empty(struct sim_pool *pool);

/* 48 classes, the most popular one 48 times as popular as the least. */
struct sim_mix {
	struct sim_pool pools[ZPOOL_NR_CLASSES];
};

void sim_mix_init(struct sim_mix *mix, unsigned int high);
void sim_mix_run(struct sim_mix *mix, unsigned int ops);
void sim_mix_empty(struct sim_mix *mix);

#endif /* _SIM_LOAD_H */
