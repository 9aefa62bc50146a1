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
	bool moves;			/* its owners are asked: see owned.h */
	struct zpool_cache *cache;
	long nr;			/* out */
};

void types_create(void);
void types_destroy(void);
struct type *types_any(void);		/* of those that do not move */
struct type *types_any_moving(void);
struct zpool_cache *types_any_cache(void);	/* typed */

/* What a pool gives to a request of @size. */
size_t types_roundup(size_t size);

/* @type is NULL for an object of a general class, whose size is @usable. */
void types_count(struct type *type, size_t usable, long n);

/* A handle whose object moves, of so many bytes. */
void types_count_handle(size_t size, long n);

/* When nothing goes on: does the allocator agree, and do its accounts add up? */
void types_check(void);

#endif /* _TYPES_H */
