// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on many objects in one call.
 *
 * The descriptors are those of the context that come after the given slot, so
 * that what is allocated in bulk is resized, swapped and freed one by one as
 * well, and the other way round. A burst has none: it takes and gives back more
 * than two magazines hold, of a few sizes only, so that all CPUs meet in the
 * depots and slabs of these.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/* Many large objects at once would be a test of the machine's memory. */
#define BULK_MAX_BYTES	(256UL << 10)
/* What one call may free. */
#define BULK_KINDS	(BIT(TORTURE_POOLED) | BIT(TORTURE_FOREIGN) | BIT(TORTURE_TYPED))

/*
 * Of a burst: sizes, so that two magazines, of 252 objects each, are outrun by what
 * bulk_limit() allows; and how often over where there is time.
 */
static const size_t burst_sizes[] = { 32, 256, 448 };
#define BURST_ROUNDS	4

static unsigned int bulk_limit(struct torture_ctx *ctx, size_t size)
{
	size_t most = clamp_t(size_t, BULK_MAX_BYTES / size, 1, TORTURE_MAX_BULK);

	return 1 + sizes_below(&ctx->rnd, most);
}

/*
 * Gathers up to @most descriptors, from @slot on, whose kind is in @kinds, and
 * whose type is @type if one is given.
 */
static unsigned int gather(struct torture_ctx *ctx, struct torture_obj **slot,
			   unsigned int kinds, const struct torture_type *type,
			   unsigned int most)
{
	unsigned int i, nr = 0, first = slot - ctx->objs;

	for (i = 0; i < ctx->nr_objs && nr < most; i++) {
		struct torture_obj *obj = ctx->objs[(first + i) % ctx->nr_objs];

		if (!(BIT(torture_kind_of(obj)) & kinds) || (type && obj->type != type))
			continue;
		ctx->bulk[nr++] = obj;
	}
	return nr;
}

/* The @got first of @asked descriptors in ctx->bulk have an object in ctx->ptrs. */
static void adopt_bulk(struct torture_ctx *ctx, unsigned int asked, unsigned int got,
		       enum torture_kind kind, size_t size,
		       const struct torture_type *type, gfp_t gfp)
{
	unsigned int i;

	if (got > asked) {
		torture_fail(ctx, NULL, "bulk count", 0, asked, got);
		return;
	}
	ctx->nulls += got < asked;
	for (i = 0; i < got; i++) {
		struct torture_obj *obj = ctx->bulk[i];

		obj->kind = kind;
		obj->size = size;
		obj->type = type;
		if (!ctx->ptrs[i])
			torture_fail(ctx, NULL, "NULL in bulk", i, got, 0);
		else if (!torture_adopt(ctx, obj, ctx->ptrs[i], gfp))
			break;
	}
}

void torture_alloc_bulk(struct torture_ctx *ctx, struct torture_obj **slot)
{
	size_t size = torture_size(ctx);
	gfp_t gfp = torture_gfp(ctx);
	unsigned int asked = gather(ctx, slot, BIT(TORTURE_NOTHING), NULL,
				    bulk_limit(ctx, size));
	unsigned int got = zpool_kmalloc_bulk(size, gfp, asked, ctx->ptrs);

	adopt_bulk(ctx, asked, got, TORTURE_POOLED, size, NULL, gfp);
}

void torture_cache_alloc_bulk(struct torture_ctx *ctx, struct torture_obj **slot)
{
	const struct torture_type *type = torture_any_type(ctx);
	gfp_t gfp = torture_gfp(ctx);
	unsigned int asked = gather(ctx, slot, BIT(TORTURE_NOTHING), NULL,
				    bulk_limit(ctx, type->size));
	unsigned int got;

	if (type->ctor)
		gfp &= ~__GFP_ZERO;
	got = zpool_cache_alloc_bulk(type->cache, gfp, asked, ctx->ptrs);
	adopt_bulk(ctx, asked, got, TORTURE_TYPED, type->size, type, gfp);
}

