// SPDX-License-Identifier: GPL-2.0
/*
 * The kmalloc family: sizes to classes, pointers to where they belong.
 *
 * What the pools do not serve (more than 64 KiB, accounted, DMA) is asked of
 * the kernel's kmalloc, and every call here takes the kernel's own kmalloc
 * pointers as well as ours: the page tells them apart.
 */
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/instruction_pointer.h>
#include <linux/llist.h>
#include <linux/log2.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "zpool_alloc.h"
#include "zpool_defer.h"
#include "zpool_kmalloc.h"
#include "zpool_report.h"

/* The kernel's own allocator takes locks. */
static bool may_call_kernel(void)
{
	return !in_nmi() && zpool_pages_allowed();
}

/* False, counted and in NMI reported, where it must not be called for @size bytes. */
static bool can_ask_kernel(size_t size)
{
	if (likely(may_call_kernel()))
		return true;
	if (in_nmi())
		zpool_report("%zu bytes asked of kmalloc in NMI", size);
	this_cpu_inc(zpool_cpu.failures);
	return false;
}

static void *alloc_outside(size_t size, gfp_t gfp, int node)
{
	if (!size)
		return ZERO_SIZE_PTR;
	if (unlikely(!can_ask_kernel(size)))
		return NULL;
	this_cpu_inc(zpool_cpu.passthrough);
	return kmalloc_node(size, gfp, node);
}

/*
 * At the last level of pressure: from the kernel, though a slab may have room,
 * so that slabs drain. A power of two, for which it promises the alignment that
 * we do. Where it cannot be asked or has none, the pools give what they have.
 */
