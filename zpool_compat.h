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

#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

/* Since 6.18 a struct with one member, the word that it has always been. */
static __always_inline unsigned long zpool_page_flags(const struct page *page)
{
	return *(const unsigned long *)&page->flags;
}

/*
 * One read of a word of this CPU, with preemption off. x86 has an instruction for
 * that, others would only disable preemption once more.
 */
#ifdef CONFIG_X86
#define zpool_this_cpu_read_once(var)	this_cpu_read(var)
#else
#define zpool_this_cpu_read_once(var)	READ_ONCE(*raw_cpu_ptr(&(var)))
#endif

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
