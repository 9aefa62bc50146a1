/* SPDX-License-Identifier: GPL-2.0 */
/* The allocator's life in a test: what zpool_main.c does in a kernel. */
#ifndef _WORLD_H
#define _WORLD_H

#include "shim.h"

/* As a small machine would have. */
#define WORLD_BUDGET	(8UL << 20)

int world_start(unsigned long budget);
void world_stop(void);

/* Wait for what was put off: frees after a grace period, from NMI, of pages. */
void world_settle(void);

/* CPUs and memory come and go: one at random, or all come back. */
void world_plug_cpu(void);
void world_plug_memory(void);
void world_plug_all(void);

/* A pass of the worker, as if up to eight seconds had gone by since the last one. */
void world_adapt(void);

/*
 * The system wants memory back: a little, all of it, or so urgently that zpool
 * degrades. What is in limbo may come home.
 */
void world_press(void);

/* Was it, since all was calm? */
bool world_was_pressed(void);

/* No pressure any more, and what it did undone. */
void world_relax(void);

/* Compaction of any kind, of any cache or memory; and what the worker does beside. */
void world_compact(void);

/* Any parameters that a person may set, and credit for all or for none; back to the usual. */
void world_change_policy(void);
void world_reset_policy(void);

/*
 * Counts up when CPUs begin and when they are done to fill from other nodes: in
 * between their magazines have objects of the old.
 */
unsigned long world_nr_moves(void);

/* What zpool has not given back, in words, or NULL. */
const char *world_leaks(void);

#endif /* _WORLD_H */
