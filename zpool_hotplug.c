// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_hotplug.h. The callbacks run in process context under
 * cpu_hotplug_lock, which is outside all of ours; those for memory under the
 * lock of memory hotplug as well.
 */
#include <linux/cpuhotplug.h>
#include <linux/memory.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>

#include "zpool_drain.h"
#include "zpool_hotplug.h"
#include "zpool_node.h"

static int state;

static int cpu_prepare(unsigned int cpu)
{
	zpool_node_feed(cpu);
	return 0;
}

static int cpu_dead(unsigned int cpu)
{
	int nid = per_cpu_ptr(&zpool_cpu, cpu)->node;

	zpool_drain_cpu(cpu);
	zpool_node_update();
	if (!zpool_node_is_fed(nid))
		zpool_drain_node(nid);
	return 0;
}

/* A busy section may have seen the old node: only after it is what we drain all there is. */
static int memory_changed(struct notifier_block *nb, unsigned long action, void *arg)
{
	if ((action == MEM_ONLINE || action == MEM_OFFLINE) && zpool_node_update()) {
		synchronize_rcu();
		zpool_drain_all();
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

	state = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "mm/kzpool:prepare",
				  cpu_prepare, cpu_dead);
	if (state < 0)
		return state;
	err = register_memory_notifier(&memory_notifier);
	if (err)
		cpuhp_remove_state_nocalls(state);
	return err;
}

/* At unload, before the caches go. */
void zpool_hotplug_stop(void)
{
	unregister_memory_notifier(&memory_notifier);
	cpuhp_remove_state_nocalls(state);
}
