// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that their owner moves: what is asked of a callback, what each answer
 * leads to, and what is freed while one is going on.
 *
 * All on one CPU, so that a test knows which slab an object is in.
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "../zpool_compact.h"
#include "../zpool_live.h"
#include "common.h"

/* Objects of a slab, and slabs of a test. */
#define NR		16U
#define SIZE		(PAGE_SIZE / NR)
#define MOST_SLABS	4U

#define CONSTRUCTED	0xc7
#define SCRIBBLE	0xee

struct object {
	struct rcu_head rcu;
	u8 bytes[];
};

static struct zpool_cache *cache;
static void *objs[MOST_SLABS * NR];	/* by slab; NULL: not in use */
static unsigned int nr_constructed;
static void *last_constructed;

/* What the callback does and says, from one call to the next; the last for all others. */
struct step {
	enum zpool_move answer;
	void (*act)(void *old, void *new);
};

static const struct step *steps;
static unsigned int nr_calls;
static void *last_old, *last_new;
static int marker;

/* But for the head, which is nobody's while it is free. */
static bool is_constructed(const void *obj)
{
	return zpool_test_is_filled(((const struct object *)obj)->bytes, CONSTRUCTED,
				    SIZE - sizeof(struct object));
}

static void construct(void *obj)
{
	nr_constructed++;
	last_constructed = obj;
	memset(obj, CONSTRUCTED, SIZE);
}

/* As it must be when it is freed. */
static void give(void *obj)
{
	memset(obj, CONSTRUCTED, SIZE);
	zpool_cache_free(cache, obj);
}

static void replace(const void *old, void *new)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		if (objs[i] == old)
			objs[i] = new;
}

/* What is not the owner's any more is left in any state. */
static enum zpool_move callback(void *old, void *new, size_t size, void *arg)
{
	struct step step = *steps;

	if (steps[1].act || steps[1].answer)
		steps++;
	nr_calls++;
	last_old = old;
	last_new = new;
	if (arg != &marker || size != SIZE || atomic_read(&cache->users) != 1 ||
	    !is_constructed(new))
		return -77;
	if (step.answer == ZPOOL_MOVE_DONE) {
		memcpy(new, old, size);
		replace(old, new);
		memset(old, SCRIBBLE, size);
	} else {
		memset(new, SCRIBBLE, size);
	}
	if (step.answer == ZPOOL_MOVE_UNNEEDED) {
		memset(old, SCRIBBLE, size);
		replace(old, NULL);
	}
	if (step.act)
		step.act(old, new);
	return step.answer;
}

/* Ends with one that is all 0. */
static void say(const struct step *script)
{
	steps = script;
	nr_calls = 0;
}

static int begin(struct kunit *test)
{
	zpool_test_begin(test);
	zpool_test_move(zpool_test_first_cpu());
	memset(objs, 0, sizeof(objs));
	cache = zpool_cache_create("kunit-movable", SIZE, 0, 0, construct);
	if (!cache)
		return -ENOMEM;
	KUNIT_EXPECT_EQ(test, zpool_cache_set_move(cache, callback, &marker), 0);
	return 0;
}

static void free_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		if (objs[i])
			give(objs[i]);
		objs[i] = NULL;
	}
}

static void end(struct kunit *test)
{
	free_all();
	zpool_test_settle();
	zpool_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).in_use_bytes, 0UL);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	zpool_cache_destroy(cache);
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_test_end(test);
}

static unsigned int index_in_slab(const void *obj)
{
	return zpool_slab_index(zpool_slab_of(obj), obj);
}

/*
 * Slabs of which the first has @first objects in use and so on, and nothing lies
 * anywhere else. The first objects of objs[] are those that come first in the slab.
 */
