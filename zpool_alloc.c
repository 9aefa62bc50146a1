// SPDX-License-Identifier: GPL-2.0
/*
 * The way of an object past the fast path.
 *
 * Everything here may run in process, softirq and hardirq context and may be
 * interrupted anywhere by itself. What interrupts a busy section goes direct,
 * to the slabs. No lock is held from one function to the next; between busy
 * sections the task may move to another CPU or node, and each section looks
 * again where it is.
 */
#include <linux/hardirq.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "zpool_alloc.h"
#include "zpool_debug.h"
#include "zpool_defer.h"
#include "zpool_live.h"
#include "zpool_nmi.h"
#include "zpool_report.h"
#include "zpool_supply.h"

/* In a busy section: does it belong to another node? */
static __always_inline bool is_far(const void *obj)
{
	return static_branch_likely(&zpool_numa) && zpool_is_remote(virt_to_page(obj));
}

/*
 * What has arrays on its stack, or waits, is kept out of the functions that only
 * swap a pair, which are those that run most often of all here.
 */

static noinline void *alloc_direct(struct zpool_cache *cache, gfp_t gfp, int nid)
{
	enum zpool_slab_use use = ZPOOL_DIRECT;
	void *obj;

	might_alloc(gfp);
	return zpool_cache_take(cache, gfp, nid, &obj, 1, &use) ? obj : NULL;
}

/*
 * Does this CPU ask for more than there will be room for when it comes back, of what
 * has slabs for that? Not where objects move, or fill a reserve when they are freed,
 * nor where memory is scarce.
 */
static bool is_beyond(struct zpool_cache *cache)
{
	return cache->geometry.apart.nr_objects && !cache->mover &&
	       !READ_ONCE(cache->reserve) && !READ_ONCE(cache->throttle) &&
	       zpool_tail_is_dry(raw_cpu_ptr(cache->tails));
}

/*
 * In the busy section: what a new magazine must hold at least to take the place
 * of this one, since the CPU may have a larger one; 0 if it may not.
 */
static unsigned int least_instead(const struct zpool_magazine *mag,
				  const struct zpool_cpu_tail *tail)
{
	return mag->capacity < READ_ONCE(tail->capacity) ? mag->capacity + 1 : 0;
}

/* An empty one that nobody needs, or none. On PREEMPT_RT not every context may free it. */
static void retire(struct zpool_cache *cache, struct zpool_magazine *mag)
{
	if (likely(!mag || mag == zpool_no_magazine))
		return;
	if (zpool_pages_allowed())
		zpool_magazine_destroy(mag, cache->geometry.stride);
	else
		zpool_depot_put(&zpool_this_node(cache)->depot, mag);
}

/*
 * Load a batch of node @nid into this CPU's pair. The CPU may have changed
 * since the batch was taken, and its pair may have been filled by others.
 *
 * Return: how many of @objs are left, at its beginning; @own is then what is not needed.
 */
static unsigned int load_batch(struct zpool_cache *cache, int nid,
			       struct zpool_magazine **own, void **objs,
			       unsigned int nr)
{
	struct zpool_cpu_head *head;

	if (WARN_ON_ONCE(!zpool_cpu_enter()))
		return nr;
	head = this_cpu_ptr(cache->heads);
	if (*own)
		*own = zpool_head_put_own(head, *own);
	head->allocs++;
	if (nid == zpool_this_nid())
		nr = zpool_head_load(head, objs, nr);
	zpool_cpu_exit();
	return nr;
}

/*
 * The pair and the depot have nothing: take a batch, load it, keep one. Loaded
 * has room for @capacity, and may be replaced by one of @least at least.
 */
