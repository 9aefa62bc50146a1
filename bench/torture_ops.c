// SPDX-License-Identifier: GPL-2.0
/*
 * The table of operations, and steps: a random operation on a random slot.
 *
 * torture_step() and what it calls run in process, softirq and hardirq
 * context alike.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/* Few enough that a swapped descriptor soon turns up on another CPU. */
#define NR_SHARED	64

static struct torture_obj spare_descs[NR_SHARED];
static struct torture_obj *shared[NR_SHARED];	/* changed with xchg() only */
static u32 torture_seed;

static void swap_shared(struct torture_ctx *ctx, struct torture_obj **slot)
{
	if ((*slot)->ptr && !torture_check_owned(ctx, *slot))
		(*slot)->ptr = NULL;
	*slot = xchg(&shared[sizes_below(&ctx->rnd, NR_SHARED)], *slot);
}

/* Where an operation may be done. */
#define EVERYWHERE	(BIT(TORTURE_NR_PLACES) - 1)
/* PREEMPT_RT allows the kernel's own kmalloc() in no other place. */
#define KMALLOC_LEGAL	(BIT(TORTURE_PROCESS) | BIT(TORTURE_SOFTIRQ) | BIT(TORTURE_EXTRA))

/* What it may find in its slot. */
#define EMPTY		BIT(TORTURE_NOTHING)
#define POOLED		BIT(TORTURE_POOLED)
#define FOREIGN		BIT(TORTURE_FOREIGN)
#define TYPED		BIT(TORTURE_TYPED)
#define HANDLE		BIT(TORTURE_HANDLE)
#define FULL		(POOLED | FOREIGN | TYPED)

/*
 * Which operation is drawn follows from the weights of all that may be done
 * in a place on what a slot holds: for each kind they sum up to about 64.
 */
static const struct op {
	const char *name;
	unsigned int weight;
	unsigned int places;
	unsigned int kinds;
	torture_op_t *run;
} ops[] = {
	{ "kmalloc",		32, EVERYWHERE,		EMPTY,		torture_kmalloc },
	{ "kcalloc",		4,  EVERYWHERE,		EMPTY,		torture_kcalloc },
	{ "kmalloc_node",	4,  EVERYWHERE,		EMPTY,		torture_kmalloc_node },
	{ "cache_alloc",	8,  EVERYWHERE,		EMPTY,		torture_cache_alloc },
	{ "cache_node",		2,  EVERYWHERE,		EMPTY,		torture_cache_alloc_node },
	{ "foreign",		2,  KMALLOC_LEGAL,	EMPTY,		torture_foreign },
	{ "handle_alloc",	8,  EVERYWHERE,		EMPTY,		torture_handle_alloc },
	{ "handle_use",		24, EVERYWHERE,		HANDLE,		torture_handle_use },
	{ "handle_free",	32, EVERYWHERE,		HANDLE,		torture_kfree },
	{ "alloc_bulk",		1,  EVERYWHERE,		EMPTY,		torture_alloc_bulk },
	{ "cache_alloc_bulk",	1,  EVERYWHERE,		EMPTY,		torture_cache_alloc_bulk },
	{ "kfree",		32, EVERYWHERE,		FULL,		torture_kfree },
	{ "krealloc",		10, EVERYWHERE,		POOLED,		torture_krealloc },
	{ "ksize",		6,  EVERYWHERE,		POOLED,		torture_ksize },
	{ "kfree_rcu",		1,  EVERYWHERE,		FULL,		torture_kfree_rcu },
	{ "free_bulk",		1,  EVERYWHERE,		FULL,		torture_free_bulk },
	{ "cache_free_bulk",	2,  EVERYWHERE,		TYPED,		torture_cache_free_bulk },
	{ "burst",		2,  EVERYWHERE,		EMPTY | FULL,	torture_burst },
	{ "swap",		8,  EVERYWHERE,		EMPTY | FULL | HANDLE, swap_shared },
	{ "rcu_read",		2,  EVERYWHERE,		EMPTY | FULL,	torture_rcu_read },
	{ "rcu_replace",	1,  EVERYWHERE,		EMPTY | FULL,	torture_rcu_replace },
};

/* The sum of the weights. */
static unsigned int weights[TORTURE_NR_PLACES][TORTURE_NR_KINDS];

static bool fits(const struct op *op, enum torture_place place, enum torture_kind kind)
{
	return op->places & BIT(place) && op->kinds & BIT(kind);
}

