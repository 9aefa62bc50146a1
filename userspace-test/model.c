// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of a model, and which comes next: see model.h. What becomes of the
 * objects is looked at in model_object.c.
 */
#include "../zpool_sizeclass.h"
#include "model.h"
#include "owned.h"
#include "world.h"

gfp_t model_any_gfp(void)
{
	static const gfp_t may_sleep[] = {
		GFP_KERNEL, GFP_KERNEL, GFP_KERNEL | __GFP_NOFAIL, GFP_NOIO,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL, GFP_KERNEL | __GFP_THISNODE,
		GFP_NOWAIT, GFP_ATOMIC,
	};
	static const gfp_t may_not[] = {
		GFP_ATOMIC, GFP_NOWAIT, GFP_ATOMIC | __GFP_NOWARN,
		GFP_ATOMIC | __GFP_NOMEMALLOC, GFP_ATOMIC | __GFP_NOFAIL,
	};

	if (preemptible())
		return may_sleep[shim_below(ARRAY_SIZE(may_sleep))];
	return may_not[shim_below(ARRAY_SIZE(may_not))];
}

/* Each doubling is as likely as any other; most of the time one size is in favour. */
size_t model_any_size(const struct model *m)
{
	if (m->favourite && shim_below(4))
		return m->favourite;
	return 1 + shim_below(1U << shim_below(17));
}

/* Who cannot wait asks for __GFP_NOFAIL in vain. */
void model_expect_may_fail(gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL && gfpflags_allow_blocking(gfp))
		shim_bug("__GFP_NOFAIL failed");
}

static void *call_kmalloc(size_t size, gfp_t gfp)
{
	switch (shim_below(4)) {
	case 0:
		return zpool_kmalloc_array(1, size, gfp);
	case 1:
		return gfp & __GFP_ZERO ? zpool_kzalloc(size, gfp & ~__GFP_ZERO) :
					  zpool_kmalloc(size, gfp);
	case 2:
		return gfp & __GFP_ZERO ? zpool_kcalloc(size, 1, gfp & ~__GFP_ZERO) :
					  zpool_kmalloc(size, gfp);
	default:
		return zpool_kmalloc(size, gfp);
	}
}

/*
 * Onto the table, or away. (In NMI what was taken off it can be put back: nothing
 * comes in between.)
 */
void model_keep(struct model *m, struct model_object *o)
{
	if (!model_give(m, o))
		model_free(o);
}

static void keep(struct model *m, struct model_object *o, gfp_t gfp)
{
	m->nr_allocs += !in_nmi();
	if (!o->p) {
		m->nr_null += !in_nmi();
		model_expect_may_fail(gfp);
		return;
	}
	model_accept(o, gfp);
	model_keep(m, o);
}

static void alloc_pooled(struct model *m)
{
	struct model_object o = { .kind = MODEL_POOLED, .size = model_any_size(m) };
	gfp_t gfp = model_any_gfp() | (shim_below(4) ? 0 : __GFP_ZERO);

	o.p = call_kmalloc(o.size, gfp);
	keep(m, &o, gfp);
}

static void alloc_typed(struct model *m)
{
	struct model_object o = { .kind = MODEL_TYPED, .type = types_any() };
	gfp_t gfp = model_any_gfp() | (o.type->ctor || shim_below(3) ? 0 : __GFP_ZERO);

	o.size = o.type->size;
	if (gfp & __GFP_ZERO && shim_below(2))
		o.p = zpool_cache_zalloc(o.type->cache, gfp & ~__GFP_ZERO);
	else
		o.p = zpool_cache_alloc(o.type->cache, gfp);
	keep(m, &o, gfp);
}

/* With PREEMPT_RT the kernel's own allocators sleep. */
static bool may_call_kernel(void)
{
	return !in_nmi() && (!IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible());
}

/* From the kernel: by the test itself, or passed on by zpool, but not in NMI. */
static void alloc_foreign(struct model *m)
{
	struct model_object o = { .kind = MODEL_FOREIGN, .size = model_any_size(m) };
	gfp_t gfp = model_any_gfp() & ~(__GFP_NOFAIL | __GFP_THISNODE);

	if (in_nmi()) {
		o.p = zpool_kmalloc(ZPOOL_MAX_SIZE + 1, gfp);
		if (o.p)
			shim_bug("kmalloc called in NMI");
		return;
	}
	switch (shim_below(3)) {
	case 0:
		if (may_call_kernel()) {
			o.p = kmalloc(o.size, gfp);
			break;
		}
		fallthrough;
	case 1:
		o.p = zpool_kmalloc(o.size, gfp | __GFP_ACCOUNT);
		break;
	default:
		o.size += ZPOOL_MAX_SIZE;
		o.p = zpool_kmalloc(o.size, gfp);
	}
	keep(m, &o, gfp);
}

