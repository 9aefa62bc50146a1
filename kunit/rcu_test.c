// SPDX-License-Identifier: GPL-2.0
/*
 * Freeing after a grace period, and what contexts that must not sleep leave to
 * others. Section with preemption off: an RCU reader.
 */
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define SIZE	104U

struct node {
	u64 key;
	struct rcu_head rcu;
	u64 value[8];
};

static struct zpool_cache *create(struct kunit *test, size_t size, size_t align,
				  void (*ctor)(void *obj))
{
	struct zpool_cache *cache = zpool_cache_create("kunit-rcu", size, align, 0, ctor);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static unsigned long nr_in_use(struct zpool_cache *cache)
{
	return zpool_test_usage(cache).in_use_bytes / cache->geometry.stride;
}

static void free_at(void *p, size_t offset)
{
	zpool_kfree_call_rcu(p, p + ALIGN_DOWN(offset, sizeof(void *)));
}

/* Several objects of each class, with the head in each part of them. */
static void free_some_of(struct kunit *test, unsigned int class)
{
	size_t size = zpool_class_size(class), last = size - sizeof(struct rcu_head);
	const size_t offsets[] = {
		0, last, last / 2, last / 3, min(last, 4080UL), last * 7 / 8, last / 5,
	};
	void *objs[ARRAY_SIZE(offsets)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		objs[i] = zpool_test_alloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		free_at(objs[i], offsets[i]);
}

/* Were they the right ones? Each in a magazine is taken in its slab, and all slabs go. */
static void of_all_classes(struct kunit *test)
{
	unsigned int first = zpool_size_class(sizeof(struct rcu_head)), class;

	for (class = first; class < ZPOOL_NR_CLASSES; class++)
		free_some_of(test, class);
	zpool_test_settle();
	for (class = first; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_EXPECT_EQ_MSG(test, nr_in_use(zpool_general[class]), 0UL, "class %u", class);
	EXPECT_SOUND(test, zpool_check_all());
	EXPECT_REPORTS(test, 0, zpool_drain_all());
	for (class = first; class < ZPOOL_NR_CLASSES; class++)
		KUNIT_EXPECT_EQ_MSG(test, zpool_test_usage(zpool_general[class]).held_bytes, 0UL,
				    "class %u", class);
}

static unsigned long nr_constructed;

static void construct(void *obj)
{
	nr_constructed++;
	memset(obj, 0xc7, SIZE - sizeof(struct rcu_head));
}

static void of_typed_caches(struct kunit *test)
{
	static const struct {
		size_t size, align;
	} cases[] = {
		{ 16, 0 }, { 100, 1024 }, { 24, 8192 }, { 5000, 0 }, { 40000, 16384 }, { 65536, 65536 },
	};
	struct zpool_cache *cache;
	void *objs[5], *p;
	unsigned int c, i;

	for (c = 0; c < ARRAY_SIZE(cases); c++) {
		size_t last = cases[c].size - sizeof(struct rcu_head);

		cache = create(test, cases[c].size, cases[c].align, NULL);
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = zpool_cache_alloc(cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			free_at(objs[i], last * i / 4);
		zpool_test_settle();
		KUNIT_EXPECT_EQ_MSG(test, nr_in_use(cache), 0UL, "case %u", c);
		zpool_cache_drain(cache);
		KUNIT_EXPECT_EQ_MSG(test, zpool_test_usage(cache).held_bytes, 0UL, "case %u", c);
		zpool_cache_destroy(cache);
	}

	cache = create(test, SIZE, 0, construct);
	nr_constructed = 0;
	p = zpool_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	free_at(p, SIZE - sizeof(struct rcu_head));
	zpool_test_settle();
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);
	p = zpool_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0xc7, SIZE - sizeof(struct rcu_head)));
	zpool_cache_free(cache, p);
	zpool_cache_destroy(cache);
}

/* As long as a reader is there the object is in use, and as it was. */
static void not_before_readers_are_done(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(sizeof(struct node))];
	struct node *node = zpool_kmalloc(sizeof(*node), GFP_KERNEL);
	unsigned long in_use;
	u64 key;

	KUNIT_ASSERT_NOT_NULL(test, node);
	node->key = 0x600dc0ffee15600dULL;
	preempt_disable();
	zpool_kfree_rcu(node, rcu);
	in_use = nr_in_use(cache);
	key = READ_ONCE(node->key);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, in_use, 1UL);
	KUNIT_EXPECT_EQ(test, key, 0x600dc0ffee15600dULL);
	zpool_test_settle();
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 0UL);

	node = NULL;
	EXPECT_REPORTS(test, 0, zpool_kfree_rcu(node, rcu));
}

/* What waits for a grace period is in use, but no leak. */
static void the_end_of_a_cache_waits(struct kunit *test)
{
	unsigned int round, i;

	for (round = 0; round < 5; round++) {
		struct zpool_cache *cache = create(test, sizeof(struct node), 0, NULL);

		for (i = 0; i < 100; i++) {
			struct node *node = zpool_cache_alloc(cache, GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, node);
			zpool_kfree_rcu(node, rcu);
		}
		EXPECT_REPORTS(test, 0, zpool_cache_destroy(cache));
	}
}

static void of_the_kernels_own(struct kunit *test)
{
	static const size_t sizes[] = { sizeof(struct node), 1000, 4096, 8192, 70000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct node *a = kmalloc(sizes[i], GFP_KERNEL);
		struct node *b = zpool_test_alloc(sizes[i], GFP_KERNEL | __GFP_ACCOUNT);

		KUNIT_ASSERT_TRUE(test, a && b);
		EXPECT_REPORTS(test, 0, zpool_kfree_rcu(a, rcu));
		EXPECT_REPORTS(test, 0, zpool_kfree_rcu(b, rcu));
	}
	zpool_test_settle();
}

