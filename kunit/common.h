/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites share: a clean start, an end that proves that nothing was
 * lost, and the questions that more than one suite asks.
 *
 * Only what the core itself uses is used here and in the suites, so that all
 * of it compiles in userspace as well.
 */
#ifndef _KZPOOL_KUNIT_COMMON_H
#define _KZPOOL_KUNIT_COMMON_H

#include <kunit/test.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "../zpool_adapt.h"
#include "../zpool_budget.h"
#include "../zpool_cache.h"
#include "../zpool_check.h"
#include "../zpool_degrade.h"
#include "../zpool_drain.h"
#include "../zpool_isolate.h"
#include "../zpool_kmalloc.h"
#include "../zpool_nmi.h"
#include "../zpool_pressure.h"
#include "../zpool_report.h"
#include "../zpool_stats.h"
#include "../zpool_supply.h"
#include "../zpool_worker.h"

/* Room enough that no magazine of a test is ever refused one. */
#define AMPLE_BUDGET	(64UL << 20)

#define ZPOOL_TEST_ANY_CPU	(-1)

/* Of calm, until a level is left. */
#define ZPOOL_TEST_HOLD_MS	5000U

/* A validator has nothing to say. */
#define EXPECT_SOUND(test, verdict) do {					\
	const char *__broken = (verdict);					\
										\
	KUNIT_EXPECT_NULL_MSG(test, __broken, "%s", __broken ?: "");		\
} while (0)

/* @call is reported @nr times. */
#define EXPECT_REPORTS(test, nr, call) do {					\
	long __before = zpool_test_reports();					\
										\
	call;									\
	KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - __before, (long)(nr),	\
			    "reports of %s", #call);				\
} while (0)

extern const struct zpool_policy zpool_test_policy;

int zpool_test_begin(struct kunit *test);
void zpool_test_end(struct kunit *test);
void zpool_test_end_quiet(struct kunit *test);

int zpool_test_begin_usual(struct kunit *test);
void zpool_test_end_usual(struct kunit *test);

int zpool_test_begin_scarce(struct kunit *test);
void zpool_test_end_scarce(struct kunit *test);
unsigned int zpool_test_press(enum zpool_level level);
unsigned int zpool_test_later(unsigned int ms);

struct zpool_usage zpool_test_usage(struct zpool_cache *cache);
void zpool_test_settle(void);
void zpool_test_grace(void);
void zpool_test_pass(unsigned int elapsed_ms);
void zpool_test_move(int cpu);
unsigned int zpool_test_first_cpu(void);
int zpool_test_far_node(struct kunit *test);
void *zpool_test_alloc(size_t size, gfp_t gfp);
bool zpool_test_is_pooled(const void *p);
bool zpool_test_is_filled(const void *p, int byte, size_t size);
void *zpool_test_use(void *p, void (*free)(const void *p));
void zpool_test_write_pattern(void *p, size_t size);
bool zpool_test_has_pattern(const void *p, size_t size);

/*
 * Stay on this CPU, where nobody else uses what the test uses. On PREEMPT_RT
 * nothing can be made with preemption off, so that it must be on.
 */
static inline void zpool_test_stay(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_disable();
	else
		preempt_disable();
}

static inline void zpool_test_leave(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_enable();
	else
		preempt_enable();
}

/* Reports so far, printed or not. */
static inline long zpool_test_reports(void)
{
	return atomic_long_read(&zpool_reports);
}

/* Isolate a certain slab. False when it is none of @slabs, or isolated already. */
static inline bool zpool_test_isolate(struct zpool_slabs *slabs, const struct zpool_slab *slab)
{
	return zpool_isolate_range(slabs, page_to_pfn(virt_to_page(slab->base)), 1);
}

/* Idle bytes that are claimed of the budget. */
static inline long zpool_test_claimed(void)
{
	return atomic_long_read(&zpool_budget.claimed);
}

static inline long zpool_test_metadata(void)
{
	return atomic_long_read(&zpool_budget.metadata);
}

static inline bool zpool_test_is_aligned(const void *p, size_t align)
{
	return !((unsigned long)p & (align - 1));
}

#endif /* _KZPOOL_KUNIT_COMMON_H */