static void *alloc_batch(struct zpool_cache *cache, gfp_t gfp, int nid,
			 unsigned int capacity, unsigned int least)
{
	bool beyond = is_beyond(cache);
	struct zpool_magazine *own = NULL;
	void *objs[ZPOOL_BATCH], *obj;
	enum zpool_slab_use use;
	unsigned int nr;

	if (least && !beyond)
		own = zpool_cpu_magazine(cache, nid, least);
	if (own)
		capacity = own->capacity;
	use = beyond ? ZPOOL_PASSING :
	      !capacity && READ_ONCE(cache->throttle) ? ZPOOL_FALLBACK : ZPOOL_MAGAZINE;
	nr = clamp(capacity / 2, 1U, beyond ? cache->geometry.apart.nr_objects : ZPOOL_BATCH);
	nr = zpool_cache_take(cache, gfp, nid, objs, nr, &use);
	if (use == ZPOOL_FALLBACK || !nr) {
		retire(cache, own);
		return nr ? objs[0] : NULL;
	}
	obj = objs[--nr];
	nr = load_batch(cache, nid, &own, objs, nr);
	retire(cache, own);
	if (nr)
		zpool_cache_put(cache, objs, nr);
	return obj;
}

/*
 * In the busy section, which it leaves: the depot and the slabs of @nid, where
 * this CPU still was a moment ago.
 */
static noinline void *alloc_past_pair(struct zpool_cache *cache, gfp_t gfp, int nid)
{
	struct zpool_cpu_head *head = this_cpu_ptr(cache->heads);
	struct zpool_magazine *retired = NULL;
	struct zpool_cpu_tail *tail = this_cpu_ptr(cache->tails);
	unsigned int capacity, least;
	void *obj = NULL;

	if (zpool_head_refill(head, tail, &cache->nodes[nid]->depot, &retired))
		obj = zpool_head_pop(head);
	capacity = READ_ONCE(head->loaded)->capacity;
	least = least_instead(READ_ONCE(head->loaded), tail);
	zpool_cpu_exit();
	might_alloc(gfp);
	retire(cache, retired);
	return obj ?: alloc_batch(cache, gfp, nid, capacity, least);
}

/* In the busy section, which it leaves: most often, the pair has some. */
static __always_inline void *alloc_here(struct zpool_cache *cache, gfp_t gfp, int nid)
{
	struct zpool_cpu_head *head = this_cpu_ptr(cache->heads);
	void *obj = zpool_head_pop(head);	/* who asks for a node comes here at once */

	if (!obj && zpool_head_swap(head, this_cpu_ptr(cache->tails), ZPOOL_UNDERFLOW))
		obj = zpool_head_pop(head);
	if (unlikely(!obj))
		return alloc_past_pair(cache, gfp, nid);
	zpool_cpu_exit();
	return obj;
}

static void *alloc_anywhere(struct zpool_cache *cache, gfp_t gfp)
{
	if (unlikely(!zpool_cpu_enter()))
		return alloc_direct(cache, gfp, zpool_this_nid());
	return alloc_here(cache, gfp, zpool_this_nid());
}

/*
 * A CPU that fills from another node since a moment ago may still have objects
 * of the one before.
 */
static noinline void *alloc_on_node(struct zpool_cache *cache, gfp_t gfp, int node)
{
	void *obj;

	if (unlikely(!zpool_cpu_enter()))
		return alloc_direct(cache, gfp, node);
	if (node != zpool_this_nid()) {
		zpool_cpu_exit();
		return alloc_direct(cache, gfp, node);
	}
	obj = alloc_here(cache, gfp, node);
	if (likely(!obj || !(gfp & __GFP_THISNODE) || page_to_nid(virt_to_page(obj)) == node))
		return obj;
	zpool_free_direct(cache, obj);
	return alloc_direct(cache, gfp, node);
}

static noinline void report_nmi(const struct zpool_cache *cache)
{
	zpool_report("%s: NMI found no object in the magazine", cache->name);
}

/* For who asks which callers hold on to memory. */
static noinline void keep_site(const void *obj, void *caller)
{
	struct zpool_slab *slab = zpool_slab_of(obj);

	WRITE_ONCE(slab->sites[zpool_slab_index(slab, obj)], (unsigned long)caller);
}

/**
 * zpool_alloc_slow() - an object when loaded has none, or of a certain node
 * @cache: of which size
 * @gfp: how
 * @node: where, if memory is there; with __GFP_THISNODE, or not at all.
 *        NUMA_NO_NODE: where this CPU fills from
 * @caller: of the API
 *
 * Context: any; in NMI always NULL.
 * Return: the object, not initialised, or NULL.
 */
