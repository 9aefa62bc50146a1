// SPDX-License-Identifier: GPL-2.0
/*
 * Handles in a model. While one is pinned, its place is nobody else's and is marked
 * as any object's; else it has none. Whether an object moves is told by where it is.
 */
#include "../zpool_cache.h"
#include "../zpool_report.h"
#include "../zpool_slabs.h"
#include "model.h"
#include "world.h"

#define MAX_PINS	3

static bool is_movable(const void *p)
{
	struct page *page = virt_to_page(p);
	const struct zpool_cache *owner;

	if (!zpool_page_is_ours(page) || zpool_page_tag(page) != ZPOOL_TAG_HEADER)
		return false;
	owner = zpool_page_slab(page)->home->owner;
	return owner->mover && owner->mover->is_of_handles;
}

static u8 *pin(const struct model_object *o)
{
	u8 *p = zpool_handle_pin(o->handle);

	if (!p)
		shim_bug("a handle of %zu bytes is not accepted", o->size);
	return p;
}

/* The first pin makes the place ours, the last unpin gives it up. */
static u8 *pin_place(const struct model_object *o)
{
	u8 *p = pin(o);

	model_mark(p, o->size, true);
	return p;
}

static void unpin_place(const struct model_object *o, const u8 *p)
{
	model_mark(p, o->size, false);
	zpool_handle_unpin(o->handle);
}

static void count(const struct model_object *o, long n)
{
	if (!o->stays)
		types_count_handle(o->size, n);
	else if (o->counted)
		types_count(NULL, o->counted, n);
}

static size_t alignment(const struct model_object *o)
{
	size_t size = types_roundup(o->size);

	return o->counted || !o->stays ? size & -size : ZPOOL_MIN_ALIGN;
}

/* What is asked of the class it is in, or of a larger one under pressure. */
static void accept(struct model_object *o, gfp_t gfp)
{
	u8 *p = pin(o);

	o->stays = !is_movable(p);
	o->counted = o->stays && zpool_page_is_ours(virt_to_page(p)) ? zpool_ksize(p) : 0;
	model_mark(p, o->size, true);
	if ((unsigned long)p & (alignment(o) - 1))
		shim_bug("%p of a handle: not aligned to %zu", p, alignment(o));
	if (zpool_handle_size(o->handle) != o->size)
		shim_bug("a handle of %zu bytes says %zu", o->size,
			 zpool_handle_size(o->handle));
	if (want_init_on_alloc(gfp))
		model_expect_all(p, 0, 0, o->stays ? o->size : types_roundup(o->size), "zero");
	count(o, 1);
	o->salt = shim_random();
	model_fill(p, o->size, o->salt);
	unpin_place(o, p);
}

/* Mostly of a few sizes, so that there is something to be compacted. */
static size_t any_size(const struct model *m)
{
	static const size_t sizes[] = { 24, 100, 700, 2500 };

	return shim_below(4) ? sizes[shim_below(ARRAY_SIZE(sizes))] : model_any_size(m);
}

/* Some that stay: too large, or of a zone, or charged. */
void handle_alloc(struct model *m)
{
	struct model_object o = { .kind = MODEL_HANDLE, .size = any_size(m) };
	gfp_t gfp = model_any_gfp() | (shim_below(4) ? 0 : __GFP_ZERO);

	switch (shim_below(16)) {
	case 0:
		o.size += ZPOOL_MAX_SIZE;
		gfp &= ~__GFP_NOFAIL;
		break;
	case 1:
		gfp = (gfp & ~__GFP_NOFAIL) | (shim_below(2) ? __GFP_ACCOUNT : GFP_DMA);
	}
	o.handle = zpool_handle_alloc(o.size, gfp);
	if (in_nmi()) {
		if (o.handle)
			shim_bug("a handle in NMI");
		return;
	}
	m->nr_allocs++;
	if (!o.handle) {
		m->nr_null++;
		model_expect_may_fail(gfp);
		return;
	}
	accept(&o, gfp);
	model_keep(m, &o);
}

