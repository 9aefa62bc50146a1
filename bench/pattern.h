/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contents of objects: words counted up from one that only this object has, and
 * bytes of the next word where the size ends within one.
 */
#ifndef _KZPOOL_BENCH_PATTERN_H
#define _KZPOOL_BENCH_PATTERN_H

#include <linux/string.h>
#include <linux/types.h>

static inline u64 pattern_seed(u64 owner, u64 number)
{
	return (owner + 1) * 0x9e3779b97f4a7c15ULL + (number << 20);
}

static inline void pattern_fill(void *p, size_t size, u64 seed)
{
	u64 *words = p;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = seed + i;
	seed += i;
	memcpy(words + i, &seed, size % sizeof(*words));
}

static inline bool pattern_is_intact(const void *p, size_t size, u64 seed)
{
	const u64 *words = p;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		if (words[i] != seed + i)
			return false;
	seed += i;
	return !memcmp(words + i, &seed, size % sizeof(*words));
}

#endif /* _KZPOOL_BENCH_PATTERN_H */
