// SPDX-License-Identifier: GPL-2.0
/*
 * Reserves while page allocations fail: what fills them up again, and that
 * nothing is lost when their size changes.
 */
#include "../zpool_alarm.h"
#include "reserve.h"

/*
 * What fills it up.
 */

/* No magazine may be made, and none is left. */
static void expect_short(bool is_short)
{
	unsigned int cpu;

	EXPECT(cache->throttle == (is_short ? ZPOOL_SHORT : 0));
	for_each_possible_cpu(cpu) {
		EXPECT(is_short ? !per_cpu_ptr(cache->tails, cpu)->capacity :
				  per_cpu_ptr(cache->tails, cpu)->capacity == 10 + cpu);
		EXPECT(per_cpu_ptr(cache->tails, cpu)->may_raise == !is_short);
		EXPECT(!is_short || per_cpu_ptr(cache->heads, cpu)->loaded == zpool_no_magazine);
	}
}

/* While pages fail, by what is freed; when they are back, by the worker. */
static void a_shortage_comes_and_goes(void)
{
	unsigned long misses;
	unsigned int cpu, i;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(cache->tails, cpu)->capacity = 10 + cpu;
	exhaust();
	take_atomically(8);
	EXPECT(!zpool_refill_all());
	expect_short(true);
	EXPECT(kept() == KEPT - 8);
	for (i = 1; i <= 8; i++) {
		give(1);
		EXPECT(kept() == KEPT - 8 + i);
		check();
	}
	give(1);
	EXPECT(kept() == KEPT && usage().slab_free_bytes == SIZE);
	take_atomically(9);
	EXPECT(kept() == KEPT - 8);
	EXPECT(!zpool_refill_all());
	expect_short(true);
	check();

	shim_fail_stop();
	EXPECT(zpool_refill_all());
	EXPECT(kept() == KEPT);
	expect_short(false);
	check();
	give(nr_objs);
	take_atomically(5);
	give(5);
	misses = usage().misses;
	take_atomically(5);
	give(5);
	EXPECT(usage().misses == misses);
	check();
}

/* It is to be tried again as long as one of them is short, and none other suffers. */
static void one_of_two_is_short(void)
{
	struct zpool_cache *other = zpool_cache_create("other", SIZE, 0, 0, NULL);

	EXPECT(!zpool_cache_reserve(other, SHARE));
	exhaust();
	take_atomically(1);
	EXPECT(!zpool_refill_all());
	EXPECT(cache->throttle && !other->throttle);
	EXPECT(!zpool_cache_reserve(cache, 0));
	EXPECT(zpool_refill_all());
	zpool_cache_destroy(other);
	give(nr_objs);
}

/* From CPUs of all nodes, and in bulk: each where it is at home. */
static void who_frees_far_away_fills_it_up(void)
{
	unsigned int nr;

	exhaust();
	take_atomically(KEPT);
	EXPECT(!zpool_refill_all());
	for (nr = 0; nr < KEPT - 2; nr++) {
		shim_thread_move(nr % NR_CPUS);
		give(1);
		EXPECT(kept() == nr + 1);
		check();
	}
	nr_objs -= 2;
	zpool_cache_free_bulk(cache, 2, objs + nr_objs);
	EXPECT(kept_on(0) == SHARE && kept_on(1) == SHARE && kept_on(2) == SHARE);
	EXPECT(zpool_refill_all() && !cache->throttle);
	check();
	shim_fail_stop();
	give(nr_objs);
}

/* What other CPUs have in magazines is given to it first. */
static void magazines_fill_it_up(void)
{
	unsigned int i;

	shim_thread_move(1);
	for (i = 0; i < 30; i++)
		hold(zpool_cache_alloc(cache, GFP_KERNEL));
	give(30);
	shim_thread_move(0);
	exhaust();
	EXPECT(usage().magazine_bytes >= 10 * SIZE);
	take_atomically(10);
	EXPECT(kept_on(0) == SHARE - 10);
	EXPECT(!zpool_refill_all());
	EXPECT(kept() == KEPT && usage().magazine_bytes == 0);
	EXPECT(zpool_refill_all());
	EXPECT(!cache->throttle);
	check();
	give(nr_objs);
}

