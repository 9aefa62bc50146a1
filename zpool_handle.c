// SPDX-License-Identifier: GPL-2.0
/*
 * Handles: see zpool_handle.h. (zsmalloc has its users hold handles for the same
 * reason; its compaction makes those who map an object wait.)
 *
 * Objects of handles are in caches of their own, one for each class, made when the
 * first is asked for, so that nothing else is in their slabs. The note of an object
 * is the index of its descriptor, which stays there when the object is freed: to
 * allocate a handle again takes a descriptor from nobody. A move swaps the notes.
 *
 * A pin never waits. The compactor copies without a lock, and what it copied holds
 * only if the descriptor's word is still what it was before: no pins, and none
 * meanwhile. Else the copy is thrown away.
 *
 * What no slab of these can serve (over ZPOOL_MAX_SIZE, DMA, the first of a size in
 * a context that cannot make a cache) is of the kmalloc family and stays where it is.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/instruction_pointer.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "zpool_alarm.h"
#include "zpool_alloc.h"
#include "zpool_defer.h"
#include "zpool_descriptor.h"
#include "zpool_drain.h"
#include "zpool_handle.h"
#include "zpool_kmalloc.h"
#include "zpool_report.h"

static struct zpool_cache *caches[ZPOOL_NR_CLASSES];
static DECLARE_BITMAP(wanted, ZPOOL_NR_CLASSES);	/* by who could not make them */

/*
 * Handles and descriptors.
 */

static u32 index_of(const struct zpool_handle *h)
{
	return (unsigned long)h & (BIT_ULL(ZPOOL_INDEX_BITS) - 1);
}

/* Is it the descriptor's present one? */
static __always_inline bool is_current(const struct zpool_descriptor *d,
				       const struct zpool_handle *h)
{
	return data_race(d->handle) == (unsigned long)h;
}

/* The descriptor of a handle, whether that holds or not; NULL where there never was one. */
static struct zpool_descriptor *descriptor_of(const struct zpool_handle *h)
{
	const struct zpool_directory *dir = rcu_dereference_raw(zpool_directory);

	return zpool_descriptor_exists(dir, index_of(h)) ?
	       zpool_descriptor_in(dir, index_of(h)) : NULL;
}

/*
 * The word, with ZPOOL_DEAD unless the handle holds: there is an object, and it may be
 * freed meanwhile. The word is read first: what came after has changed it.
 */
static u64 read_word(const struct zpool_descriptor *d, const struct zpool_handle *h)
{
	u64 word = atomic64_read_acquire(&d->word);

	return READ_ONCE(d->handle) == (unsigned long)h ? word : word | ZPOOL_DEAD;
}

static noinline void report(const struct zpool_handle *h, const char *what, void *caller)
{
	zpool_report("%s of handle %#lx by %pS: stale, freed or none; ignored", what,
		     (unsigned long)h, caller);
}

/*
 * Pins.
 */

static noinline void *bad_pin(struct zpool_handle *h, struct zpool_descriptor *d, void *caller)
{
	if (d)
		atomic64_sub(ZPOOL_SEQ + ZPOOL_PIN, &d->word);
	if (h)
		report(h, "pin", caller);
	return NULL;
}

/**
 * zpool_handle_pin() - keep an object where it is, and learn where that is
 * @h: the handle; NULL gives NULL
 *
 * Pins nest: as many zpool_handle_unpin() let it move again. A move that is going
 * on is cancelled, nothing is waited for.
 *
 * Context: any; NMI only where the architecture has 64-bit atomics of its own.
 * Return: the object's address until the last unpin; NULL, with a report, for a
 *         handle that is stale.
 */
void *zpool_handle_pin(struct zpool_handle *h)
{
	const struct zpool_directory *dir = rcu_dereference_raw(zpool_directory);
	struct zpool_descriptor *d;
	u64 word;

	if (unlikely(!zpool_descriptor_exists(dir, index_of(h))))
		return bad_pin(h, NULL, (void *)_RET_IP_);
	d = zpool_descriptor_in(dir, index_of(h));
	/* Not even for a moment is what another handle stands for pinned by a stale one. */
	if (unlikely(!is_current(d, h)))
		return bad_pin(h, NULL, (void *)_RET_IP_);
	/* Pairs with the cmpxchg in move(): what was copied there is seen here. */
	word = atomic64_fetch_add_acquire(ZPOOL_SEQ + ZPOOL_PIN, &d->word);
	if (unlikely(word & ZPOOL_DEAD || !is_current(d, h)))
		return bad_pin(h, d, (void *)_RET_IP_);
	return d->address[word & ZPOOL_SLOT];
}
EXPORT_SYMBOL_GPL(zpool_handle_pin);

