// SPDX-License-Identifier: GPL-2.0
/*
 * While an object is being moved: what is freed meanwhile, what is not in use and so
 * must not be offered, and who makes mistakes.
 */
#include "movable.h"

/*
 * Freed meanwhile.
 */

static void free_old(void *old, void *new)
{
	give(old);
	replace(old, NULL);
}

static void free_old_twice(void *old, void *new)
{
	free_old(old, new);
	zpool_cache_free(cache, old);
}

static void free_new(void *old, void *new)
{
	give(new);
	replace(new, NULL);
}

static void free_both(void *old, void *new)
{
	free_old(old, new);
	free_new(old, new);
}

static void rcu_old(void *old, void *new)
{
	memset(old, CONSTRUCTED, SIZE);
	zpool_kfree_rcu((struct object *)old, rcu);
	replace(old, NULL);
}

static void rcu_new(void *old, void *new)
{
	memset(new, CONSTRUCTED, SIZE);
	zpool_kfree_rcu((struct object *)new, rcu);
	replace(new, NULL);
}

static void rcu_old_free_new(void *old, void *new)
{
	rcu_old(old, new);
	free_new(old, new);
}

/* The pools may be used; what is made here is no matter of this move. */
static void use_the_pools(void *old, void *new)
{
	void *obj = zpool_cache_alloc(cache, GFP_KERNEL);

	zpool_kfree(zpool_test_alloc(SIZE, GFP_KERNEL));
	if (obj)
		zpool_cache_free(cache, obj);
}

/* What one object of its slab comes to; another there says never afterwards. */
static const struct {
	struct step step;
	unsigned int reports;		/* until all grace periods are over */
	unsigned int nr_left;		/* in use then */
	unsigned int moved, not_needed, refused, put_off, not_known;
} cases[] = {
	{ { ZPOOL_MOVE_NEVER, free_old },		0, 0, 0, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_LATER, free_old },		0, 0, 0, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_UNKNOWN, free_old },		0, 0, 0, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_UNKNOWN, free_old_twice },	1, 0, 0, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_UNNEEDED, free_old },		1, 0, 0, 1, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, free_old },		1, 1, 1, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, free_new },		0, 0, 0, 1, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, free_both },		1, 0, 0, 1, 0, 0, 0 },
	{ { ZPOOL_MOVE_NEVER, free_new },		1, 1, 0, 0, 1, 0, 0 },
	{ { ZPOOL_MOVE_LATER, free_both },		1, 0, 0, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_NEVER, rcu_old },		0, 0, 0, 0, 1, 0, 0 },
	{ { ZPOOL_MOVE_LATER, rcu_old },		0, 0, 0, 0, 0, 1, 0 },
	{ { ZPOOL_MOVE_UNKNOWN, rcu_old },		0, 0, 0, 0, 0, 0, 1 },
	{ { ZPOOL_MOVE_UNNEEDED, rcu_old },		1, 0, 0, 1, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, rcu_old },			1, 1, 1, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, rcu_new },			0, 0, 1, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_DONE, rcu_old_free_new },	1, 0, 0, 1, 0, 0, 0 },
	{ { ZPOOL_MOVE_NEVER, rcu_new },		2, 1, 0, 0, 1, 0, 0 },
	{ { ZPOOL_MOVE_DONE, use_the_pools },		0, 1, 1, 0, 0, 0, 0 },
	{ { ZPOOL_MOVE_UNKNOWN, use_the_pools },	0, 1, 0, 0, 0, 0, 1 },
};

static void compact_and_wait(struct kunit *test)
{
	compact(test);
	zpool_test_settle();
}

