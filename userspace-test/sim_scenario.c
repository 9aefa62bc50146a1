// SPDX-License-Identifier: GPL-2.0
/*
 * The scenarios. Each says in a line of the table what it scripts, and in its
 * tests what must hold. The machine has 4 CPUs, unless a scenario says
 * otherwise, and 32 MiB of budget for each, as one with 8 GiB of memory.
 */
#include "../zpool_budget.h"
#include "sim.h"
#include "sim_load.h"
#include "sim_scenario.h"
#include "tap.h"

#define NR_CPUS_USED	4U
#define AMPLE		(128UL << 20)

/* Rates are in thousandths. */
#define GOOD_RATE	950U

#define PERMILLE(x)	(x) / 10, (x) % 10

static struct sim_pool pools[NR_CPUS_USED][8];
static struct sim_mix mixes[NR_CPUS];

/* What must hold in all of them. */
static void stop(void)
{
	sim_stop();
	tap_ok(sim.claimed_peak <= sim.budget && !sim.idle_exceeds_claimed,
	       "%s: idle at most %lu KiB, claimed %lu, budget %lu", sim.name, sim.idle_peak >> 10,
	       sim.claimed_peak >> 10, sim.budget >> 10);
	tap_ok(!sim.broken, "%s: all adds up%s%s", sim.name, sim.broken ? ": " : "",
	       sim.broken ?: "");
}

static void tap_calm(void)
{
	tap_ok(!sim.crowded && !sim.settled_reversals,
	       "%s: once settled %u changes within a minute of the last, %u of them undid it",
	       sim.name, sim.crowded, sim.settled_reversals);
}

static void init_pools(unsigned int i, size_t size, unsigned int low, unsigned int high)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS_USED; cpu++)
		sim_pool_init(&pools[cpu][i], size, low, high);
}

static void run_pools(unsigned int i, unsigned int ops)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS_USED; cpu++) {
		shim_thread_move(cpu);
		sim_pool_run(&pools[cpu][i], ops);
	}
}

static void empty_pools(unsigned int i)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS_USED; cpu++) {
		shim_thread_move(cpu);
		sim_pool_empty(&pools[cpu][i]);
	}
}

/*
 * 1: nothing changes.
 */

static void steady(const char *name)
{
	static const struct { unsigned int size, low, high; } mix[] = {
		{ 64, 0, 300 }, { 256, 100, 180 }, { 1024, 0, 60 }, { 1536, 10, 40 },
		{ 4096, 150, 250 }, { 5120, 0, 20 }, { 16384, 0, 12 }, { 65536, 1, 3 },
	};
	unsigned int i, s;

	sim_start(name, NR_CPUS_USED, 1, AMPLE);
	for (i = 0; i < ARRAY_SIZE(mix); i++)
		init_pools(i, mix[i].size, mix[i].low, mix[i].high);
	sim_phase("first minute");
	for (s = 0; s < 660; s++) {
		for (i = 0; i < ARRAY_SIZE(mix); i++)
			run_pools(i, 1000);
		sim_end_interval();
		if (s == 59) {
			sim_phase("10 minutes");
			sim_settled();
		}
	}
	tap_calm();
	for (i = 0; i < ARRAY_SIZE(mix); i++)
		empty_pools(i);
	stop();
}

/*
 * 2: the hot class changes.
 */

#define OLD_SIZE	4096
#define NEW_SIZE	5120
#define HOT_BUDGET	(4UL << 20)
#define HOT_OPS		5000

/* @old_ops: of the old one, after the change */
static void change_hot(const char *name, unsigned int old_ops)
{
	unsigned int s, good_from = 0;

	sim_start(name, NR_CPUS_USED, 1, HOT_BUDGET);
	init_pools(0, OLD_SIZE, 0, 300);
	init_pools(1, NEW_SIZE, 150, 250);
	sim_phase("4 KiB hot");
	for (s = 0; s < 60; s++) {
		run_pools(0, HOT_OPS);
		sim_end_interval();
	}
	sim_phase("5 KiB hot");
	for (s = 1; s <= 60; s++) {
		run_pools(0, old_ops);
		run_pools(1, HOT_OPS);
		sim_end_interval();
		if (sim_hit_rate(sim_last(NEW_SIZE)) < GOOD_RATE)
			good_from = s + 1;
		good_from = max(good_from, 1U);
	}
	tap_ok(good_from <= 5, "%s: 95 %% hits and over from interval %u on, %u.%u %% in the end",
	       name, good_from, PERMILLE(sim_hit_rate(sim_last(NEW_SIZE))));
	empty_pools(0);
	empty_pools(1);
	stop();
}

