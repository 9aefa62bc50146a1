// SPDX-License-Identifier: GPL-2.0
/*
 * A contender's objects, looked at: that each is there, whole and nobody
 * else's. The warm-up round of every load runs through here.
 *
 * Each object is stamped with its own address at both ends when it is
 * allocated; the stamps must still be there when it is freed, and are wiped
 * then. Memory that two hold at once loses its stamp to one of them.
 */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "bench.h"

static const struct bench_contender *inner;
static atomic64_t nr_spoilt = ATOMIC64_INIT(0);

/* Objects that were found without their stamps since the module was loaded. */
u64 bench_nr_spoilt(void)
{
	return atomic64_read(&nr_spoilt);
}

static size_t stamp_bytes(size_t size)
{
	return min(size, sizeof(void *));
}

static void *checked_alloc(size_t size, gfp_t gfp)
{
	void *obj = inner->alloc(size, gfp);
	size_t bytes = stamp_bytes(size);

	if (obj) {
		memcpy(obj, &obj, bytes);
		memcpy(obj + size - bytes, &obj, bytes);
	}
	return obj;
}

static void checked_free(void *obj, size_t size)
{
	size_t bytes = stamp_bytes(size);

	/* Where the two overlap the later one counts. */
	if (memcmp(obj + size - bytes, &obj, bytes) ||
	    (size >= 2 * bytes && memcmp(obj, &obj, bytes)))
		atomic64_inc(&nr_spoilt);
	memset(obj, 0, bytes);
	memset(obj + size - bytes, 0, bytes);
	inner->free(obj, size);
}

static const struct bench_contender checked = {
	.alloc	= checked_alloc,
	.free	= checked_free,
};

/* @contender with its objects looked at; one at a time. */
const struct bench_contender *bench_check(const struct bench_contender *contender)
{
	inner = contender;
	return &checked;
}