static noinline void bad_unpin(struct zpool_handle *h, struct zpool_descriptor *d, void *caller)
{
	atomic64_add(ZPOOL_PIN, &d->word);
	zpool_report("unpin of handle %#lx by %pS: not pinned; ignored", (unsigned long)h, caller);
}

/**
 * zpool_handle_unpin() - let an object move, if this was the last pin
 * @h: the handle, pinned by the caller
 *
 * Context: any.
 */
void zpool_handle_unpin(struct zpool_handle *h)
{
	const struct zpool_directory *dir = rcu_dereference_raw(zpool_directory);
	struct zpool_descriptor *d;

	if (unlikely(!zpool_descriptor_exists(dir, index_of(h)))) {
		report(h, "unpin", (void *)_RET_IP_);
		return;
	}
	d = zpool_descriptor_in(dir, index_of(h));
	/* Pairs with the read in move(): what was written is seen, and copied. */
	if (unlikely(!is_current(d, h)))
		report(h, "unpin", (void *)_RET_IP_);
	else if (unlikely((u32)atomic64_fetch_sub_release(ZPOOL_PIN, &d->word) < ZPOOL_PIN))
		bad_unpin(h, d, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_handle_unpin);

/*
 * Moves.
 */

static struct zpool_descriptor *descriptor_in(const struct zpool_slab *slab, unsigned int i)
{
	u32 index = READ_ONCE(slab->notes[i]);

	return index ? zpool_descriptor_at(index) : NULL;
}

/* Does it stand for this object, in use? */
static bool stands_for(const struct zpool_descriptor *d, u64 word, const void *obj)
{
	return !(word & ZPOOL_DEAD) && READ_ONCE(d->address[word & ZPOOL_SLOT]) == obj;
}

static bool is_fixed(const struct zpool_slab *slab, unsigned int i)
{
	struct zpool_descriptor *d = descriptor_in(slab, i);
	u64 word = d ? atomic64_read(&d->word) : ZPOOL_DEAD;

	return stands_for(d, word, zpool_slab_object(slab, i)) && word & ZPOOL_PINS;
}

/* Others may write there meanwhile: then it is not used. */
static void copy(void *to, const void *from, size_t bytes)
{
	data_race(memcpy(to, from, bytes));
}

static void forget(void *obj, size_t bytes)
{
	if (want_init_on_free())
		memset(obj, 0, bytes);
}

/* What was in the way: a pin, a free, or a pin that is over. */
static enum zpool_moved why_not(u64 word)
{
	return word & ZPOOL_DEAD ? ZPOOL_NOT_IN_USE : ZPOOL_PINNED;
}

static enum zpool_moved move(struct zpool_cache *cache, struct zpool_slab *slab, unsigned int i,
			     struct zpool_slab *to, unsigned int j)
{
	void *old = zpool_slab_object(slab, i), *new = zpool_slab_object(to, j);
	u32 index = READ_ONCE(slab->notes[i]), spare = to->notes[j];
	struct zpool_descriptor *d = descriptor_in(slab, i);
	u64 word, found;

	if (!d)
		return ZPOOL_NOT_IN_USE;
	word = atomic64_read_acquire(&d->word);
	if (!stands_for(d, word, old))
		return ZPOOL_NOT_IN_USE;
	if (word & ZPOOL_PINS)
		return ZPOOL_PINNED;
	copy(new, old, cache->geometry.size);
	WRITE_ONCE(to->notes[j], index);
	/*
	 * The address that does not hold is the compactor's alone, even if the
	 * descriptor stands for another object by now: then this fails.
	 */
	WRITE_ONCE(d->address[!(word & ZPOOL_SLOT)], new);
	found = atomic64_cmpxchg(&d->word, word, word ^ ZPOOL_SLOT);
	if (found != word) {
		WRITE_ONCE(to->notes[j], spare);
		forget(new, cache->geometry.size);
		return why_not(found);
	}
	WRITE_ONCE(slab->notes[i], spare);
	forget(old, cache->geometry.size);
	zpool_slabs_free(&old, 1, ZPOOL_MOVING, cache);
	return ZPOOL_MOVED;
}

static const struct zpool_mover mover = {
	.is_fixed	= is_fixed,
	.move		= move,
	.is_of_handles	= true,
};

/* Before a slab goes: its descriptors have no objects. */
static void retire(struct zpool_slab *slab)
{
	unsigned int i;

	for (i = 0; i < slab->nr_objects; i++)
		if (slab->notes[i])
			zpool_descriptor_put(slab->notes[i]);
}

/*
 * Caches.
 */

static struct zpool_cache *create(unsigned int class)
{
	size_t size = zpool_class_size(class);
	struct zpool_geometry geometry;
	struct zpool_cache *cache;
	char name[ZPOOL_NAME_BYTES];
	int nid;

	snprintf(name, sizeof(name), "handle-%zu", size);
	zpool_geometry_init(&geometry, size, size & -size);
	geometry.has_notes = true;
	cache = zpool_cache_begin(name, &geometry, ZPOOL_TAG_HEADER, NULL);
	if (!cache)
		return NULL;
	for_each_node(nid)
		cache->nodes[nid]->slabs.retire = retire;
	WRITE_ONCE(cache->mover, &mover);
	return cache;
}

/*
 * No lock is held over it: who makes a cache may have to reclaim memory first, and who
 * reclaims may ask for a handle. Of two who make the same, one has done so in vain.
 */
static void ensure(unsigned int class)
{
	struct zpool_cache *cache = READ_ONCE(caches[class]) ? NULL : create(class);

	if (!cache || !cmpxchg(&caches[class], NULL, cache))
		return;
	zpool_cache_unlist(cache);
	zpool_cache_end(cache);
}

/**
 * zpool_handle_prepare() - make the caches that somebody missed who could not make them
 *
 * Context: process.
 * Return: true if there was one.
 */
bool zpool_handle_prepare(void)
{
	unsigned int class;
	bool any = false;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		if (!test_bit(class, wanted))
			continue;
		ensure(class);
		if (READ_ONCE(caches[class]))
			clear_bit(class, wanted);
		any = true;
	}
	return any;
}

