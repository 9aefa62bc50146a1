// SPDX-License-Identifier: GPL-2.0
/* Load, unload, parameters. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "zpool_budget.h"
#include "zpool_debugfs.h"
#include "zpool_drain.h"
#include "zpool_hotplug.h"
#include "zpool_kmalloc.h"
#include "zpool_report.h"
#include "zpool_supply.h"

/*
 * Parameters. Each has a range, told when a value is refused; the old value
 * stays. While the module loads nothing is there to be changed yet: the value
 * is taken up by zpool_init().
 */

static unsigned int budget_kb;
static unsigned int prefill_kb;
static bool is_loaded;

static unsigned long ram_kb(void)
{
	return totalram_pages() << (PAGE_SHIFT - 10);
}

/* 1/64 of RAM, but no more than 32 MiB for each CPU. */
static unsigned long automatic_budget_kb(void)
{
	return min(ram_kb() / 64, num_online_cpus() * (32UL << 10));
}

/* What lies idle above the new limit goes back at once. */
static void apply_budget(void)
{
	unsigned long kb = budget_kb ?: automatic_budget_kb();
	bool shrinks = kb << 10 < READ_ONCE(zpool_budget.limit);

	zpool_budget_set_limit(kb << 10);
	if (shrinks)
		zpool_drain_all();
}

static int set_kb(const char *val, const struct kernel_param *kp, unsigned long max)
{
	unsigned int kb;

	if (kstrtouint(val, 0, &kb) || kb > max) {
		zpool_report("%s: '%.*s' is not in 0 to %lu", kp->name,
			     (int)min_t(size_t, strcspn(val, "\n"), 20), val, max);
		return -EINVAL;
	}
	*(unsigned int *)kp->arg = kb;
	return 0;
}

static int set_budget_kb(const char *val, const struct kernel_param *kp)
{
	int err = set_kb(val, kp, min(ram_kb() / 2, (unsigned long)UINT_MAX));

	if (!err && is_loaded)
		apply_budget();
	return err;
}

static int set_prefill_kb(const char *val, const struct kernel_param *kp)
{
	return set_kb(val, kp, min(ram_kb() / 4, (unsigned long)UINT_MAX));
}

static const struct kernel_param_ops budget_kb_ops = {
	.set = set_budget_kb,
	.get = param_get_uint,
};

static const struct kernel_param_ops prefill_kb_ops = {
	.set = set_prefill_kb,
	.get = param_get_uint,
};

module_param_cb(budget_kb, &budget_kb_ops, &budget_kb, 0644);
MODULE_PARM_DESC(budget_kb, "KiB that may lie idle, up to half of RAM; 0: automatic, 1/64 of RAM and at most 32 MiB per CPU");
module_param_cb(prefill_kb, &prefill_kb_ops, &prefill_kb, 0444);
MODULE_PARM_DESC(prefill_kb, "KiB of objects, spread over the classes, to have ready at load, up to a quarter of RAM and within half the budget; 0: none");

static void prefill(void)
{
	size_t share = ((size_t)prefill_kb << 10) / ZPOOL_NR_CLASSES;
	unsigned int class;

	for (class = 0; prefill_kb && class < ZPOOL_NR_CLASSES; class++)
		zpool_cache_prefill(zpool_general[class], share);
}

/* A parameter may be written while the module loads or unloads. */
static void set_loaded(bool loaded)
{
	kernel_param_lock(THIS_MODULE);
	is_loaded = loaded;
	if (loaded)
		apply_budget();
	kernel_param_unlock(THIS_MODULE);
}

static int __init zpool_init(void)
{
	int err = zpool_slab_start();

	if (err)
		return err;
	zpool_magazine_start();
	zpool_node_start();
	apply_budget();
	err = zpool_cache_start();
	if (err)
		goto no_caches;
	err = zpool_hotplug_start();
	if (err)
		goto no_hotplug;
	prefill();
	zpool_debugfs_start();
	set_loaded(true);
	pr_info("kzpool: loaded, %lu KiB may lie idle\n", zpool_budget.limit >> 10);
	return 0;

no_hotplug:
	zpool_cache_stop();
no_caches:
	zpool_slab_stop();
	return err;
}

/* Nobody calls any more; what they put off comes home first. */
static void __exit zpool_exit(void)
{
	set_loaded(false);
	zpool_debugfs_stop();
	zpool_hotplug_stop();
	rcu_barrier();
	zpool_kmalloc_sync();
	zpool_slab_sync();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
}

module_init(zpool_init);
module_exit(zpool_exit);

MODULE_DESCRIPTION("Pooled allocator: per-CPU magazines over node-local slabs");
MODULE_AUTHOR("The zpool founders");
MODULE_LICENSE("GPL");
