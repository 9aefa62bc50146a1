// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes whose memory comes and goes, CPUs that die, page allocators that fail
 * in the middle of a bulk call: what no kernel can be asked to do on the spot.
 * One thread, without interrupts, so that each figure is exact.
 *
 * CPUs 0 and 1 are on node 0, 2 and 3 on node 1, 4 on node 2.
 */
#include "../zpool_adapt.h"
#include "../zpool_alarm.h"
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_degrade.h"
#include "../zpool_drain.h"
#include "../zpool_kmalloc.h"
#include "../zpool_node.h"
#include "../zpool_pressure.h"
#include "../zpool_report.h"
#include "../zpool_stats.h"
#include "../zpool_throttle.h"
#include "tap.h"
#include "world.h"

#define SIZE	256U
#define NR	(ZPOOL_MOST_CAPACITY + 6)	/* more than a magazine holds */

static struct zpool_cache *cache;
static void *objs[NR];
static bool good;

/* The first that fails is told. */
#define EXPECT(condition) do {							\
	if (!(condition) && good) {						\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);	\
		good = false;							\
	}									\
} while (0)

static int node_of(const void *p)
{
	return page_to_nid(virt_to_page(p));
}

static int node_of_cpu(int cpu)
{
	return per_cpu_ptr(&zpool_cpu, cpu)->node;
}

static struct zpool_usage usage(void)
{
	struct zpool_usage u = {};

	zpool_stats_add_cache(&u, cache);
	return u;
}

static void take(unsigned int nr, int nid)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		objs[i] = nid < 0 ? zpool_cache_alloc(cache, GFP_KERNEL) :
				    zpool_cache_alloc_node(cache, GFP_KERNEL, nid);
		EXPECT(objs[i]);
	}
}

static void give(unsigned int nr)
{
	while (nr)
		zpool_cache_free(cache, objs[--nr]);
}

static void feeds_from(int a, int b, int c)
{
	EXPECT(node_of_cpu(0) == a && node_of_cpu(1) == a);
	EXPECT(node_of_cpu(2) == b && node_of_cpu(3) == b);
	EXPECT(node_of_cpu(4) == c);
}

/* A CPU of a node without memory lives on the nearest that has some, as on its own. */
static void no_memory_at_load(void)
{
	struct zpool_usage before;
	void *p;

	feeds_from(0, 1, 1);
	EXPECT(zpool_node_is_fed(0) && zpool_node_is_fed(1) && !zpool_node_is_fed(2));
	shim_thread_move(4);
	take(NR, -1);
	EXPECT(node_of(objs[0]) == 1 && node_of(objs[NR - 1]) == 1);
	give(NR);
	EXPECT(usage().remote_bytes == 0);
	before = usage();
	take(NR, -1);
	EXPECT(usage().refills - before.refills <= 1);
	give(NR);

	EXPECT(!zpool_kmalloc_node(SIZE, GFP_KERNEL | __GFP_THISNODE, 2));
	p = zpool_kmalloc_node(SIZE, GFP_KERNEL, 2);
	EXPECT(p && node_of(p) != 2);
	zpool_kfree(p);

	shim_node_set_memory(0, false);
	EXPECT(zpool_node_update());
	feeds_from(1, 1, 1);
	shim_node_set_memory(0, true);
	EXPECT(zpool_node_update());
	feeds_from(0, 1, 1);
}

/* The node gets memory: its CPU goes there, and what it had is far from home. */
static void memory_comes(void)
{
	shim_thread_move(4);
	take(NR, -1);
	shim_node_set_memory(2, true);
	EXPECT(node_of_cpu(4) == 1);
	EXPECT(zpool_node_update());
	EXPECT(!zpool_node_update());
	feeds_from(0, 1, 2);
	EXPECT(zpool_node_is_fed(2));
	synchronize_rcu();
	zpool_drain_all();
	give(NR);
	EXPECT(usage().remote_bytes && !usage().magazine_bytes);
	take(1, -1);
	EXPECT(node_of(objs[0]) == 2);
	give(1);
	zpool_cache_drain(cache);
	EXPECT(!usage().held_bytes);
}

