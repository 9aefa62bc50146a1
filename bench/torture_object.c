// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an object under torture: operations on one object.
 *
 * They run in all contexts alike; torture_ops.c says which of them where, and
 * torture_check.c what is checked.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/*
 * What is freed by RCU stays in use for a grace period or, where it is the
 * kernel's own, for seconds: small objects only, or much memory would wait.
 */
#define RCU_MAX_SIZE	2048

/* What whole objects are freed by RCU as. */
struct head_only {
	struct rcu_head rcu;
};

gfp_t torture_gfp(struct torture_ctx *ctx)
{
	gfp_t gfp = __GFP_NOWARN;

	if (torture_may_sleep(ctx) && sizes_below(&ctx->rnd, 2))
		gfp |= GFP_KERNEL;
	else
		gfp |= sizes_below(&ctx->rnd, 4) ? GFP_ATOMIC : GFP_NOWAIT;
	if (!sizes_below(&ctx->rnd, 4))
		gfp |= __GFP_ZERO;
	return gfp;
}

/* Mostly any size; often one at the edge of a class, now and then beyond all. */
size_t torture_size(struct torture_ctx *ctx)
{
	unsigned int class = sizes_below(&ctx->rnd, SIZES_NR_CLASSES);

	switch (sizes_below(&ctx->rnd, 64)) {
	case 0:
		return sizes_log_uniform(&ctx->rnd, 16, 18);
	case 1 ... 8:
		return sizes_class_size(class);
	case 9 ... 16:
		return sizes_class_size(class) + 1;
	default:
		return sizes_log_uniform(&ctx->rnd, 0, 16) - 1;
	}
}

const struct torture_type *torture_any_type(struct torture_ctx *ctx)
{
	return torture_type(sizes_below(&ctx->rnd, torture_nr_types()));
}

/* A node that is there; the answer to a node without memory may be NULL. */
static int random_node(struct torture_ctx *ctx)
{
	unsigned int nr = sizes_below(&ctx->rnd, num_online_nodes() + 1);
	int node;

	for_each_online_node(node)
		if (!nr--)
			return node;
	return NUMA_NO_NODE;
}

/*
 * Makes @ptr, just allocated with @gfp, the object of @obj, whose kind, size
 * and type are filled in. False leaves @obj empty.
 */
bool torture_adopt(struct torture_ctx *ctx, struct torture_obj *obj, void *ptr, gfp_t gfp)
{
	obj->ptr = NULL;
	if (!ptr) {
		ctx->nulls++;
		return false;
	}
	ctx->pooled += obj->kind == TORTURE_POOLED;
	obj->ptr = ptr;
	obj->cpu = raw_smp_processor_id();
	obj->zeroed = gfp & __GFP_ZERO;
	if (torture_check_new(ctx, obj)) {
		torture_fill(ctx, obj);
		return true;
	}
	obj->ptr = NULL;
	return false;
}

/* Before @obj is freed: false if it is not as we left it, and must be left alone. */
bool torture_disown(struct torture_ctx *ctx, struct torture_obj *obj)
{
	if (!torture_check_owned(ctx, obj)) {
		obj->ptr = NULL;
		return false;
	}
	if (obj->cpu != raw_smp_processor_id())
		ctx->remote++;
	if (obj->kind == TORTURE_TYPED && obj->type->ctor)
		obj->type->ctor(obj->ptr);
	return true;
}

/*
 * Allocations.
 */

void torture_alloc_sized(struct torture_ctx *ctx, struct torture_obj *obj, size_t size,
			 gfp_t gfp)
{
	bool kzalloc = (gfp & __GFP_ZERO) && sizes_below(&ctx->rnd, 2);

	obj->kind = TORTURE_POOLED;
	obj->size = size;
	torture_adopt(ctx, obj, kzalloc ? zpool_kzalloc(size, gfp & ~__GFP_ZERO) :
		      zpool_kmalloc(size, gfp), gfp);
}

