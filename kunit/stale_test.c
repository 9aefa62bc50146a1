// SPDX-License-Identifier: GPL-2.0
/* What is no handle, or not any more, and whose the memory behind one is not. */
#include "handle.h"

struct object {
	struct rcu_head rcu;
};

/*
 * What is no handle.
 */

static void expect_stale(struct kunit *test, struct zpool_handle *h)
{
	void *p = &handles;
	size_t size = 1;

	EXPECT_REPORTS(test, 1, p = zpool_handle_pin(h));
	KUNIT_EXPECT_NULL(test, p);
	EXPECT_REPORTS(test, 1, zpool_handle_unpin(h));
	EXPECT_REPORTS(test, 1, size = zpool_handle_size(h));
	KUNIT_EXPECT_EQ(test, size, 0UL);
	EXPECT_REPORTS(test, 1, zpool_handle_free(h));
}

static void a_stale_handle_stays_stale(struct kunit *test)
{
	static const size_t sizes[] = { SIZE, ZPOOL_MAX_SIZE + 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct zpool_handle *h = alloc(test, sizes[i]), *again;
		u64 word;

		zpool_handle_free(h);
		expect_stale(test, h);
		again = alloc(test, sizes[i]);
		KUNIT_EXPECT_PTR_NE(test, again, h);
		KUNIT_EXPECT_EQ(test, index_of(again), index_of(h));
		fill(again, 0x5a, sizes[i]);
		word = word_of(again);
		expect_stale(test, h);
		KUNIT_EXPECT_EQ(test, word_of(again), word);
		KUNIT_EXPECT_TRUE(test, is_filled(again, 0x5a, sizes[i]));
		KUNIT_EXPECT_EQ(test, zpool_handle_size(again), sizes[i]);
		zpool_handle_free(again);
	}
}

static void no_handle(struct kunit *test)
{
	size_t size = 1;

	EXPECT_REPORTS(test, 0, zpool_handle_free(NULL));
	EXPECT_REPORTS(test, 0, KUNIT_EXPECT_NULL(test, zpool_handle_pin(NULL)));
	EXPECT_REPORTS(test, 1, size = zpool_handle_size(NULL));
	KUNIT_EXPECT_EQ(test, size, 0UL);
}

/* Numbers that nobody gave out. Those of no generation lead to nobody, too. */
static void made_up_handles(struct kunit *test)
{
	struct zpool_handle *h = alloc(test, SIZE);
	unsigned long good = (unsigned long)h;
	unsigned int chunk;

	expect_stale(test, (struct zpool_handle *)~0UL);
	expect_stale(test, (struct zpool_handle *)(good ^ 1UL << (BITS_PER_LONG - 1)));
	expect_stale(test, (struct zpool_handle *)(good + (1UL << (ZPOOL_INDEX_BITS - 1) << 1)));
	expect_stale(test, (struct zpool_handle *)(good | ((1UL << (ZPOOL_INDEX_BITS - 1)))));
	for (chunk = 0; chunk < 8; chunk++) {
		unsigned long made_up = chunk * ZPOOL_CHUNK_BYTES + 8;

		EXPECT_REPORTS(test, 1, zpool_handle_size((void *)made_up));
		EXPECT_REPORTS(test, 1, zpool_handle_free((void *)made_up));
		made_up += 64;
		EXPECT_REPORTS(test, 1, zpool_handle_size((void *)made_up));
		EXPECT_REPORTS(test, 1, zpool_handle_free((void *)made_up));
	}
	zpool_handle_free(h);
}

static void unpin_without_pin(struct kunit *test)
{
	struct zpool_handle *h = alloc(test, SIZE);
	u64 word = word_of(h);

	EXPECT_REPORTS(test, 1, zpool_handle_unpin(h));
	KUNIT_EXPECT_EQ(test, word_of(h), word);
	address_of(h);
	EXPECT_REPORTS(test, 1, zpool_handle_unpin(h));
	EXPECT_REPORTS(test, 0, zpool_handle_free(h));
}

static void free_while_pinned(struct kunit *test)
{
	struct zpool_handle *h = alloc(test, SIZE);
	void *p = zpool_handle_pin(h);

	memset(p, 0x5a, SIZE);
	EXPECT_REPORTS(test, 1, zpool_handle_free(h));
	KUNIT_EXPECT_PTR_EQ(test, address_of(h), p);
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0x5a, SIZE));
	KUNIT_EXPECT_EQ(test, zpool_handle_size(h), 0UL + SIZE);
	zpool_handle_unpin(h);
	EXPECT_REPORTS(test, 0, zpool_handle_free(h));
}

