// SPDX-License-Identifier: GPL-2.0
/* See owned.h. */
#include <pthread.h>
#include <unistd.h>

#include "../zpool_cache.h"
#include "owned.h"
#include "thread.h"

#define NR_OWNED	16384
#define MOST_LATERS	3

/*
 * No call of the allocator is made under the lock, hence no interrupt comes there,
 * and interrupts may take it.
 */
struct owned {
	pthread_mutex_t lock;
	bool is_taken;			/* by an object */
	u8 *p;				/* NULL: none, not yet or not any more */
	struct type *type;
	u32 salt;
	unsigned int laters;
	bool never;			/* must not be asked for again */
};

static struct owned all[NR_OWNED] = {
	[0 ... NR_OWNED - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER }
};

/* The first word of an object: whose it is. What is constructed is nobody's. */
static u64 *id_in(u8 *p)
{
	return (u64 *)p;
}

static u64 id_of(const struct owned *w)
{
	return w - all + 1;
}

static struct owned *owner_of(u8 *p)
{
	u64 id = READ_ONCE(*id_in(p));

	return id - 1 < NR_OWNED ? &all[id - 1] : NULL;
}

/* All but its end, where an rcu_head may have been. */
static size_t constructed_bytes(const struct type *type)
{
	return type->size - sizeof(struct rcu_head);
}

static void construct(const struct type *type, u8 *p)
{
	u64 word;

	memset(&word, CONSTRUCTED, sizeof(word));
	WRITE_ONCE(*id_in(p), word);
	memset(p + sizeof(word), CONSTRUCTED, type->size - sizeof(word));
}

static void fill(struct owned *w)
{
	w->salt = shim_random();
	model_fill(w->p + 8, w->type->size - 8, w->salt);
}

static void verify(struct owned *w)
{
	if (owner_of(w->p) != w)
		shim_bug("%s: %p is another's", w->type->name, w->p);
	model_verify_bytes(w->p + 8, w->type->size - 8, w->salt);
}

static struct owned *new_owner(void)
{
	unsigned int tries;

	for (tries = 0; tries < 1000; tries++) {
		struct owned *w = &all[shim_below(NR_OWNED)];

		if (!__atomic_exchange_n(&w->is_taken, true, __ATOMIC_ACQUIRE))
			return w;
	}
	shim_bug("too many objects that move");
}

static void accept(struct model *m, struct type *type, u8 *p)
{
	struct model_object o = { .kind = MODEL_OWNED, .type = type, .size = type->size };
	struct owned *w = new_owner();

	if ((unsigned long)p & (type->align - 1))
		shim_bug("%p: not aligned to %zu", p, type->align);
	model_mark(p, type->size, true);
	types_count(type, type->size, 1);
	model_expect_all(p, CONSTRUCTED, 0, constructed_bytes(type), "as constructed");
	pthread_mutex_lock(&w->lock);
	w->type = type;
	w->laters = 0;
	w->never = false;
	w->p = p;
	fill(w);
	WRITE_ONCE(*id_in(p), id_of(w));
	pthread_mutex_unlock(&w->lock);
	o.owned = w;
	model_keep(m, &o);
}

void owned_alloc(struct model *m)
{
	struct type *type = types_any_moving();
	unsigned int nr = shim_below(8) ? 1 : shim_below(MODEL_BULK), got, i;
	gfp_t gfp = model_any_gfp();
	void *objs[MODEL_BULK];

	if (nr == 1) {
		objs[0] = zpool_cache_alloc(type->cache, gfp);
		got = !!objs[0];
	} else {
		got = zpool_cache_alloc_bulk(type->cache, gfp, nr, objs);
	}
	if (!in_nmi()) {
		m->nr_allocs += nr;
		m->nr_null += nr - got;
	}
	if (got < nr)
		model_expect_may_fail(gfp);
	for (i = 0; i < got; i++)
		accept(m, type, objs[i]);
}

/* It does not move until it is told that it may, so where it is holds for so long. */
static void notify(struct owned *w)
{
	struct type *type;
	u8 *p = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->p && w->never) {
		p = w->p;
		type = w->type;
		w->never = false;
		w->laters = 0;
	}
	pthread_mutex_unlock(&w->lock);
	if (p)
		zpool_cache_move_notify(type->cache, p);
}