void *zpool_alloc_slow(struct zpool_cache *cache, gfp_t gfp, int node, void *caller)
{
	void *obj = NULL;

	if (unlikely(in_nmi()))
		report_nmi(cache);
	else
		obj = node == NUMA_NO_NODE ? alloc_anywhere(cache, gfp) :
					     alloc_on_node(cache, gfp, node);
	if (unlikely(!obj))
		this_cpu_inc(zpool_cpu.failures);
	else if (unlikely(zpool_debug & ZPOOL_DEBUG_SITES))
		keep_site(obj, caller);
	return obj;
}

/* At most a batch, from this CPU's pair and the depot. */
static unsigned int pop_batch(struct zpool_cache *cache, unsigned int nr, void **objs)
{
	struct zpool_magazine *retired = NULL;
	struct zpool_cpu_head *head;
	struct zpool_cpu_tail *tail;
	unsigned int got;

	if (unlikely(!zpool_cpu_enter()))
		return 0;
	head = this_cpu_ptr(cache->heads);
	tail = this_cpu_ptr(cache->tails);
	got = zpool_head_pop_batch(head, objs, nr);
	if (!got && !in_nmi() &&
	    (zpool_head_swap(head, tail, ZPOOL_UNDERFLOW) ||
	     zpool_head_refill(head, tail, &zpool_this_node(cache)->depot, &retired)))
		got = zpool_head_pop_batch(head, objs, nr);
	zpool_cpu_exit();
	retire(cache, retired);
	return got;
}

/* At most a batch, from where there is some. */
static unsigned int take_batch(struct zpool_cache *cache, gfp_t gfp, unsigned int nr,
			       void **objs)
{
	enum zpool_slab_use use = ZPOOL_FALLBACK;
	unsigned int got = pop_batch(cache, nr, objs);

	if (got)
		return got;
	if (!in_nmi())
		return zpool_cache_take(cache, gfp, zpool_this_nid(), objs, nr, &use);
	report_nmi(cache);
	return 0;
}

/**
 * zpool_alloc_batch() - many objects
 * @cache: of which size
 * @gfp: how
 * @nr: how many are wanted
 * @objs: filled in
 * @caller: of the API
 *
 * Context: any; in NMI only what lies in this CPU's magazine.
 * Return: how many there were, 0 to @nr; not initialised.
 */
unsigned int zpool_alloc_batch(struct zpool_cache *cache, gfp_t gfp, unsigned int nr,
			       void **objs, void *caller)
{
	unsigned int got = 0, some, i;

	might_alloc(gfp);
	for (; got < nr; got += some) {
		some = take_batch(cache, gfp, min(nr - got, ZPOOL_BATCH), objs + got);
		if (!some) {
			this_cpu_inc(zpool_cpu.failures);
			break;
		}
	}
	if (unlikely(zpool_debug & ZPOOL_DEBUG_SITES))
		for (i = 0; i < got; i++)
			keep_site(objs[i], caller);
	return got;
}

/*
 * Free past the fast path.
 */

/**
 * zpool_free_direct() - put an object into its slab, past the magazines
 * @cache: its cache
 * @obj: in use
 */
noinline void zpool_free_direct(struct zpool_cache *cache, void *obj)
{
	zpool_slabs_free(&obj, 1, ZPOOL_DIRECT, cache);
}

noinline void zpool_report_twice(struct zpool_cache *cache, const void *obj, void *caller)
{
	zpool_report("%s: %p freed twice, the second time by %pS; ignored",
		     cache->name, obj, caller);
}

/**
 * zpool_is_object() - does an object start here? If not, it is reported
 * @slab: of the page of @obj
 * @obj: given by a caller
 * @what: the call, for the report
 * @caller: of the API
 *
 * For who writes to an object before it is known to be one; else this is found
 * out when the object goes back to its slab.
 */
