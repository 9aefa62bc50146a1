// SPDX-License-Identifier: GPL-2.0
/*
 * An extra thread: typed caches that are created, used, shrunk and destroyed
 * while all else runs, and a shrink now and then of those that all use.
 */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/* Objects of a cache that lives for one step. */
#define MAX_LIVE	64
#define MAX_PAUSE_MS	20

/* A cache like one of the others; one without a constructor may have any size. */
static struct torture_type random_type(struct torture_ctx *ctx)
{
	struct torture_type type = *torture_any_type(ctx);

	type.name = "torture_brief";
	type.cache = NULL;
	if (!type.ctor && sizes_below(&ctx->rnd, 2))
		type.size = sizes_log_uniform(&ctx->rnd, 3, 15);
	/* Nothing is promised to objects too small to profit from it. */
	if (type.size <= L1_CACHE_BYTES)
		type.flags &= ~ZPOOL_HWCACHE_ALIGN;
	return type;
}

/* Half of the objects on average, each time others. */
static void alloc_some(struct torture_ctx *ctx, const struct torture_type *type,
		       struct torture_obj *descs)
{
	unsigned int i;

	for (i = 0; i < MAX_LIVE; i++)
		if (!descs[i].ptr && sizes_below(&ctx->rnd, 2))
			torture_alloc_typed(ctx, &descs[i], type, torture_gfp(ctx));
}

/* Some by RCU, which destroying the cache has to wait for. */
static void free_some(struct torture_ctx *ctx, struct torture_obj *descs, bool all)
{
	unsigned int i;

	for (i = 0; i < MAX_LIVE; i++) {
		struct torture_obj *obj = &descs[i];

		if (!obj->ptr || !(all || sizes_below(&ctx->rnd, 2)))
			continue;
		if (sizes_below(&ctx->rnd, 4))
			torture_free_obj(ctx, obj);
		else
			torture_kfree_rcu(ctx, &obj);
	}
}

static void use_cache(struct torture_ctx *ctx, const struct torture_type *type,
		      struct torture_obj *descs)
{
	unsigned int rounds = 1 + sizes_below(&ctx->rnd, 4);

	while (rounds--) {
		alloc_some(ctx, type, descs);
		free_some(ctx, descs, false);
		if (!sizes_below(&ctx->rnd, 2))
			zpool_cache_shrink(type->cache);
	}
	free_some(ctx, descs, true);
	if (!sizes_below(&ctx->rnd, 2))
		zpool_cache_shrink(type->cache);
}

void torture_caches_step(struct torture_ctx *ctx)
{
	struct torture_obj *descs = kcalloc(MAX_LIVE, sizeof(*descs), GFP_KERNEL);
	struct torture_type type = random_type(ctx);

	if (descs && !torture_type_create(&type)) {
		use_cache(ctx, &type, descs);
		torture_type_destroy(&type);
		ctx->ops++;
	}
	kfree(descs);
	if (!sizes_below(&ctx->rnd, 4))
		zpool_cache_shrink(torture_any_type(ctx)->cache);
	torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS));
}
