// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_hotplug.h. The callbacks run in process context under
 * cpu_hotplug_lock, which is outside all of ours; those for memory under the
 * lock of memory hotplug as well.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>

#include "zpool_compact.h"
#include "zpool_drain.h"
#include "zpool_hotplug.h"
#include "zpool_nmi.h"
#include "zpool_node.h"

static int cpuhp_state;

static int cpu_prepare(unsigned int cpu)
{
	zpool_node_feed(cpu);
	return 0;
}

/* Busy sections may have seen the old node: only after them we drain all there is. */
static void drain_moved(void)
{
	synchronize_rcu();
	zpool_drain_all();
}

static int cpu_dead(unsigned int cpu)
{
	int nid = per_cpu_ptr(&zpool_cpu, cpu)->node;

	zpool_drain_cpu(cpu);
	if (zpool_node_update())
		drain_moved();
	if (!zpool_node_is_fed(nid))
		zpool_drain_node(nid);
	return 0;
}

/* A run never crosses the border of a memory block, and its first page is marked. */
static bool has_our_pages(const struct memory_notify *range)
{
	unsigned long pfn, end = range->start_pfn + range->nr_pages;

	for (pfn = range->start_pfn; pfn < end; pfn++)
		if (zpool_page_is_ours(pfn_to_page(pfn)))
			return true;
	return false;
}

/*
 * To the kernel, a page with a count of 0 is one about to be free: it would
 * wait for ours for ever. So what lies idle goes back first, what may move moves,
 * and where objects are in use then the block stays.
 */
static int memory_goes(const struct memory_notify *range)
{
	if (!has_our_pages(range))
		return NOTIFY_OK;
	zpool_drain_all();
	zpool_compact_range(range->start_pfn, range->nr_pages);
	zpool_nmi_sync();
	zpool_slab_sync();
	return notifier_from_errno(has_our_pages(range) ? -EBUSY : 0);
}

static int memory_changed(struct notifier_block *nb, unsigned long action, void *arg)
{
	switch (action) {
	case MEM_GOING_OFFLINE:
		return memory_goes(arg);
	case MEM_ONLINE:
	case MEM_OFFLINE:
		if (zpool_node_update())
			drain_moved();
	}
	return NOTIFY_OK;
}

static struct notifier_block memory_notifier = {
	.notifier_call = memory_changed,
};

/**
 * zpool_hotplug_start() - at load, when the caches are there
 *
 * Return: 0, or an error.
 */
int zpool_hotplug_start(void)
{
	int err;

	cpuhp_state = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "mm/kzpool:prepare",
					cpu_prepare, cpu_dead);
	if (cpuhp_state < 0)
		return cpuhp_state;
	err = register_memory_notifier(&memory_notifier);
	if (err) {
		cpuhp_remove_state_nocalls(cpuhp_state);
		return err;
	}
	/* What came or went before somebody listened. */
	cpus_read_lock();
	zpool_node_update();
	cpus_read_unlock();
	return 0;
}

/* At unload, before the caches go. */
void zpool_hotplug_stop(void)
{
	unregister_memory_notifier(&memory_notifier);
	cpuhp_remove_state_nocalls(cpuhp_state);
}
