// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an object under torture, and all that is checked in it.
 *
 * A new object must have its alignment and, where it was asked for, be zero
 * or as constructed. Then its whole size is filled with a pattern that
 * follows from the run's seed, its address, its size and a salt of its owner;
 * so memory given to two owners, or written to by a stranger, shows when the
 * pattern is verified: before each free, resize and swap.
 *
 * The first failure is kept for the verdict and ends the run. An object that
 * failed is never freed: it may not be ours to free.
 *
 * torture_step() and what it calls run in process, softirq and hardirq
 * context alike.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <zpool/zpool.h>

#include "sizes.h"
#include "torture.h"

/* Few enough that a swapped descriptor soon turns up on another CPU. */
#define NR_SHARED	64

static struct torture_obj spare_descs[NR_SHARED];
static struct torture_obj *shared[NR_SHARED];	/* changed with xchg() only */
static u32 torture_seed;

static struct torture_failure first_failure;
static atomic_t nr_failed = ATOMIC_INIT(0);

bool torture_has_failed(void)
{
	return atomic_read(&nr_failed);
}

unsigned int torture_nr_failed(void)
{
	return atomic_read(&nr_failed);
}

/* To be read when all contexts have ended. */
const struct torture_failure *torture_first_failure(void)
{
	return &first_failure;
}

static void fail(const struct torture_ctx *ctx, const struct torture_obj *obj,
		 const char *what, size_t offset, unsigned long expected,
		 unsigned long found)
{
	if (atomic_inc_return(&nr_failed) > 1)
		return;
	first_failure = (struct torture_failure){
		.what		= what,
		.ptr		= (unsigned long)obj->ptr,
		.size		= obj->size,
		.offset		= offset,
		.expected	= expected,
		.found		= found,
		.cpu		= raw_smp_processor_id(),
		.context	= ctx->name,
	};
}

static u64 pattern_key(const struct torture_obj *obj)
{
	return hash_64((unsigned long)obj->ptr ^ ((u64)obj->size << 40) ^ torture_seed, 64) +
		obj->salt;
}

/* Word @i of a pattern. */
static u64 pattern_word(u64 key, size_t i)
{
	return key + i * GOLDEN_RATIO_64;
}

static void fill_pattern(struct torture_ctx *ctx, struct torture_obj *obj)
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
	while (found[byte] == want[byte])
		byte++;
	fail(ctx, obj, what, i * sizeof(u64) + byte, want[byte], found[byte]);
	return false;
}

/* @obj was filled; its first @size bytes are now at @ptr. */
static bool check_pattern(const struct torture_ctx *ctx, const struct torture_obj *obj,
			  const void *ptr, size_t size, const char *what)
{
	size_t i, words = size / sizeof(u64), rest = size % sizeof(u64);
	u64 key = pattern_key(obj);
	const u64 *word = ptr;

	for (i = 0; i < words; i++)
		if (!check_word(ctx, obj, what, i, (const u8 *)&word[i],
				pattern_word(key, i), sizeof(u64)))
			return false;
	return check_word(ctx, obj, what, words, (const u8 *)&word[words],
			  pattern_word(key, words), rest);
}

static bool check_owned(const struct torture_ctx *ctx, const struct torture_obj *obj)
{
	return check_pattern(ctx, obj, obj->ptr, obj->size, "pattern");
}

/* Every byte of @obj from @from on must be @byte. */
static bool check_filled(const struct torture_ctx *ctx, const struct torture_obj *obj,
			 size_t from, u8 byte, const char *what)
{
	const u8 *odd = memchr_inv(obj->ptr + from, byte, obj->size - from);

	if (!odd)
		return true;
	fail(ctx, obj, what, odd - (const u8 *)obj->ptr, byte, *odd);
	return false;
}

/* The alignment that kmalloc promises for @size, and zpool after it. */
static size_t pooled_align(size_t size)
{
	size_t divisor = size & -size;

	return clamp_t(size_t, divisor, ARCH_KMALLOC_MINALIGN, PAGE_SIZE);
}

static bool check_align(const struct torture_ctx *ctx, const struct torture_obj *obj)
{
	unsigned long astray;
	size_t align = 1;

	if (obj->kind == TORTURE_POOLED)
		align = pooled_align(obj->size);
	else if (obj->kind == TORTURE_TYPED)
		align = torture_type_align(obj->type);
	astray = (unsigned long)obj->ptr & (align - 1);
	if (astray)
		fail(ctx, obj, "alignment", astray, align, 1UL << __ffs(astray));
	return !astray;
}

