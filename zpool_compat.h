/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel versions and architectures, and nothing else.
 *
 * The code is written for the newest kernel. Each block here fills in what an
 * older or another one lacks, says since when it is there, and can be deleted
 * alone. ZPOOL_HAVE_* and ZPOOL_NEED_* come from the Kbuilds, which look into the headers of the
 * kernel they build for, since distributions backport.
 */
#ifndef _KZPOOL_COMPAT_H
#define _KZPOOL_COMPAT_H

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

/*
 * The page of a pointer into the linear map, which starts at PAGE_OFFSET and
 * ends at high_memory; NULL for any other, which has no struct page to look
 * at. virt_to_page() on x86-64 tests for the kernel's own text mapping, which
 * the bounds exclude.
 */
static __always_inline struct page *zpool_linear_page(const void *p)
{
	unsigned long offset;

	p = kasan_reset_tag(p);
	if (unlikely(check_sub_overflow((unsigned long)p, (unsigned long)PAGE_OFFSET,
					&offset) || p >= high_memory))
		return NULL;
#ifdef CONFIG_X86_64
	return pfn_to_page(offset >> PAGE_SHIFT);
#else
	return virt_to_page(p);
#endif
}

/*
 * Since 6.15 the first page of a large kmalloc says so itself. Before, it is
 * a compound page that nothing else has a claim on: a driver's own would pass
 * for one, as it does with kfree().
 */
static inline bool zpool_is_large_kmalloc(struct page *head, const void *p)
{
#ifdef ZPOOL_HAVE_LARGE_KMALLOC
	return folio_test_large_kmalloc(page_folio(head));
#else
	return PageHead(head) && p == page_address(head) &&
	       page_ref_count(head) == 1 && !PageLRU(head) && !head->mapping;
#endif
}

/* Since 6.3 (6.1.y and older): the object itself; before, the offset of the head in it. */
static inline void zpool_kvfree_call_rcu(struct rcu_head *head, void *p)
{
#ifdef ZPOOL_NEED_RCU_OFFSET
	kvfree_call_rcu(head, (rcu_callback_t)((unsigned long)head - (unsigned long)p));
#else
	kvfree_call_rcu(head, p);
#endif
}

/* Since 6.7. Before, a shrinker was the caller's memory. */
#if defined(ZPOOL_NEED_SHRINKER_ALLOC) && defined(_LINUX_SHRINKER_H)
static inline struct shrinker *shrinker_alloc(unsigned int flags, const char *name)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (shrinker)
		shrinker->flags = flags;
	return shrinker;
}

static inline void shrinker_register(struct shrinker *shrinker)
{
	if (register_shrinker(shrinker, "%s", KBUILD_MODNAME))
		pr_warn("kzpool: no memory for a shrinker\n");
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

/* Since 6.5. Before, slab pages had a counter, and who reclaims has no other. */
#if defined(ZPOOL_NEED_ACCOUNT_RECLAIMED) && defined(_LINUX_SWAP_H)
static inline void mm_account_reclaimed_pages(unsigned long pages)
{
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += pages;
}
#endif

/* Since 6.13; only the modules in bench/ set timers. */
#ifdef ZPOOL_NEED_HRTIMER_SETUP
#include <linux/hrtimer.h>

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* _KZPOOL_COMPAT_H */