/* As much as zpool_cache_begin() does, which takes a mutex that who was interrupted may have. */
static bool may_create(gfp_t gfp)
{
	return in_task() && zpool_pages_allowed() &&
	       (current_gfp_context(gfp) & GFP_KERNEL) == GFP_KERNEL;
}

/* Return: NULL where an object of @size cannot be one that moves. */
static struct zpool_cache *cache_for(size_t size, gfp_t gfp)
{
	unsigned int class;

	if (!zpool_is_pooled(size, gfp))
		return NULL;
	class = zpool_size_class(size);
	if (unlikely(!READ_ONCE(caches[class]))) {
		if (may_create(gfp)) {
			ensure(class);
		} else if (!test_and_set_bit(class, wanted)) {
			zpool_alarm();
		}
	}
	return smp_load_acquire(&caches[class]);
}

/*
 * Allocation and free.
 */

/* From dead to alive; other bits may change at any time, by stale handles. */
static struct zpool_handle *revive(u32 index, void *obj, size_t size)
{
	struct zpool_descriptor *d = zpool_descriptor_at(index);

	WRITE_ONCE(d->address[atomic64_read(&d->word) & ZPOOL_SLOT], obj);
	WRITE_ONCE(*zpool_descriptor_size(index), size);
	/* Pairs with the read in move(): what was zeroed is seen, and copied. */
	(void)atomic64_fetch_add_release(ZPOOL_SEQ - ZPOOL_DEAD, &d->word);
	return (struct zpool_handle *)d->handle;
}

static void *alloc_object(struct zpool_cache *cache, gfp_t gfp, void *caller)
{
	void *obj;

	if (unlikely(!zpool_alloc_fast(cache->heads, &obj)))
		obj = zpool_alloc_slow(cache, gfp, NUMA_NO_NODE, caller);
	if (obj && want_init_on_alloc(gfp))
		memset(obj, 0, cache->geometry.size);
	return obj;
}

static struct zpool_handle *alloc_movable(struct zpool_cache *cache, size_t size, gfp_t gfp,
					  void *caller)
{
	void *obj = alloc_object(cache, gfp, caller);
	struct zpool_slab *slab;
	u32 *note;

	if (!obj)
		return NULL;
	slab = zpool_page_slab(virt_to_page(obj));
	note = &slab->notes[zpool_slab_index(slab, obj)];
	if (!*note)
		WRITE_ONCE(*note, in_nmi() ? 0 : zpool_descriptor_get(gfp));
	if (*note)
		return revive(*note, obj, size);
	zpool_cache_take_back(cache, slab, obj, caller);
	return NULL;
}

static struct zpool_handle *alloc_fixed(size_t size, gfp_t gfp)
{
	void *obj = zpool_kmalloc(size, gfp);
	u32 index = obj ? zpool_descriptor_get(gfp) : 0;

	if (index)
		return revive(index, obj, size);
	zpool_kfree(obj);
	return NULL;
}

/**
 * zpool_handle_alloc() - an object that may move while it is not pinned
 * @size: bytes, not 0. What the pools do not serve (see zpool_kmalloc()) is served,
 *        but does not move.
 * @gfp: see zpool_kmalloc()
 *
 * Aligned to the largest power of two that divides the size of its class, wherever
 * it is.
 *
 * Context: process, softirq, hardirq, as @gfp allows. The first object of a class
 * should be asked for with GFP_KERNEL: else it and those that follow soon do not
 * move.
 * Return: the handle, for zpool_handle_free(), or NULL.
 */
