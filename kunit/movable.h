/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cache whose objects its owner moves, by a script: what its callback does and
 * says. Static, since two suites have each its own.
 *
 * All on one CPU, so that a test knows which slab an object is in.
 */
#ifndef _KZPOOL_KUNIT_MOVABLE_H
#define _KZPOOL_KUNIT_MOVABLE_H

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
static inline bool is_constructed(const void *obj)
{
	return zpool_test_is_filled(((const struct object *)obj)->bytes, CONSTRUCTED,
				    SIZE - sizeof(struct object));
}

static inline void construct(void *obj)
{
	nr_constructed++;
	last_constructed = obj;
	memset(obj, CONSTRUCTED, SIZE);
}

/* As it must be when it is freed. */
static inline void give(void *obj)
{
	memset(obj, CONSTRUCTED, SIZE);
	zpool_cache_free(cache, obj);
}

static inline void replace(const void *old, void *new)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		if (objs[i] == old)
			objs[i] = new;
}

/* What is not the owner's any more is left in any state. */
static inline enum zpool_move callback(void *old, void *new, size_t size, void *arg)
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
static inline void say(const struct step *script)
{
	steps = script;
	nr_calls = 0;
}

static inline int begin(struct kunit *test)
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

static inline void free_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		if (objs[i])
			give(objs[i]);
		objs[i] = NULL;
	}
}

static inline void end(struct kunit *test)
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

static inline unsigned int index_in_slab(const void *obj)
{
	return zpool_slab_index(zpool_slab_of(obj), obj);
}

/*
 * Slabs of which the first has @first objects in use and so on, and nothing lies
 * anywhere else. The first objects of objs[] are those that come first in the slab.
 */
static inline void lay_out(struct kunit *test, unsigned int first, unsigned int second)
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

static inline unsigned long nr_in_use(void)
{
	return zpool_test_usage(cache).in_use_bytes / SIZE;
}

static inline unsigned long nr_slabs(void)
{
	return zpool_test_usage(cache).nr_slabs;
}

/* What is still in use is what was written, wherever it is. */
static inline void expect_contents(struct kunit *test)
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

static inline void compact(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zpool_compact_named("kunit-movable"), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&cache->users), 0);
	EXPECT_SOUND(test, zpool_check_all());
}

/* In the order of enum zpool_moved, and none else. */
static inline void expect_moves(struct kunit *test, unsigned long moved, unsigned long not_needed,
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
static inline void expect_all_constructed(struct kunit *test)
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

#endif /* _KZPOOL_KUNIT_MOVABLE_H */
