// SPDX-License-Identifier: GPL-2.0
/* Load and unload: a ladder up, the same ladder down. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "zpool_adapt.h"
#include "zpool_budget.h"
#include "zpool_debugfs.h"
#include "zpool_drain.h"
#include "zpool_handle.h"
#include "zpool_hotplug.h"
#include "zpool_kmalloc.h"
#include "zpool_nmi.h"
#include "zpool_owner.h"
#include "zpool_params.h"
#include "zpool_pressure.h"
#include "zpool_reclaim.h"
#include "zpool_refill.h"
#include "zpool_supply.h"
#include "zpool_worker.h"

static void prefill(size_t bytes)
{
	unsigned int class;

	for (class = 0; bytes && class < ZPOOL_NR_CLASSES; class++)
		zpool_cache_prefill(zpool_general[class], bytes / ZPOOL_NR_CLASSES);
}

static int __init zpool_init(void)
{
	int err = zpool_params_check() ?: zpool_slab_start();

	if (err)
		return err;
	zpool_nmi_start();
	zpool_kmalloc_start();
	zpool_pressure_init(&zpool_pressure);
	zpool_head_start();
	zpool_node_start();
	zpool_params_apply_budget();
	err = zpool_cache_start();
	if (err)
		goto no_caches;
	zpool_adapt_start();
	err = zpool_owner_start();
	if (err)
		goto no_owner;
	err = zpool_hotplug_start();
	if (err)
		goto no_hotplug;
	prefill(zpool_params_prefill_bytes());
	err = zpool_worker_start();
	if (err)
		goto no_worker;
	err = zpool_reclaim_start();
	if (err)
		goto no_reclaim;
	zpool_debugfs_start();
	zpool_params_start();
	pr_info("kzpool: loaded, %lu KiB may lie idle\n", zpool_budget.limit >> 10);
	return 0;

no_reclaim:
	zpool_worker_stop();
no_worker:
	zpool_hotplug_stop();
no_hotplug:
	zpool_owner_stop();
no_owner:
	zpool_drain_all();
	zpool_cache_stop();
no_caches:
	zpool_slab_stop();
	return err;
}

/* Nobody calls any more; what they put off comes home first. */
static void __exit zpool_exit(void)
{
	zpool_params_stop();
	zpool_debugfs_stop();
	zpool_reclaim_stop();
	zpool_worker_stop();
	zpool_hotplug_stop();
	zpool_owner_stop();
	rcu_barrier();
	zpool_kmalloc_sync();
	zpool_nmi_sync();
	zpool_slab_sync();
	zpool_refill_stop();
	zpool_handle_stop();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
}

module_init(zpool_init);
module_exit(zpool_exit);

MODULE_DESCRIPTION("Pooled allocator: per-CPU magazines over node-local slabs");
MODULE_AUTHOR("The zpool founders");
MODULE_LICENSE("GPL");