/* What slabs of emergency reserves have is none of it. */
static void emergency_pages_are_not_kept(void)
{
	zpool_cache_reserve(cache, 0);
	zpool_cache_drain(cache);
	shim_reserves_one_in(1);
	EXPECT(zpool_cache_reserve(cache, KEPT) == -ENOMEM);
	shim_reserves_one_in(0);
	EXPECT(kept() == 0 && usage().held_bytes == 0);
	check();
}

static unsigned int nr_alarms;

static void count_alarm(void)
{
	nr_alarms++;
}

/* Who takes of it calls for the worker; who finds something else does not. */
static void the_alarm_is_raised(void)
{
	nr_alarms = 0;
	zpool_alarm_start(count_alarm);
	hold(zpool_cache_alloc(cache, QUIETLY));
	shim_thread_idle();
	EXPECT(!nr_alarms);
	zpool_alarm_stop();
	exhaust();
	zpool_alarm_start(count_alarm);
	take_atomically(1);
	shim_thread_idle();
	EXPECT(nr_alarms == 1);
	zpool_alarm_stop();
	give(nr_objs);
}

/* A node that no CPU fills from any more keeps nothing, the others more. */
static void nodes_come_and_go(void)
{
	shim_node_set_memory(2, false);
	EXPECT(zpool_node_update());
	shim_fail_nth(SHIM_KMALLOC, 1, true);
	EXPECT(!zpool_refill_all());
	shim_fail_stop();
	EXPECT(zpool_refill_all());
	EXPECT(kept_on(0) == KEPT / 2 && kept_on(1) == KEPT / 2 && kept_on(2) == 0);
	shim_node_set_memory(2, true);
	EXPECT(zpool_node_update());
	EXPECT(zpool_refill_all());
	EXPECT(kept() == KEPT);
	EXPECT(!zpool_cache_reserve(cache, 0) && !zpool_cache_reserve(cache, KEPT));
	EXPECT(kept_on(0) == SHARE && kept_on(1) == SHARE && kept_on(2) == SHARE);
	check();
}

/*
 * Changing it without memory.
 */

/* As if it had never been asked for. */
static void expect_none(void)
{
	int nid;

	EXPECT(!cache->reserve && list_empty(&cache->reserved) && !kept());
	for_each_node(nid)
		EXPECT(!cache->nodes[nid]->reserve.target && !cache->nodes[nid]->reserve.objs);
}

static void what_was_before_is_kept(void)
{
	exhaust();
	EXPECT(zpool_cache_reserve(cache, 10 * KEPT) == -ENOMEM);
	EXPECT(kept() == KEPT && cache->reserve == KEPT);
	check();
	EXPECT(!zpool_cache_reserve(cache, SHARE));
	EXPECT(kept() == SHARE);
	check();
	EXPECT(!zpool_cache_reserve(cache, 0));
	expect_none();
	while (hold(zpool_cache_alloc(cache, GFP_KERNEL)))
		;
	EXPECT(zpool_cache_reserve(cache, 1) == -ENOMEM);
	expect_none();
	check();
	give(nr_objs);
}

/* What a failure to change it must leave: what is below both what there was and the new shares. */
static unsigned int least_kept(unsigned int after)
{
	unsigned int least = 0;
	int nid;

	for_each_node(nid)
		least += min(kept_on(nid), after / MAX_NUMNODES);
	return least;
}

/* From @before, of which @taken are with callers, to @after. Return: did anything fail? */
static bool change(enum shim_fault kind, unsigned long nth, bool all_later,
		   unsigned int before, unsigned int taken, unsigned int after)
{
	unsigned long failed, least;
	int err, nid;

	EXPECT(!zpool_cache_reserve(cache, 0));
	zpool_cache_drain(cache);
	EXPECT(!zpool_cache_reserve(cache, before));
	for_each_node(nid)
		while (taken && hold(zpool_reserve_take(&cache->nodes[nid]->reserve, false)))
			taken--;
	least = least_kept(after);
	shim_fail_nth(kind, nth, all_later);
	err = zpool_cache_reserve(cache, after);
	failed = shim_fail_stop();
	check();
	EXPECT(!err || (err == -ENOMEM && failed));
	EXPECT(cache->reserve == (err ? before : after));
	EXPECT(err ? kept() <= before && kept() >= least :
		     after > before ? kept() == after : kept() <= after);
	EXPECT(!err || after > before);		/* to keep less never fails */
	if (err && !before)
		expect_none();
	EXPECT(zpool_refill_all());
	EXPECT(kept() == cache->reserve);
	check();
	give(nr_objs);
	return failed;
}