void torture_kmalloc(struct torture_ctx *ctx, struct torture_obj **slot)
{
	torture_alloc_sized(ctx, *slot, torture_size(ctx), torture_gfp(ctx));
}

void torture_kcalloc(struct torture_ctx *ctx, struct torture_obj **slot)
{
	size_t n = 1 + sizes_below(&ctx->rnd, 16), size = torture_size(ctx) / n + 1;
	bool zeroed = sizes_below(&ctx->rnd, 2);
	gfp_t gfp = torture_gfp(ctx) & ~__GFP_ZERO;
	struct torture_obj *obj = *slot;

	obj->kind = TORTURE_POOLED;
	obj->size = n * size;
	torture_adopt(ctx, obj, zeroed ? zpool_kcalloc(n, size, gfp) :
		      zpool_kmalloc_array(n, size, gfp), zeroed ? gfp | __GFP_ZERO : gfp);
}

/* With __GFP_THISNODE a node must be named, as for the page allocator. */
static gfp_t node_gfp(struct torture_ctx *ctx, int node)
{
	gfp_t gfp = torture_gfp(ctx);

	if (node != NUMA_NO_NODE && sizes_below(&ctx->rnd, 2))
		gfp |= __GFP_THISNODE;
	return gfp;
}

void torture_kmalloc_node(struct torture_ctx *ctx, struct torture_obj **slot)
{
	int node = random_node(ctx);
	gfp_t gfp = node_gfp(ctx, node);
	struct torture_obj *obj = *slot;

	obj->kind = TORTURE_POOLED;
	obj->size = torture_size(ctx);
	if (torture_adopt(ctx, obj, zpool_kmalloc_node(obj->size, gfp, node), gfp))
		torture_check_node(ctx, obj, gfp, node);
}

static gfp_t typed_gfp(const struct torture_type *type, gfp_t gfp)
{
	return type->ctor ? gfp & ~__GFP_ZERO : gfp;
}

void torture_alloc_typed(struct torture_ctx *ctx, struct torture_obj *obj,
			 const struct torture_type *type, gfp_t gfp)
{
	obj->kind = TORTURE_TYPED;
	obj->size = type->size;
	obj->type = type;
	gfp = typed_gfp(type, gfp);
	torture_adopt(ctx, obj, gfp & __GFP_ZERO ? zpool_cache_zalloc(type->cache, gfp) :
		      zpool_cache_alloc(type->cache, gfp), gfp);
}

void torture_cache_alloc(struct torture_ctx *ctx, struct torture_obj **slot)
{
	torture_alloc_typed(ctx, *slot, torture_any_type(ctx), torture_gfp(ctx));
}

void torture_cache_alloc_node(struct torture_ctx *ctx, struct torture_obj **slot)
{
	const struct torture_type *type = torture_any_type(ctx);
	int node = random_node(ctx);
	gfp_t gfp = typed_gfp(type, node_gfp(ctx, node));
	struct torture_obj *obj = *slot;

	obj->kind = TORTURE_TYPED;
	obj->size = type->size;
	obj->type = type;
	if (torture_adopt(ctx, obj, zpool_cache_alloc_node(type->cache, gfp, node), gfp))
		torture_check_node(ctx, obj, gfp, node);
}

/* Not in hard interrupts, nor where sleeping is forbidden: PREEMPT_RT allows no kmalloc there. */
void torture_foreign(struct torture_ctx *ctx, struct torture_obj **slot)
{
	gfp_t gfp = torture_gfp(ctx);
	struct torture_obj *obj = *slot;

	obj->kind = TORTURE_FOREIGN;
	obj->size = torture_size(ctx);
	torture_adopt(ctx, obj, kmalloc(obj->size, gfp), gfp);
}

/*
 * Frees.
 */