static void check_case(struct kunit *test, unsigned int c)
{
	struct step script[2] = { cases[c].step, {} };
	unsigned int refused = cases[c].refused;

	lay_out(test, 1, NR / 2);
	say(script);
	memset(cache->moves, 0, sizeof(cache->moves));
	EXPECT_REPORTS(test, cases[c].reports, compact_and_wait(test));
	KUNIT_EXPECT_EQ_MSG(test, nr_calls, 1U, "case %u", c);
	KUNIT_EXPECT_EQ_MSG(test, nr_in_use(), 0UL + NR / 2 + cases[c].nr_left, "case %u", c);
	expect_moves(test, cases[c].moved, cases[c].not_needed, refused, cases[c].put_off,
		     cases[c].not_known);
	expect_contents(test);
	expect_all_constructed(test);
	if (!refused && !cases[c].put_off && !cases[c].not_known)
		KUNIT_EXPECT_EQ_MSG(test, nr_slabs(), 1UL, "case %u", c);
	free_all();
	zpool_cache_shrink(cache);
	KUNIT_EXPECT_EQ_MSG(test, nr_in_use(), 0UL, "case %u", c);
}

static void freed_while_the_callback_works(struct kunit *test)
{
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(cases); c++)
		check_case(test, c);
}

/*
 * What is not in use is not offered.
 */

/* As the compactor would, to one that is free elsewhere. */
static enum zpool_moved try_to_move(struct kunit *test, void *obj)
{
	struct zpool_slab *slab = zpool_slab_of(obj), *to;
	enum zpool_moved moved;
	void *new;

	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, zpool_test_isolate(slab->home, slab));
	rcu_read_unlock();
	KUNIT_ASSERT_EQ(test, zpool_slabs_alloc(slab->home, &new, 1, ZPOOL_MOVING), 1U);
	to = zpool_slab_of(new);
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold("kunit-movable"), cache);
	moved = cache->mover->move(cache, slab, index_in_slab(obj), to, index_in_slab(new));
	zpool_cache_release(cache);
	if (moved != ZPOOL_MOVED)
		zpool_slabs_free(&new, 1, ZPOOL_MOVING, cache);
	zpool_isolate_end(slab->home, slab, false);
	return moved;
}

static void what_lies_in_a_magazine_is_not_offered(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };
	void *obj;

	lay_out(test, 2, NR / 2);
	say(script);
	obj = objs[0];
	objs[0] = NULL;
	give(obj);
	KUNIT_ASSERT_FALSE(test, test_bit(index_in_slab(obj), zpool_slab_of(obj)->free));
	KUNIT_EXPECT_EQ(test, (unsigned int)try_to_move(test, obj), 0U + ZPOOL_NOT_IN_USE);
	KUNIT_EXPECT_EQ(test, nr_calls, 0U);
	KUNIT_EXPECT_EQ(test, (unsigned int)try_to_move(test, objs[1]), 0U + ZPOOL_MOVED);
	KUNIT_EXPECT_EQ(test, nr_calls, 1U);
	expect_contents(test);
	expect_all_constructed(test);
}

/* It comes home, and the slab goes without a word. */
static void magazines_are_emptied_first(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };

	lay_out(test, 2, NR / 2);
	say(script);
	give(objs[0]);
	give(objs[1]);
	objs[0] = NULL;
	objs[1] = NULL;
	compact(test);
	KUNIT_EXPECT_EQ(test, nr_calls, 0U);
	KUNIT_EXPECT_EQ(test, nr_slabs(), 1UL);
	expect_contents(test);
}

/* Whether the grace period is over or not. */
static void what_waits_to_be_freed_is_not_offered(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };
	void *obj;

	lay_out(test, 2, NR / 2);
	say(script);
	obj = objs[0];
	rcu_old(obj, NULL);
	KUNIT_EXPECT_EQ(test, (unsigned int)try_to_move(test, obj), 0U + ZPOOL_NOT_IN_USE);
	KUNIT_EXPECT_EQ(test, nr_calls, 0U);
	zpool_test_settle();
	expect_contents(test);
}

/* From whichever function it is. */
static void whatever_is_allocated_is_offered(struct kunit *test)
{
	static const struct step script[] = { { ZPOOL_MOVE_DONE }, {} };
	unsigned int i;
	void *some[3];

	lay_out(test, 1, NR / 2);
	say(script);
	give(objs[0]);
	zpool_cache_shrink(cache);
	objs[0] = zpool_cache_alloc_node(cache, GFP_KERNEL, zpool_this_nid());
	KUNIT_ASSERT_EQ(test, zpool_cache_alloc_bulk(cache, GFP_KERNEL, 3, some), 3U);
	memcpy(objs + 1, some, sizeof(some));
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_EQ(test, zpool_slab_of(objs[i])->notes[index_in_slab(objs[i])],
				0U + ZPOOL_LIVE_USED);
	}
	for (i = 0; i < 4; i++)
		memset(objs[i], 1 + i, SIZE);
	expect_contents(test);
}

