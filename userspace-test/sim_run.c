// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of a scenario, and its observer: see sim.h. It looks at capacities
 * before and after each pass, so that what a CPU raised by itself is seen
 * apart from what the pass made of it.
 */
#include <stdlib.h>

#include "../zpool_adapt.h"
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_stats.h"
#include "sim.h"
#include "world.h"

struct sim sim;

/* The last change of a class on a CPU. */
static struct change {
	u16 capacity;
	s8 way;				/* 1: up, -1: down, 0: none yet */
	u32 at_s;
} changes[ZPOOL_NR_CLASSES][NR_CPUS];

static struct sim_tally before[ZPOOL_NR_CLASSES];
static u32 last_event;
static unsigned long raises_before;

unsigned int sim_hit_rate(struct sim_tally t)
{
	return t.ops ? (t.ops - t.misses) * 1000 / t.ops : 1000;
}

static struct sim_tally tally(unsigned int class)
{
	struct zpool_usage sum = {};

	zpool_stats_add_cache(&sum, zpool_general[class]);
	return (struct sim_tally) { sum.allocs + sum.frees, sum.misses };
}

struct sim_tally sim_so_far(size_t size)
{
	return tally(zpool_size_class(size));
}

struct sim_tally sim_last(size_t size)
{
	return sim.intervals[sim.nr_intervals - 1].class[zpool_size_class(size)];
}

static void note_change(struct change *last, int way)
{
	u32 now = ktime_get_seconds();
	bool soon = last->way && now - last->at_s < 60;

	if (soon && way != last->way) {
		sim.reversals++;
		sim.settled_reversals += sim.is_settled;
	}
	if (soon && sim.is_settled)
		sim.crowded++;
	last->way = way;
	last->at_s = now;
}

static void note_capacities(void)
{
	unsigned int class, cpu;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		for_each_possible_cpu(cpu) {
			struct change *last = &changes[class][cpu];
			u16 now = per_cpu_ptr(zpool_general[class]->tails, cpu)->capacity;

			if (now != last->capacity)
				note_change(last, now > last->capacity ? 1 : -1);
			last->capacity = now;
		}
	}
}

/* What was stolen leaves the capacity as it is, and is a change all the same. */
static void note_stolen(const struct zpool_event *event)
{
	unsigned int class;

	if (event->cpu < 0 || event->signal != ZPOOL_STOLEN || event->action != ZPOOL_RELEASE)
		return;
	for (class = 0; strcmp(zpool_general[class]->name, event->cache); class++)
		;
	note_change(&changes[class][event->cpu], -1);
}

static void read_log(struct sim_interval *interval)
{
	struct zpool_event event;
	u32 before = last_event;

	while (zpool_log_get(&last_event, &event)) {
		interval->decisions[event.signal]++;
		sim.decisions[event.signal]++;
		note_stolen(&event);
	}
	sim.nr_decisions += last_event - before;
}

void sim_note_claimed(void)
{
	sim.claimed_peak = max_t(unsigned long, sim.claimed_peak,
				 atomic_long_read(&zpool_budget.claimed));
}

static unsigned long raises(void)
{
	return zpool_stats_percpu(offsetof(struct zpool_cpu, raises));
}

static struct zpool_usage usage(void)
{
	struct zpool_usage sum = {};
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		zpool_stats_add_cache(&sum, zpool_general[class]);
	return sum;
}

unsigned long sim_held(void)
{
	return usage().held_bytes;
}

static void note_idle(void)
{
	struct zpool_usage u = usage();
	unsigned long idle = u.magazine_bytes + u.remote_bytes + u.depot_bytes;

	sim_note_claimed();
	sim.idle_peak = max(sim.idle_peak, idle);
	if (idle > (unsigned long)atomic_long_read(&zpool_budget.claimed))
		sim.idle_exceeds_claimed = true;
}

static void note_classes(struct sim_interval *interval)
{
	unsigned int class, cpu, phase = sim.nr_phases - 1;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		struct zpool_cache *cache = zpool_general[class];
		struct sim_tally now = tally(class);
		unsigned int room = 0;

		for_each_possible_cpu(cpu) {
			struct zpool_cpu_head *head = per_cpu_ptr(cache->heads, cpu);

			room += head->loaded->capacity + head->previous->capacity +
				per_cpu_ptr(cache->tails, cpu)->remote->capacity;
		}
		interval->class_bytes[class] = room * cache->geometry.stride;
		interval->class[class] = (struct sim_tally) {
			now.ops - before[class].ops, now.misses - before[class].misses
		};
		sim.phases[phase].sum.ops += interval->class[class].ops;
		sim.phases[phase].sum.misses += interval->class[class].misses;
		before[class] = now;
	}
}

/* The worker's turn. */
void sim_end_interval(void)
{
	struct sim_interval *interval = &sim.intervals[sim.nr_intervals];

	if (sim.nr_intervals == SIM_MOST_INTERVALS)
		shim_bug("%s: too many intervals", sim.name);
	note_idle();
	note_capacities();
	interval->claimed_before = atomic_long_read(&zpool_budget.claimed);
	shim_now_ns += SIM_INTERVAL_MS * 1000000ULL;
	mutex_lock(&zpool_adapt_lock);
	zpool_adapt_pass(SIM_INTERVAL_MS);
	mutex_unlock(&zpool_adapt_lock);
	note_capacities();
	note_idle();
	note_classes(interval);
	read_log(interval);
	interval->claimed = atomic_long_read(&zpool_budget.claimed);
	sim.nr_intervals++;
}

void sim_phase(const char *name)
{
	if (sim.nr_phases == SIM_MOST_PHASES)
		shim_bug("%s: too many phases", sim.name);
	sim.phases[sim.nr_phases++].name = name;
}

/* From now on little should change. */
void sim_settled(void)
{
	sim.is_settled = true;
}

void sim_start(const char *name, unsigned int nr_cpus, unsigned int nr_nodes,
	       unsigned long budget)
{
	const char *seed = getenv("SIM_SEED");
	unsigned int class, cpu;

	memset(&sim, 0, sizeof(sim));
	memset(before, 0, sizeof(before));
	memset(changes, 0, sizeof(changes));
	last_event = 0;
	shim_now_ns = 0;
	sim.name = name;
	sim.budget = budget;
	nr_cpu_ids = nr_cpus;
	nr_node_ids = nr_nodes;
	raises_before = raises();
	shim_thread_start(0, seed ? atoi(seed) : 1);
	if (world_start(budget))
		shim_bug("%s: no memory to start with", name);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		for_each_possible_cpu(cpu)
			changes[class][cpu].capacity = zpool_general[class]->capacity;
}

/* All objects have been freed. */
void sim_stop(void)
{
	shim_thread_move(0);
	world_settle();
	sim.held = sim_held();
	sim.metadata = atomic_long_read(&zpool_budget.metadata);
	sim.raises = raises() - raises_before;
	sim.broken = zpool_check_all();
	world_stop();
	sim.broken = sim.broken ?: world_leaks();
}
