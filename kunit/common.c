// SPDX-License-Identifier: GPL-2.0
/* See common.h. */
#include <linux/cpumask.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../zpool_log.h"
#include "common.h"

/* How the test found things; tests run one after the other. */
static unsigned long limit_before;
static long metadata_before;
static long reports_before;
static unsigned int hold_before;
static struct zpool_policy policy_before;

/* As zpool_degrade() is told: so late that all that was seen in earnest is long over. */
static u64 now_ms;

/* As after a load without parameters. */
const struct zpool_policy zpool_test_policy = {
	.interval_ms		= 1000,
	.grow_hit_pct		= 90,
	.grow_pressure_pct	= 80,
	.grow_factor_pct	= 150,
	.shrink_hit_pct		= 30,
	.shrink_idle_ms		= 60000,
	.shrink_factor_pct	= 70,
	.decay_ms		= 20000,
};

/**
 * zpool_test_begin() - the init hook of a suite
 * @test: which
 *
 * Nothing lies idle, the budget is ample, and capacities stay as they are: the
 * worker waits, and there is no credit.
 *
 * Return: 0.
 */
int zpool_test_begin(struct kunit *test)
{
	zpool_worker_stop();
	zpool_budget_grant(0);
	zpool_drain_all();
	limit_before = zpool_budget.limit;
	metadata_before = zpool_test_metadata();
	reports_before = zpool_test_reports();
	zpool_budget_set_limit(AMPLE_BUDGET);
	return 0;
}

/**
 * zpool_test_end() - the exit hook of a suite
 * @test: which
 *
 * Every invariant holds, and once drained, every byte has been given back.
 */
void zpool_test_end(struct kunit *test)
{
	zpool_test_settle();
	EXPECT_SOUND(test, zpool_check_all());
	zpool_drain_all();
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_EQ(test, zpool_test_claimed(), 0L);
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata_before);
	zpool_budget_set_limit(limit_before);
	KUNIT_EXPECT_EQ(test, zpool_worker_start(), 0);
}

/**
 * zpool_test_end_quiet() - the exit hook of a suite that misuses nothing
 * @test: which
 */
void zpool_test_end_quiet(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zpool_test_reports(), reports_before);
	zpool_test_end(test);
}

/**
 * zpool_test_begin_usual() - the init hook of a suite that adapts
 * @test: which
 *
 * On the first CPU, with parameters of the policy that a test may change.
 *
 * Return: 0.
 */
int zpool_test_begin_usual(struct kunit *test)
{
	zpool_test_begin(test);
	policy_before = zpool_policy;
	zpool_policy = zpool_test_policy;
	zpool_test_move(zpool_test_first_cpu());
	return 0;
}

/**
 * zpool_test_end_usual() - the exit hook of a suite that adapts
 * @test: which
 */
void zpool_test_end_usual(struct kunit *test)
{
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_policy = policy_before;
	zpool_budget_grant(0);
	zpool_test_end_quiet(test);
}

/**
 * zpool_test_begin_scarce() - the init hook of a suite under pressure
 * @test: which
 *
 * On the first CPU.
 *
 * Return: 0.
 */
int zpool_test_begin_scarce(struct kunit *test)
{
	zpool_test_begin(test);
	hold_before = zpool_pressure.hold_ms;
	zpool_pressure.hold_ms = ZPOOL_TEST_HOLD_MS;
	now_ms = 1ULL << 40;
	zpool_log_clear();
	zpool_test_move(zpool_test_first_cpu());
	return 0;
}

/* Nothing is otherwise than before. */
static void expect_eased(struct kunit *test)
{
	struct zpool_cache *cache;
	unsigned int class;

	KUNIT_EXPECT_EQ(test, (unsigned int)zpool_level(), (unsigned int)ZPOOL_CALM);
	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_EXPECT_PTR_EQ(test, zpool_serving[class], zpool_general[class]);
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		KUNIT_EXPECT_EQ(test, (unsigned int)cache->throttle, 0U);
	mutex_unlock(&zpool_caches_lock);
}

/**
 * zpool_test_end_scarce() - the exit hook of a suite under pressure
 * @test: which
 *
 * The pressure is over, too.
 */
void zpool_test_end_scarce(struct kunit *test)
{
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_test_later(ZPOOL_TEST_HOLD_MS);
	expect_eased(test);
	zpool_pressure_init(&zpool_pressure);
	zpool_pressure.hold_ms = hold_before;
	zpool_budget_grant(0);
	zpool_test_end_quiet(test);
}

