/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The caches that models use, general and typed, and how many objects of each
 * are out: what the allocator's own figures are held against.
 */
#ifndef _TYPES_H
#define _TYPES_H

#include <zpool/zpool.h>

#include "shim.h"

/* An object of a cache with a constructor is all this while it is free. */
#define CONSTRUCTED	0xc5

struct type {
	const char *name;
	size_t size;
	size_t align;
	unsigned int flags;
	bool ctor;
	struct zpool_cache *cache;
	long nr;			/* out */
};

void types_create(void);
void types_destroy(void);
struct type *types_any(void);

/* What a pool gives to a request of @size. */
size_t types_roundup(size_t size);

/* @type is NULL for an object of a general class, whose size is @usable. */
void types_count(struct type *type, size_t usable, long n);

/* When nothing goes on: does the allocator agree, and do its accounts add up? */
void types_check(void);

#endif /* _TYPES_H */