static void lay_out(struct kunit *test, unsigned int first, unsigned int second)
{
	const unsigned int used[] = { first, second };
	unsigned int s, i;
	void *obj;

	for (s = 0; s < ARRAY_SIZE(used); s++) {
		for (i = 0; i < NR; i++) {
			obj = zpool_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, obj);
			KUNIT_EXPECT_TRUE(test, is_constructed(obj));
			objs[s * NR + index_in_slab(obj)] = obj;
		}
		for (i = 1; i < NR; i++)
			KUNIT_ASSERT_PTR_EQ(test, zpool_slab_of(objs[s * NR + i]),
					    zpool_slab_of(objs[s * NR]));
	}
	for (s = 0; s < ARRAY_SIZE(used); s++) {
		for (i = used[s]; i < NR; i++) {
			give(objs[s * NR + i]);
			objs[s * NR + i] = NULL;
		}
		for (i = 0; i < used[s]; i++)
			memset(objs[s * NR + i], 1 + s * NR + i, SIZE);
	}
	zpool_cache_shrink(cache);
	nr_constructed = 0;
	last_constructed = NULL;
}

static unsigned long nr_in_use(void)
{
	return zpool_test_usage(cache).in_use_bytes / SIZE;
}

static unsigned long nr_slabs(void)
{
	return zpool_test_usage(cache).nr_slabs;
}

/* What is still in use is what was written, wherever it is. */
static void expect_contents(struct kunit *test)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		if (!objs[i])
			continue;
		nr++;
		KUNIT_EXPECT_TRUE_MSG(test, zpool_test_is_filled(objs[i], 1 + i, SIZE), "%u", i);
	}
	KUNIT_EXPECT_EQ(test, nr_in_use(), 0UL + nr);
	EXPECT_SOUND(test, zpool_check_all());
}

static void compact(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zpool_compact_named("kunit-movable"), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 0);
	EXPECT_SOUND(test, zpool_check_all());
}

/* In the order of enum zpool_moved, and none else. */
static void expect_moves(struct kunit *test, unsigned long moved, unsigned long not_needed,
			 unsigned long refused, unsigned long put_off, unsigned long not_known)
{
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_MOVED], moved);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_NOT_NEEDED], not_needed);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_REFUSED], refused);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_PUT_OFF], put_off);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_NOT_KNOWN], not_known);
	KUNIT_EXPECT_EQ(test, cache->moves[ZPOOL_PINNED], 0UL);
}

/* Whatever is free is as constructed. */
static void expect_all_constructed(struct kunit *test)
{
	struct zpool_slab *slab;
	unsigned int place, i;

	zpool_cache_shrink(cache);
	for (place = 0; place < ZPOOL_NR_PLACES; place++)
		list_for_each_entry(slab, &zpool_this_node(cache)->slabs.on[place], list)
			for_each_set_bit(i, slab->free, slab->nr_objects) {
				KUNIT_EXPECT_TRUE(test, is_constructed(zpool_slab_object(slab, i)));
				KUNIT_EXPECT_EQ(test, slab->notes[i], 0U + ZPOOL_LIVE_FREE);
			}
}

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
	KUNIT_EXPECT_TRUE(test, zpool_slabs_isolate(slab->home, slab));
	rcu_read_unlock();
	KUNIT_ASSERT_EQ(test, zpool_slabs_alloc(slab->home, &new, 1, ZPOOL_MOVING), 1U);
	to = zpool_slab_of(new);
	KUNIT_EXPECT_PTR_EQ(test, zpool_cache_hold("kunit-movable"), cache);
	moved = cache->mover->move(cache, slab, index_in_slab(obj), to, index_in_slab(new));
	zpool_cache_release(cache);
	if (moved != ZPOOL_MOVED)
		zpool_slabs_free(&new, 1, ZPOOL_MOVING, cache);
	zpool_slabs_settle(slab->home, slab, false);
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
	KUNIT_CASE(freed_while_the_callback_works),
	KUNIT_CASE(what_lies_in_a_magazine_is_not_offered),
	KUNIT_CASE(magazines_are_emptied_first),
	KUNIT_CASE(what_waits_to_be_freed_is_not_offered),
	KUNIT_CASE(whatever_is_allocated_is_offered),
	KUNIT_CASE(a_double_free_is_found),
	KUNIT_CASE(a_double_free_by_rcu_is_found),
	KUNIT_CASE(whom_notify_does_not_know),
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