/* Pinned some times, written to or not, perhaps with other calls going on meanwhile. */
void handle_use(struct model *m, struct model_object *o)
{
	unsigned int more = shim_below(MAX_PINS), i;
	u8 *p = pin_place(o);

	for (i = 0; i < more; i++)
		if (pin(o) != p)
			shim_bug("a handle of %zu bytes moved while it was pinned", o->size);
	model_verify_bytes(p, o->size, o->salt);
	if (shim_below(2)) {
		o->salt = shim_random();
		model_fill(p, o->size, o->salt);
	}
	if (m && !in_nmi() && !shim_below(4))
		model_step(m);
	for (i = 0; i < more; i++)
		zpool_handle_unpin(o->handle);
	if (pin(o) != p)
		shim_bug("a handle of %zu bytes moved between pins", o->size);
	model_verify_bytes(p, o->size, o->salt);
	zpool_handle_unpin(o->handle);
	unpin_place(o, p);
	if (zpool_handle_size(o->handle) != o->size)
		shim_bug("a handle of %zu bytes has changed its size", o->size);
}

/*
 * What was freed is never accepted again, whoever has its descriptor now. (That
 * it is pinned in vain is for a test without other threads: it may keep the
 * present owner from freeing.)
 */
static void try_stale(struct zpool_handle *h)
{
	switch (shim_below(3)) {
	case 0:
		if (zpool_handle_size(h))
			shim_bug("the size of a handle that was freed");
		break;
	case 1:
		zpool_handle_unpin(h);
		break;
	default:
		zpool_handle_free(h);
	}
}

void handle_free(struct model_object *o)
{
	handle_use(NULL, o);
	count(o, -1);
	zpool_handle_free(o->handle);
	if (!shim_below(16))
		try_stale(o->handle);
}

/*
 * Misuse, with nothing else going on. Each of these is reported once and changes
 * nothing.
 */

static void misuse_memory(struct model_object *o, u8 *p)
{
	void *objs[] = { p };

	switch (shim_below(8)) {
	case 0:
		zpool_kfree(p);
		break;
	case 1:
		zpool_kfree_sensitive(p);
		break;
	case 2:
		zpool_kfree_sized(p, o->size);
		break;
	case 3:
		if (zpool_krealloc(p, 2 * o->size, GFP_KERNEL))
			shim_bug("krealloc of what belongs to a handle");
		break;
	case 4:
		zpool_kfree_call_rcu(p, (struct rcu_head *)p);
		break;
	case 5:
		zpool_cache_free(types_any_cache(), p);
		break;
	case 6:
		zpool_kfree_bulk(1, objs);
		break;
	default:
		if (zpool_ksize(p))
			shim_bug("ksize of what belongs to a handle");
	}
}

/* Return: false when there was nothing to be done. */
bool handle_misuse(struct model *m, struct model_object *o)
{
	struct zpool_handle *h = o->handle;
	unsigned int kind = shim_below(8);
	u8 *p;

	if (kind < 4) {
		if (o->stays)
			return false;
		p = pin_place(o);
		misuse_memory(o, p);
		model_verify_bytes(p, o->size, o->salt);
		unpin_place(o, p);
	} else if (kind == 4) {
		p = pin_place(o);
		zpool_handle_free(h);
		unpin_place(o, p);
	} else if (kind == 5) {
		zpool_handle_unpin(h);
	} else if (kind == 6) {
		handle_use(NULL, o);
		count(o, -1);
		zpool_handle_free(h);
		try_stale(h);
		o->size = 0;
	} else {
		if (zpool_handle_pin((void *)((unsigned long)h ^ 1UL << (32 + shim_below(32)))))
			shim_bug("a made-up handle was accepted");
	}
	if (o->size)
		model_keep(m, o);
	return true;
}