static noinline void *alloc_instead(unsigned int class, gfp_t gfp, int node, void *caller)
{
	size_t size = zpool_class_size(class);
	void *p = NULL;

	if (may_call_kernel())
		p = kmalloc_node(roundup_pow_of_two(size),
				 (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN, node);
	if (p) {
		this_cpu_inc(zpool_cpu.passthrough);
		return p;
	}
	p = zpool_alloc_slow(zpool_general[class], gfp, node, caller);
	return p && want_init_on_alloc(gfp) ? memset(p, 0, size) : p;
}

/*
 * What follows the fast path are calls in tail position only, so that the fast
 * path itself needs no stack.
 */

static noinline void *zeroed(void *obj, size_t size)
{
	return memset(obj, 0, zpool_class_size(zpool_size_class(size)));
}

/* @obj may be NULL: who zeroes asks, not everybody. */
static noinline void *all_zeroed(void *obj, const struct zpool_cache *cache)
{
	return obj ? memset(obj, 0, cache->geometry.size) : NULL;
}

/*
 * Under pressure a class may be served by a larger one, whose whole size is
 * zeroed then, or by the kernel.
 */
static __always_inline void *alloc_served(unsigned int class, gfp_t gfp, int node,
					  void *caller)
{
	struct zpool_cache *cache = READ_ONCE(zpool_serving[class]);
	void *obj;

	if (unlikely(!cache))
		return alloc_instead(class, gfp, node, caller);
	obj = zpool_alloc_slow(cache, gfp, node, caller);
	return want_init_on_alloc(gfp) ? all_zeroed(obj, cache) : obj;
}

static noinline void *alloc_slow(size_t size, gfp_t gfp, void *caller)
{
	return alloc_served(zpool_size_class(size), gfp, NUMA_NO_NODE, caller);
}

/* Of a pool. Who comes after the fast path finds the class once more. */
static __always_inline void *alloc_pooled(size_t size, gfp_t gfp, void *caller)
{
	unsigned int tag = ZPOOL_TAG_CLASS(zpool_size_class(size));
	void *obj;

	if (unlikely(!zpool_alloc_fast(&zpool_cpu.heads[tag].own, &obj)))
		return alloc_slow(size, gfp, zpool_caller(caller));
	return want_init_on_alloc(gfp) ? zeroed(obj, size) : obj;
}

/* To be zeroed, or not for the pools. */
static noinline void *alloc_special(size_t size, gfp_t gfp, void *caller)
{
	if (!zpool_is_pooled(size, gfp))
		return alloc_outside(size, gfp, NUMA_NO_NODE);
	return alloc_pooled(size, gfp, caller);
}

/* For whichever function of the family it is inlined into. */
static __always_inline void *alloc_for(size_t size, gfp_t gfp)
{
	if (unlikely(!zpool_is_pooled(size, gfp) || (gfp & __GFP_ZERO)))
		return alloc_special(size, gfp, (void *)_RET_IP_);
	return alloc_pooled(size, gfp, NULL);
}

/**
 * zpool_kmalloc() - memory of at least a size
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: how. __GFP_ACCOUNT, GFP_DMA, GFP_DMA32 and sizes above ZPOOL_MAX_SIZE
 *       are passed to kmalloc(). __GFP_ZERO zeroes the whole class size.
 *
 * Aligned to the largest power of two that divides @size, and as kmalloc is.
 *
 * Context: process, softirq, hardirq, as @gfp allows; in NMI only what lies in
 * this CPU's magazine. On PREEMPT_RT with preemption or interrupts off, only
 * what magazines and slabs have.
 * Return: the memory, for zpool_kfree(), or NULL.
 */
void *zpool_kmalloc(size_t size, gfp_t gfp)
{
	return alloc_for(size, gfp);
}
EXPORT_SYMBOL_GPL(zpool_kmalloc);

/**
 * zpool_kzalloc() - zeroed memory of at least a size
 * @size: see zpool_kmalloc()
 * @gfp: see zpool_kmalloc()
 *
 * Context: see zpool_kmalloc().
 * Return: the memory, for zpool_kfree(), or NULL.
 */
void *zpool_kzalloc(size_t size, gfp_t gfp)
{
	return alloc_special(size, gfp | __GFP_ZERO, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_kzalloc);

/**
 * zpool_kmalloc_node() - memory of at least a size on a certain node
 * @size: see zpool_kmalloc()
 * @gfp: see zpool_kmalloc(); with __GFP_THISNODE, there or not at all
 * @node: where; NUMA_NO_NODE: as zpool_kmalloc()
 *
 * Context: see zpool_kmalloc(); in NMI always NULL.
 * Return: the memory, for zpool_kfree(), or NULL.
 */
void *zpool_kmalloc_node(size_t size, gfp_t gfp, int node)
{
	if (!zpool_node_choose(&node, gfp, "kmalloc_node"))
		return NULL;
	if (node == NUMA_NO_NODE)
		return alloc_for(size, gfp);
	if (!zpool_is_pooled(size, gfp))
		return alloc_outside(size, gfp, node);
	return alloc_served(zpool_size_class(size), gfp, node, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_kmalloc_node);

/**
 * zpool_kmalloc_array() - memory for an array
 * @n: elements
 * @size: bytes of an element
 * @gfp: see zpool_kmalloc()
 *
 * Context: see zpool_kmalloc().
 * Return: the memory, or NULL, also where @n * @size overflows.
 */
void *zpool_kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return alloc_for(bytes, gfp);
}
EXPORT_SYMBOL_GPL(zpool_kmalloc_array);

/**
 * zpool_kcalloc() - zeroed memory for an array
 * @n: elements
 * @size: bytes of an element
 * @gfp: see zpool_kmalloc()
 *
 * Context: see zpool_kmalloc().
 * Return: the memory, or NULL, also where @n * @size overflows.
 */
void *zpool_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return alloc_special(bytes, gfp | __GFP_ZERO, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_kcalloc);

/*
 * Whose memory is it?
 */

/* Is @p, which is not ours, the kernel's own kmalloc's? */
static bool is_kernel_kmalloc(const void *p)
{
	struct page *head;

	if (!virt_addr_valid(p))
		return false;
	head = virt_to_head_page(p);
	return PageSlab(head) || zpool_is_large_kmalloc(head, p);
}

/**
 * zpool_is_foreign() - shall the kernel serve a call? If not, it is reported
 * @p: not ours
 * @what: the call, for the report
 * @caller: of the API
 */
noinline bool zpool_is_foreign(const void *p, const char *what, void *caller)
{
	if (is_kernel_kmalloc(p))
		return true;
	zpool_report("%s of %p by %pS: neither zpool's nor kmalloc's; ignored",
		     what, p, caller);
	return false;
}

/**
 * zpool_usable_size() - bytes that the owner of an object may use
 * @page: in which it starts
 *
 * Return: bytes; 0 where somebody else has freed it just now.
 */
size_t zpool_usable_size(const struct page *page)
{
	unsigned int tag = zpool_page_tag(page);
	struct zpool_cache *owner;

	if (likely(zpool_tag_is_class(tag)))
		return zpool_class_size(zpool_tag_class(tag));
	owner = zpool_owner(zpool_page_slab(page));
	return owner ? owner->geometry.size : 0;
}

/*
 * Free.
 */

/* The first word of an object that is given up serves as the link. */
static void kfree_later(struct llist_node *node)
{
	kfree(node);
}

static void kfree_sensitive_later(struct llist_node *node)
{
	kfree_sensitive(node);
}

/* Bytes of an object by its page's tag: of a class, else none. */
static unsigned long tag_bytes[1 << ZPOOL_TAG_BITS] __ro_after_init;

static DEFINE_PER_CPU(struct zpool_deferral, foreign);
static DEFINE_PER_CPU(struct zpool_deferral, sensitive);

/* At load, before the first call. */
void zpool_kmalloc_start(void)
{
	unsigned int class;

	for (class = 0; class < ZPOOL_NR_CLASSES; class++)
		tag_bytes[ZPOOL_TAG_CLASS(class)] = zpool_class_size(class);
	zpool_defer_init(&foreign, kfree_later);
	zpool_defer_init(&sensitive, kfree_sensitive_later);
}

/**
 * zpool_kmalloc_sync() - wait for what was put off
 *
 * Context: process.
 */
void zpool_kmalloc_sync(void)
{
	zpool_defer_sync(&foreign);
	zpool_defer_sync(&sensitive);
}

static noinline void free_outside(const void *p, void *caller)
{
	if (ZERO_OR_NULL_PTR(p) || !zpool_is_foreign(p, "free", caller))
		return;
	if (likely(may_call_kernel()))
		kfree(p);
	else
		zpool_defer(&foreign, (struct llist_node *)p);
}

/* A typed object, one whose slab is apart, or to be zeroed. */
static void free_by_header(struct page *page, void *obj, void *caller)
{
	struct zpool_slab *slab = zpool_page_slab(page);
	struct zpool_cache *cache = zpool_owner(slab);

	if (likely(cache))
		zpool_cache_free_in(cache, slab, page, obj, caller);
	else
		zpool_report("%p freed by %pS was freed just now; ignored", obj, caller);
}

static noinline void free_slow(struct page *page, void *obj, enum zpool_push pushed,
			       void *caller)
{
	unsigned int tag = zpool_page_tag(page);

	if (zpool_tag_is_class(tag))
		zpool_free_past(zpool_general[zpool_tag_class(tag)], obj, pushed, caller);
	else
		free_by_header(page, obj, caller);
}

static __always_inline void free_ours(struct page *page, const void *p, void *caller)
{
	void *obj = (void *)p;
	enum zpool_push pushed;

	if (unlikely(!zpool_free_tagged(page, obj, &pushed)))
		free_slow(page, obj, pushed, zpool_caller(caller));
}

static __always_inline void free_any(const void *p, void *caller)
{
	struct page *page;

	if (likely(zpool_is_ours(p, &page)))
		free_ours(page, p, caller);
	else
		free_outside(p, zpool_caller(caller));
}

/**
 * zpool_kfree() - free memory of any function here
 * @p: from zpool_kmalloc() or its like, from a typed cache, or from the
 *     kernel's kmalloc(); NULL and ZERO_SIZE_PTR are ignored. Anything else
 *     is reported, not followed.
 *
 * Context: any.
 */
void zpool_kfree(const void *p)
{
	free_any(p, NULL);
}
EXPORT_SYMBOL_GPL(zpool_kfree);

/**
 * zpool_kfree_from() - zpool_kfree() for functions of the family
 * @p: see zpool_kfree()
 * @caller: of the API, for reports
 */
noinline void zpool_kfree_from(const void *p, void *caller)
{
	free_any(p, caller);
}

/* Nothing that a class holds: passed through, typed, or wrong. */
static noinline void free_missized(const void *p, size_t size, void *caller)
{
	struct page *page;

	if (zpool_is_ours(p, &page) && size > zpool_usable_size(page))
		zpool_report("%p freed by %pS as %zu bytes, has %zu; freed all the same",
			     p, caller, size, zpool_usable_size(page));
	zpool_kfree_from(p, caller);
}

/**
 * zpool_kfree_sized() - free memory whose size is known
 * @p: see zpool_kfree()
 * @size: as requested
 *
 * A free that checks: a @size that the memory cannot have is reported (and the
 * memory freed). It is not faster than zpool_kfree(), which finds the class in
 * a word that it must read anyway: the check is four instructions more.
 *
 * Context: see zpool_kfree().
 */
void zpool_kfree_sized(const void *p, size_t size)
{
	struct page *page;

	if (likely(zpool_is_ours(p, &page) && size <= tag_bytes[zpool_page_tag(page)]))
		free_ours(page, p, NULL);
	else
		free_missized(p, size, (void *)_RET_IP_);
}
EXPORT_SYMBOL_GPL(zpool_kfree_sized);

/**
 * zpool_kfree_sensitive() - zero memory, then free it
 * @p: see zpool_kfree()
 *
 * Context: see zpool_kfree().
 */
void zpool_kfree_sensitive(const void *p)
{
	struct page *page;

	if (zpool_is_ours(p, &page)) {
		if (!zpool_is_object(zpool_page_slab(page), p, "free", (void *)_RET_IP_))
			return;
		memzero_explicit((void *)p, zpool_usable_size(page));
		zpool_kfree_from(p, (void *)_RET_IP_);
	} else if (!ZERO_OR_NULL_PTR(p) && zpool_is_foreign(p, "free", (void *)_RET_IP_)) {
		if (likely(may_call_kernel()))
			kfree_sensitive(p);
		else
			zpool_defer(&sensitive, (struct llist_node *)p);
	}
}
EXPORT_SYMBOL_GPL(zpool_kfree_sensitive);

/*
 * Sizes.
 */

/**
 * zpool_ksize() - bytes that may be used behind a pointer
 * @p: see zpool_kfree()
 *
 * Context: any.
 * Return: bytes, at least the size requested; 0 for NULL, ZERO_SIZE_PTR and,
 *         with a report, for what is not allocated memory.
 */
size_t zpool_ksize(const void *p)
{
	struct page *page;

	if (likely(zpool_is_ours(p, &page)))
		return zpool_is_object(zpool_page_slab(page), p, "ksize", (void *)_RET_IP_) ?
		       zpool_usable_size(page) : 0;
	if (ZERO_OR_NULL_PTR(p) || !zpool_is_foreign(p, "ksize", (void *)_RET_IP_))
		return 0;
	return ksize(p);
}
EXPORT_SYMBOL_GPL(zpool_ksize);

/**
 * zpool_kmalloc_size_roundup() - bytes that zpool_kmalloc() of a size will give
 * @size: bytes
 *
 * Context: any.
 * Return: bytes, at least @size.
 */
size_t zpool_kmalloc_size_roundup(size_t size)
{
	if (size - 1 < ZPOOL_MAX_SIZE)
		return zpool_class_size(zpool_size_class(size));
	return size ? kmalloc_size_roundup(size) : 0;
}
EXPORT_SYMBOL_GPL(zpool_kmalloc_size_roundup);

/* Room within the object: what lies above the new size reads as zero when it grows again. */
static void *resize_in_place(void *p, size_t new_size, size_t usable, gfp_t gfp)
{
	if (want_init_on_alloc(gfp))
		memset(p + new_size, 0, usable - new_size);
	return p;
}

/**
 * zpool_krealloc() - change the size of memory, keeping its contents
 * @p: see zpool_kfree(); NULL allocates
 * @new_size: bytes; 0 frees
 * @gfp: see zpool_kmalloc(). With __GFP_ZERO, given at every call on this
 *       memory, what is added is zero.
 *
 * Memory of the kernel's kmalloc stays the kernel's while the kernel serves.
 *
 * Context: see zpool_kmalloc().
 * Return: the memory, moved or not; ZERO_SIZE_PTR for size 0; NULL where there
 *         is none, and then @p is as it was.
 */
void *zpool_krealloc(const void *p, size_t new_size, gfp_t gfp)
{
	struct page *page;
	size_t usable;
	void *new;

	if (ZERO_OR_NULL_PTR(p))
		return alloc_for(new_size, gfp);
	if (!new_size) {
		zpool_kfree_from(p, (void *)_RET_IP_);
		return ZERO_SIZE_PTR;
	}
	if (!zpool_is_ours(p, &page))
		return zpool_is_foreign(p, "krealloc", (void *)_RET_IP_) &&
		       can_ask_kernel(new_size) ?
		       krealloc(p, new_size, gfp) : NULL;

	if (!zpool_is_object(zpool_page_slab(page), p, "krealloc", (void *)_RET_IP_))
		return NULL;
	usable = zpool_usable_size(page);
	if (new_size <= usable)
		return resize_in_place((void *)p, new_size, usable, gfp);
	new = alloc_for(new_size, gfp);
	if (new) {
		memcpy(new, p, usable);
		zpool_kfree_from(p, (void *)_RET_IP_);
	}
	return new;
}
EXPORT_SYMBOL_GPL(zpool_krealloc);