bool owned_use(struct owned *w)
{
	bool is_there;

	pthread_mutex_lock(&w->lock);
	is_there = w->p;
	if (is_there) {
		verify(w);
		if (shim_below(2))
			fill(w);
	}
	pthread_mutex_unlock(&w->lock);
	if (is_there && !shim_below(4))
		notify(w);
	return is_there;
}

/* Nobody's from now on, though its place is not free yet. With w->lock. */
static u8 *give_up(struct owned *w)
{
	u8 *p = w->p;

	verify(w);
	w->p = NULL;
	types_count(w->type, w->type->size, -1);
	model_mark(p, w->type->size, false);
	return p;
}

void *owned_release(struct owned *w)
{
	u8 *p = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->p) {
		p = give_up(w);
		construct(w->type, p);
	}
	pthread_mutex_unlock(&w->lock);
	__atomic_store_n(&w->is_taken, false, __ATOMIC_RELEASE);
	return p;
}

/* As long as there is a reader, here this thread, it stays as it is. */
void owned_free_by_rcu(struct model_object *o)
{
	u8 *p;

	preempt_disable();
	p = owned_release(o->owned);
	if (p) {
		size_t offset = ALIGN_DOWN(constructed_bytes(o->type), 8);

		zpool_kfree_call_rcu(p, (struct rcu_head *)(p + offset));
		model_expect_all(p, CONSTRUCTED, 0, offset, "as left");
	}
	preempt_enable();
}

/*
 * The callback.
 */

static enum zpool_move take_over(struct owned *w, u8 *old, u8 *new)
{
	model_mark(new, w->type->size, true);
	memcpy(new, old, w->type->size);
	w->p = new;
	w->laters = 0;
	model_mark(old, w->type->size, false);
	return ZPOOL_MOVE_DONE;
}

static enum zpool_move put_off(struct owned *w)
{
	if (++w->laters >= MOST_LATERS)
		w->never = true;
	return ZPOOL_MOVE_LATER;
}

/* With w->lock. */
static enum zpool_move decide(struct owned *w, u8 *old, u8 *new)
{
	if (w->p != old)
		return ZPOOL_MOVE_UNKNOWN;
	if (w->never)
		shim_bug("%s: asked for %p again, though it said never", w->type->name, old);
	verify(w);
	switch (shim_below(16)) {
	case 0:
		w->never = true;
		return ZPOOL_MOVE_NEVER;
	case 1 ... 2:
		return put_off(w);
	case 3:
		give_up(w);
		return ZPOOL_MOVE_UNNEEDED;
	case 4:
		return ZPOOL_MOVE_UNKNOWN;
	default:
		return take_over(w, old, new);
	}
}

static void scribble(u8 *p, const struct type *type)
{
	if (shim_below(2))
		memset(p, 0x66, type->size);
}

/* Time for others to free either, and calls that a callback may make. */
static void dawdle(void)
{
	switch (shim_below(8)) {
	case 0:
		usleep(100);
		break;
	case 1:
		zpool_kfree(zpool_kmalloc(1 + shim_below(5000), GFP_KERNEL));
		break;
	case 2:
		cond_resched();
	}
}

enum zpool_move owned_move(void *old, void *new, size_t size, void *arg)
{
	struct type *type = arg;
	struct owned *w = owner_of(old);
	enum zpool_move answer = ZPOOL_MOVE_UNKNOWN;

	might_sleep();
	shim_assert_unlocked("move callback");
	if (size != type->size || page_to_nid(virt_to_page(old)) != page_to_nid(virt_to_page(new)))
		shim_bug("%s: asked to move %zu bytes from %p to %p", type->name, size, old, new);
	model_expect_all(new, CONSTRUCTED, 0, constructed_bytes(type), "as constructed");
	if (w) {
		pthread_mutex_lock(&w->lock);
		answer = decide(w, old, new);
		pthread_mutex_unlock(&w->lock);
	}
	dawdle();
	if (answer != ZPOOL_MOVE_DONE)
		scribble(new, type);
	if (answer == ZPOOL_MOVE_DONE || answer == ZPOOL_MOVE_UNNEEDED)
		scribble(old, type);
	return answer;
}
