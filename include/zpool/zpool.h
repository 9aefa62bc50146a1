/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zpool: a pooled allocator for the Linux kernel.
 *
 * This is all that a client includes. The kmalloc family serves any size from
 * pools of 48 size classes, 8 B to 64 KiB; a typed cache serves objects of
 * one size with an alignment and a constructor of the owner's choice. What is
 * got by handle, and objects of a cache with a move callback, may be moved, so
 * that sparse memory goes back.
 *
 * Each function's kernel-doc stands at its definition: the kmalloc family in
 * zpool_kmalloc.c, zpool_bulk.c and zpool_rcu.c, typed caches in zpool_typed.c,
 * zpool_drain.c, zpool_refill.c and zpool_movable.c, handles in zpool_handle.c. Allocating and freeing may be done in process, softirq and
 * hardirq context, with or without locks held, as far as the given gfp flags
 * allow; creating, shrinking and destroying a cache may sleep. On PREEMPT_RT
 * an allocation with preemption or interrupts off is served from what the pools
 * have, or not at all.
 *
 * A pointer from zpool must never reach the kernel's own kfree(); a pointer
 * from the kernel's kmalloc() may be given to zpool_kfree().
 */
#ifndef _KZPOOL_ZPOOL_H
#define _KZPOOL_ZPOOL_H

#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct rcu_head;
struct zpool_cache;
struct zpool_handle;

/* Align objects to the cache line where they are large enough to profit. */
#define ZPOOL_HWCACHE_ALIGN	(1U << 0)
/* Panic where the cache cannot be created: for caches a system cannot run without. */
#define ZPOOL_PANIC		(1U << 1)

/* Largest size that is served from a pool; above it the kernel's kmalloc serves. */
#define ZPOOL_MAX_SIZE		65536UL

/* The kmalloc family. */
void *zpool_kmalloc(size_t size, gfp_t gfp) __alloc_size(1);
void *zpool_kzalloc(size_t size, gfp_t gfp) __alloc_size(1);
void *zpool_kmalloc_node(size_t size, gfp_t gfp, int node) __alloc_size(1);
void *zpool_kmalloc_array(size_t n, size_t size, gfp_t gfp) __alloc_size(1, 2);
void *zpool_kcalloc(size_t n, size_t size, gfp_t gfp) __alloc_size(1, 2);
void *zpool_krealloc(const void *p, size_t new_size, gfp_t gfp) __alloc_size(2);
void zpool_kfree(const void *p);
void zpool_kfree_sensitive(const void *p);
void zpool_kfree_sized(const void *p, size_t size);
size_t zpool_ksize(const void *p);
size_t zpool_kmalloc_size_roundup(size_t size);
unsigned int zpool_kmalloc_bulk(size_t size, gfp_t gfp, unsigned int nr, void **objs);
void zpool_kfree_bulk(unsigned int nr, void **objs);
void zpool_kfree_call_rcu(const void *p, struct rcu_head *head);

/**
 * zpool_kfree_rcu() - free memory when all who may read it are done
 * @p: as for zpool_kfree(); NULL is ignored. Evaluated once.
 * @rhf: name of the struct rcu_head in what @p points to
 *
 * Context: any but NMI.
 */
#define zpool_kfree_rcu(p, rhf) do {					\
	typeof(p) __zpool_p = (p);					\
									\
	/* As the kernel wants it for memory of its own kmalloc(). */	\
	BUILD_BUG_ON(offsetof(typeof(*(p)), rhf) >= 4096);		\
	if (__zpool_p)							\
		zpool_kfree_call_rcu(__zpool_p, &__zpool_p->rhf);	\
} while (0)

/* Typed caches. */
struct zpool_cache *zpool_cache_create(const char *name, size_t size,
				       size_t align, unsigned int flags,
				       void (*ctor)(void *obj));
void zpool_cache_destroy(struct zpool_cache *cache);
void *zpool_cache_alloc(struct zpool_cache *cache, gfp_t gfp);
void *zpool_cache_zalloc(struct zpool_cache *cache, gfp_t gfp);
void *zpool_cache_alloc_node(struct zpool_cache *cache, gfp_t gfp, int node);
void zpool_cache_free(struct zpool_cache *cache, void *obj);
unsigned int zpool_cache_alloc_bulk(struct zpool_cache *cache, gfp_t gfp, unsigned int nr,
				    void **objs);
void zpool_cache_free_bulk(struct zpool_cache *cache, unsigned int nr, void **objs);
size_t zpool_cache_shrink(struct zpool_cache *cache);
int zpool_cache_reserve(struct zpool_cache *cache, unsigned int nr);

/* What a callback may say to a request to move an object: see zpool_cache_set_move(). */
enum zpool_move {
	ZPOOL_MOVE_DONE,
	ZPOOL_MOVE_NEVER,
	ZPOOL_MOVE_LATER,
	ZPOOL_MOVE_UNNEEDED,
	ZPOOL_MOVE_UNKNOWN,
};

int zpool_cache_set_move(struct zpool_cache *cache,
			 enum zpool_move (*move)(void *old, void *new, size_t size, void *arg),
			 void *arg);
void zpool_cache_move_notify(struct zpool_cache *cache, void *obj);

/* Handles: objects that may move while nobody has them pinned. */
struct zpool_handle *zpool_handle_alloc(size_t size, gfp_t gfp);
void *zpool_handle_pin(struct zpool_handle *h);
void zpool_handle_unpin(struct zpool_handle *h);
void zpool_handle_free(struct zpool_handle *h);
size_t zpool_handle_size(const struct zpool_handle *h);

#endif /* _KZPOOL_ZPOOL_H */
