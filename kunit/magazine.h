/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A head and a depot of a test's own, and what can be done to them. Static, since
 * three suites have each its own.
 *
 * Magazines never look at what they hold: the objects are addresses in an
 * array. Each step enters and leaves the busy section by itself, and what it
 * did is judged outside, where a failed expectation may print and sleep. The
 * CPU may change between steps, which lends no more than its slow_lock.
 */
#ifndef _KZPOOL_KUNIT_MAGAZINE_H
#define _KZPOOL_KUNIT_MAGAZINE_H

#include <linux/slab.h>

#include "common.h"

#define STRIDE		64U
#define CAPACITY	12U

struct fixture {
	struct zpool_cpu_head head;
	struct zpool_cpu_tail tail;
	struct zpool_depot depot;
	char objs[512];
};

static inline int begin(struct kunit *test)
{
	struct fixture *f = kzalloc(sizeof(*f), GFP_KERNEL);

	test->priv = f;
	if (!f)
		return -ENOMEM;
	zpool_head_init(&f->head);
	zpool_tail_init(&f->tail, STRIDE, CAPACITY);
	zpool_depot_init(&f->depot);
	return zpool_test_begin(test);
}

static inline void discard(struct zpool_magazine *mag)
{
	mag->count = 0;
	zpool_magazine_destroy(mag, STRIDE);
}

static inline void discard_pair(struct zpool_cpu_head *head)
{
	if (head->loaded != zpool_no_magazine)
		discard(head->loaded);
	if (head->previous != zpool_no_magazine)
		discard(head->previous);
	zpool_head_init(head);
}

/* Sums of the depot are those over its lists. */
static inline void expect_sound_depot(struct kunit *test)
{
	struct zpool_depot *depot = &((struct fixture *)test->priv)->depot;
	unsigned long nr_full = 0, nr_empty = 0, nr_objects = 0;
	struct zpool_magazine *mag;

	list_for_each_entry(mag, &depot->full, list) {
		KUNIT_EXPECT_NE(test, mag->count, 0U);
		nr_objects += mag->count;
		nr_full++;
	}
	list_for_each_entry(mag, &depot->empty, list) {
		KUNIT_EXPECT_EQ(test, mag->count, 0U);
		nr_empty++;
	}
	KUNIT_EXPECT_EQ(test, depot->nr_full, nr_full);
	KUNIT_EXPECT_EQ(test, depot->nr_empty, nr_empty);
	KUNIT_EXPECT_EQ(test, depot->nr_objects, nr_objects);
}

/* The magazine that stands for none must have stayed as it is. */
static inline void end(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *mag;

	expect_sound_depot(test);
	discard_pair(&f->head);
	if (f->tail.remote != zpool_no_magazine)
		discard(f->tail.remote);
	while ((mag = zpool_depot_take(&f->depot)))
		discard(mag);
	KUNIT_EXPECT_EQ(test, zpool_no_magazine->count, 0U);
	KUNIT_EXPECT_EQ(test, zpool_no_magazine->capacity, 0U);
	KUNIT_EXPECT_NULL(test, zpool_no_magazine->objs[0]);
	KUNIT_EXPECT_NULL(test, zpool_no_magazine->list.next);
	zpool_test_end(test);
	kfree(f);
}

static inline void *object(struct kunit *test, unsigned int i)
{
	return &((struct fixture *)test->priv)->objs[i];
}

/* A magazine with objects @first, @first + 1 ... */
static inline struct zpool_magazine *magazine(struct kunit *test, unsigned int capacity,
				       unsigned int first, unsigned int nr)
{
	struct zpool_magazine *mag;

	mag = zpool_magazine_create(STRIDE, capacity, zpool_budget.limit, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	while (mag->count < nr) {
		mag->count++;
		mag->objs[mag->count] = object(test, first++);
	}
	return mag;
}

/* A pair whose magazines have that many objects, from 0 the one, from 100 the other. */
static inline void set_pair(struct kunit *test, unsigned int in_loaded, unsigned int in_previous)
{
	struct fixture *f = test->priv;

	discard_pair(&f->head);
	f->head.loaded = magazine(test, CAPACITY, 0, in_loaded);
	f->head.previous = magazine(test, CAPACITY, 100, in_previous);
}

/*
 * The operations, each in a busy section of its own.
 */

static inline void enter(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, zpool_cpu_enter());
}

static inline void *pop(struct kunit *test)
{
	struct fixture *f = test->priv;
	void *obj;

	enter(test);
	obj = zpool_head_pop(&f->head);
	zpool_cpu_exit();
	return obj;
}

static inline enum zpool_push push(struct kunit *test, unsigned int i)
{
	struct fixture *f = test->priv;
	enum zpool_push pushed;

	enter(test);
	pushed = zpool_head_push(&f->head, object(test, i));
	zpool_cpu_exit();
	return pushed;
}

static inline bool refill(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_magazine *retired = NULL;
	bool found;

	enter(test);
	found = zpool_head_swap(&f->head, &f->tail, ZPOOL_UNDERFLOW) ||
		zpool_head_refill(&f->head, &f->tail, &f->depot, &retired);
	zpool_cpu_exit();
	if (retired)
		discard(retired);
	return found;
}

static inline bool make_room(struct kunit *test)
{
	struct fixture *f = test->priv;
	bool found;

	enter(test);
	found = zpool_head_swap(&f->head, &f->tail, ZPOOL_OVERFLOW) ||
		zpool_head_make_room(&f->head, &f->tail, &f->depot, false);
	zpool_cpu_exit();
	return found;
}

static inline unsigned int load(struct kunit *test, void **objs, unsigned int nr)
{
	struct fixture *f = test->priv;

	enter(test);
	nr = zpool_head_load(&f->head, objs, nr);
	zpool_cpu_exit();
	return nr;
}

static inline unsigned int spill(struct kunit *test, void **objs)
{
	struct fixture *f = test->priv;
	unsigned int nr;

	enter(test);
	nr = zpool_head_spill(&f->head, &f->tail, objs);
	zpool_cpu_exit();
	return nr;
}

#endif /* _KZPOOL_KUNIT_MAGAZINE_H */