struct zpool_handle *zpool_handle_alloc(size_t size, gfp_t gfp)
{
	struct zpool_cache *cache;

	if (unlikely(!size || in_nmi())) {
		zpool_report("handle_alloc of %zu bytes by %pS: %s", size, (void *)_RET_IP_,
			     size ? "in NMI" : "not served");
		return NULL;
	}
	cache = cache_for(size, gfp);
	return cache ? alloc_movable(cache, size, gfp, (void *)_RET_IP_) : alloc_fixed(size, gfp);
}
EXPORT_SYMBOL_GPL(zpool_handle_alloc);

/* A stale pin is gone in a moment. */
#define PIN_SPINS	1000

/* Generation 0 is that of none. */
static unsigned long next_handle(unsigned long handle)
{
	handle += ZPOOL_GENERATION;
	return handle / ZPOOL_GENERATION ? handle : handle + ZPOOL_GENERATION;
}

/* From alive to dead. Return: the word as it was; with ZPOOL_DEAD or pins it could not be. */
static u64 kill(struct zpool_descriptor *d, const struct zpool_handle *h)
{
	unsigned int spins = 0;
	u64 word;

	for (;;) {
		word = read_word(d, h);
		if (word & ZPOOL_DEAD || (word & ZPOOL_PINS && ++spins > PIN_SPINS))
			return word;
		if (!(word & ZPOOL_PINS) &&
		    atomic64_cmpxchg(&d->word, word, word + ZPOOL_DEAD + ZPOOL_SEQ) == word)
			break;
		cpu_relax();
	}
	WRITE_ONCE(d->handle, next_handle(d->handle));
	return word;
}

/* The slab of a handle's object; NULL for one that does not move. */
static struct zpool_slab *slab_of_handles(const void *obj)
{
	struct zpool_slab *slab = NULL;
	struct zpool_cache *owner;
	struct page *page;

	if (zpool_is_ours(obj, &page) && zpool_page_tag(page) == ZPOOL_TAG_HEADER)
		slab = zpool_page_slab(page);
	owner = zpool_owner(slab);
	return owner && owner->mover == &mover ? slab : NULL;
}

/**
 * zpool_handle_free() - free an object
 * @h: its handle, not pinned; or NULL
 *
 * Context: any but NMI.
 */
void zpool_handle_free(struct zpool_handle *h)
{
	struct zpool_descriptor *d = descriptor_of(h);
	struct zpool_slab *slab;
	void *obj;
	u64 word;

	if (!h)
		return;
	word = d ? kill(d, h) : ZPOOL_DEAD;
	if (unlikely(word & ZPOOL_DEAD)) {
		report(h, "free", (void *)_RET_IP_);
		return;
	}
	if (unlikely(word & ZPOOL_PINS)) {
		zpool_report("free of handle %#lx by %pS: still pinned; ignored",
			     (unsigned long)h, (void *)_RET_IP_);
		return;
	}
	obj = d->address[word & ZPOOL_SLOT];
	slab = slab_of_handles(obj);
	if (likely(slab)) {
		zpool_cache_take_back(slab->home->owner, slab, obj, (void *)_RET_IP_);
	} else {
		zpool_kfree(obj);
		zpool_descriptor_put(index_of(h));
	}
}
EXPORT_SYMBOL_GPL(zpool_handle_free);

/**
 * zpool_handle_size() - bytes that were asked for
 * @h: the handle
 *
 * Context: any.
 * Return: bytes; 0, with a report, for a handle that is stale.
 */
size_t zpool_handle_size(const struct zpool_handle *h)
{
	struct zpool_descriptor *d = descriptor_of(h);

	if (likely(d && !(read_word(d, h) & ZPOOL_DEAD)))
		return READ_ONCE(*zpool_descriptor_size(index_of(h)));
	report(h, "size", (void *)_RET_IP_);
	return 0;
}
EXPORT_SYMBOL_GPL(zpool_handle_size);

/* At unload, when nothing calls any more and nothing is compacted. */
void zpool_handle_stop(void)
{
	unsigned long nr_fixed;
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++) {
		if (!caches[class])
			continue;
		zpool_cache_unlist(caches[class]);
		zpool_cache_drain(caches[class]);
		zpool_cache_end(caches[class]);
		caches[class] = NULL;
	}
	bitmap_zero(wanted, ZPOOL_NR_CLASSES);
	nr_fixed = zpool_descriptor_stop();
	if (nr_fixed)
		zpool_report("ended with %lu handle(s) in use that do not move; their memory is lost",
			     nr_fixed);
}
