// SPDX-License-Identifier: GPL-2.0
/*
 * Pressure, noticed: which evidence makes which level, at times that the test
 * gives, and the alarm that is raised for it. What is done about it is for
 * degrade_test.c.
 */
#include <linux/irq_work.h>
#include <linux/sched.h>

#include "../zpool_alarm.h"
#include "../zpool_pressure.h"
#include "common.h"

#define HOLD_MS		5000U

static raw_spinlock_t quiet;		/* nobody interrupts who holds it */

static int begin(struct kunit *test)
{
	raw_spin_lock_init(&quiet);
	return zpool_test_begin(test);
}

/*
 * The level.
 */

static struct zpool_pressure p;

/* What counts at a time, and for how long it will; it is acted upon. */
static void expect_level(struct kunit *test, u64 now_ms, enum zpool_level want,
			 unsigned int want_until_ms)
{
	unsigned int until_ms = ~0U, level = zpool_pressure_update(&p, now_ms, &until_ms);

	KUNIT_EXPECT_EQ_MSG(test, level, (unsigned int)want, "at %llu", now_ms);
	KUNIT_EXPECT_EQ_MSG(test, p.level, (unsigned int)want, "at %llu", now_ms);
	KUNIT_EXPECT_EQ_MSG(test, until_ms, want_until_ms, "at %llu", now_ms);
}

static void start_calm(void)
{
	p.hold_ms = HOLD_MS;
	zpool_pressure_init(&p);
}

static void calm_at_first(struct kunit *test)
{
	p.hold_ms = HOLD_MS;
	p.level = ZPOOL_MERGE;
	p.seen_ms[ZPOOL_FALL_BACK] = 1;
	p.shrunk_ms = 1;
	zpool_pressure_init(&p);
	KUNIT_EXPECT_EQ(test, p.level, (unsigned int)ZPOOL_CALM);
	KUNIT_EXPECT_EQ(test, p.hold_ms, HOLD_MS);
	expect_level(test, 0, ZPOOL_CALM, 0);
	expect_level(test, 1, ZPOOL_CALM, 0);
	expect_level(test, 1ULL << 40, ZPOOL_CALM, 0);
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 600));
}

/* Each for hold_ms, to the ms, and late in the life of a machine as well. */
static void each_evidence_has_its_level(struct kunit *test)
{
	static const u64 times[] = { 1, 4999, 5000, 70000, 1ULL << 32, (1ULL << 42) + 7 };
	unsigned int level, t;

	for (level = ZPOOL_TRIM; level < ZPOOL_NR_LEVELS; level++) {
		for (t = 0; t < ARRAY_SIZE(times); t++) {
			start_calm();
			KUNIT_EXPECT_TRUE(test, zpool_pressure_note(&p, level, times[t]));
			expect_level(test, times[t], level, HOLD_MS);
			expect_level(test, times[t] + 1, level, HOLD_MS - 1);
			expect_level(test, times[t] + HOLD_MS - 1, level, 1);
			expect_level(test, times[t] + HOLD_MS, ZPOOL_CALM, 0);
		}
	}
}

/* It is of no worth then, but no harm either: never would be 0. */
static void evidence_at_time_zero_counts(struct kunit *test)
{
	start_calm();
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note(&p, ZPOOL_MERGE, 0));
	expect_level(test, 0, ZPOOL_MERGE, HOLD_MS + 1);
	expect_level(test, HOLD_MS, ZPOOL_MERGE, 1);
	expect_level(test, HOLD_MS + 1, ZPOOL_CALM, 0);

	start_calm();
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 0));
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 400));
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note_shrinking(&p, 501));
	expect_level(test, 501, ZPOOL_TRIM, HOLD_MS);
}

