/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DUP: linked lists. As the kernel's with its list debugging on: an entry
 * that its neighbours do not know, or that was deleted before, is a bug.
 */
#ifndef _SHIM_LIST_H
#define _SHIM_LIST_H

#include "base.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	WRITE_ONCE(head->next, head);
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline void shim_list_check(const struct list_head *entry)
{
	if (!entry->next || !entry->prev || entry->next->prev != entry ||
	    entry->prev->next != entry)
		shim_bug("list corrupted at %p", entry);
}

static inline void shim_list_insert(struct list_head *entry, struct list_head *prev)
{
	shim_list_check(prev);
	entry->next = prev->next;
	entry->prev = prev;
	prev->next->prev = entry;
	__atomic_store_n(&prev->next, entry, __ATOMIC_RELEASE);
}

static inline void shim_list_unlink(struct list_head *entry)
{
	shim_list_check(entry);
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	shim_list_insert(entry, head);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	shim_list_insert(entry, head->prev);
}

static inline void list_del(struct list_head *entry)
{
	shim_list_unlink(entry);
	entry->next = entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	shim_list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	struct list_head *first = list->next, *last = list->prev;

	if (list_empty(list))
		return;
	shim_list_check(head);
	first->prev = head->prev;
	WRITE_ONCE(head->prev->next, first);
	WRITE_ONCE(last->next, head);
	head->prev = last;
	INIT_LIST_HEAD(list);
}

/* Readers under RCU may be at the entry, which leads on until it is freed. */
static inline void list_del_rcu(struct list_head *entry)
{
	shim_list_unlink(entry);
	entry->prev = NULL;
}

#define list_add_tail_rcu(entry, head)	list_add_tail(entry, head)

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	shim_list_unlink(entry);
	shim_list_insert(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	shim_list_unlink(entry);
	shim_list_insert(entry, head->prev);
}

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

/*
 * The list_head in an entry. At the end of a loop there is no entry around it,
 * and perhaps none could be at that address: hence no pos->member.
 */
#define shim_list_of(pos, member) \
	((struct list_head *)((char *)(pos) + offsetof(__typeof__(*(pos)), member)))
#define list_next_entry(pos, member) \
	list_entry(shim_list_of(pos, member)->next, __typeof__(*(pos)), member)

#define list_for_each_entry(pos, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member);	\
	     shim_list_of(pos, member) != (head);			\
	     pos = list_next_entry(pos, member))

#define shim_list_next_rcu(entry)	__atomic_load_n(&(entry)->next, __ATOMIC_ACQUIRE)
#define list_for_each_entry_rcu(pos, head, member)			\
	for (shim_assert_reads(),					\
	     pos = list_entry(shim_list_next_rcu(head), __typeof__(*pos), member);	\
	     shim_list_of(pos, member) != (head);			\
	     pos = list_entry(shim_list_next_rcu(shim_list_of(pos, member)),	\
			      __typeof__(*pos), member))

#define list_for_each_entry_safe(pos, n, head, member)			\
	for (pos = list_first_entry(head, __typeof__(*pos), member),	\
	     n = list_next_entry(pos, member);				\
	     shim_list_of(pos, member) != (head);			\
	     pos = n, n = list_next_entry(n, member))

#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_for_each_entry_safe_reverse(pos, n, head, member)		\
	for (pos = list_last_entry(head, __typeof__(*pos), member),	\
	     n = list_prev_entry(pos, member);				\
	     shim_list_of(pos, member) != (head);			\
	     pos = n, n = list_prev_entry(n, member))

/* A lock-free stack, taken as a whole. */
struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD(name)	struct llist_head name = { NULL }

/* Return: true when the list was empty. */
static inline void init_llist_head(struct llist_head *list)
{
	list->first = NULL;
}

static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do
		node->next = first;
	while (!__atomic_compare_exchange_n(&head->first, &first, node, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return !first;
}

static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return __atomic_exchange_n(&head->first, NULL, __ATOMIC_SEQ_CST);
}

#define llist_for_each_safe(pos, n, node)				\
	for ((pos) = (node); (pos) && ((n) = (pos)->next, true); (pos) = (n))

#endif /* _SHIM_LIST_H */
