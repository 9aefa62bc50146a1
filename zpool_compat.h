/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel versions and architectures, and nothing else.
 *
 * The code is written for the newest kernel. Each block here fills in what an
 * older or another one lacks, says since when it is there, and can be deleted
 * alone. ZPOOL_HAVE_* come from Kbuild, which looks into the headers of the
 * kernel it builds for, since distributions backport.
 */
#ifndef _KZPOOL_COMPAT_H
#define _KZPOOL_COMPAT_H

#include <linux/mm.h>

/*
 * The linear map starts at PAGE_OFFSET and ends at high_memory. Outside it
 * there is no struct page to look at.
 */
static __always_inline bool zpool_is_linear(const void *p)
{
	return (unsigned long)p - PAGE_OFFSET <
	       (unsigned long)high_memory - PAGE_OFFSET;
}

/*
 * virt_to_page() on x86-64 tests for the kernel's own text mapping first;
 * zpool_is_linear() has already excluded it.
 */
static __always_inline struct page *zpool_linear_page(const void *p)
{
#ifdef CONFIG_X86_64
	return pfn_to_page(((unsigned long)p - PAGE_OFFSET) >> PAGE_SHIFT);
#else
	return virt_to_page(p);
#endif
}

/*
 * Since 6.18 a page of a large kmalloc says so itself. Before, it is a
 * compound page that nothing else has a claim on.
 */
static inline bool zpool_is_large_kmalloc(struct page *head, const void *p)
{
#ifdef ZPOOL_HAVE_LARGE_KMALLOC
	return PageLargeKmalloc(head);
#else
	return PageHead(head) && p == page_address(head) &&
	       page_ref_count(head) == 1 && !PageLRU(head) && !head->mapping;
#endif
}

#endif /* _KZPOOL_COMPAT_H */