/* It belongs to a handle, whatever a pin has told. */
static void the_memory_is_nobodys_to_free(struct kunit *test)
{
	struct zpool_cache *other = zpool_cache_create("kunit-other", SIZE, 0, 0, NULL);
	struct zpool_handle *h = alloc(test, SIZE);
	void *p = zpool_handle_pin(h), *new = p;
	size_t size = 1;

	KUNIT_ASSERT_NOT_NULL(test, other);
	memset(p, 0x5a, SIZE);
	EXPECT_REPORTS(test, 1, zpool_kfree(p));
	EXPECT_REPORTS(test, 1, zpool_kfree_sensitive(p));
	EXPECT_REPORTS(test, 1, zpool_kfree_sized(p, SIZE));
	EXPECT_REPORTS(test, 1, zpool_kfree_bulk(1, &p));
	EXPECT_REPORTS(test, 1, zpool_kfree_rcu((struct object *)p, rcu));
	EXPECT_REPORTS(test, 1, zpool_cache_free(other, p));
	EXPECT_REPORTS(test, 1, size = zpool_ksize(p));
	KUNIT_EXPECT_EQ(test, size, 0UL);
	EXPECT_REPORTS(test, 1, new = zpool_krealloc(p, 2 * SIZE, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, new);
	EXPECT_REPORTS(test, 1, new = zpool_krealloc(p, 0, GFP_KERNEL));
	zpool_test_settle();
	KUNIT_EXPECT_TRUE(test, zpool_test_is_filled(p, 0x5a, SIZE));
	zpool_handle_unpin(h);
	EXPECT_REPORTS(test, 0, zpool_handle_free(h));
	zpool_cache_destroy(other);
}

/*
 * Descriptors.
 */

/* An object that is free keeps its own. */
static void descriptors_are_used_again(struct kunit *test)
{
	struct zpool_handle *h = alloc(test, SIZE), *last = NULL;
	u32 index = index_of(h);
	long metadata;
	unsigned int i;

	zpool_handle_free(h);
	metadata = zpool_test_metadata();
	for (i = 0; i < 1000; i++) {
		h = alloc(test, SIZE);
		KUNIT_EXPECT_EQ(test, index_of(h), index);
		KUNIT_EXPECT_PTR_NE(test, h, last);
		last = h;
		zpool_handle_free(h);
	}
	KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
}

/* With memory comes back what is known of it. */
static void chunks_go_back(struct kunit *test)
{
	static struct zpool_handle *stale[MOST];
	long metadata = zpool_test_metadata();
	unsigned int i, round;

	if (!IS_ENABLED(CONFIG_TASKS_RCU) && IS_ENABLED(CONFIG_PREEMPTION))
		kunit_skip(test, "nothing tells when a reader has gone");
	for (round = 0; round < 2; round++) {
		for (i = 0; i < MOST; i++)
			handles[i] = alloc(test, 8);
		for (i = 0; round && i < MOST; i += 7)
			expect_stale(test, stale[i]);
		KUNIT_EXPECT_GE(test, zpool_test_metadata(), metadata + 7L * ZPOOL_CHUNK_BYTES);
		memcpy(stale, handles, sizeof(stale));
		free_all();
		zpool_drain_all();
		zpool_descriptor_trim();
		KUNIT_EXPECT_EQ(test, zpool_test_metadata(), metadata);
		for (i = 0; i < MOST; i += 7)
			expect_stale(test, stale[i]);
	}
}

static struct kunit_case stale_cases[] = {
	KUNIT_CASE(a_stale_handle_stays_stale),
	KUNIT_CASE(no_handle),
	KUNIT_CASE(made_up_handles),
	KUNIT_CASE(unpin_without_pin),
	KUNIT_CASE(free_while_pinned),
	KUNIT_CASE(the_memory_is_nobodys_to_free),
	KUNIT_CASE(descriptors_are_used_again),
	KUNIT_CASE(chunks_go_back),
	{}
};

static struct kunit_suite stale_suite = {
	.name = "zpool_stale",
	.init = begin,
	.exit = end,
	.test_cases = stale_cases,
};

kunit_test_suite(stale_suite);
