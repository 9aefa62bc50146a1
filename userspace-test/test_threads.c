// SPDX-License-Identifier: GPL-2.0
/*
 * Several threads on the fake CPUs, more than there are CPUs, with interrupts
 * and moves, that hand objects to each other, while one more drains, adapts,
 * prefills, changes budget and policy and reads statistics all the time. Meant for
 * ThreadSanitizer, and for AddressSanitizer as well: a magazine that is freed
 * while its CPU is at it shows in either.
 */
#include <pthread.h>
#include <stdlib.h>

#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_compact.h"
#include "../zpool_drain.h"
#include "../zpool_stats.h"
#include "../zpool_supply.h"
#include "model.h"
#include "tap.h"
#include "world.h"

#define NR_THREADS	6
#define NR_ROUNDS	4		/* after each, all is checked */
#define NR_SLOTS	32

struct worker {
	pthread_t thread;
	unsigned int nr;
	u64 seed;
	struct model model;
	struct shim_chaos chaos;
};

static struct worker workers[NR_THREADS];
static pthread_barrier_t barrier;
static bool stop;
static unsigned int nr_steps;		/* of a thread in a round */

/* Where threads leave objects for each other. */
static struct model_object slots[NR_SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* Put one of ours there, and take what was there. */
static void exchange(struct model *m)
{
	struct model_object mine = {}, theirs;
	unsigned int slot = shim_below(NR_SLOTS);

	model_take(m, &mine);
	pthread_mutex_lock(&slots_lock);
	theirs = slots[slot];
	slots[slot] = mine;
	pthread_mutex_unlock(&slots_lock);
	if (theirs.size && !model_give(m, &theirs))
		model_free(&theirs);
}

static void round_of(struct worker *w)
{
	unsigned int i;

	shim_chaos_start(&w->chaos);
	for (i = 0; i < nr_steps; i++) {
		model_step(&w->model);
		if (!shim_below(4))
			exchange(&w->model);
	}
	shim_chaos_stop();
	shim_thread_idle();
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	shim_thread_start(w->nr % NR_CPUS, w->seed);
	for (i = 0; i < NR_ROUNDS; i++) {
		round_of(w);
		pthread_barrier_wait(&barrier);		/* all are done */
		pthread_barrier_wait(&barrier);		/* main() has checked */
	}
	model_free_all(&w->model);
	shim_thread_idle();
	return NULL;
}

static void read_statistics(void)
{
	struct zpool_usage sum = {};
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		zpool_stats_add_cache(&sum, zpool_general[class]);
	if (sum.allocs + zpool_stats_percpu(offsetof(struct zpool_cpu, failures)) == 0)
		cond_resched();
}

/* A CPU dies while its threads stand still, and comes back; memory comes and goes. */
static void plug(void)
{
	if (shim_below(4))
		return;
	if (shim_below(2)) {
		world_plug_memory();
		return;
	}
	world_plug_cpu();
	if (shim_below(2))
		zpool_drain_all();
	world_plug_all();
}

/* Some passes in a row, so that things grow old between two drains. */
static void adapt(void)
{
	unsigned int nr = shim_below(4);

	if (!shim_below(4))
		world_change_policy();
	while (nr--)
		world_adapt();
}

static void press(void)
{
	unsigned int nr = shim_below(8);

	while (nr--)
		world_press();
}

/*
 * Stays on one CPU throughout a drain: to come by all of them would be a grace
 * period of its own, and hide that one is missing.
 */
static void *disturb(void *arg)
{
	struct shim_chaos chaos = { .period = 50, .yields = true };

	shim_thread_start(0, *(u64 *)arg);
	shim_chaos_start(&chaos);
	while (!READ_ONCE(stop)) {
		shim_thread_move(shim_below(NR_CPUS));
		zpool_budget_set_limit(shim_below(2) ? WORLD_BUDGET : 1 << shim_below(22));
		if (shim_below(4))
			zpool_drain_all();
		else
			zpool_cache_drain(types_any_cache());
		adapt();
		press();
		zpool_cache_reserve(types_any_cache(), shim_below(2) ? shim_below(64) : 0);
		plug();
		zpool_cache_prefill(zpool_general[shim_below(ZPOOL_NR_CLASSES)], 64 << 10);
		read_statistics();
	}
	world_plug_all();
	world_reset_policy();
	world_relax();
	shim_chaos_stop();
	shim_thread_idle();
	return NULL;
}

/* On any CPU, so that what is moved is used on others meanwhile. */
static void *compact(void *arg)
{
	struct shim_chaos chaos = { .period = 50, .moves = true, .yields = true };

	shim_thread_start(1, *(u64 *)arg + 1000);
	shim_chaos_start(&chaos);
	while (!READ_ONCE(stop))
		world_compact();
	shim_chaos_stop();
	shim_thread_idle();
	return NULL;
}

static void start(u64 *seed)
{
	unsigned int i;

	pthread_barrier_init(&barrier, NULL, NR_THREADS + 1);
	for (i = 0; i < NR_THREADS; i++) {
		struct worker *w = &workers[i];

		w->nr = i;
		w->seed = ++*seed;
		w->chaos = (struct shim_chaos) {
			.period = 60,
			.irq = model_interrupt,
			.nmi = model_interrupt,
			.arg = &w->model,
			.moves = true,
			.yields = true,
		};
		if (pthread_create(&w->thread, NULL, work, w))
			shim_bug("no thread");
	}
}

/* While the workers wait, the disturber is made to wait, too. */
static void check_rounds(u64 *seed)
{
	pthread_t disturber, compactor;
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		++*seed;
		WRITE_ONCE(stop, false);
		if (pthread_create(&disturber, NULL, disturb, seed) ||
		    pthread_create(&compactor, NULL, compact, seed))
			shim_bug("no thread");
		pthread_barrier_wait(&barrier);
		WRITE_ONCE(stop, true);
		pthread_join(disturber, NULL);
		pthread_join(compactor, NULL);
		world_settle();
		types_check();
		tap_ok(true, "round %u: %u threads, %u steps each, %lu moves until now", i,
		       NR_THREADS, nr_steps, zpool_compact.moves[ZPOOL_MOVED]);
		pthread_barrier_wait(&barrier);
	}
}

int main(void)
{
	u64 seed = strtoull(getenv("SEED") ?: "1", NULL, 0);
	const char *leaks;
	unsigned int i;

	nr_steps = strtoul(getenv("STEPS") ?: "1500", NULL, 0);
	printf("# SEED=%llu\n", (unsigned long long)seed);
	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	types_create();
	start(&seed);
	check_rounds(&seed);
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < NR_SLOTS; i++)
		if (slots[i].size)
			model_free(&slots[i]);
	types_check();
	types_destroy();
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks, "nothing left%s%s", leaks ? ": " : "", leaks ?: "");
	return tap_end();
}