/* One report each, nothing freed. */
static void what_cannot_wait(struct kunit *test)
{
	struct zpool_cache *cache = zpool_general[zpool_size_class(SIZE)];
	char *p = zpool_kmalloc(SIZE, GFP_KERNEL), *q = zpool_kmalloc(SIZE, GFP_KERNEL);
	size_t usable = zpool_ksize(p);
	char *foreign = kmalloc(64, GFP_KERNEL);
	struct rcu_head on_the_stack;
	const struct {
		char *p;
		void *head;
	} cases[] = {
		{ p, p + 1 }, { foreign, &on_the_stack }, { foreign, foreign + ksize(foreign) },
		{ p, p - sizeof(void *) }, { p, p + usable - sizeof(void *) }, { p, p + usable },
		{ p, q }, { p, &on_the_stack }, { p + 8, p + 8 }, { (char *)&on_the_stack, &on_the_stack },
		{ (char *)4096, &on_the_stack }, { (char *)-4096L, &on_the_stack },
	};
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, p && q && foreign);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		long before = zpool_test_reports();

		zpool_kfree_call_rcu(cases[i].p, cases[i].head);
		KUNIT_EXPECT_EQ_MSG(test, zpool_test_reports() - before, 1L, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, nr_in_use(cache), 2UL, "case %u", i);
	}
	zpool_test_settle();
	KUNIT_EXPECT_EQ(test, nr_in_use(cache), 2UL);
	zpool_kfree(p);
	zpool_kfree(q);
	kfree(foreign);
}

/*
 * Contexts.
 */

/* Where nothing may sleep, objects and what becomes of their slabs go home all the same. */
static void freed_where_nothing_may_sleep(struct kunit *test)
{
	static const size_t sizes[] = { 8, SIZE, 5000, 65536 };
	void *objs[ARRAY_SIZE(sizes)][3];
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		objs[s][0] = zpool_test_alloc(sizes[s], GFP_KERNEL);
		objs[s][1] = kmalloc(sizes[s], GFP_KERNEL);
		objs[s][2] = kmalloc(sizes[s], GFP_KERNEL);
		for (i = 0; i < 3; i++)
			KUNIT_ASSERT_NOT_NULL(test, objs[s][i]);
	}
	zpool_budget_set_limit(0);
	zpool_drain_all();
	preempt_disable();
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		zpool_kfree(objs[s][0]);
		zpool_kfree(objs[s][1]);
		zpool_kfree_sensitive(objs[s][2]);
	}
	preempt_enable();
	zpool_test_settle();
	for (s = 0; s < ARRAY_SIZE(sizes); s++)
		KUNIT_EXPECT_EQ_MSG(test,
				    zpool_test_usage(zpool_general[zpool_size_class(sizes[s])]).held_bytes,
				    0UL, "size %zu", sizes[s]);
}

/* A slab that dies there has gone, header and all, when that was waited for. */
static void dead_slabs_are_waited_for(struct kunit *test)
{
	long metadata = zpool_test_metadata();
	unsigned int round;

	zpool_budget_set_limit(0);
	for (round = 0; round < 20; round++) {
		void *p = zpool_kmalloc(65536, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_GT(test, zpool_test_metadata(), metadata);
		preempt_disable();
		zpool_kfree(p);
		preempt_enable();
		zpool_nmi_sync();
		zpool_slab_sync();
		KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
	}
}

/* What pools have is served anywhere; what has to be made, not everywhere. */
static void allocated_where_nothing_may_sleep(struct kunit *test)
{
	bool may_make = !IS_ENABLED(CONFIG_PREEMPT_RT);
	unsigned long failures = zpool_stats_percpu(offsetof(struct zpool_cpu, failures));
	void *keep = zpool_kmalloc(SIZE, GFP_KERNEL), *p, *q, *r, *moved;
	void *own = kmalloc(SIZE, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, keep && own);
	preempt_disable();
	p = zpool_kmalloc(SIZE, GFP_ATOMIC);
	q = zpool_kmalloc(40000, GFP_ATOMIC);
	r = zpool_kmalloc(70000, GFP_ATOMIC);
	moved = zpool_krealloc(own, 10 * SIZE, GFP_ATOMIC);
	preempt_enable();
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, !!q, may_make);
	KUNIT_EXPECT_EQ(test, !!r, may_make);
	KUNIT_EXPECT_EQ(test, !!moved, may_make);
	KUNIT_EXPECT_EQ(test, zpool_stats_percpu(offsetof(struct zpool_cpu, failures)) - failures,
			may_make ? 0UL : 3UL);
	zpool_kfree(keep);
	zpool_kfree(p);
	zpool_kfree(q);
	zpool_kfree(r);
	zpool_kfree(moved ?: own);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE(of_all_classes),
	KUNIT_CASE(of_typed_caches),
	KUNIT_CASE(not_before_readers_are_done),
	KUNIT_CASE(the_end_of_a_cache_waits),
	KUNIT_CASE(of_the_kernels_own),
	KUNIT_CASE(what_cannot_wait),
	KUNIT_CASE(freed_where_nothing_may_sleep),
	KUNIT_CASE(dead_slabs_are_waited_for),
	KUNIT_CASE(allocated_where_nothing_may_sleep),
	{}
};

static struct kunit_suite rcu_suite = {
	.name = "zpool_rcu",
	.init = zpool_test_begin,
	.exit = zpool_test_end,
	.test_cases = rcu_cases,
};

kunit_test_suite(rcu_suite);
