// SPDX-License-Identifier: GPL-2.0
/*
 * All that is checked in an object.
 *
 * A new object must have its alignment and, where it was asked for, be zero,
 * as constructed, or on a given node. Then its whole size is filled with a
 * pattern that follows from the run's seed, its address, its size and a salt
 * of its owner; so memory given to two owners, or written to by a stranger,
 * shows when the pattern is verified: before each free, resize and swap.
 *
 * An object that failed is never freed: it may not be ours to free.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "torture.h"

static u32 torture_seed;

void torture_check_init(u32 seed)
{
	torture_seed = seed;
}

/* What is behind a handle stays what it was wherever it is. */
static unsigned long identity(const struct torture_obj *obj)
{
	return (unsigned long)(obj->kind == TORTURE_HANDLE ? (void *)obj->handle : obj->ptr);
}

static u64 pattern_key(const struct torture_obj *obj)
{
	return hash_64(identity(obj) ^ ((u64)obj->size << 40) ^ torture_seed, 64) +
		obj->salt;
}

/* Word @i of a pattern. */
static u64 pattern_word(u64 key, size_t i)
{
	return key + i * GOLDEN_RATIO_64;
}

void torture_fill(struct torture_ctx *ctx, struct torture_obj *obj)
{
	size_t i, words = obj->size / sizeof(u64), rest = obj->size % sizeof(u64);
	u64 *word = obj->ptr;
	u64 key, last;

	obj->salt = prandom_u32_state(&ctx->rnd);
	key = pattern_key(obj);
	for (i = 0; i < words; i++)
		word[i] = pattern_word(key, i);
	last = pattern_word(key, words);
	memcpy(&word[words], &last, rest);
}

static bool check_word(const struct torture_ctx *ctx, const struct torture_obj *obj,
		       const char *what, size_t i, const u8 *found, u64 expected,
		       size_t bytes)
{
	const u8 *want = (const u8 *)&expected;
	size_t byte = 0;

	if (likely(!memcmp(found, want, bytes)))
		return true;
	/* What changes while we look is wrong as well. */
	while (byte < bytes - 1 && found[byte] == want[byte])
		byte++;
	torture_fail(ctx, obj, what, i * sizeof(u64) + byte, want[byte], found[byte]);
	return false;
}

/* @obj was filled; its first @size bytes are now at @ptr. */
bool torture_check_pattern(const struct torture_ctx *ctx, const struct torture_obj *obj,
			   const void *ptr, size_t size, const char *what)
{
	size_t i, words = size / sizeof(u64), rest = size % sizeof(u64);
	u64 key = pattern_key(obj);
	const u64 *word = ptr;

	for (i = 0; i < words; i++)
		if (!check_word(ctx, obj, what, i, (const u8 *)&word[i],
				pattern_word(key, i), sizeof(u64)))
			return false;
	return !rest || check_word(ctx, obj, what, words, (const u8 *)&word[words],
				   pattern_word(key, words), rest);
}

bool torture_check_owned(struct torture_ctx *ctx, struct torture_obj *obj)
{
	bool is_handle = obj->kind == TORTURE_HANDLE, sound;

	if (is_handle && !torture_handle_pin(ctx, obj))
		return false;
	sound = torture_check_pattern(ctx, obj, obj->ptr, obj->size, "pattern");
	if (is_handle)
		torture_handle_unpin(obj);
	return sound;
}

/* Every byte of @obj from @from on must be @byte. */
bool torture_check_filled(const struct torture_ctx *ctx, const struct torture_obj *obj,
			  size_t from, u8 byte, const char *what)
{
	const u8 *odd = memchr_inv(obj->ptr + from, byte, obj->size - from);

	if (!odd)
		return true;
	torture_fail(ctx, obj, what, odd - (const u8 *)obj->ptr, byte, *odd);
	return false;
}

/* The alignment that kmalloc promises for @size, and zpool after it. */
static size_t pooled_align(size_t size)
{
	size_t divisor = size & -size;

	return clamp_t(size_t, divisor, ARCH_KMALLOC_MINALIGN, PAGE_SIZE);
}

bool torture_check_align(const struct torture_ctx *ctx, const struct torture_obj *obj)
{
	unsigned long astray;
	size_t align = 1;

	if (obj->kind == TORTURE_POOLED)
		align = pooled_align(obj->size);
	else if (obj->kind == TORTURE_TYPED)
		align = torture_type_align(obj->type);
	astray = (unsigned long)obj->ptr & (align - 1);
	if (astray)
		torture_fail(ctx, obj, "alignment", astray, align, 1UL << __ffs(astray));
	return !astray;
}

bool torture_check_new(const struct torture_ctx *ctx, const struct torture_obj *obj)
{
	if (!torture_check_align(ctx, obj))
		return false;
	if (obj->zeroed)
		return torture_check_filled(ctx, obj, 0, 0, "zero");
	if (obj->kind == TORTURE_TYPED && obj->type->ctor)
		return torture_check_filled(ctx, obj, 0, TORTURE_CONSTRUCTED, "constructed");
	return true;
}

/* @node is binding only with __GFP_THISNODE. */
bool torture_check_node(const struct torture_ctx *ctx, const struct torture_obj *obj,
			gfp_t gfp, int node)
{
	int found = page_to_nid(virt_to_page(obj->ptr));

	if (!(gfp & __GFP_THISNODE) || node == NUMA_NO_NODE || found == node)
		return true;
	torture_fail(ctx, obj, "node", 0, node, found);
	return false;
}