/* Nobody would come for it: what node 2 owns goes to its slabs, not to its depot. */
static void nobody_fills_from_there(void)
{
	struct zpool_cache_node *node = cache->nodes[2];

	shim_thread_move(4);
	take(NR, -1);
	shim_thread_move(0);
	shim_cpu_kill(4);
	zpool_drain_cpu(4);
	zpool_node_update();
	EXPECT(!zpool_node_is_fed(2));
	zpool_drain_node(2);
	EXPECT(!node->depot.nr_full && !node->depot.nr_empty && !node->slabs.nr_on[ZPOOL_EMPTY]);
	give(NR);
	EXPECT(!node->depot.nr_full);
	EXPECT(usage().remote_bytes < NR * SIZE && !usage().in_use_bytes);

	zpool_node_feed(4);
	shim_cpu_revive(4);
	EXPECT(zpool_node_is_fed(2) && node_of_cpu(4) == 2);
	zpool_cache_drain(cache);
	shim_thread_move(4);
	take(NR, -1);
	shim_thread_move(0);
	give(NR);
	EXPECT(node->depot.nr_full == 1);
}

/* It comes back where its node has no memory any more. */
static void a_cpu_comes_back_elsewhere(void)
{
	shim_cpu_kill(4);
	zpool_drain_cpu(4);
	zpool_node_update();
	shim_node_set_memory(2, false);
	zpool_node_feed(4);
	shim_cpu_revive(4);
	EXPECT(node_of_cpu(4) == 1);
	shim_node_set_memory(2, true);
	EXPECT(zpool_node_update());
	EXPECT(node_of_cpu(4) == 2);
}

static unsigned long failures(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, failures));
}

/* The slabs end in the middle: what came before is good, and counted. */
static void a_bulk_ends_midway(void)
{
	unsigned long before = failures();
	unsigned int got, i;

	zpool_cache_drain(cache);
	for (i = 0; i < NR; i++)
		objs[i] = NULL;
	shim_fail_nth(SHIM_PAGES, 3, true);
	got = zpool_cache_alloc_bulk(cache, GFP_KERNEL, NR, objs);
	shim_fail_stop();
	EXPECT(got > 0 && got < NR);
	EXPECT(failures() - before == 1);
	EXPECT(usage().in_use_bytes == got * SIZE);
	for (i = 0; i < NR; i++) {
		EXPECT(!!objs[i] == (i < got));
		if (objs[i])
			memset(objs[i], i, SIZE);
	}
	EXPECT(!zpool_check_all());
	zpool_cache_free_bulk(cache, got, objs);
	EXPECT(!usage().in_use_bytes);

	shim_fail_nth(SHIM_KMALLOC, 1, true);
	zpool_drain_all();
	got = zpool_kmalloc_bulk(SIZE, GFP_KERNEL, NR, objs);
	EXPECT(!got && failures() - before == 2);
	got = zpool_kmalloc_bulk(ZPOOL_MAX_SIZE + 1, GFP_KERNEL, 3, objs);
	EXPECT(!got);
	shim_fail_stop();
	shim_fail_nth(SHIM_KMALLOC, 3, true);
	got = zpool_kmalloc_bulk(ZPOOL_MAX_SIZE + 1, GFP_KERNEL, 3, objs);
	shim_fail_stop();
	EXPECT(got == 2);
	zpool_kfree_bulk(got, objs);
}

/* A bulk does not stop at its own node. */
static void a_bulk_of_a_full_node(void)
{
	unsigned int got, i;

	zpool_cache_drain(cache);
	shim_thread_move(0);
	shim_node_exhaust(0, true);
	got = zpool_cache_alloc_bulk(cache, GFP_KERNEL, 70, objs);
	shim_node_exhaust(0, false);
	EXPECT(got == 70);
	for (i = 0; i < got; i++)
		EXPECT(node_of(objs[i]) != 0);
	EXPECT(!zpool_check_all());
	zpool_cache_free_bulk(cache, got, objs);
}