static void sum_weights(enum torture_place place, enum torture_kind kind)
{
	unsigned int i;

	weights[place][kind] = 0;
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (fits(&ops[i], place, kind))
			weights[place][kind] += ops[i].weight;
}

static unsigned int draw_op(struct torture_ctx *ctx, enum torture_kind kind)
{
	unsigned int left = sizes_below(&ctx->rnd, weights[ctx->place][kind]);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops) - 1; i++) {
		if (!fits(&ops[i], ctx->place, kind))
			continue;
		if (left < ops[i].weight)
			break;
		left -= ops[i].weight;
	}
	return i;
}

/* One random operation on one random slot of @ctx. */
void torture_step(struct torture_ctx *ctx)
{
	struct torture_obj **slot = &ctx->objs[sizes_below(&ctx->rnd, ctx->nr_objs)];
	unsigned int op;

	if (torture_has_failed())
		return;
	op = draw_op(ctx, torture_kind_of(*slot));
	ops[op].run(ctx, slot);
	ctx->done[op]++;
	ctx->ops++;
}

unsigned int torture_nr_ops(void)
{
	return ARRAY_SIZE(ops);
}

const char *torture_op_name(unsigned int nr)
{
	return ops[nr].name;
}

static void walk_size(struct torture_ctx *ctx, struct torture_obj *obj, size_t size)
{
	torture_alloc_sized(ctx, obj, size, GFP_KERNEL | __GFP_NOWARN);
	torture_free_obj(ctx, obj);
	torture_alloc_sized(ctx, obj, size, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	torture_free_obj(ctx, obj);
	ctx->ops += 2;
}

/* Requests for nothing, and frees of nothing. */
static void walk_edges(struct torture_ctx *ctx)
{
	void *none = zpool_kmalloc(0, GFP_KERNEL);

	if (none != ZERO_SIZE_PTR)
		torture_fail(ctx, NULL, "size 0", 0, (unsigned long)ZERO_SIZE_PTR,
			     (unsigned long)none);
	zpool_kfree(none);
	zpool_kfree(NULL);
	if (zpool_kmalloc_bulk(64, GFP_KERNEL, 0, ctx->ptrs))
		torture_fail(ctx, NULL, "bulk of 0", 0, 0, 1);
	ctx->ptrs[0] = NULL;
	ctx->ptrs[1] = ZERO_SIZE_PTR;
	zpool_kfree_bulk(2, ctx->ptrs);
	zpool_kfree_bulk(0, ctx->ptrs);
}

/* Once through all classes, at both edges, and all types; may sleep. */
void torture_walk(struct torture_ctx *ctx)
{
	struct torture_obj *obj = ctx->objs[0];
	unsigned int i;

	torture_free_obj(ctx, obj);
	for (i = 0; i < SIZES_NR_CLASSES && !torture_has_failed(); i++) {
		walk_size(ctx, obj, sizes_class_size(i));
		walk_size(ctx, obj, sizes_class_size(i) + 1);
	}
	for (i = 0; i < torture_nr_types() && !torture_has_failed(); i++) {
		torture_alloc_typed(ctx, obj, torture_type(i), GFP_KERNEL | __GFP_NOWARN);
		torture_free_obj(ctx, obj);
	}
	walk_edges(ctx);
}

/* Frees all that @ctx holds. */
void torture_drain(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_objs; i++)
		torture_free_obj(ctx, ctx->objs[i]);
}

/* Frees what the shared slots hold, when all contexts have ended. */
void torture_drain_shared(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NR_SHARED; i++)
		torture_free_obj(ctx, shared[i]);
}

void torture_ops_init(u32 seed)
{
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(ops) > TORTURE_MAX_OPS);
	torture_seed = seed;
	for (i = 0; i < NR_SHARED; i++)
		shared[i] = &spare_descs[i];
	for (i = 0; i < TORTURE_NR_PLACES * TORTURE_NR_KINDS; i++)
		sum_weights(i / TORTURE_NR_KINDS, i % TORTURE_NR_KINDS);
}

/* @id tells the contexts of a run apart, the same in each run. */
void torture_ctx_init(struct torture_ctx *ctx, enum torture_place place, unsigned int id,
		      struct torture_obj **objs, unsigned int nr_objs)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->place = place;
	ctx->objs = objs;
	ctx->nr_objs = nr_objs;
	prandom_seed_state(&ctx->rnd, hash_64(((u64)torture_seed << 32) + id, 64));
}