static void the_users_hold_counts(struct kunit *test)
{
	start_calm();
	p.hold_ms = 100;
	zpool_pressure_note(&p, ZPOOL_TRIM, 1000);
	expect_level(test, 1099, ZPOOL_TRIM, 1);
	expect_level(test, 1100, ZPOOL_CALM, 0);
	p.hold_ms = 200;
	expect_level(test, 1100, ZPOOL_TRIM, 100);
}

/* The gravest first; a lower one shows when its own evidence is still fresh. */
static void the_gravest_counts(struct kunit *test)
{
	start_calm();
	zpool_pressure_note(&p, ZPOOL_FALL_BACK, 1000);
	zpool_pressure_note(&p, ZPOOL_TRIM, 3000);
	zpool_pressure_note(&p, ZPOOL_MERGE, 2000);
	expect_level(test, 3000, ZPOOL_FALL_BACK, 3000);
	expect_level(test, 5999, ZPOOL_FALL_BACK, 1);
	expect_level(test, 6000, ZPOOL_MERGE, 1000);
	expect_level(test, 7000, ZPOOL_TRIM, 1000);
	expect_level(test, 8000, ZPOOL_CALM, 0);

	start_calm();
	zpool_pressure_note(&p, ZPOOL_TRIM, 1000);
	zpool_pressure_note(&p, ZPOOL_FALL_BACK, 2000);
	expect_level(test, 6999, ZPOOL_FALL_BACK, 1);
	expect_level(test, 7000, ZPOOL_CALM, 0);
}

static void new_evidence_prolongs(struct kunit *test)
{
	start_calm();
	zpool_pressure_note(&p, ZPOOL_MERGE, 1000);
	zpool_pressure_note(&p, ZPOOL_MERGE, 4000);
	expect_level(test, 8999, ZPOOL_MERGE, 1);
	expect_level(test, 9000, ZPOOL_CALM, 0);
}

/* Above what was done already, not above what was seen already. */
static void news_is_what_nobody_acted_upon(struct kunit *test)
{
	unsigned int level, done;

	for (done = ZPOOL_CALM; done < ZPOOL_NR_LEVELS; done++) {
		start_calm();
		p.level = done;
		for (level = ZPOOL_TRIM; level < ZPOOL_NR_LEVELS; level++) {
			KUNIT_EXPECT_EQ(test, zpool_pressure_note(&p, level, 1000), level > done);
			KUNIT_EXPECT_EQ(test, zpool_pressure_note(&p, level, 1001), level > done);
		}
		KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1000));
		KUNIT_EXPECT_EQ(test, zpool_pressure_note_shrinking(&p, 1500), done < ZPOOL_TRIM);
	}
}

/* Reclaim comes and goes. */
static void a_short_reclaim_is_no_evidence(struct kunit *test)
{
	unsigned int ms;

	start_calm();
	for (ms = 0; ms < 500; ms += 7)
		KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1000 + ms));
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1499));
	expect_level(test, 1499, ZPOOL_CALM, 0);
}

static void reclaim_that_goes_on_is_evidence(struct kunit *test)
{
	start_calm();
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1000));
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1250));
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note_shrinking(&p, 1500));
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note_shrinking(&p, 1600));
	expect_level(test, 1600, ZPOOL_TRIM, HOLD_MS);

	/* Each later call is more of it. */
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 2400));
	expect_level(test, 2400, ZPOOL_TRIM, HOLD_MS);
}

/* With a second between two calls they go on, with more they do not. */
static void rare_calls_begin_anew(struct kunit *test)
{
	unsigned int i;

	start_calm();
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1000 + 1001 * i));
	expect_level(test, 1000 + 1001 * 20, ZPOOL_CALM, 0);

	start_calm();
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 1000));
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note_shrinking(&p, 2000));

	/* What went on once does not go on for ever. */
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 3001));
	KUNIT_EXPECT_FALSE(test, zpool_pressure_note_shrinking(&p, 3500));
	KUNIT_EXPECT_TRUE(test, zpool_pressure_note_shrinking(&p, 3501));
}