/*
 * Mistakes.
 */

/* At once, wherever it lies. */
static void a_double_free_is_found(struct kunit *test)
{
	void *a, *b;

	lay_out(test, 2, NR / 2);
	a = objs[0];
	b = objs[1];
	give(a);
	give(b);
	EXPECT_REPORTS(test, 1, zpool_cache_free(cache, a));
	EXPECT_REPORTS(test, 1, zpool_kfree(a));
	EXPECT_REPORTS(test, 1, zpool_kfree_rcu((struct object *)a, rcu));
	EXPECT_REPORTS(test, 1, zpool_cache_free(cache, (char *)b + 8));
	objs[0] = NULL;
	objs[1] = NULL;
	EXPECT_REPORTS(test, 0, zpool_test_settle());
	EXPECT_SOUND(test, zpool_check_all());
	KUNIT_EXPECT_EQ(test, nr_in_use(), 0UL + NR / 2);
}

/* The second time is found, whichever of both it is. */
static void a_double_free_by_rcu_is_found(struct kunit *test)
{
	struct object *a, *b;

	lay_out(test, 2, NR / 2);
	a = objs[0];
	b = objs[1];
	memset(a, CONSTRUCTED, SIZE);
	memset(b, CONSTRUCTED, SIZE);
	zpool_kfree_rcu(a, rcu);
	EXPECT_REPORTS(test, 1, zpool_kfree_rcu(a, rcu));
	EXPECT_REPORTS(test, 0, zpool_test_settle());
	EXPECT_REPORTS(test, 1, zpool_cache_free(cache, a));
	zpool_cache_free(cache, b);
	EXPECT_REPORTS(test, 1, zpool_kfree_rcu(b, rcu));
	construct(a);
	construct(b);
	objs[0] = NULL;
	objs[1] = NULL;
	zpool_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, nr_in_use(), 0UL + NR / 2);
}

static void whom_notify_does_not_know(struct kunit *test)
{
	void *other = zpool_test_alloc(SIZE, GFP_KERNEL);
	u32 *note;

	lay_out(test, 1, NR / 2);
	KUNIT_ASSERT_NOT_NULL(test, other);
	note = &zpool_slab_of(objs[0])->notes[index_in_slab(objs[0])];
	*note |= ZPOOL_LIVE_NEVER;
	cache->compact_wait = 5;
	EXPECT_REPORTS(test, 1, zpool_cache_move_notify(cache, other));
	EXPECT_REPORTS(test, 1, zpool_cache_move_notify(cache, NULL));
	EXPECT_REPORTS(test, 1, zpool_cache_move_notify(cache, (char *)objs[0] + 8));
	EXPECT_REPORTS(test, 0, zpool_cache_move_notify(cache, objs[NR]));
	KUNIT_EXPECT_EQ(test, *note, 0U + (ZPOOL_LIVE_USED | ZPOOL_LIVE_NEVER));
	EXPECT_REPORTS(test, 0, zpool_cache_move_notify(cache, objs[0]));
	KUNIT_EXPECT_EQ(test, *note, 0U + ZPOOL_LIVE_USED);
	zpool_kfree(other);
}

static struct kunit_case moving_cases[] = {
	KUNIT_CASE(freed_while_the_callback_works),
	KUNIT_CASE(what_lies_in_a_magazine_is_not_offered),
	KUNIT_CASE(magazines_are_emptied_first),
	KUNIT_CASE(what_waits_to_be_freed_is_not_offered),
	KUNIT_CASE(whatever_is_allocated_is_offered),
	KUNIT_CASE(a_double_free_is_found),
	KUNIT_CASE(a_double_free_by_rcu_is_found),
	KUNIT_CASE(whom_notify_does_not_know),
	{}
};

static struct kunit_suite moving_suite = {
	.name = "zpool_moving",
	.init = begin,
	.exit = end,
	.test_cases = moving_cases,
};

kunit_test_suite(moving_suite);