/**
 * zpool_test_later() - a turn of what is done under pressure
 * @ms: after the last one
 *
 * Return: as zpool_degrade().
 */
unsigned int zpool_test_later(unsigned int ms)
{
	unsigned int again_ms;

	now_ms += ms;
	mutex_lock(&zpool_adapt_lock);
	again_ms = zpool_degrade(now_ms);
	zpool_adapt_grant();
	mutex_unlock(&zpool_adapt_lock);
	return again_ms;
}

/**
 * zpool_test_press() - evidence of a level, and a turn
 * @level: which
 *
 * Return: as zpool_degrade().
 */
unsigned int zpool_test_press(enum zpool_level level)
{
	zpool_pressure_note(&zpool_pressure, level, now_ms);
	return zpool_test_later(0);
}

/**
 * zpool_test_settle() - wait for all that was put off
 */
void zpool_test_settle(void)
{
	rcu_barrier();
	zpool_kmalloc_sync();
	zpool_nmi_sync();
	zpool_slab_sync();
}

/**
 * zpool_test_grace() - what is in limbo now is so no more
 *
 * A cookie may miss the first grace period, see zpool_drain.c.
 */
void zpool_test_grace(void)
{
	synchronize_rcu();
	synchronize_rcu();
}

/**
 * zpool_test_pass() - a turn of the worker, which itself waits until the test is over
 * @elapsed_ms: since the last one
 */
void zpool_test_pass(unsigned int elapsed_ms)
{
	mutex_lock(&zpool_adapt_lock);
	zpool_adapt_pass(elapsed_ms);
	mutex_unlock(&zpool_adapt_lock);
}

/**
 * zpool_test_move() - go on on another CPU
 * @cpu: which, online; or ZPOOL_TEST_ANY_CPU, as before
 */
void zpool_test_move(int cpu)
{
	set_cpus_allowed_ptr(current, cpu < 0 ? cpu_possible_mask : cpumask_of(cpu));
}

/**
 * zpool_test_first_cpu() - one to stay on
 */
unsigned int zpool_test_first_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		return cpu;
	return 0;
}

/**
 * zpool_test_far_node() - a node that CPUs fill from, but not this one
 * @test: is skipped when there is none
 */
int zpool_test_far_node(struct kunit *test)
{
	int nid, here = zpool_this_nid();

	for_each_node_mask(nid, zpool_fed_nodes)
		if (nid != here)
			return nid;
	kunit_skip(test, "one node");
	return here;
}

/**
 * zpool_test_usage() - statistics of one cache
 * @cache: which
 */
struct zpool_usage zpool_test_usage(struct zpool_cache *cache)
{
	struct zpool_usage usage = {};

	zpool_stats_add_cache(&usage, cache);
	return usage;
}

/**
 * zpool_test_alloc() - zpool_kmalloc(), of which the compiler knows nothing
 * @size: bytes
 * @gfp: how
 *
 * It would object to a test that uses the whole of a class, or that asks for
 * more than there can be.
 *
 * Return: the memory, or NULL.
 */
noinline void *zpool_test_alloc(size_t size, gfp_t gfp)
{
	return zpool_kmalloc(size, gfp);
}

/**
 * zpool_test_is_pooled() - is it an object of a pool?
 * @p: any address
 */
bool zpool_test_is_pooled(const void *p)
{
	struct page *page;

	return zpool_is_ours(p, &page);
}

/**
 * zpool_test_is_filled() - is each byte of memory the same?
 * @p: where
 * @byte: as for memset()
 * @size: how many
 */
bool zpool_test_is_filled(const void *p, int byte, size_t size)
{
	return !memchr_inv(p, byte, size);
}

/**
 * zpool_test_use() - write whatever may be written to an object, then free it
 * @p: the object, or NULL
 * @free: how
 *
 * Return: @p, which the next allocation gets, if the CPU is the same.
 */
void *zpool_test_use(void *p, void (*free)(const void *p))
{
	if (p)
		memset(p, 0xff, zpool_ksize(p));
	free(p);
	return p;
}

/* Counts up, so that a shift shows. */
static u8 pattern(size_t i)
{
	return i ^ i >> 8;
}

/**
 * zpool_test_write_pattern() - fill memory so that it is known again
 * @p: where
 * @size: how many bytes
 */
void zpool_test_write_pattern(void *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((u8 *)p)[i] = pattern(i);
}

/**
 * zpool_test_has_pattern() - does memory start with what was written?
 * @p: where
 * @size: how many bytes
 */
bool zpool_test_has_pattern(const void *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (((const u8 *)p)[i] != pattern(i))
			return false;
	return true;
}
