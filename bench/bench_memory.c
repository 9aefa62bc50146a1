// SPDX-License-Identifier: GPL-2.0
/*
 * What memory a contender takes, seen from outside: by how much the free
 * pages of the machine fall. No allocator's own account is believed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "bench.h"

/*
 * Free pages of the machine, to the page: those that CPUs keep on lists of
 * their own, which may be megabytes, are as free as the others.
 */
static s64 zone_free_pages(struct zone *zone)
{
	s64 pages = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	unsigned int cpu;

	for_each_online_cpu(cpu)
		pages += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
	return pages;
}

s64 bench_free_bytes(void)
{
	s64 pages = 0;
	int node, i;

	for_each_online_node(node)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[i];

			if (populated_zone(zone))
				pages += zone_free_pages(zone);
		}
	return pages * PAGE_SIZE;
}

/**
 * bench_fits() - is there memory for a load, with ease?
 * @load: the load
 *
 * Counted in whole runs of pages, as the most wasteful contender takes them. A
 * load may have a quarter of what is free: others keep what they had in
 * earlier turns, and a contender that fails for want of memory shows nothing.
 *
 * Return: true, or false after a line that says so.
 */
bool bench_fits(const struct bench_load *load)
{
	s64 most = bench_free_bytes() / 4;
	u64 need = (u64)load->nr_cpus * load->batch *
		   (PAGE_SIZE << get_order(load->max_size));

	if (need <= most)
		return true;
	pr_info("skipped: %s of %u x %zu B takes %llu MiB, a quarter of free memory is %lld MiB\n",
		load->name, load->batch, load->max_size, need / SZ_1M, most / SZ_1M);
	return false;
}