/*
 * The alarm.
 */

static atomic_long_t rung;

static void listen(void)
{
	atomic_long_inc(&rung);
}

static void ring_thrice(struct irq_work *unused)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		zpool_alarm();
}

/* Hard, so that it is in an interrupt on PREEMPT_RT as well. */
static struct irq_work interrupt = IRQ_WORK_INIT_HARD(ring_thrice);

/* Until it was, so many times in all; not for ever. */
static void await_rung(long nr, unsigned int jiffies)
{
	while (jiffies-- && atomic_long_read(&rung) < nr) {
		zpool_kmalloc_sync();
		preempt_disable();
		preempt_enable();
		schedule_timeout_uninterruptible(1);
	}
}

/* Who holds a raw lock may raise it, and nobody comes before it is dropped. */
static void many_alarms_are_one_call(struct kunit *test)
{
	unsigned long flags;
	long meanwhile;

	zpool_alarm_start(listen);
	atomic_long_set(&rung, 0);
	raw_spin_lock_irqsave(&quiet, flags);
	ring_thrice(NULL);
	meanwhile = atomic_long_read(&rung);
	raw_spin_unlock_irqrestore(&quiet, flags);
	await_rung(1, 500);
	KUNIT_EXPECT_EQ(test, meanwhile, 0L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), 1L);

	/* And again. */
	raw_spin_lock_irqsave(&quiet, flags);
	ring_thrice(NULL);
	raw_spin_unlock_irqrestore(&quiet, flags);
	await_rung(2, 500);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), 2L);
	zpool_alarm_stop();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), 2L);
}

static void interrupts_may_raise_the_alarm(struct kunit *test)
{
	zpool_alarm_start(listen);
	atomic_long_set(&rung, 0);
	irq_work_queue(&interrupt);
	irq_work_sync(&interrupt);
	await_rung(1, 500);
	zpool_alarm_stop();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), 1L);
}

static void an_alarm_comes_by_itself(struct kunit *test)
{
	zpool_alarm_start(listen);
	atomic_long_set(&rung, 0);
	zpool_alarm();
	await_rung(1, 500);
	zpool_alarm_stop();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), 1L);
}

static void nobody_listens_after_the_end(struct kunit *test)
{
	unsigned long flags;
	long nr;

	zpool_alarm_start(listen);
	raw_spin_lock_irqsave(&quiet, flags);
	zpool_alarm();
	raw_spin_unlock_irqrestore(&quiet, flags);
	zpool_alarm_stop();
	nr = atomic_long_read(&rung);
	zpool_alarm();
	irq_work_queue(&interrupt);
	irq_work_sync(&interrupt);
	await_rung(nr + 1, 20);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&rung), nr);
}

static struct kunit_case pressure_cases[] = {
	KUNIT_CASE(calm_at_first),
	KUNIT_CASE(each_evidence_has_its_level),
	KUNIT_CASE(evidence_at_time_zero_counts),
	KUNIT_CASE(the_users_hold_counts),
	KUNIT_CASE(the_gravest_counts),
	KUNIT_CASE(new_evidence_prolongs),
	KUNIT_CASE(news_is_what_nobody_acted_upon),
	KUNIT_CASE(a_short_reclaim_is_no_evidence),
	KUNIT_CASE(reclaim_that_goes_on_is_evidence),
	KUNIT_CASE(rare_calls_begin_anew),
	KUNIT_CASE(many_alarms_are_one_call),
	KUNIT_CASE(interrupts_may_raise_the_alarm),
	KUNIT_CASE(an_alarm_comes_by_itself),
	KUNIT_CASE(nobody_listens_after_the_end),
	{}
};

static struct kunit_suite pressure_suite = {
	.name = "zpool_pressure",
	.init = begin,
	.exit = zpool_test_end_quiet,
	.test_cases = pressure_cases,
};

kunit_test_suite(pressure_suite);
