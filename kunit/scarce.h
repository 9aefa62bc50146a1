/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A typed cache and what it is used for while memory is scarce. Static, since two
 * suites have each its own.
 */
#ifndef _KZPOOL_KUNIT_SCARCE_H
#define _KZPOOL_KUNIT_SCARCE_H

#include "common.h"

#define SIZE		4096U		/* of a typed object */
#define NR		200U

static void *objs[NR];

static inline struct zpool_cache *create(struct kunit *test)
{
	struct zpool_cache *cache = zpool_cache_create("kunit-scarce", SIZE, 0, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return cache;
}

static inline struct zpool_cache *class_of(size_t size)
{
	return zpool_general[zpool_size_class(size)];
}

static inline void take(struct zpool_cache *cache, unsigned int nr)
{
	while (nr)
		objs[--nr] = zpool_cache_alloc(cache, GFP_KERNEL | __GFP_NOFAIL);
}

static inline void give(struct zpool_cache *cache, unsigned int nr)
{
	while (nr)
		zpool_cache_free(cache, objs[--nr]);
}

static inline void swing(struct zpool_cache *cache, unsigned int nr, unsigned int rounds)
{
	while (rounds--) {
		take(cache, nr);
		give(cache, nr);
	}
}

#endif /* _KZPOOL_KUNIT_SCARCE_H */