bool zpool_is_object(const struct zpool_slab *slab, const void *obj, const char *what,
		     void *caller)
{
	struct zpool_cache *owner = zpool_owner(slab);
	bool starts;

	if (unlikely(owner && owner->mover && owner->mover->is_of_handles)) {
		zpool_report("%s of %p by %pS: belongs to a handle; ignored", what, obj, caller);
		return false;
	}

	/* A header may go while somebody frees the object, too; its memory stays one. */
	rcu_read_lock();
	starts = slab && zpool_slab_index(slab, obj) >= 0;
	rcu_read_unlock();
	if (likely(starts))
		return true;
	zpool_report("%s of %p by %pS: starts no object; ignored", what, obj, caller);
	return false;
}

static void report_or_put(struct zpool_cache *cache, void *obj, enum zpool_push pushed,
			  void *caller)
{
	if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
	else if (pushed == ZPOOL_NO_ROOM && !zpool_cache_keep(cache, obj, true))
		zpool_slabs_free(&obj, 1, ZPOOL_FALLBACK, cache);
}

/* In the busy section: who tried for a better magazine first looks now at what there is. */
static bool find_room_late(struct zpool_cpu_head *head, struct zpool_cpu_tail *tail,
			   struct zpool_depot *depot, unsigned int least)
{
	return least > 1 && (zpool_head_swap(head, tail, ZPOOL_OVERFLOW) ||
			     zpool_head_make_room(head, tail, depot, false));
}

/*
 * No room as it is: get a magazine, one of the CPU's own if it may have that, of
 * @least objects, else one that makes a depot's of another; or make do with one of the
 * depot's that is too small; or spill to slabs. To get one of the CPU's own, in the place
 * of a smaller one, not of none, is the first thing tried.
 */
static void free_batch(struct zpool_cache *cache, void *obj, unsigned int least,
		       void *caller)
{
	struct zpool_magazine *spare, *retired = NULL;
	enum zpool_push pushed = ZPOOL_NO_ROOM;
	struct zpool_depot *depot;
	struct zpool_cpu_head *head;
	struct zpool_cpu_tail *tail;
	void *objs[ZPOOL_BATCH];
	unsigned int nr = 0;

	spare = least ? zpool_cpu_magazine(cache, zpool_this_nid(), least) :
			zpool_depot_magazine(cache, zpool_this_nid());
	if (!WARN_ON_ONCE(!zpool_cpu_enter())) {
		head = this_cpu_ptr(cache->heads);
		tail = this_cpu_ptr(cache->tails);
		depot = &zpool_this_node(cache)->depot;
		if (zpool_head_has_room(head))	/* by now, or on this CPU */
			retired = spare;
		else if (spare && least)
			retired = zpool_head_put_own(head, spare);
		else if (spare)
			zpool_head_install(head, depot, spare);
		else if (!find_room_late(head, tail, depot, least) &&
			 !zpool_head_make_room(head, tail, depot, true))
			nr = zpool_head_spill(head, tail, objs);
		if (!is_far(obj))
			pushed = zpool_head_push(head, obj);
		zpool_cpu_exit();
	} else {
		retired = spare;
	}
	if (nr)
		zpool_cache_put(cache, objs, nr);
	retire(cache, retired);
	report_or_put(cache, obj, pushed, caller);
}

/* In the busy section, which it leaves: past the pair, of which one of @least could be. */
static noinline void free_past_pair(struct zpool_cache *cache, void *obj, unsigned int least,
				    void *caller)
{
	struct zpool_cpu_head *head = this_cpu_ptr(cache->heads);
	struct zpool_cpu_tail *tail = this_cpu_ptr(cache->tails);
	enum zpool_push pushed = ZPOOL_NO_ROOM;

	if (least <= 1 && zpool_head_make_room(head, tail, &zpool_this_node(cache)->depot, false))
		pushed = zpool_head_push(head, obj);
	zpool_cpu_exit();
	if (pushed == ZPOOL_NO_ROOM)
		free_batch(cache, obj, least, caller);
	else if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
}