static bool check_new(const struct torture_ctx *ctx, const struct torture_obj *obj)
{
	if (!check_align(ctx, obj))
		return false;
	if (obj->zeroed)
		return check_filled(ctx, obj, 0, 0, "zero");
	if (obj->kind == TORTURE_TYPED && obj->type->ctor)
		return check_filled(ctx, obj, 0, TORTURE_CONSTRUCTED, "constructed");
	return true;
}

static gfp_t random_gfp(struct torture_ctx *ctx)
{
	bool sleep = ctx->may_sleep && sizes_below(&ctx->rnd, 2);

	return (sleep ? GFP_KERNEL : GFP_ATOMIC) | __GFP_NOWARN;
}

/* Fills in @obj for @ptr just allocated with @gfp; NULL leaves it empty. */
static void adopt(struct torture_ctx *ctx, struct torture_obj *obj, void *ptr, gfp_t gfp)
{
	if (!ptr) {
		ctx->nulls++;
		return;
	}
	ctx->pooled += obj->kind == TORTURE_POOLED;
	obj->ptr = ptr;
	obj->cpu = raw_smp_processor_id();
	obj->zeroed = gfp & __GFP_ZERO;
	if (check_new(ctx, obj))
		fill_pattern(ctx, obj);
	else
		obj->ptr = NULL;
}

static void alloc_pooled(struct torture_ctx *ctx, struct torture_obj *obj,
			 size_t size, gfp_t gfp)
{
	obj->kind = TORTURE_POOLED;
	obj->size = size;
	adopt(ctx, obj, zpool_kmalloc(size, gfp), gfp);
}

static void alloc_foreign(struct torture_ctx *ctx, struct torture_obj *obj,
			  size_t size, gfp_t gfp)
{
	obj->kind = TORTURE_FOREIGN;
	obj->size = size;
	adopt(ctx, obj, kmalloc(size, gfp), gfp);
}

static void alloc_typed(struct torture_ctx *ctx, struct torture_obj *obj,
			const struct torture_type *type, gfp_t gfp)
{
	obj->kind = TORTURE_TYPED;
	obj->size = type->size;
	obj->type = type;
	if (type->ctor)
		gfp &= ~__GFP_ZERO;
	adopt(ctx, obj, gfp & __GFP_ZERO ? zpool_cache_zalloc(type->cache, gfp) :
	      zpool_cache_alloc(type->cache, gfp), gfp);
}

/* Mostly any size; often one at the edge of a class, now and then beyond all. */
static size_t random_size(struct torture_ctx *ctx)
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

/* kmalloc itself is called in process context only: PREEMPT_RT allows no other. */
static void alloc_any(struct torture_ctx *ctx, struct torture_obj *obj)
{
	gfp_t gfp = random_gfp(ctx);

	if (!sizes_below(&ctx->rnd, 4))
		gfp |= __GFP_ZERO;
	switch (sizes_below(&ctx->rnd, 16)) {
	case 0 ... 2:
		alloc_typed(ctx, obj, torture_type(sizes_below(&ctx->rnd, torture_nr_types())),
			    gfp);
		break;
	case 3:
		if (ctx->may_sleep) {
			alloc_foreign(ctx, obj, random_size(ctx), gfp);
			break;
		}
		fallthrough;
	default:
		alloc_pooled(ctx, obj, random_size(ctx), gfp);
	}
}

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

static void free_typed(struct torture_obj *obj)
{
	if (obj->type->ctor)
		obj->type->ctor(obj->ptr);
	zpool_cache_free(obj->type->cache, obj->ptr);
}

/* Empties @obj. */
static void free_any(struct torture_ctx *ctx, struct torture_obj *obj)
{
	if (!obj->ptr)
		return;
	if (check_owned(ctx, obj)) {
		if (obj->cpu != raw_smp_processor_id())
			ctx->remote++;
		if (obj->kind == TORTURE_POOLED)
			free_pooled(ctx, obj);
		else if (obj->kind == TORTURE_FOREIGN)
			zpool_kfree(obj->ptr);
		else
			free_typed(obj);
	}
	obj->ptr = NULL;
}

/*
 * With __GFP_ZERO from the first allocation on, what a resize adds is zero,
 * unless the object was made smaller in between. One that stayed where it was
 * keeps the alignment it had; krealloc promises no more.
 */