/* Takes the objects out of the first @nr descriptors in ctx->bulk, to ctx->ptrs. */
static unsigned int disown_bulk(struct torture_ctx *ctx, unsigned int nr)
{
	unsigned int i, kept = 0;

	for (i = 0; i < nr; i++) {
		struct torture_obj *obj = ctx->bulk[i];

		if (!torture_disown(ctx, obj))
			continue;
		ctx->ptrs[kept++] = obj->ptr;
		obj->ptr = NULL;
	}
	return kept;
}

/* Objects of all kinds and sizes, and NULL among them. */
void torture_free_bulk(struct torture_ctx *ctx, struct torture_obj **slot)
{
	unsigned int nr = gather(ctx, slot, BULK_KINDS, NULL,
				 bulk_limit(ctx, 1));

	nr = disown_bulk(ctx, nr);
	if (nr && nr < TORTURE_MAX_BULK) {
		unsigned int hole = sizes_below(&ctx->rnd, nr);

		ctx->ptrs[nr++] = ctx->ptrs[hole];
		ctx->ptrs[hole] = NULL;
	}
	zpool_kfree_bulk(nr, ctx->ptrs);
}

/* Objects of the cache that *@slot is from. */
void torture_cache_free_bulk(struct torture_ctx *ctx, struct torture_obj **slot)
{
	const struct torture_type *type = (*slot)->type;
	unsigned int nr = gather(ctx, slot, BIT(TORTURE_TYPED), type, bulk_limit(ctx, 1));

	zpool_cache_free_bulk(type->cache, disown_bulk(ctx, nr), ctx->ptrs);
}

static unsigned int alloc_many(struct torture_ctx *ctx, size_t size, unsigned int nr)
{
	gfp_t gfp = torture_gfp(ctx) & ~__GFP_ZERO;
	unsigned int got;

	if (sizes_below(&ctx->rnd, 2))
		return min(zpool_kmalloc_bulk(size, gfp, nr, ctx->ptrs), nr);
	for (got = 0; got < nr; got++) {
		ctx->ptrs[got] = zpool_kmalloc(size, gfp);
		if (!ctx->ptrs[got])
			break;
	}
	return got;
}

static void free_many(struct torture_ctx *ctx, unsigned int nr)
{
	if (sizes_below(&ctx->rnd, 2))
		zpool_kfree_bulk(nr, ctx->ptrs);
	else
		while (nr)
			zpool_kfree(ctx->ptrs[--nr]);
}

/* Marks are at the ends: an object has one owner, from first to last byte. */
static bool marks_are_intact(struct torture_ctx *ctx, unsigned int nr, size_t size, u64 key)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const u64 *first = ctx->ptrs[i], *last = ctx->ptrs[i] + size - sizeof(*last);
		struct torture_obj told = { .ptr = ctx->ptrs[i], .size = size };

		if (*first == key + i && *last == key + i)
			continue;
		torture_fail(ctx, &told, "mark of a burst", 0, key + i,
			     *first == key + i ? *last : *first);
		return false;
	}
	return true;
}

static void burst_once(struct torture_ctx *ctx, size_t size)
{
	u64 key = (u64)prandom_u32_state(&ctx->rnd) << 32;
	unsigned int i, nr = alloc_many(ctx, size, bulk_limit(ctx, size));

	ctx->pooled += nr;
	for (i = 0; i < nr; i++) {
		u64 *first = ctx->ptrs[i], *last = ctx->ptrs[i] + size - sizeof(*last);

		*first = key + i;
		*last = key + i;
	}
	if (marks_are_intact(ctx, nr, size, key))
		free_many(ctx, nr);
}

void torture_burst(struct torture_ctx *ctx, struct torture_obj **unused)
{
	size_t size = burst_sizes[sizes_below(&ctx->rnd, ARRAY_SIZE(burst_sizes))];
	unsigned int rounds = torture_may_sleep(ctx) ? BURST_ROUNDS : 1;

	while (rounds-- && !torture_has_failed())
		burst_once(ctx, size);
}