static void hot_change(const char *name)
{
	change_hot(name, 0);
}

static void hot_change_warm(const char *name)
{
	change_hot(name, HOT_OPS / 100);
}

/*
 * 3: bursts.
 */

#define BURST_BYTES	(256UL << 20)

static void *burst[1 << 17];

static void burst_and_silence(const char *name)
{
	unsigned int nr = 0, s, i;
	unsigned long bytes = 0, held;

	sim_start(name, NR_CPUS_USED, 1, AMPLE);
	sim_phase("burst");
	for (; bytes < BURST_BYTES; nr++) {
		size_t size = zpool_class_size(shim_below(ZPOOL_NR_CLASSES));

		shim_thread_move(nr % NR_CPUS_USED);
		burst[nr] = sim_alloc(size);
		bytes += size;
	}
	sim_end_interval();
	for (i = 0; i < nr; i++) {
		shim_thread_move(i % NR_CPUS_USED);
		sim_free(burst[i]);
	}
	sim_end_interval();
	sim_phase("silence");
	for (s = 0; s < 60; s++)
		sim_end_interval();
	held = sim_held();
	tap_ok(held <= BURST_BYTES / 20, "%s: a minute after %lu MiB, %lu KiB held, at most %lu",
	       name, bytes >> 20, held >> 10, BURST_BYTES / 20 >> 10);
	stop();
}

static void cold_burst(const char *name)
{
	struct sim_pool *pool = &pools[0][0];
	struct sim_tally past, now = {};
	unsigned int round, missed = 0;

	sim_start(name, NR_CPUS_USED, 1, AMPLE);
	sim_pool_init(pool, 4096, 0, 100);
	sim_phase("40 rounds");
	for (round = 1; round <= 40; round++) {
		past = now;
		sim_pool_saw(pool);
		now = sim_so_far(4096);
		if (now.misses != past.misses)
			missed = round;
	}
	tap_ok(missed < 20, "%s: the last miss in round %u", name, missed);
	sim_end_interval();
	stop();
}

/*
 * 4: what is larger than the pair goes out and comes back.
 */

static bool is_spent(void)
{
	return sim.intervals[sim.nr_intervals - 1].claimed_before >= sim.budget / 8 * 7;
}

static void saw(size_t size, unsigned int nr)
{
	struct sim_pool *pool = &pools[0][0];
	unsigned int s, i, rate;

	sim_pool_init(pool, size, 0, nr);
	for (s = 0; s < 30; s++) {
		for (i = 0; i < 20; i++)
			sim_pool_saw(pool);
		sim_end_interval();
	}
	rate = sim_hit_rate(sim_last(size));
	tap_ok(rate >= GOOD_RATE || is_spent(),
	       "%s: %u times %zu bytes: %u.%u %% hits, %lu KiB claimed", sim.name, nr, size, PERMILLE(rate),
	       sim.intervals[sim.nr_intervals - 1].claimed_before >> 10);
}

static void saw_tooth(const char *name)
{
	sim_start(name, NR_CPUS_USED, 1, 8UL << 20);
	sim_phase("40 x 4 KiB");
	saw(4096, 40);
	sim_phase("400 x 512 B");
	saw(512, 400);
	sim_phase("16 x 64 KiB");
	saw(65536, 16);
	sim_phase("200 x 4 KiB");
	saw(4096, 200);
	sim_phase("1000 x 4 KiB");
	saw(4096, 1000);
	sim_phase("400 x 64 KiB");
	saw(65536, 400);
	stop();
}

/*
 * 5: all classes at once.
 */

static void zipf(const char *name, unsigned long budget)
{
	unsigned int s, cpu;

	sim_start(name, NR_CPUS_USED, 1, budget);
	for (cpu = 0; cpu < NR_CPUS_USED; cpu++)
		sim_mix_init(&mixes[cpu], 40);
	sim_phase("2 minutes");
	for (s = 0; s < 600; s++) {
		for (cpu = 0; cpu < NR_CPUS_USED; cpu++) {
			shim_thread_move(cpu);
			sim_mix_run(&mixes[cpu], 5000);
		}
		sim_end_interval();
		if (s == 119) {
			sim_phase("8 minutes");
			sim_settled();
		}
	}
	tap_calm();
	for (cpu = 0; cpu < NR_CPUS_USED; cpu++) {
		shim_thread_move(cpu);
		sim_mix_empty(&mixes[cpu]);
	}
	stop();
}

static void zipf_ample(const char *name)
{
	zipf(name, AMPLE);
}