static void in_the_busy_section(void *unused)
{
	objs[0] = zpool_kmalloc_node(SIZE, GFP_ATOMIC | __GFP_THISNODE, 2);
	objs[1] = zpool_kmalloc_node(SIZE, GFP_ATOMIC, NUMA_NO_NODE);
	zpool_kmalloc_bulk(SIZE, GFP_ATOMIC, 3, objs + 2);
}

/* Who interrupts a busy section gets what he asks for, past the magazines. */
static void an_interrupt_asks_for_a_node(void)
{
	shim_thread_move(0);
	if (!zpool_cpu_enter())
		shim_bug("busy for no reason");
	shim_interrupt(in_the_busy_section, NULL);
	zpool_cpu_exit();
	EXPECT(objs[0] && node_of(objs[0]) == 2);
	EXPECT(objs[1] && node_of(objs[1]) == 0);
	zpool_kfree_bulk(5, objs);
}

static void in_nmi_context(void *unused)
{
	objs[0] = zpool_cache_alloc(cache, GFP_ATOMIC);
	objs[1] = zpool_cache_alloc_node(cache, GFP_ATOMIC, 0);
	*(unsigned int *)(objs + 2) = zpool_cache_alloc_bulk(cache, GFP_ATOMIC, 5, objs + 3);
	zpool_kfree(objs[10]);
	zpool_kfree_sensitive(objs[11]);
	objs[12] = zpool_krealloc(objs[13], 5000, GFP_ATOMIC);
}

/* An NMI gets what lies in the magazine, and what it frees of the kernel's waits. */
static void an_nmi_asks(void)
{
	unsigned int got;

	take(5, -1);
	give(5);
	objs[10] = kmalloc(100, GFP_KERNEL);
	objs[11] = kmalloc(100, GFP_KERNEL);
	objs[13] = kmalloc(100, GFP_KERNEL);
	shim_nmi(in_nmi_context, NULL);
	got = *(unsigned int *)(objs + 2);
	EXPECT(objs[0] && !objs[1] && got == 5 && !objs[12]);
	kfree(objs[13]);
	zpool_cache_free(cache, objs[0]);
	zpool_cache_free_bulk(cache, got, objs + 3);
	zpool_cache_drain(cache);
	shim_nmi(in_nmi_context, NULL);
}

static bool is_pure(const struct zpool_magazine *mag, int nid, bool remote)
{
	u32 i;

	for (i = 1; i <= mag->count; i++)
		if ((node_of(mag->objs[i]) == nid) == remote)
			return false;
	return true;
}

/*
 * Moved to another CPU between any two basic blocks, with magazines so small
 * that every tenth call goes the long way: what belongs elsewhere is on no pair.
 */
static void moved_midway(void)
{
	static const struct shim_chaos chaos = { .period = 3, .moves = true };
	unsigned int round;
	int cpu;

	zpool_budget_set_limit(96 << 10);
	for (round = 0; round < 300 && good; round++) {
		shim_chaos_start(&chaos);
		take(NR, round % 4 ? -1 : (int)(round % 3));
		give(NR);
		shim_chaos_stop();
		for_each_possible_cpu(cpu) {
			struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

			EXPECT(is_pure(head->loaded, node_of_cpu(cpu), false));
			EXPECT(is_pure(head->previous, node_of_cpu(cpu), false));
			EXPECT(is_pure(per_cpu_ptr(cache->tails, cpu)->remote, node_of_cpu(cpu), true));
		}
		if (round % 16 == 0)
			zpool_cache_drain(cache);
	}
	zpool_budget_set_limit(WORLD_BUDGET);
}

/*
 * Page allocators that fail: what they tell, what is done then.
 */

static unsigned int nr_rung;

static void listen(void)
{
	nr_rung++;
}

static enum zpool_level level_seen(void)
{
	unsigned int until_ms;

	return zpool_pressure_update(&zpool_pressure, zpool_now_ms(), &until_ms);
}

static void degrade(u64 now_ms)
{
	mutex_lock(&zpool_adapt_lock);
	zpool_degrade(now_ms);
	mutex_unlock(&zpool_adapt_lock);
}

static void calm_down(void)
{
	degrade(zpool_now_ms() + zpool_pressure.hold_ms + 1);
	EXPECT(zpool_level() == ZPOOL_CALM);
	zpool_pressure_init(&zpool_pressure);
}

