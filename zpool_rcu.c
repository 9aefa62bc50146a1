// SPDX-License-Identifier: GPL-2.0
/*
 * Freeing after a grace period.
 *
 * The caller's rcu_head lies somewhere in the object, and the callback has to
 * find the object from it: the slab knows where its objects start. (Keeping
 * pointers in magazines until a grace period is over, as SLUB's sheaves do,
 * takes less time for many; it also takes memory, which may not be there, so
 * that this way is needed anyhow.)
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/rcupdate.h>

#include "zpool_kmalloc.h"
#include "zpool_live.h"
#include "zpool_report.h"

/* An object starts at most this many pages before any of its bytes. */
#define MAX_PAGES_BEFORE	(ZPOOL_MAX_SIZE / PAGE_SIZE)

/* The slab of a page at or before that of @p, the nearest in which an object starts; or NULL. */
static struct zpool_slab *slab_before(const void *p)
{
	struct page *page = virt_to_page(p), *last = page;

	while (!zpool_page_is_ours(page))
		if (last - page-- >= MAX_PAGES_BEFORE)
			return NULL;
	return zpool_page_slab(page);
}

/* The object that @p points into; NULL when there is none, since it was freed. */
static void *object_around(const void *p)
{
	struct zpool_slab *slab = slab_before(p);
	u32 offset, index;

	if (!zpool_owner(slab))
		return NULL;
	offset = (const char *)p - (const char *)slab->base;
	index = reciprocal_divide(offset, slab->home->geometry->recip);
	return index < slab->nr_objects ? zpool_slab_object(slab, index) : NULL;
}

static void free_after_grace(struct rcu_head *head)
{
	void *obj = object_around(head);

	if (obj)
		zpool_kfree(obj);
	else
		zpool_report("%p waited to be freed, but has been freed meanwhile", head);
}

static bool holds(const void *p, size_t size, const struct rcu_head *head)
{
	size_t offset = (const char *)head - (const char *)p;

	return size >= sizeof(*head) && offset <= size - sizeof(*head) &&
	       IS_ALIGNED((unsigned long)head, sizeof(void *));
}

static bool is_within(const struct rcu_head *head, const void *p, size_t size, void *caller)
{
	if (holds(p, size, head))
		return true;
	zpool_report("kfree_rcu of %p by %pS: the rcu_head is not within; ignored", p, caller);
	return false;
}

/* What its owner moves is not moved any more. */
static bool stays_until_freed(struct zpool_cache *owner, struct zpool_slab *slab, const void *p,
			      void *caller)
{
	bool is_used;

	rcu_read_lock();
	is_used = zpool_live_set_rcu(slab, p);
	rcu_read_unlock();
	if (!is_used)
		zpool_report_twice(owner, p, caller);
	return is_used;
}

/**
 * zpool_kfree_call_rcu() - free memory when all who may read it are done
 * @p: as for zpool_kfree(); not NULL
 * @head: within it
 *
 * For zpool_kfree_rcu(). A module that frees its own objects so need not wait
 * for that when it is unloaded: the callback is kzpool's, which waits. Of a
 * cache with a constructor, the bytes of @head are not as it left them.
 *
 * Until then @head belongs to RCU: to give it a second time, or to free the
 * memory, damages RCU's list, as it does with call_rcu(). The kernel sees that
 * with CONFIG_DEBUG_OBJECTS_RCU_HEAD.
 *
 * Context: any but NMI.
 */
void zpool_kfree_call_rcu(const void *p, struct rcu_head *head)
{
	void *caller = (void *)_RET_IP_;
	struct zpool_cache *owner;
	struct zpool_slab *slab;
	struct page *page;

	if (!zpool_is_ours(p, &page)) {
		if (zpool_is_foreign(p, "kfree_rcu", caller) &&
		    is_within(head, p, ksize(p), caller))
			zpool_kvfree_call_rcu(head, (void *)p);
		return;
	}
	slab = zpool_page_slab(page);
	owner = zpool_owner(slab);
	if (!zpool_is_object(slab, p, "kfree_rcu", caller) || !owner ||
	    !is_within(head, p, zpool_usable_size(page), caller))
		return;
	if (owner->mover && !stays_until_freed(owner, slab, p, caller))
		return;
	if (!READ_ONCE(owner->frees_by_rcu))
		WRITE_ONCE(owner->frees_by_rcu, true);
	call_rcu(head, free_after_grace);
}
EXPORT_SYMBOL_GPL(zpool_kfree_call_rcu);