/* In the busy section, which it leaves: most often, the pair has room. */
static void free_here(struct zpool_cache *cache, void *obj, void *caller)
{
	struct zpool_cpu_head *head = this_cpu_ptr(cache->heads);
	struct zpool_cpu_tail *tail = this_cpu_ptr(cache->tails);
	enum zpool_push pushed = ZPOOL_NO_ROOM;
	unsigned int least;

	least = least_instead(READ_ONCE(head->loaded), tail) ?:
		least_instead(READ_ONCE(head->previous), tail);
	if (least <= 1 && zpool_head_swap(head, tail, ZPOOL_OVERFLOW))
		pushed = zpool_head_push(head, obj);
	if (unlikely(pushed == ZPOOL_NO_ROOM)) {
		free_past_pair(cache, obj, least, caller);
		return;
	}
	zpool_cpu_exit();
	if (unlikely(pushed == ZPOOL_TWICE))
		zpool_report_twice(cache, obj, caller);
}

/*
 * Free far from home.
 *
 * The remote magazine collects what other nodes own. One that is full and of a
 * single node goes home whole, to the depot, where the next CPU to run out
 * finds it; one of several nodes is spilled, and each slab layer gets what is
 * its own under one hold of its lock.
 */

/* In the busy section: put an object on the remote magazine. */
static enum zpool_push push_remote(struct zpool_cache *cache, void *obj)
{
	return zpool_head_push_to(this_cpu_ptr(cache->heads),
				  &this_cpu_ptr(cache->tails)->remote, obj);
}

/*
 * In the busy section. The depot that a full remote magazine goes to, or from
 * which the first one comes; NULL when it must be spilled: it is of several
 * nodes, or of one where nobody would come for it.
 */
static struct zpool_depot *remote_depot(struct zpool_cache *cache)
{
	struct zpool_magazine *mag = READ_ONCE(this_cpu_ptr(cache->tails)->remote);
	u32 i, count = mag->count;
	int nid;

	if (!count)
		return &zpool_this_node(cache)->depot;
	nid = page_to_nid(virt_to_page(mag->objs[1]));
	for (i = 2; i <= count; i++)
		if (page_to_nid(virt_to_page(mag->objs[i])) != nid)
			return NULL;
	return zpool_node_is_fed(nid) ? &cache->nodes[nid]->depot : NULL;
}

/*
 * The CPU's first remote magazine is its own, one more makes a depot's of the
 * full one. @depot as remote_depot() has it: no magazine helps where there is none.
 */
static struct zpool_magazine *remote_spare(struct zpool_cache *cache, bool is_first,
					   const struct zpool_depot *depot)
{
	if (!depot)
		return NULL;
	return is_first ? zpool_cpu_magazine(cache, zpool_this_nid(), 1) :
			  zpool_depot_magazine(cache, zpool_this_nid());
}

/* No depot had an empty magazine, or none may get the full one. */
static void free_remote_batch(struct zpool_cache *cache, void *obj,
			      struct zpool_magazine *spare, void *caller)
{
	enum zpool_push pushed = ZPOOL_NO_ROOM;
	struct zpool_depot *depot;
	void *objs[ZPOOL_BATCH];
	unsigned int nr = 0;

	if (!WARN_ON_ONCE(!zpool_cpu_enter())) {
		depot = remote_depot(cache);
		if (spare && depot)
			zpool_remote_install(this_cpu_ptr(cache->tails), depot, spare);
		else if (!depot || !zpool_remote_exchange(this_cpu_ptr(cache->tails), depot, true))
			nr = zpool_remote_spill(this_cpu_ptr(cache->tails), objs);
		if (is_far(obj))
			pushed = push_remote(cache, obj);
		if (spare && !depot)
			zpool_depot_put(&zpool_this_node(cache)->depot, spare);
		zpool_cpu_exit();
	} else {
		retire(cache, spare);
	}
	if (nr)
		zpool_cache_put(cache, objs, nr);
	report_or_put(cache, obj, pushed, caller);
}