static void *fail(size_t size, gfp_t gfp, enum shim_fault kind)
{
	void *p;

	zpool_drain_all();
	shim_fail_nth(kind, 1, true);
	p = zpool_kmalloc_node(size, gfp, gfp & __GFP_THISNODE ? 0 : NUMA_NO_NODE);
	shim_fail_stop();
	return p;
}

/* By who could wait for reclaim of not too many pages, or wanted no more than one. */
static void a_failure_is_evidence(void)
{
	static const struct {
		size_t size;
		gfp_t gfp;
		enum zpool_level level;
	} cases[] = {
		{ SIZE, GFP_KERNEL, ZPOOL_MERGE },
		{ 8 * PAGE_SIZE, GFP_KERNEL, ZPOOL_MERGE },
		{ SIZE, GFP_ATOMIC, ZPOOL_MERGE },
		{ PAGE_SIZE, GFP_NOWAIT, ZPOOL_MERGE },
		{ PAGE_SIZE + 1, GFP_NOWAIT, ZPOOL_CALM },
		{ 40000, GFP_ATOMIC, ZPOOL_CALM },
		{ 8 * PAGE_SIZE + 1, GFP_KERNEL, ZPOOL_CALM },
		{ SIZE, GFP_KERNEL | __GFP_NORETRY, ZPOOL_CALM },
		{ SIZE, GFP_ATOMIC | __GFP_NORETRY, ZPOOL_CALM },
		{ SIZE, GFP_KERNEL | __GFP_THISNODE, ZPOOL_CALM },
		{ SIZE, GFP_ATOMIC | __GFP_THISNODE, ZPOOL_CALM },
	};
	unsigned int i;

	shim_thread_move(0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		zpool_pressure_init(&zpool_pressure);
		EXPECT(!fail(cases[i].size, cases[i].gfp, SHIM_PAGES));
		if (level_seen() != cases[i].level)
			printf("# case %u\n", i);
		EXPECT(level_seen() == cases[i].level);
	}
	zpool_pressure_init(&zpool_pressure);
}

/* What other nodes have is no failure. */
static void a_full_node_is_no_evidence(void)
{
	void *p;

	shim_thread_move(0);
	zpool_drain_all();
	zpool_pressure_init(&zpool_pressure);
	shim_node_exhaust(0, true);
	p = zpool_kmalloc(SIZE, GFP_KERNEL);
	shim_node_exhaust(0, false);
	EXPECT(p && level_seen() == ZPOOL_CALM);
	zpool_kfree(p);
}

/* Until somebody came. */
static void a_failure_raises_the_alarm(void)
{
	zpool_alarm_start(listen);
	nr_rung = 0;
	EXPECT(!fail(SIZE, GFP_ATOMIC | __GFP_NORETRY, SHIM_PAGES) && nr_rung == 0);
	EXPECT(!fail(SIZE, GFP_KERNEL, SHIM_PAGES) && nr_rung == 1);
	EXPECT(!fail(SIZE, GFP_KERNEL, SHIM_PAGES) && nr_rung == 2);
	degrade(zpool_now_ms());
	EXPECT(zpool_level() == ZPOOL_MERGE);
	EXPECT(!fail(SIZE, GFP_KERNEL, SHIM_PAGES) && nr_rung == 2);
	calm_down();
	EXPECT(!fail(SIZE, GFP_KERNEL, SHIM_PAGES) && nr_rung == 3);
	zpool_alarm_stop();
	calm_down();
}

/* When the kernel that serves in our place has none, there is what slabs have. */
static void the_last_there_is(void)
{
	void *held, *p;

	shim_thread_move(0);
	held = zpool_kmalloc(SIZE, GFP_KERNEL);
	zpool_pressure_note(&zpool_pressure, ZPOOL_FALL_BACK, zpool_now_ms());
	degrade(zpool_now_ms());
	p = fail(SIZE, GFP_KERNEL | __GFP_ZERO, SHIM_KMALLOC);
	EXPECT(p && virt_to_page(p) == virt_to_page(held));
	EXPECT(p && !memchr_inv(p, 0, SIZE));
	zpool_kfree(p);
	EXPECT(!fail(40000, GFP_KERNEL, SHIM_KMALLOC));
	p = fail(40000, GFP_KERNEL | __GFP_NOFAIL, SHIM_KMALLOC);
	EXPECT(p && zpool_page_is_ours(virt_to_page(p)));
	zpool_kfree(p);
	zpool_kfree(held);
	calm_down();
}

