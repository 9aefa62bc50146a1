// SPDX-License-Identifier: GPL-2.0
/* Objects that their owner moves: what is asked of a callback, and what each answer leads to. */
#include "movable.h"

/*
 * Set-up.
 */

static void set_move_is_refused(struct kunit *test)
{
	struct zpool_cache *plain = zpool_cache_create("kunit-plain", 64, 0, 0, NULL);
	int err = 0;

	KUNIT_ASSERT_NOT_NULL(test, plain);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move(plain, callback, NULL));
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_NULL(test, plain->mover);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(plain, NULL, NULL), 0);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move(NULL, callback, NULL));
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move((void *)objs, NULL, NULL));
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move(zpool_general[3], callback, NULL));
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	zpool_cache_destroy(plain);
}

/* Even if none is in use: its slab has no notes. */
static void set_move_comes_before_the_first_object(struct kunit *test)
{
	struct zpool_cache *late = zpool_cache_create("kunit-late", SIZE, 0, 0, construct);
	int err = 0;
	void *obj;

	KUNIT_ASSERT_NOT_NULL(test, late);
	obj = zpool_cache_alloc(late, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move(late, callback, NULL));
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	zpool_cache_free(late, obj);
	EXPECT_REPORTS(test, 1, err = zpool_cache_set_move(late, callback, NULL));
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	KUNIT_EXPECT_NULL(test, late->mover);
	zpool_cache_shrink(late);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(late, callback, NULL), 0);
	KUNIT_EXPECT_NOT_NULL(test, late->mover);
	zpool_cache_destroy(late);
}

static void without_a_callback_nothing_moves(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };

	say(script);
	lay_out(test, 1, NR / 2);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(cache, NULL, NULL), 0);
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 0U);
	expect_moves(test, 0, 0, 0, 0, 0);
	expect_contents(test);
}

/*
 * Answers.
 */

static void done(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };
	unsigned long held, slab_bytes = cache->geometry.best.nr_pages * PAGE_SIZE;
	void *old;

	lay_out(test, 1, NR / 2);
	say(script);
	old = objs[0];
	held = zpool_test_usage(cache).held_bytes;
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 1U);
	KUNIT_EXPECT_PTR_EQ(test, last_old, old);
	KUNIT_EXPECT_PTR_EQ(test, last_new, objs[0]);
	KUNIT_EXPECT_PTR_EQ(test, zpool_slab_of(objs[0]), zpool_slab_of(objs[NR]));
	KUNIT_EXPECT_EQ(test, nr_constructed, 1U);
	KUNIT_EXPECT_PTR_EQ(test, last_constructed, old);
	KUNIT_EXPECT_EQ(test, held - zpool_test_usage(cache).held_bytes, slab_bytes);
	expect_moves(test, 1, 0, 0, 0, 0);
	expect_contents(test);
	expect_all_constructed(test);
	say(script);
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 0U);
}

/* Nothing else of the slab moves either, and nobody is asked again. */
static void never(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, { ZPOOL_MOVE_NEVER }, {} };
	struct zpool_slab *slab;

	lay_out(test, 3, NR / 2);
	say(script);
	slab = zpool_slab_of(objs[0]);
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 2U);
	KUNIT_EXPECT_PTR_EQ(test, last_old, objs[1]);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, (unsigned int)ZPOOL_HINDERED);
	expect_moves(test, 1, 0, 1, 0, 0);
	expect_contents(test);
	expect_all_constructed(test);
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 2U);
	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, (unsigned int)ZPOOL_HINDERED);
	expect_moves(test, 1, 0, 1, 0, 0);
}

/* Its owner may change its mind. */
static void never_but_now(struct kunit *test)
{
	static const struct step refuses[] = { { ZPOOL_MOVE_NEVER }, {} };
	static const struct step moves[] = { { ZPOOL_MOVE_DONE }, {} };

	lay_out(test, 2, NR / 2);
	say(refuses);
	compact(test);
	say(moves);
	cache->compact_wait = 7;
	zpool_cache_move_notify(cache, objs[0]);
	KUNIT_EXPECT_EQ(test, cache->compact_wait, 0U);
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 2U);
	expect_moves(test, 2, 0, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, nr_slabs(), 1UL);
	expect_contents(test);
}

static void later_three_times_is_never(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_LATER }, {} };
	unsigned int i;

	lay_out(test, 1, NR / 2);
	say(script);
	for (i = 0; i < 5; i++)
		compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 3U);
	expect_moves(test, 0, 0, 0, 3, 0);
	expect_contents(test);
	expect_all_constructed(test);

	/* It counts from the beginning. */
	zpool_cache_move_notify(cache, objs[0]);
	compact(test);
	compact(test);
	zpool_cache_move_notify(cache, objs[0]);
	for (i = 0; i < 5; i++)
		compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 8U);
}

