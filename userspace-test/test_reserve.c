// SPDX-License-Identifier: GPL-2.0
/* Reserves while page allocations fail: who gets what is kept. */
#include "reserve.h"

static gfp_t how;
static void *got;

static void alloc_there(void *unused)
{
	got = zpool_cache_alloc(cache, how);
}

static void *from_process(void)
{
	return zpool_cache_alloc(cache, how);
}

static void *from_an_interrupt(void)
{
	shim_interrupt(alloc_there, NULL);
	return got;
}

static void *from_within_a_busy_section(void)
{
	if (!zpool_cpu_enter())
		shim_bug("busy for no reason");
	shim_interrupt(alloc_there, NULL);
	zpool_cpu_exit();
	return got;
}

static void *zeroed(void)
{
	void *p = zpool_cache_zalloc(cache, how);

	EXPECT(!p || !memchr_inv(p, 0, SIZE));
	return p;
}

static void *of_any_node(void)
{
	return zpool_cache_alloc_node(cache, how, NUMA_NO_NODE);
}

static void *one_in_bulk(void)
{
	return zpool_cache_alloc_bulk(cache, how, 1, &got) ? got : NULL;
}

/* Exactly what is kept, this node's first; then none, which is told as a failure. */
static void expect_all(void *(*alloc)(void), gfp_t gfp)
{
	unsigned long failed, first = nr_objs;
	unsigned int i;

	how = gfp;
	shim_thread_move(2);
	exhaust();
	failed = failures();
	first = nr_objs;
	for (i = 0; i < KEPT; i++) {
		EXPECT(hold(alloc()));
		EXPECT(i >= SHARE || node_of(objs[nr_objs - 1]) == 1);
		EXPECT(kept() == KEPT - 1 - i);
		check();
	}
	EXPECT(failures() == failed);
	EXPECT(nr_objs == first + KEPT);
	EXPECT(!alloc());
	EXPECT(failures() == failed + 1);
	EXPECT(usage().reserve_allocs == KEPT);
	check();
	give(nr_objs);
	check();
}

static void a_process_gets_all(void)
{
	expect_all(from_process, GFP_ATOMIC);
}

static void nowait_is_enough(void)
{
	expect_all(from_process, GFP_NOWAIT);
}

static void an_interrupt_gets_all(void)
{
	expect_all(from_an_interrupt, GFP_ATOMIC);
}

static void a_busy_cpu_gets_all(void)
{
	unsigned long misses = usage().misses;

	expect_all(from_within_a_busy_section, GFP_ATOMIC);
	EXPECT(usage().misses - misses >= KEPT);
}

static void zeroes_are_had(void)
{
	expect_all(zeroed, GFP_ATOMIC);
}

static void any_node_is_had(void)
{
	expect_all(of_any_node, GFP_ATOMIC);
}

static void bulk_by_ones(void)
{
	expect_all(one_in_bulk, GFP_ATOMIC);
}

static void bulk_gets_all(void)
{
	unsigned long failed;
	unsigned int nr;

	exhaust();
	failed = failures();
	nr = zpool_cache_alloc_bulk(cache, GFP_ATOMIC, KEPT + 10, objs + nr_objs);
	EXPECT(nr == KEPT);
	nr_objs += nr;
	EXPECT(failures() == failed + 1);
	EXPECT(kept() == 0);
	check();
	give(nr_objs);
}

/* The wanted node first, with __GFP_THISNODE no other. */
static void nodes_are_had(void)
{
	unsigned int i;

	exhaust();
	for (i = 0; i < SHARE; i++) {
		EXPECT(hold(zpool_cache_alloc_node(cache, GFP_ATOMIC | __GFP_THISNODE, 1)));
		EXPECT(node_of(objs[nr_objs - 1]) == 1);
	}
	EXPECT(!zpool_cache_alloc_node(cache, GFP_ATOMIC | __GFP_THISNODE, 1));
	EXPECT(kept_on(0) == SHARE && kept_on(1) == 0 && kept_on(2) == SHARE);
	for (i = 0; i < SHARE; i++) {
		EXPECT(hold(zpool_cache_alloc_node(cache, GFP_ATOMIC, 2)));
		EXPECT(node_of(objs[nr_objs - 1]) == 2);
	}
	EXPECT(hold(zpool_cache_alloc_node(cache, GFP_ATOMIC, 2)));
	EXPECT(kept_on(0) == SHARE - 1);
	check();
	give(nr_objs);
}

static void an_nmi_gets_none(void)
{
	long reports = atomic_long_read(&zpool_reports);

	exhaust();
	how = GFP_ATOMIC;
	shim_nmi(alloc_there, NULL);
	EXPECT(!got && kept() == KEPT);
	EXPECT(atomic_long_read(&zpool_reports) == reports + 1);
	give(nr_objs);
}

/* On PREEMPT_RT who says that he may sleep, and cannot. */
static void with_preemption_off_on_rt(void)
{
	enum zpool_slab_use use = ZPOOL_FALLBACK;
	void *obj = NULL;

	exhaust();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT)) {
		give(nr_objs);
		return;
	}
	preempt_disable();
	EXPECT(zpool_cache_take(cache, GFP_KERNEL | __GFP_NOWARN, 0, &obj, 1, &use) == 1);
	preempt_enable();
	EXPECT(hold(obj) && kept() == KEPT - 1);
	use = ZPOOL_FALLBACK;
	EXPECT(!zpool_cache_take(cache, GFP_KERNEL | __GFP_NOWARN, 0, &obj, 1, &use));
	check();
	give(nr_objs);
}

int main(void)
{
	LIVE(a_process_gets_all);
	LIVE(nowait_is_enough);
	LIVE(an_interrupt_gets_all);
	LIVE(a_busy_cpu_gets_all);
	LIVE(zeroes_are_had);
	LIVE(any_node_is_had);
	LIVE(bulk_by_ones);
	LIVE(bulk_gets_all);
	LIVE(nodes_are_had);
	LIVE(an_nmi_gets_none);
	LIVE(with_preemption_off_on_rt);
	return tap_end();
}