static void free_pooled(struct torture_ctx *ctx, struct torture_obj *obj)
{
	switch (sizes_below(&ctx->rnd, 8)) {
	case 0:
		zpool_kfree_sensitive(obj->ptr);
		break;
	case 1 ... 3:
		zpool_kfree_sized(obj->ptr, obj->size);
		break;
	default:
		zpool_kfree(obj->ptr);
	}
}

/* Empties @obj, which may be empty already. */
void torture_free_obj(struct torture_ctx *ctx, struct torture_obj *obj)
{
	if (!obj->ptr || !torture_disown(ctx, obj))
		return;
	if (obj->kind == TORTURE_HANDLE)
		torture_handle_free(obj);
	else if (obj->kind == TORTURE_POOLED)
		free_pooled(ctx, obj);
	else if (obj->kind == TORTURE_TYPED && sizes_below(&ctx->rnd, 4))
		zpool_cache_free(obj->type->cache, obj->ptr);
	else
		zpool_kfree(obj->ptr);
	obj->ptr = NULL;
}

void torture_kfree(struct torture_ctx *ctx, struct torture_obj **slot)
{
	torture_free_obj(ctx, *slot);
}

/* The head overwrites what it lies on, so nothing that must stay as constructed. */
static bool may_be_freed_by_rcu(const struct torture_obj *obj)
{
	return obj->size >= sizeof(struct head_only) && obj->size <= RCU_MAX_SIZE &&
		!(obj->kind == TORTURE_TYPED && obj->type->ctor);
}

/* Whatever the object is, its first bytes become the head. */
void torture_kfree_rcu(struct torture_ctx *ctx, struct torture_obj **slot)
{
	struct torture_obj *obj = *slot;
	struct head_only *head = obj->ptr;

	if (!may_be_freed_by_rcu(obj)) {
		torture_free_obj(ctx, obj);
		return;
	}
	if (!torture_disown(ctx, obj))
		return;
	zpool_kfree_rcu(head, rcu);
	obj->ptr = NULL;
}

/*
 * Sizes.
 */

/*
 * With __GFP_ZERO from the first allocation on, what a resize adds is zero,
 * unless the object was made smaller in between. One that stayed where it was
 * keeps the alignment it had; krealloc promises no more.
 */
void torture_krealloc(struct torture_ctx *ctx, struct torture_obj **slot)
{
	struct torture_obj *obj = *slot;
	size_t old_size = obj->size, size = torture_size(ctx);
	gfp_t gfp = (torture_gfp(ctx) & ~__GFP_ZERO) | (obj->zeroed ? __GFP_ZERO : 0);
	bool moved;
	void *ptr;

	if (!torture_check_owned(ctx, obj)) {
		obj->ptr = NULL;
		return;
	}
	ptr = zpool_krealloc(obj->ptr, size, gfp);
	if (!ptr) {
		ctx->nulls++;
		return;
	}
	if (!torture_check_pattern(ctx, obj, ptr, min(old_size, size), "pattern after resize")) {
		obj->ptr = NULL;
		return;
	}
	moved = ptr != obj->ptr;
	obj->ptr = ptr;
	obj->size = size;
	obj->cpu = raw_smp_processor_id();
	obj->zeroed = obj->zeroed && size >= old_size;
	if ((moved && !torture_check_align(ctx, obj)) ||
	    (obj->zeroed &&
	     !torture_check_filled(ctx, obj, old_size, 0, "zero after resize")))
		obj->ptr = NULL;
	else
		torture_fill(ctx, obj);
}

/* The usable size and the size to ask for are never less than what was asked. */
void torture_ksize(struct torture_ctx *ctx, struct torture_obj **slot)
{
	struct torture_obj *obj = *slot;
	size_t usable = zpool_ksize(obj->ptr);
	size_t rounded = zpool_kmalloc_size_roundup(obj->size);

	if (usable < obj->size)
		torture_fail(ctx, obj, "ksize", 0, obj->size, usable);
	if (rounded < obj->size)
		torture_fail(ctx, obj, "size_roundup", 0, obj->size, rounded);
}