/* In the busy section, which it leaves. */
static noinline void free_remote(struct zpool_cache *cache, void *obj, void *caller)
{
	enum zpool_push pushed = push_remote(cache, obj);
	struct zpool_cpu_tail *tail = this_cpu_ptr(cache->tails);
	struct zpool_depot *depot = NULL;
	bool is_first;

	if (pushed == ZPOOL_NO_ROOM) {
		depot = remote_depot(cache);
		if (depot && zpool_remote_exchange(tail, depot, false))
			pushed = push_remote(cache, obj);
	}
	is_first = READ_ONCE(tail->remote) == zpool_no_magazine;
	__this_cpu_inc(zpool_cpu.remote_frees);
	zpool_cpu_exit();
	if (pushed == ZPOOL_NO_ROOM)
		free_remote_batch(cache, obj, remote_spare(cache, is_first, depot), caller);
	else if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
}

/**
 * zpool_free_past() - free an object that the fast path did not take
 * @cache: its cache
 * @obj: in use
 * @pushed: why not: loaded has no room, the object is not from this node or this
 *          is in the middle of something; or it was freed just now
 * @caller: of the API, for reports
 *
 * Context: any; from NMI the object comes home with the next interrupt.
 */
void zpool_free_past(struct zpool_cache *cache, void *obj, enum zpool_push pushed,
		     void *caller)
{
	if (pushed == ZPOOL_TWICE)
		zpool_report_twice(cache, obj, caller);
	else if (unlikely(in_nmi()))
		zpool_nmi_free(obj);
	else if (unlikely(!zpool_cpu_enter()))
		zpool_free_direct(cache, obj);
	else if (is_far(obj))
		free_remote(cache, obj, caller);
	else
		free_here(cache, obj, caller);
}

/*
 * By header.
 */

/* Past the magazines. */
static void put_into_slab(struct zpool_cache *cache, const struct zpool_slab *slab, void *obj)
{
	if (slab->apart == ZPOOL_BEYOND)
		zpool_tail_end_row(raw_cpu_ptr(cache->tails));
	if (in_nmi())
		zpool_nmi_free(obj);
	else
		zpool_free_direct(cache, obj);
}

/**
 * zpool_cache_take_back() - an object that its owner does not need any more
 * @cache: zpool_owner() of @slab
 * @slab: of @obj
 * @obj: nobody's
 * @caller: of the API
 *
 * What comes back to a slab that is to be emptied goes past the magazines.
 */
void zpool_cache_take_back(struct zpool_cache *cache, struct zpool_slab *slab, void *obj,
			   void *caller)
{
	enum zpool_push pushed;

	if (want_init_on_free() && !cache->ctor)
		memset(obj, 0, cache->geometry.size);
	if (unlikely(slab->apart || zpool_slab_is_isolated(slab)))
		put_into_slab(cache, slab, obj);
	else if (unlikely(!zpool_free_fast(cache->heads, virt_to_page(obj), obj, &pushed)))
		zpool_free_past(cache, obj, pushed, caller);
}

/* Is an object of a cache where objects move to be freed now? */
static bool ends(struct zpool_cache *cache, struct zpool_slab *slab, void *obj, void *caller)
{
	enum zpool_live_free what = ZPOOL_LIVE_LEFT;

	/* Somebody else may free it, too, and its slab may go: the notes stay for a while. */
	rcu_read_lock();
	if (zpool_is_object(slab, obj, "free", caller))
		what = zpool_live_free(slab, obj);
	rcu_read_unlock();
	if (what == ZPOOL_LIVE_TWICE)
		zpool_report_twice(cache, obj, caller);
	return what == ZPOOL_LIVE_GO_ON;
}

/**
 * zpool_cache_free_special() - zpool_cache_free_in() of what is not just pushed
 * @cache: zpool_owner() of @slab
 * @slab: of @obj
 * @obj: in use
 * @caller: of the API
 */
void zpool_cache_free_special(struct zpool_cache *cache, struct zpool_slab *slab, void *obj,
			      void *caller)
{
	if (cache->mover && !ends(cache, slab, obj, caller))
		return;
	if (want_init_on_free() && !cache->ctor && !zpool_is_object(slab, obj, "free", caller))
		return;
	zpool_cache_take_back(cache, slab, obj, caller);
}