/*
 * On a certain node. With __GFP_THISNODE there or not at all; else there, if
 * it has room, which the test does not know.
 */
static void alloc_node(struct model *m)
{
	struct model_object o = { .kind = MODEL_POOLED, .size = model_any_size(m) };
	int node = (int)shim_below(nr_node_ids + 1) - 1;
	unsigned long moves = world_nr_moves();
	gfp_t gfp = model_any_gfp();

	if (shim_below(2)) {
		o.p = zpool_kmalloc_node(o.size, gfp, node);
	} else {
		o.kind = MODEL_TYPED;
		o.type = types_any();
		o.size = o.type->size;
		o.p = zpool_cache_alloc_node(o.type->cache, gfp, node);
	}
	if (o.p && in_nmi() && node != NUMA_NO_NODE)
		shim_bug("an object of a certain node in NMI");
	if (o.p && node != NUMA_NO_NODE && gfp & __GFP_THISNODE &&
	    moves % 2 == 0 && moves == world_nr_moves() &&
	    page_to_nid(virt_to_page(o.p)) != node)
		shim_bug("__GFP_THISNODE got memory of another node");
	keep(m, &o, gfp);
}

/* Some objects of one size. What comes before the first that was not there is good. */
static void alloc_bulk(struct model *m)
{
	struct model_object o = { .kind = MODEL_POOLED, .size = model_any_size(m) };
	unsigned int nr = shim_below(MODEL_BULK + 1), got, i;
	gfp_t gfp = model_any_gfp();
	void *objs[MODEL_BULK];

	if (shim_below(2)) {
		gfp |= shim_below(4) ? 0 : __GFP_ZERO;
		got = zpool_kmalloc_bulk(o.size, gfp, nr, objs);
	} else {
		o.kind = MODEL_TYPED;
		o.type = types_any();
		o.size = o.type->size;
		got = zpool_cache_alloc_bulk(o.type->cache, gfp, nr, objs);
	}
	if (got > nr)
		shim_bug("%u objects for %u", got, nr);
	if (got < nr)
		model_expect_may_fail(gfp);
	for (i = 0; i < got; i++) {
		struct model_object one = o;	/* each is of the pools or the kernel's by itself */

		one.p = objs[i];
		keep(m, &one, gfp);
	}
}

/* What was just taken off the table, and may not be freed here. */
static void give_back(struct model *m, const struct model_object *o)
{
	if (!model_give(m, o))
		shim_bug("no room for what was there");
}

/* To be freed; NULL for what its owner's answer has freed. */
static void *taken_out(struct model_object *o)
{
	if (o->kind == MODEL_OWNED)
		return owned_release(o->owned);
	model_release(o);
	return o->p;
}

/* Of any kinds, with nothing among them. Few can wait for the end of an NMI. */
static void free_bulk(struct model *m)
{
	unsigned int nr = shim_below(in_nmi() ? 3 : MODEL_BULK + 1), i;
	void *objs[MODEL_BULK];
	struct model_object o;

	for (i = 0; i < nr; i++) {
		objs[i] = NULL;
		if (!shim_below(8) || !model_take(m, &o))
			continue;
		if (o.kind == MODEL_HANDLE) {
			give_back(m, &o);
			continue;
		}
		objs[i] = taken_out(&o);
	}
	zpool_kfree_bulk(nr, objs);
}

/* All of one cache that a few looks find. */
static void free_typed_bulk(struct model *m)
{
	struct type *type = shim_below(2) ? types_any() : types_any_moving();
	void *objs[MODEL_BULK];
	struct model_object o;
	unsigned int most = in_nmi() ? 3 : MODEL_BULK, nr = 0, i;

	for (i = 0; i < most && model_take(m, &o); i++) {
		if (o.type != type) {
			give_back(m, &o);
			continue;
		}
		objs[nr++] = taken_out(&o);
	}
	zpool_cache_free_bulk(type->cache, nr, objs);
}

/*
 * Free by RCU. As long as a reader is there, here this thread, the object is
 * nobody else's and stays as it is, but for the rcu_head.
 */
static void free_by_rcu(struct model *m, struct model_object *o)
{
	size_t offset = shim_below((o->size - sizeof(struct rcu_head)) / 8 + 1) * 8;
	struct rcu_head *head = (struct rcu_head *)(o->p + offset);

	model_verify(o);
	if (model_is_constructed(o)) {
		memset(o->p, CONSTRUCTED, o->size);
		head = (struct rcu_head *)(o->p + ALIGN_DOWN(model_constructed_bytes(o), 8));
	}
	preempt_disable();
	zpool_kfree_call_rcu(o->p, head);
	if (m && shim_below(2))
		model_step(m);
	if (model_is_constructed(o)) {
		model_expect_all(o->p, CONSTRUCTED, 0, model_constructed_bytes(o), "as left");
	} else {
		model_verify_bytes(o->p, offset, o->salt);
	}
	model_count(o, false);
	preempt_enable();
}

