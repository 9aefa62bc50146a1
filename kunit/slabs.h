/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slabs of a cache that exists only in a test, as full as the test says. Static,
 * since two suites have each its own.
 *
 * The validator zpool_check_slabs() looks at lists, places and sums at each step.
 */
#ifndef _KZPOOL_KUNIT_SLABS_H
#define _KZPOOL_KUNIT_SLABS_H

#include <linux/slab.h>

#include "common.h"

/* Objects of a slab: few enough for one batch, and no multiple of ten. */
#define NR	16U

struct fixture {
	struct zpool_geometry geometry;
	struct zpool_slabs slabs;
	struct zpool_slabs other;
	void *objs[ZPOOL_BATCH];
};

static inline void set_up(struct kunit *test, struct fixture *f, size_t size)
{
	int node = numa_mem_id();

	KUNIT_ASSERT_EQ(test, zpool_geometry_init(&f->geometry, size, 1), 0);
	zpool_slabs_init(&f->slabs, &f->geometry, NULL, f, ZPOOL_TAG_HEADER, node);
	zpool_slabs_init(&f->other, &f->geometry, NULL, f, ZPOOL_TAG_HEADER, node);
}

static inline int begin(struct kunit *test)
{
	struct fixture *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	test->priv = f;
	zpool_test_begin(test);
	set_up(test, f, PAGE_SIZE / NR);
	KUNIT_EXPECT_EQ(test, (unsigned int)f->geometry.best.nr_objects, NR);
	return 0;
}

/* What is in use, wherever it is. */
static inline void free_all(struct zpool_slabs *slabs)
{
	unsigned int place, i;

	for (place = 0; place < ZPOOL_NR_PLACES; place++) {
		struct zpool_slab *slab, *next;

		list_for_each_entry_safe(slab, next, &slabs->on[place], list) {
			unsigned int left = slab->nr_objects - slab->nr_free;

			for (i = 0; left; i++) {
				void *obj = zpool_slab_object(slab, i);

				if (test_bit(i, slab->free))
					continue;
				left--;
				zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, NULL);
			}
		}
	}
}

static inline void end(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;

	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	while ((slab = zpool_isolate_first(&f->slabs)))
		zpool_isolate_end(&f->slabs, slab, false);
	free_all(&f->slabs);
	free_all(&f->other);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->slabs), 0UL);
	KUNIT_EXPECT_EQ(test, zpool_slabs_fini(&f->other), 0UL);
	zpool_test_end_quiet(test);
	kfree(f);
}

/* A new slab of which the first @used objects are in use. */
static inline struct zpool_slab *add(struct kunit *test, unsigned int used)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab;

	slab = zpool_slab_create(&f->geometry, ZPOOL_NOT_APART, GFP_KERNEL | __GFP_THISNODE, f->slabs.node);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	KUNIT_ASSERT_EQ(test, zpool_slabs_add(&f->slabs, slab, f->objs, used, ZPOOL_MOVING), used);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	return slab;
}

/* A new one that is kept empty. */
static inline struct zpool_slab *add_empty(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct zpool_slab *slab = add(test, 1);
	void *obj = f->objs[0];

	zpool_slabs_free(&obj, 1, ZPOOL_MOVING, NULL);
	KUNIT_ASSERT_EQ(test, (unsigned int)slab->place, (unsigned int)ZPOOL_EMPTY);
	return slab;
}

static inline void put(struct kunit *test, struct zpool_slab *slab, unsigned int i)
{
	struct fixture *f = test->priv;
	void *obj = zpool_slab_object(slab, i);

	KUNIT_EXPECT_EQ(test, zpool_slabs_free(&obj, 1, ZPOOL_MOVING, NULL), 1U);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

/* Return: the slab that has served, or NULL. */
static inline struct zpool_slab *take(struct kunit *test, enum zpool_slab_use use)
{
	struct fixture *f = test->priv;
	void *obj;

	if (!zpool_slabs_alloc(&f->slabs, &obj, 1, use))
		return NULL;
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
	return zpool_slab_of(obj);
}

static inline void expect_serves(struct kunit *test, struct zpool_slab *slab, unsigned int times)
{
	while (times--)
		KUNIT_EXPECT_PTR_EQ(test, take(test, ZPOOL_DIRECT), slab);
}

static inline void expect_at(struct kunit *test, struct zpool_slab *slab, unsigned int place)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, (unsigned int)slab->place, place);
	EXPECT_SOUND(test, zpool_check_slabs(&f->slabs));
}

/* Isolated, and put back with the word that something in it did not move. */
static inline void hinder(struct kunit *test, struct zpool_slab *slab)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_TRUE(test, zpool_test_isolate(&f->slabs, slab));
	KUNIT_EXPECT_EQ(test, zpool_isolate_end(&f->slabs, slab, true), 0UL);
	expect_at(test, slab, ZPOOL_HINDERED);
}

#endif /* _KZPOOL_KUNIT_SLABS_H */
