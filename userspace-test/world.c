// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_drain.h"
#include "../zpool_kmalloc.h"
#include "../zpool_node.h"
#include "world.h"

static struct shim_usage before;

/* Return: 0, or -ENOMEM with nothing left behind. */
int world_start(unsigned long budget)
{
	int err;

	before = shim_usage();
	err = zpool_slab_start();
	if (err)
		return err;
	zpool_magazine_start();
	zpool_node_start();
	zpool_budget_set_limit(budget);
	err = zpool_cache_start();
	if (err)
		zpool_slab_stop();
	return err;
}

/* Nothing is to be put off any more. */
void world_settle(void)
{
	rcu_barrier();
	zpool_kmalloc_sync();
	zpool_slab_sync();
}

void world_stop(void)
{
	world_settle();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
}

const char *world_leaks(void)
{
	static char told[128];
	struct shim_usage now = shim_usage();
	long claimed = atomic_long_read(&zpool_budget.claimed);
	long metadata = atomic_long_read(&zpool_budget.metadata);

	if (now.pages == before.pages && now.kmallocs == before.kmallocs &&
	    now.percpu == before.percpu &&
	    now.leak_checked == before.leak_checked && !claimed && !metadata)
		return NULL;
	snprintf(told, sizeof(told),
		 "left behind: %ld pages, %ld kmallocs, %ld percpu, %ld in kmemleak, claimed %ld, metadata %ld",
		 now.pages - before.pages, now.kmallocs - before.kmallocs,
		 now.percpu - before.percpu, now.leak_checked - before.leak_checked,
		 claimed, metadata);
	return told;
}