/* But for how often it was put off. */
static void unknown_changes_nothing(struct kunit *test)
{
	static const struct step script[] = {
		{ ZPOOL_MOVE_LATER }, { ZPOOL_MOVE_UNKNOWN }, { ZPOOL_MOVE_LATER },
		{ ZPOOL_MOVE_UNKNOWN }, { ZPOOL_MOVE_UNKNOWN }, { ZPOOL_MOVE_LATER }, {}
	};
	struct zpool_slab *slab;
	unsigned int i;

	lay_out(test, 1, NR / 2);
	say(script);
	slab = zpool_slab_of(objs[0]);
	for (i = 0; i < 9; i++) {
		compact(test);
		KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, (unsigned int)ZPOOL_HINDERED);
	}
	KUNIT_EXPECT_EQ(test, nr_calls, 6U);
	expect_moves(test, 0, 0, 0, 3, 3);
	expect_contents(test);
	expect_all_constructed(test);
}

static void what_is_not_needed_is_freed(struct kunit *test)
{
	static const struct step script[] = {
		{ ZPOOL_MOVE_UNNEEDED }, { ZPOOL_MOVE_UNNEEDED }, { ZPOOL_MOVE_NEVER }, {}
	};
	unsigned long frees;

	lay_out(test, 3, NR / 2);
	say(script);
	frees = zpool_test_usage(cache).frees;
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 3U);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).frees - frees, 2UL);
	KUNIT_EXPECT_EQ(test, nr_in_use(), 1UL + NR / 2);
	expect_moves(test, 0, 2, 1, 0, 0);
	expect_contents(test);
	expect_all_constructed(test);
}

/* Reported, and taken for never. */
static void no_answer(struct kunit *test)
{
	static const struct step script[] = { { (enum zpool_move)5 }, {} };

	lay_out(test, 1, NR / 2);
	say(script);
	EXPECT_REPORTS(test, 1, compact(test));
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 1U);
	expect_moves(test, 0, 0, 1, 0, 0);
	expect_contents(test);
	expect_all_constructed(test);
}

/*
 * Who holds a cache.
 */

static struct zpool_cache *create_namesake(struct kunit *test, bool moves)
{
	struct zpool_cache *made = zpool_cache_create("kunit-movable", SIZE, 0, 0, construct);

	KUNIT_ASSERT_NOT_NULL(test, made);
	if (moves)
		KUNIT_EXPECT_EQ(test, zpool_cache_set_move(made, callback, NULL), 0);
	return made;
}

/* One after the other; what does not move is passed over. */
static void a_cache_is_held(struct kunit *test)
{
	struct zpool_cache *plain = create_namesake(test, false);
	struct zpool_cache *next = create_namesake(test, true), *last = create_namesake(test, true);

	KUNIT_EXPECT_NULL(test, zpool_cache_hold("kunit-movabl"));
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold("kunit-movable"), cache);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 1);
	zpool_cache_wait_unused(cache, 1);
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold_after(cache->serial - 1), cache);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 2);
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold_after(cache->serial), next);
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold_after(next->serial), last);
	KUNIT_EXPECT_NULL(test, zpool_cache_hold_after(last->serial));
	KUNIT_EXPECT_EQ(test, atomic_read(&plain->users), 0);
	zpool_cache_release(last);
	zpool_cache_release(next);
	zpool_cache_release(cache);
	zpool_cache_release(cache);
	zpool_cache_wait_unused(cache, 0);
	zpool_cache_destroy(last);
	zpool_cache_destroy(next);
	zpool_cache_destroy(plain);
}

/* Somebody else, who lets go after some grace periods; to destroy takes a few anyway. */
static struct {
	struct rcu_head rcu;
	struct zpool_cache *held;
	unsigned int hops;
} other;

static void let_go(struct rcu_head *head)
{
	if (READ_ONCE(other.hops)) {
		WRITE_ONCE(other.hops, other.hops - 1);
		call_rcu(head, let_go);
	} else {
		zpool_cache_release(other.held);
	}
}

static void let_other_hold(struct kunit *test, const char *name, unsigned int hops)
{
	other.held = zpool_cache_hold(name);
	KUNIT_ASSERT_NOT_NULL(test, other.held);
	other.hops = hops;
	call_rcu(&other.rcu, let_go);
}

static void who_holds_a_cache_is_waited_for(struct kunit *test)
{
	struct zpool_cache *plain = zpool_cache_create("kunit-plain", 64, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, plain);
	let_other_hold(test, "kunit-movable", 1);
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(cache, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, other.hops, 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 0);

	let_other_hold(test, "kunit-plain", 20);
	zpool_cache_destroy(plain);
	KUNIT_EXPECT_EQ(test, other.hops, 0U);
}

static struct kunit_case movable_cases[] = {
	KUNIT_CASE(set_move_is_refused),
	KUNIT_CASE(set_move_comes_before_the_first_object),
	KUNIT_CASE(without_a_callback_nothing_moves),
	KUNIT_CASE(done),
	KUNIT_CASE(never),
	KUNIT_CASE(never_but_now),
	KUNIT_CASE(later_three_times_is_never),
	KUNIT_CASE(unknown_changes_nothing),
	KUNIT_CASE(what_is_not_needed_is_freed),
	KUNIT_CASE(no_answer),
	KUNIT_CASE(a_cache_is_held),
	KUNIT_CASE(who_holds_a_cache_is_waited_for),
	{}
};

static struct kunit_suite movable_suite = {
	.name = "zpool_movable",
	.init = begin,
	.exit = end,
	.test_cases = movable_cases,
};

kunit_test_suite(movable_suite);