static void resize_pooled(struct torture_ctx *ctx, struct torture_obj *obj)
{
	size_t old_size = obj->size, size = random_size(ctx);
	gfp_t gfp = random_gfp(ctx) | (obj->zeroed ? __GFP_ZERO : 0);
	bool moved;
	void *ptr;

	if (!check_owned(ctx, obj)) {
		obj->ptr = NULL;
		return;
	}
	ptr = zpool_krealloc(obj->ptr, size, gfp);
	if (!ptr) {
		ctx->nulls++;
		return;
	}
	if (!check_pattern(ctx, obj, ptr, min(old_size, size), "pattern after resize")) {
		obj->ptr = NULL;
		return;
	}
	moved = ptr != obj->ptr;
	obj->ptr = ptr;
	obj->size = size;
	obj->cpu = raw_smp_processor_id();
	obj->zeroed = obj->zeroed && size >= old_size;
	if ((moved && !check_align(ctx, obj)) ||
	    (obj->zeroed && !check_filled(ctx, obj, old_size, 0, "zero after resize")))
		obj->ptr = NULL;
	else
		fill_pattern(ctx, obj);
}

/* The usable size and the size to ask for are never less than what was asked. */
static void check_sizes(struct torture_ctx *ctx, struct torture_obj *obj)
{
	size_t usable = zpool_ksize(obj->ptr);
	size_t rounded = zpool_kmalloc_size_roundup(obj->size);

	if (usable < obj->size)
		fail(ctx, obj, "ksize", 0, obj->size, usable);
	if (rounded < obj->size)
		fail(ctx, obj, "size_roundup", 0, obj->size, rounded);
}

static void swap_shared(struct torture_ctx *ctx, struct torture_obj **slot)
{
	if ((*slot)->ptr && !check_owned(ctx, *slot))
		(*slot)->ptr = NULL;
	*slot = xchg(&shared[sizes_below(&ctx->rnd, NR_SHARED)], *slot);
}

/* One random operation on one random object of @ctx. */
void torture_step(struct torture_ctx *ctx)
{
	struct torture_obj **slot = &ctx->objs[sizes_below(&ctx->rnd, ctx->nr_objs)];
	unsigned int choice = sizes_below(&ctx->rnd, 8);
	struct torture_obj *obj = *slot;

	if (torture_has_failed())
		return;
	ctx->ops++;
	if (choice == 0)
		swap_shared(ctx, slot);
	else if (!obj->ptr)
		alloc_any(ctx, obj);
	else if (choice == 1 && obj->kind == TORTURE_POOLED)
		check_sizes(ctx, obj);
	else if (choice <= 3 && obj->kind == TORTURE_POOLED)
		resize_pooled(ctx, obj);
	else
		free_any(ctx, obj);
}

static void walk_size(struct torture_ctx *ctx, struct torture_obj *obj, size_t size)
{
	alloc_pooled(ctx, obj, size, GFP_KERNEL | __GFP_NOWARN);
	free_any(ctx, obj);
	alloc_pooled(ctx, obj, size, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	free_any(ctx, obj);
	ctx->ops += 2;
}

static void walk_edges(struct torture_ctx *ctx, struct torture_obj *obj)
{
	void *none = zpool_kmalloc(0, GFP_KERNEL);

	if (none != ZERO_SIZE_PTR)
		fail(ctx, obj, "size 0", 0, (unsigned long)ZERO_SIZE_PTR,
		     (unsigned long)none);
	zpool_kfree(none);
	zpool_kfree(NULL);
}

/* Once through all classes, at both edges, and all types; may sleep. */
void torture_walk(struct torture_ctx *ctx)
{
	struct torture_obj *obj = ctx->objs[0];
	unsigned int i;

	free_any(ctx, obj);
	for (i = 0; i < SIZES_NR_CLASSES && !torture_has_failed(); i++) {
		walk_size(ctx, obj, sizes_class_size(i));
		walk_size(ctx, obj, sizes_class_size(i) + 1);
	}
	for (i = 0; i < torture_nr_types() && !torture_has_failed(); i++) {
		alloc_typed(ctx, obj, torture_type(i), GFP_KERNEL | __GFP_NOWARN);
		free_any(ctx, obj);
	}
	walk_edges(ctx, obj);
}

/* Frees all that @ctx holds. */
void torture_drain(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_objs; i++)
		free_any(ctx, ctx->objs[i]);
}

/* Frees what the shared slots hold, when all contexts have ended. */
void torture_drain_shared(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NR_SHARED; i++)
		free_any(ctx, shared[i]);
}

void torture_objects_init(u32 seed)
{
	unsigned int i;

	torture_seed = seed;
	for (i = 0; i < NR_SHARED; i++)
		shared[i] = &spare_descs[i];
}

/* @id tells the contexts of a run apart, the same in each run. */
void torture_ctx_init(struct torture_ctx *ctx, const char *name, unsigned int id,
		      struct torture_obj **objs, unsigned int nr_objs)
{
	*ctx = (struct torture_ctx){
		.name		= name,
		.objs		= objs,
		.nr_objs	= nr_objs,
	};
	prandom_seed_state(&ctx->rnd, ((u64)torture_seed << 32) + id);
}