static void zipf_tight(const char *name)
{
	zipf(name, 8UL << 20);
}

/*
 * 6: one CPU allocates, another frees.
 */

static void hand_over(unsigned int to, unsigned int seconds)
{
	void *objs[256];
	unsigned int s, i, turn;

	for (s = 0; s < seconds; s++) {
		for (turn = 0; turn < 20; turn++) {
			shim_thread_move(0);
			for (i = 0; i < ARRAY_SIZE(objs); i++)
				objs[i] = sim_alloc(4096);
			shim_thread_move(to);
			for (i = 0; i < ARRAY_SIZE(objs); i++)
				sim_free(objs[i]);
		}
		sim_end_interval();
	}
}

/* CPUs 0 and 1 are on node 0, the others on node 1. */
static void producer_consumer(const char *name)
{
	unsigned int rate;

	sim_start(name, NR_CPUS_USED, 2, 32UL << 20);
	sim_phase("same node");
	hand_over(1, 60);
	rate = sim_hit_rate(sim_last(4096));
	tap_ok(rate >= GOOD_RATE, "%s: same node, %u.%u %% hits", name, PERMILLE(rate));
	sim_phase("other node");
	hand_over(2, 60);
	rate = sim_hit_rate(sim_last(4096));
	tap_ok(rate >= GOOD_RATE, "%s: other node, %u.%u %% hits", name, PERMILLE(rate));
	stop();
}

/*
 * 7: 256 CPUs on 8 nodes; 32 of them are busy, others every 20 seconds.
 */

#define BUSY_CPUS	32U

static void empty_mixes(unsigned int first)
{
	unsigned int cpu;

	for (cpu = first; cpu < first + BUSY_CPUS; cpu++) {
		shim_thread_move(cpu);
		sim_mix_empty(&mixes[cpu]);
	}
}

static void large(const char *name)
{
	unsigned int s, cpu, first = 0;

	sim_start(name, NR_CPUS, MAX_NUMNODES, AMPLE);
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		sim_mix_init(&mixes[cpu], 20);
	sim_phase("160 s");
	for (s = 0; s < 160; s++) {
		first = s / 20 * BUSY_CPUS;
		for (cpu = first; cpu < first + BUSY_CPUS; cpu++) {
			shim_thread_move(cpu);
			sim_mix_run(&mixes[cpu], 1000);
		}
		if (s % 20 == 19)
			empty_mixes(first);
		sim_end_interval();
	}
	stop();
}

/*
 * 8: the load of the analysis.
 */

static void tokio_on(unsigned int nr_cpus, const char *phase)
{
	unsigned int s, cpu, i;
	unsigned long bytes;

	sim_phase(phase);
	for (s = 0; s < 60; s++) {
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			shim_thread_move(cpu);
			for (i = 0; i < 8192; i++)
				sim_free(sim_alloc(1024 + i % 4096));
		}
		sim_end_interval();
	}
	bytes = sim_held() + atomic_long_read(&zpool_budget.metadata);
	tap_ok(bytes <= 1 << 20, "%s: %s, %lu KiB held and metadata", sim.name, phase, bytes >> 10);
}

static void tokio(const char *name)
{
	sim_start(name, NR_CPUS_USED, 1, AMPLE);
	tokio_on(1, "one CPU");
	tokio_on(NR_CPUS_USED, "4 CPUs");
	stop();
}

const struct sim_scenario sim_scenarios[] = {
	{ "steady", "a fixed mix of eight classes", steady, 4 },
	{ "hot-change", "4 KiB hot, then 5 KiB", hot_change, 2 },
	{ "hot-change-warm", "4 KiB hot, then 5 KiB, the old one at 1 %", hot_change_warm, 2 },
	{ "burst-and-silence", "256 MiB of all sizes, then nothing", burst_and_silence, 4 },
	{ "cold-burst", "100 live of 4 KiB in rounds, no pass", cold_burst, 1 },
	{ "saw-tooth", "N allocated, N freed", saw_tooth, 3 },
	{ "zipf-ample", "48 classes, budget 128 MiB", zipf_ample, 4 },
	{ "zipf-tight", "48 classes, budget 8 MiB", zipf_tight, 4 },
	{ "producer-consumer", "one CPU allocates, another frees", producer_consumer, 1 },
	{ "large", "256 CPUs on 8 nodes, 32 busy in turn", large, 4 },
	{ "tokio", "1024 + i % 4096 bytes, one live", tokio, 4 },
};

const unsigned int sim_nr_scenarios = ARRAY_SIZE(sim_scenarios);
