/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of kzpool_press, a program of memory steps that scripts drive.
 *
 *   press_main.c     the parameter `do`: one command a write, what came of it to be read
 *   press_plan.c     how many objects of which size make so many bytes
 *   press_held.c     objects that nobody looks into: burst, sparse, one, exhaust, drop
 *   press_live.c     a working set that knows its contents: live, verify
 *   press_churn.c    threads that allocate, check and free all the time: churn
 *   press_reserve.c  a cache with a reserve, in hard interrupt context: reserve, reserve_test
 *
 * Commands come one at a time: the kernel holds a lock while it sets a
 * parameter.
 */
#ifndef _KZPOOL_PRESS_H
#define _KZPOOL_PRESS_H

#include <linux/types.h>

#include "pattern.h"
#include "sizes.h"

/* What a command says, one line; also kept to be read. */
__printf(1, 2) void press_say(const char *format, ...);

/* A stack of objects that are linked through their first words. */
struct press_chain {
	void **top;
	unsigned long nr;
};

void press_chain_push(struct press_chain *chain, void *obj);
void press_chain_free(struct press_chain *chain);
void press_chain_exhaust(struct press_chain *chain);

unsigned long press_plan_nr(size_t bytes, unsigned int class);
unsigned long press_plan_total(size_t bytes);

int press_burst(const unsigned int *args);
int press_sparse(const unsigned int *args);
int press_one(const unsigned int *args);
int press_exhaust(const unsigned int *args);
void press_held_drop(void);

int press_live(const unsigned int *args);
int press_verify(const unsigned int *args);
void press_live_drop(void);

int press_churn(const unsigned int *args);
void press_churn_stop(void);

int press_reserve(const unsigned int *args);
int press_reserve_test(const unsigned int *args);
void press_reserve_drop(void);

#endif /* _KZPOOL_PRESS_H */