static void run(void (*test)(void), const char *name)
{
	const char *broken;

	good = true;
	test();
	world_settle();
	zpool_drain_all();
	broken = zpool_check_all();
	EXPECT(!broken && !usage().held_bytes);
	EXPECT(!atomic_long_read(&zpool_budget.claimed));
	tap_ok(good, "nodes.%s", name);
	shim_thread_move(0);
}

#define NR_LARGE	120U

static unsigned int class_of_large(void)
{
	return zpool_size_class(ZPOOL_MAX_SIZE);
}

/* What no magazine holds is better than nothing. Of the last of a long row some are freed. */
static void what_is_apart_is_something(void)
{
	struct zpool_slabs *slabs = &zpool_general[class_of_large()]->nodes[0]->slabs;
	unsigned long limit = zpool_budget.limit;
	void *large[NR_LARGE], *p;
	unsigned int i;

	shim_thread_move(0);
	zpool_drain_all();
	zpool_budget_set_limit(NR_LARGE / 2 * ZPOOL_MAX_SIZE);
	for (i = 0; i < NR_LARGE; i++)
		EXPECT((large[i] = zpool_kmalloc(ZPOOL_MAX_SIZE, GFP_KERNEL)));
	EXPECT(zpool_slab_of(large[NR_LARGE - 1])->apart == ZPOOL_BEYOND);
	zpool_kfree(large[NR_LARGE - 1]);
	zpool_kfree(large[NR_LARGE - 2]);
	p = fail(ZPOOL_MAX_SIZE, GFP_ATOMIC | __GFP_THISNODE, SHIM_PAGES);
	EXPECT(p && zpool_slab_of(p)->apart == ZPOOL_BEYOND && level_seen() == ZPOOL_CALM);
	zpool_kfree(p);

	/* While memory is scarce none is made, but what there is serves. */
	zpool_pressure_init(&zpool_pressure);
	EXPECT(!fail(SIZE, GFP_KERNEL, SHIM_PAGES));
	degrade(zpool_now_ms());
	mutex_lock(&zpool_caches_lock);
	zpool_throttle(zpool_general[class_of_large()], ZPOOL_NONE, 0);
	mutex_unlock(&zpool_caches_lock);
	zpool_drain_all();
	p = zpool_kmalloc(ZPOOL_MAX_SIZE, GFP_KERNEL);
	EXPECT(p && zpool_slab_of(p)->apart == ZPOOL_BEYOND);
	zpool_kfree(p);
	calm_down();
	for (i = 0; i < NR_LARGE - 2; i++)
		zpool_kfree(large[i]);
	zpool_drain_all();
	EXPECT(!slabs->nr_on[ZPOOL_APART]);
	zpool_budget_set_limit(limit);
}

#define RUN(test)	run(test, #test)

int main(void)
{
	const char *leaks;

	shim_node_set_memory(2, false);
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	cache = zpool_cache_create("nodes", SIZE, 0, 0, NULL);
	RUN(no_memory_at_load);
	RUN(memory_comes);
	RUN(nobody_fills_from_there);
	RUN(a_cpu_comes_back_elsewhere);
	RUN(a_bulk_ends_midway);
	RUN(a_bulk_of_a_full_node);
	RUN(an_interrupt_asks_for_a_node);
	memset(objs, 0, sizeof(objs));
	RUN(an_nmi_asks);
	RUN(moved_midway);
	RUN(a_failure_is_evidence);
	RUN(a_full_node_is_no_evidence);
	RUN(a_failure_raises_the_alarm);
	RUN(the_last_there_is);
	RUN(what_is_apart_is_something);
	zpool_cache_destroy(cache);
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks, "nothing left%s%s", leaks ? ": " : "", leaks ?: "");
	return tap_end();
}
