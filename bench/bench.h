/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of kzpool_bench share.
 *
 *   contender  an allocator under test, reached through function pointers
 *   load       what is asked of it: sizes, objects alive at once, touched or not
 *   pair       one allocation and its free
 *   round      a fixed number of pairs by one contender, timed as a whole
 *
 * Every load runs with all its contenders in one boot, round by round in
 * turn, so that a change in the machine's speed meets all of them alike. What
 * is reported is the median of the rounds.
 *
 * To add a contender, write its struct and list it in bench_contenders.c; to
 * add a load, add a line to the table of a set.
 */
#ifndef _KZPOOL_BENCH_BENCH_H
#define _KZPOOL_BENCH_BENCH_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define BENCH_MAX_ROUNDS	99	/* room for the rounds' times; odd, for a middle */
#define BENCH_MAX_PAIRS		10000000
#define BENCH_MAX_BATCH		100	/* objects alive at once */
#define BENCH_NR_SIZES		4096	/* entries of a size table; a power of two */

/* The sets a contender takes part in. */
#define BENCH_DEMO		BIT(0)
#define BENCH_INSN		BIT(1)

/**
 * struct bench_contender - an allocator under test
 * @name: as printed
 * @sets: the sets it takes part in
 * @setup: prepares it, before its first load; may be NULL
 * @teardown: gives back all it holds; may be NULL
 * @available: tells whether it serves objects of @size
 * @alloc: returns an object or NULL
 * @free: takes it back, with the size it was asked for
 */
struct bench_contender {
	const char *name;
	unsigned int sets;
	int (*setup)(void);
	void (*teardown)(void);
	bool (*available)(size_t size);
	void *(*alloc)(size_t size, gfp_t gfp);
	void (*free)(void *obj, size_t size);
};

extern const struct bench_contender bench_floor, bench_fixed;
extern const struct bench_contender *const bench_contenders[];
extern const unsigned int bench_nr_contenders;

#define BENCH_MAX_CONTENDERS	8

/**
 * struct bench_load - what is asked of a contender
 * @name: as printed
 * @max_size: largest size it asks for
 * @sizes: one object alive, its size from this table in turn; or NULL for
 * @batch: so many objects of @max_size, then freed in the same order
 * @touch: the object is written over its whole size; with @sizes only
 */
struct bench_load {
	const char *name;
	size_t max_size;
	const u32 *sizes;
	unsigned int batch;
	bool touch;
};

/**
 * struct bench_result - how one contender did under one load
 * @ran: false where it does not serve such objects
 * @ns: median time of a round
 * @pairs: pairs in a round
 * @failed: allocations that returned NULL, in all rounds
 * @held_bytes: by how much the machine's free pages have fallen in all turns
 *	of this contender so far, in all loads
 */
struct bench_result {
	bool ran;
	u64 ns;
	unsigned int pairs;
	u64 failed;
	s64 held_bytes;
};

/* How often, as asked for; 0 leaves it to the set. */
struct bench_effort {
	unsigned int rounds;
	unsigned int pairs;
};

int bench_setup(unsigned int set);
void bench_teardown(unsigned int set);
int bench_compare(unsigned int set, const struct bench_load *load,
		  struct bench_effort effort, struct bench_result *results);
u64 bench_nr_failed(void);

int bench_demo_run(struct bench_effort effort);
int bench_insn_run(struct bench_effort effort, const unsigned int *sizes,
		   unsigned int nr_sizes);

/*
 * The protection of a per-CPU fast path, as zpool has it: preemption off, and
 * a flag by which an interrupt sees that it came in between. Where
 * bench_enter() returns false the owner must keep off and still leave.
 */
static inline bool bench_enter(bool *busy)
{
	if (unlikely(*busy))
		return false;
	*busy = true;
	barrier();
	return true;
}

static inline void bench_leave(bool *busy)
{
	barrier();
	*busy = false;
}

#endif /* _KZPOOL_BENCH_BENCH_H */
