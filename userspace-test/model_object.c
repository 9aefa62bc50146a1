// SPDX-License-Identifier: GPL-2.0
/*
 * What a model knows of its objects: their contents, their places, and which are on
 * its table. Whatever does not fit ends the test by shim_bug().
 */
#include "../zpool_node.h"
#include "../zpool_sizeclass.h"
#include "model.h"
#include "world.h"

/* For each eight bytes of the linear map: does an object use them? */
static u8 taken[MAX_NUMNODES * SHIM_NODE_PAGES * PAGE_SIZE / 8];

/*
 * Contents. A word depends on its place and on the object, so that neither
 * another object's nor shifted contents pass for right.
 */

static u64 pattern(u32 salt, size_t i)
{
	return (i + salt) * 0x9e3779b97f4a7c15;
}

void model_fill(u8 *p, size_t size, u32 salt)
{
	size_t i;

	for (i = 0; i < size; i += 8) {
		u64 word = pattern(salt, i);

		memcpy(p + i, &word, min(size - i, sizeof(word)));
	}
}

static void fill(struct model_object *o)
{
	o->salt = shim_random();
	model_fill(o->p, o->size, o->salt);
}

void model_verify_bytes(const u8 *p, size_t size, u32 salt)
{
	size_t i;

	for (i = 0; i < size; i += 8) {
		u64 word = pattern(salt, i);

		if (memcmp(p + i, &word, min(size - i, sizeof(word))))
			shim_bug("object of %zu bytes: changed at byte %zu", size, i);
	}
}

void model_verify(const struct model_object *o)
{
	model_verify_bytes(o->p, o->size, o->salt);
	if (o->kind != MODEL_FOREIGN && zpool_ksize(o->p) < o->size)
		shim_bug("ksize %zu of %zu bytes", zpool_ksize(o->p), o->size);
}

void model_expect_all(const u8 *p, int byte, size_t from, size_t to, const char *what)
{
	if (from < to && memchr_inv(p + from, byte, to - from))
		shim_bug("bytes %zu to %zu not %s", from, to, what);
}

/*
 * Place. Marks go by what may be used, which is more than what was asked for.
 */

void model_mark(const u8 *p, size_t bytes, bool in_use)
{
	size_t first = (p - (u8 *)shim_linear_map) / 8, n = DIV_ROUND_UP(bytes, 8);

	if (memchr_inv(taken + first, !in_use, n))
		shim_bug("%p, %zu bytes: %s", p, bytes,
			 in_use ? "handed out, but in use" : "not all of it was in use");
	memset(taken + first, in_use, n);
}

/* Give or take the place of @o; the kernel's own objects are in no count of ours. */
void model_count(struct model_object *o, bool in_use)
{
	size_t usable = zpool_ksize(o->p);

	model_mark(o->p, usable, in_use);
	if (o->kind != MODEL_FOREIGN)
		types_count(o->type, usable, in_use ? 1 : -1);
}

static size_t alignment(const struct model_object *o)
{
	if (o->kind == MODEL_TYPED)
		return max(o->type->align, ZPOOL_MIN_ALIGN);
	return max(o->size & -o->size, ZPOOL_MIN_ALIGN);
}

bool model_is_constructed(const struct model_object *o)
{
	return o->kind == MODEL_TYPED && o->type->ctor;
}

/* What a constructor makes of an object: all but its end, where an rcu_head may lie. */
size_t model_constructed_bytes(const struct model_object *o)
{
	return o->size - sizeof(struct rcu_head);
}

/* Of its class, or under pressure of a larger one, or the kernel's. */
static void check_usable(const struct model_object *o, size_t usable)
{
	size_t size = types_roundup(o->size);

	if (size != zpool_kmalloc_size_roundup(o->size))
		shim_bug("%zu bytes are rounded up to %zu", o->size,
			 zpool_kmalloc_size_roundup(o->size));
	if (usable != size && (!world_was_pressed() || usable < size || 2 * usable > 3 * size))
		shim_bug("ksize %zu of %zu bytes", usable, o->size);
}

/* Of the pools, or under pressure the kernel's, which is not known before. */
void model_find_kind(struct model_object *o)
{
	if (!zpool_page_is_ours(virt_to_page(o->p)) && world_was_pressed())
		o->kind = MODEL_FOREIGN;
}

/* A new object: nobody else's, aligned, constructed or zero, as large as it should be. */
void model_accept(struct model_object *o, gfp_t gfp)
{
	size_t usable = zpool_ksize(o->p);
	bool zero = want_init_on_alloc(gfp);

	if ((unsigned long)o->p & (alignment(o) - 1))
		shim_bug("%p: not aligned to %zu", o->p, alignment(o));
	if (o->kind == MODEL_POOLED)
		model_find_kind(o);
	model_count(o, true);
	if (model_is_constructed(o))
		model_expect_all(o->p, CONSTRUCTED, 0, model_constructed_bytes(o), "as constructed");
	else if (zero)
		model_expect_all(o->p, 0, 0, usable, "zero");
	if (o->kind == MODEL_POOLED)
		check_usable(o, usable);
	o->zeroed = gfp & __GFP_ZERO;
	fill(o);
}

/* @o was @old, or still is: what was there stays, what is added may have to be zero. */
void model_readopt(struct model_object *o, const struct model_object *old, gfp_t gfp)
{
	size_t kept = min(o->size, old->size);

	model_count(o, true);
	o->salt = old->salt;
	model_verify_bytes(o->p, kept, o->salt);
	o->zeroed = old->zeroed && gfp & __GFP_ZERO;
	if (o->zeroed && o->kind != MODEL_FOREIGN)
		model_expect_all(o->p, 0, kept, o->size, "zero");
	fill(o);
}

/* Before a free: as it was left, and in the state its cache wants. */
void model_release(struct model_object *o)
{
	model_verify(o);
	model_count(o, false);
	if (model_is_constructed(o))
		memset(o->p, CONSTRUCTED, o->size);
}

/*
 * The table.
 */

bool model_give(struct model *m, const struct model_object *o)
{
	if (m->nr == MODEL_OBJECTS)
		return false;
	m->objects[m->nr++] = *o;
	m->bytes += o->size;
	return true;
}

bool model_take(struct model *m, struct model_object *o)
{
	unsigned int i;

	if (!m->nr)
		return false;
	i = shim_below(m->nr);
	*o = m->objects[i];
	m->objects[i] = m->objects[--m->nr];
	m->bytes -= o->size;
	return true;
}
