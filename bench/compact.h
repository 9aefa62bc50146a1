/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of kzpool_compact, a program of steps on what may move, that scripts
 * drive.
 *
 *   compact_main.c      the parameter `do`: one command a write, what came of it to be read
 *   compact_items.c     a set of objects of one kind: free_random, free_even, verify, drop
 *   compact_handles.c   the kind that is got by handle: handles
 *   compact_objects.c   the kind that its owner moves: objects, answers, notify
 *   compact_touch.c     threads that look and write all the time: touch
 *   compact_hostages.c  what does not move, in sparse slabs: hostages
 *   compact_pairs.c     what a pair of the kmalloc family takes meanwhile: pairs
 *
 * Commands come one at a time: the kernel holds a lock while it sets a
 * parameter.
 */
#ifndef _KZPOOL_COMPACT_H
#define _KZPOOL_COMPACT_H

#include <linux/types.h>

/* What a command says, one line; also kept to be read. */
__printf(1, 2) void compact_say(const char *format, ...);

struct compact_item {
	void *what;		/* a handle or an object; NULL: freed */
	u64 seed;		/* of what it contains */
	int node;		/* that it was born on */
};

/**
 * struct compact_kind - how items are got at
 * @name: as told
 * @alloc: make item @number; 0 or an error
 * @free: the reverse, of one that is there
 * @hold: keep it where it is; NULL when it is not there
 * @let_go: the reverse
 */
struct compact_kind {
	const char *name;
	int (*alloc)(unsigned long number);
	void (*free)(unsigned long number);
	void *(*hold)(unsigned long number);
	void (*let_go)(unsigned long number);
};

/* The set; who has items of it makes it first. */
extern struct compact_item *compact_items;
extern unsigned long compact_nr;
extern size_t compact_bytes;	/* of contents */

int compact_make(const struct compact_kind *kind, size_t bytes, unsigned long nr);
bool compact_touch_item(unsigned long number);
int compact_free_random(const unsigned int *args);
int compact_free_even(const unsigned int *args);
int compact_verify(const unsigned int *args);
void compact_items_drop(void);

int compact_handles(const unsigned int *args);

int compact_objects(const unsigned int *args);
int compact_answers(const unsigned int *args);
int compact_notify(const unsigned int *args);
void compact_objects_end(void);

int compact_touch(const unsigned int *args);
void compact_touch_stop(void);

int compact_pairs(const unsigned int *args);

int compact_hostages(const unsigned int *args);
void compact_hostages_drop(void);

#endif /* _KZPOOL_COMPACT_H */