static void sweep(unsigned int before, unsigned int taken, unsigned int after)
{
	unsigned long nth, most = 0;
	int kind, later;

	for (kind = 0; kind < SHIM_NR_FAULTS; kind++) {
		for (later = 0; later < 2; later++) {
			nth = 1;
			while (change(kind, nth, later, before, taken, after))
				nth++;
			most = max(most, nth);
		}
	}
	EXPECT(most > 3 || after < before);
}

static void growing_may_fail_anywhere(void)
{
	sweep(0, 0, 100);
	sweep(50, 0, 300);
	sweep(50, 30, 100);
}

static void shrinking_may_fail_anywhere(void)
{
	sweep(300, 0, 50);
	sweep(300, 200, 150);
	sweep(300, 300, 200);
	sweep(300, 100, 0);
}

/*
 * All at once.
 */

static void *irq_objs[NR];
static unsigned int nr_irq;

static void in_irq(void *unused)
{
	void *p;

	if (nr_irq > 40 || (nr_irq && shim_below(2))) {
		zpool_cache_free(cache, irq_objs[--nr_irq]);
		return;
	}
	p = zpool_cache_alloc(cache, GFP_ATOMIC);
	if (p)
		irq_objs[nr_irq++] = p;
}

static void do_anything(void)
{
	switch (shim_below(16)) {
	case 0:
		zpool_refill_all();
		break;
	case 1:
		zpool_cache_reserve(cache, shim_below(2 * KEPT));
		break;
	case 2:
		world_press();
		break;
	case 3:
		world_adapt();
		break;
	default:
		if (nr_objs < 200 && shim_below(2))
			hold(zpool_cache_alloc(cache, shim_below(2) ? GFP_KERNEL : GFP_ATOMIC));
		else if (nr_objs)
			give(1);
	}
}

static void nothing_is_lost_in_a_storm(void)
{
	static const struct shim_chaos chaos = { .period = 50, .irq = in_irq, .moves = true };
	unsigned int round, i;

	for (round = 0; round < 60 && good; round++) {
		shim_fail_one_in(SHIM_PAGES, round % 3);
		shim_fail_one_in(SHIM_KMALLOC, round % 5 ? 0 : 3);
		shim_chaos_start(&chaos);
		for (i = 0; i < 100; i++)
			do_anything();
		shim_chaos_stop();
		shim_fail_stop();
		while (nr_irq)
			zpool_cache_free(cache, irq_objs[--nr_irq]);
		world_settle();
		check();
	}
	world_relax();
	EXPECT(zpool_refill_all());
	EXPECT(kept() == cache->reserve && !cache->throttle);
	give(nr_objs);
}

/* Its owner forgets it: told once, and all comes home. */
static void forget_one(void)
{
	long reports = atomic_long_read(&zpool_reports);
	const char *leaks;

	world_start(WORLD_BUDGET);
	cache = zpool_cache_create("forgotten", SIZE, 0, 0, NULL);
	zpool_cache_reserve(cache, KEPT);
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks && atomic_long_read(&zpool_reports) == reports + 1,
	       "one_that_is_forgotten%s%s", leaks ? ": " : "", leaks ?: "");
}

int main(void)
{
	LIVE(a_shortage_comes_and_goes);
	LIVE(one_of_two_is_short);
	LIVE(who_frees_far_away_fills_it_up);
	LIVE(magazines_fill_it_up);
	LIVE(emergency_pages_are_not_kept);
	LIVE(the_alarm_is_raised);
	LIVE(nodes_come_and_go);
	LIVE(what_was_before_is_kept);
	LIVE(growing_may_fail_anywhere);
	LIVE(shrinking_may_fail_anywhere);
	LIVE(nothing_is_lost_in_a_storm);
	forget_one();
	return tap_end();
}