static void free_one_by_rcu(struct model *m)
{
	struct model_object o;

	if (!model_take(m, &o))
		return;
	if (in_nmi() && o.kind == MODEL_HANDLE)
		give_back(m, &o);
	else if (in_nmi() || o.kind == MODEL_HANDLE || o.size < sizeof(struct rcu_head))
		model_free(&o);
	else if (o.kind == MODEL_OWNED)
		owned_free_by_rcu(&o);
	else
		free_by_rcu(m, &o);
}

void model_free(struct model_object *o)
{
	void *p;

	if (o->kind == MODEL_HANDLE) {
		handle_free(o);
		return;
	}
	if (o->kind == MODEL_OWNED) {
		p = owned_release(o->owned);
		if (shim_below(2))
			zpool_kfree(p);
		else
			zpool_cache_free(o->type->cache, p);
		return;
	}
	model_release(o);
	if (o->kind == MODEL_TYPED && shim_below(4)) {
		zpool_cache_free(o->type->cache, o->p);
		return;
	}
	switch (shim_below(4)) {
	case 0:
		zpool_kfree_sized(o->p, o->size);
		break;
	case 1:
		if (o->kind != MODEL_TYPED || !o->type->ctor) {
			zpool_kfree_sensitive(o->p);
			break;
		}
		zpool_kfree(o->p);
		break;
	default:
		zpool_kfree(o->p);
	}
}

bool model_use(struct model *m, struct model_object *o)
{
	if (o->kind == MODEL_OWNED)
		return owned_use(o->owned);
	if (o->kind == MODEL_HANDLE)
		handle_use(m, o);
	else
		model_verify(o);
	return true;
}

static void use_one(struct model *m)
{
	struct model_object o;

	if (!model_take(m, &o))
		return;
	if (model_use(m, &o))
		model_keep(m, &o);
	else
		owned_release(o.owned);
}

static void free_some(struct model *m)
{
	struct model_object o;

	switch (shim_below(32)) {
	case 0:
		free_bulk(m);
		return;
	case 1:
		free_typed_bulk(m);
		return;
	case 2 ... 4:
		free_one_by_rcu(m);
		return;
	case 5 ... 8:
		use_one(m);
		return;
	}
	if (!model_take(m, &o))
		return;
	if (in_nmi() && o.kind == MODEL_HANDLE)
		give_back(m, &o);
	else
		model_free(&o);
}

static void realloc_one(struct model *m)
{
	gfp_t gfp = model_any_gfp() | (shim_below(2) ? 0 : __GFP_ZERO);
	struct model_object o, old;

	if (!model_take(m, &old))
		return;
	if (model_is_constructed(&old) || old.kind >= MODEL_HANDLE) {
		give_back(m, &old);
		return;
	}
	o = old;
	model_release(&old);
	o.size = model_any_size(m);
	if (o.kind == MODEL_FOREIGN)
		gfp &= ~__GFP_NOFAIL;
	o.p = zpool_krealloc(old.p, o.size, gfp);
	if (!o.p) {
		model_expect_may_fail(gfp);
		o = old;
	} else if (o.p != old.p && o.kind != MODEL_FOREIGN) {
		o.kind = MODEL_POOLED;
		o.type = NULL;
		model_find_kind(&o);
	}
	model_readopt(&o, &old, gfp);
	if (!model_give(m, &o))
		model_free(&o);
}

/* Phases in which objects become more or fewer, of one size for the most part. */
static void turn(struct model *m)
{
	m->phase = 1 + shim_below(300);
	m->growth = 1 + shim_below(9);
	m->favourite = shim_below(2) ? 1 + shim_below(1U << shim_below(13)) : 0;
}

void model_step(struct model *m)
{
	if (!m->phase--)
		turn(m);
	if (m->nr == MODEL_OBJECTS || m->bytes > MODEL_BYTES || shim_below(10) >= m->growth) {
		free_some(m);
		return;
	}
	switch (shim_below(32)) {
	case 0 ... 1:
		alloc_foreign(m);
		break;
	case 2 ... 3:
		realloc_one(m);
		break;
	case 4:
		alloc_bulk(m);
		break;
	case 5 ... 7:
		alloc_node(m);
		break;
	case 8 ... 11:
		alloc_typed(m);
		break;
	case 12 ... 18:
		handle_alloc(m);
		break;
	case 19 ... 22:
		owned_alloc(m);
		break;
	case 23 ... 24:
		use_one(m);
		break;
	default:
		alloc_pooled(m);
	}
}

void model_interrupt(void *m)
{
	unsigned int nr = 1 + shim_below(3);

	while (nr--)
		model_step(m);
}

/* Not in NMI. */
void model_free_all(struct model *m)
{
	struct model_object o;

	while (model_take(m, &o))
		model_free(&o);
}
