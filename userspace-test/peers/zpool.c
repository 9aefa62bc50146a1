// SPDX-License-Identifier: GPL-2.0
/*
 * The core's life as a peer: what zpool_main.c and zpool_worker.c do in a kernel,
 * with the parameters that the module has if nobody sets any.
 */
#include <time.h>
#include <unistd.h>

#include "../../zpool_adapt.h"
#include "../../zpool_budget.h"
#include "../../zpool_cache.h"
#include "../../zpool_drain.h"
#include "../../zpool_handle.h"
#include "../../zpool_kmalloc.h"
#include "../../zpool_nmi.h"
#include "../../zpool_node.h"
#include "../../zpool_policy.h"
#include "../../zpool_pressure.h"
#include "../../zpool_refill.h"
#include "../../zpool_worker.h"
#include "../shim/shim.h"

#undef ARRAY_SIZE
#include "peers.h"

#define WORKERS_CPU	PEERS_MOST_PLAYERS	/* the first that no player has */

void *zpool_peer_alloc(size_t size)
{
	return zpool_kmalloc(size, GFP_KERNEL);
}

void zpool_peer_free(void *obj)
{
	zpool_kfree(obj);
}

void zpool_peer_become_cpu(unsigned int cpu)
{
	shim_cpu_become(cpu);
}

/* As zpool_params.c has it, of the machine that this runs on. */
static unsigned long automatic_budget(void)
{
	unsigned long ram = sysconf(_SC_PHYS_PAGES) * PAGE_SIZE;

	return min(ram / 64, sysconf(_SC_NPROCESSORS_ONLN) * (32UL << 20));
}

void zpool_peer_start(void)
{
	nr_cpu_ids = WORKERS_CPU + 1;
	shim_rcu_start();
	if (zpool_slab_start())
		shim_bug("no slabs");
	zpool_nmi_start();
	zpool_kmalloc_start();
	zpool_pressure_init(&zpool_pressure);
	zpool_head_start();
	zpool_node_start();
	zpool_budget_set_limit(automatic_budget());
	if (zpool_cache_start())
		shim_bug("no caches");
	zpool_adapt_start();
	zpool_adapt_grant();
}

const char *zpool_peer_stop(void)
{
	struct shim_usage left;

	zpool_kmalloc_sync();
	zpool_nmi_sync();
	zpool_slab_sync();
	zpool_refill_stop();
	zpool_handle_stop();
	zpool_drain_all();
	zpool_cache_stop();
	zpool_slab_stop();
	left = shim_usage();
	if (left.pages || left.kmallocs || left.percpu)
		return "pages, metadata or per-CPU areas are left behind";
	return atomic_long_read(&zpool_budget.claimed) ? "claims are left behind" : NULL;
}

/* In a kernel the grace period would be over long before. */
void zpool_peer_pass(unsigned int elapsed_ms)
{
	synchronize_rcu();
	mutex_lock(&zpool_adapt_lock);
	zpool_adapt_pass(elapsed_ms);
	mutex_unlock(&zpool_adapt_lock);
}

/*
 * A thread that comes now and then.
 */

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stop = PTHREAD_COND_INITIALIZER;
static bool is_stopping;

/* Return: false when it is to end. */
static bool wait_ms(unsigned int ms)
{
	struct timespec until;
	bool goes_on;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * NSEC_PER_MSEC;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&lock);
	while (!is_stopping && !pthread_cond_timedwait(&stop, &lock, &until))
		;
	goes_on = !is_stopping;
	pthread_mutex_unlock(&lock);
	return goes_on;
}

static void *work(void *unused)
{
	u64 last = ktime_get_ns(), now;

	shim_cpu_become(WORKERS_CPU);
	while (wait_ms(zpool_policy.interval_ms)) {
		now = ktime_get_ns();
		zpool_peer_pass(max(1ULL, (now - last) / NSEC_PER_MSEC));
		last = now;
	}
	return NULL;
}

/* For the self-test: takes away what there is, hundreds of times a second. */
static void *harass(void *unused)
{
	shim_cpu_become(WORKERS_CPU);
	while (wait_ms(2)) {
		zpool_drain_all();
		zpool_peer_pass(1000);
	}
	return NULL;
}

static void start_thread(void *(*fn)(void *))
{
	is_stopping = false;
	if (pthread_create(&thread, NULL, fn, NULL))
		shim_bug("no thread for the worker");
}

void zpool_peer_start_worker(void)
{
	start_thread(work);
}

void zpool_peer_start_harasser(void)
{
	start_thread(harass);
}

void zpool_peer_stop_thread(void)
{
	pthread_mutex_lock(&lock);
	is_stopping = true;
	pthread_cond_signal(&stop);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
