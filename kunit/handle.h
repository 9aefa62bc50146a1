/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of handles share. Static, since each has its own. */
#ifndef _KZPOOL_KUNIT_HANDLE_H
#define _KZPOOL_KUNIT_HANDLE_H

#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "../zpool_compact.h"
#include "../zpool_descriptor.h"
#include "../zpool_handle.h"
#include "../zpool_node.h"
#include "common.h"

/* Objects of a slab. */
#define NR		16U
#define SIZE		(PAGE_SIZE / NR)

/* Descriptors that a test takes at most: so many are made before. */
#define MOST		(8U * ZPOOL_CHUNK_DESCRIPTORS)

static struct zpool_handle *handles[MOST];
static struct zpool_cache *cache;

static char name[ZPOOL_NAME_BYTES];

static inline struct zpool_cache *cache_of(size_t size)
{
	struct zpool_cache *found;

	snprintf(name, sizeof(name), "handle-%zu", zpool_kmalloc_size_roundup(size));
	found = zpool_cache_hold(name);
	if (found)
		zpool_cache_release(found);
	return found;
}

static inline u32 index_of(const struct zpool_handle *h)
{
	return (unsigned long)h & ((1UL << (ZPOOL_INDEX_BITS - 1) << 1) - 1);
}

static inline u64 word_of(const struct zpool_handle *h)
{
	return atomic64_read(&zpool_descriptor_at(index_of(h))->word);
}

/* Where it is now. */
static inline void *address_of(struct zpool_handle *h)
{
	void *p = zpool_handle_pin(h);

	zpool_handle_unpin(h);
	return p;
}

static inline struct zpool_slab *slab_of(struct zpool_handle *h)
{
	return zpool_slab_of(address_of(h));
}

static inline void free_all(void)
{
	unsigned int i;

	for (i = 0; i < MOST; i++)
		zpool_handle_free(handles[i]);
	memset(handles, 0, sizeof(handles));
}

/* Caches of handles stay, and so does what is known of chunks. */
static inline int begin(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ZPOOL_NR_CLASSES; i++)
		handles[i] = zpool_handle_alloc(zpool_class_size(i), GFP_KERNEL);
	for (; i < MOST; i++)
		handles[i] = zpool_handle_alloc(8, GFP_KERNEL);
	free_all();
	zpool_drain_all();
	zpool_descriptor_trim();
	cache = cache_of(SIZE);
	if (!cache)
		return -ENOMEM;
	zpool_test_begin(test);
	zpool_test_move(zpool_test_first_cpu());
	return 0;
}

/* As many descriptors as the last chunk has are there, once each. */
static inline void expect_descriptors(struct kunit *test)
{
	static u32 indices[ZPOOL_CHUNK_DESCRIPTORS + 1];
	long before = zpool_test_metadata();
	unsigned int nr = 0, i;

	while (nr <= ZPOOL_CHUNK_DESCRIPTORS) {
		indices[nr] = zpool_descriptor_get(GFP_KERNEL);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_NE(test, indices[i], indices[nr]);
		nr++;
		if (zpool_test_metadata() != before)
			break;
	}
	KUNIT_EXPECT_GE(test, nr, 0U + ZPOOL_CHUNK_DESCRIPTORS);
	while (nr)
		zpool_descriptor_put(indices[--nr]);
	zpool_descriptor_trim();
}

static inline void end(struct kunit *test)
{
	free_all();
	zpool_test_settle();
	zpool_drain_all();
	zpool_descriptor_trim();
	if (IS_ENABLED(CONFIG_TASKS_RCU) || !IS_ENABLED(CONFIG_PREEMPTION))
		expect_descriptors(test);
	KUNIT_EXPECT_EQ(test, zpool_test_usage(cache).held_bytes, 0UL);
	zpool_test_move(ZPOOL_TEST_ANY_CPU);
	zpool_test_end(test);
}

static inline struct zpool_handle *alloc(struct kunit *test, size_t size)
{
	struct zpool_handle *h = zpool_handle_alloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	return h;
}

static inline void fill(struct zpool_handle *h, int byte, size_t size)
{
	memset(zpool_handle_pin(h), byte, size);
	zpool_handle_unpin(h);
}

static inline bool is_filled(struct zpool_handle *h, int byte, size_t size)
{
	bool is = zpool_test_is_filled(zpool_handle_pin(h), byte, size);

	zpool_handle_unpin(h);
	return is;
}

#endif /* _KZPOOL_KUNIT_HANDLE_H */
