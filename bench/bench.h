/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of kzpool_bench share.
 *
 *   contender  an allocator under test, reached through function pointers
 *   load       what is asked of it: sizes, objects alive at once, touched or not
 *   pair       one allocation and its free
 *   round      a fixed number of pairs by one contender, timed as a whole
 *   player     one CPU's part in a round; most loads have one, some two or four
 *
 * Every load runs with all its contenders in one boot, round by round in
 * turn, so that a change in the machine's speed meets all of them alike. What
 * is reported is the median of the rounds.
 *
 * To add a contender, write its struct and list it in bench_contenders.c; to
 * add a load, add a line to the table of a set; a new way to play is a struct
 * bench_play.
 *
 *   bench_main     parameters, frame
 *   bench_demo, bench_insn, bench_sets, bench_burst, bench_load   what each set runs
 *   bench_rows     the rows that most of them print
 *   bench_mixes    the loads of many sizes
 *   bench_pin      objects by handle
 *   bench_tables   random sizes and orders, drawn before the clock starts
 *   bench_run      rounds in turn, medians
 *   bench_play     one round, on one CPU or several
 *   bench_local, bench_bulk, bench_hardirq, bench_replace, bench_cross   the timed loops
 *   bench_checked, bench_memory   that objects are real; what memory they take
 *   bench_contenders, bench_own, bench_typed, bench_fixed, bench_floor   contenders
 */
#ifndef _KZPOOL_BENCH_BENCH_H
#define _KZPOOL_BENCH_BENCH_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define BENCH_MAX_ROUNDS	99	/* room for the rounds' times; odd, for a middle */
#define BENCH_MAX_PAIRS		10000000
#define BENCH_MAX_ROUND_MS	1000
#define BENCH_MAX_BATCH		1000	/* objects alive at once */
#define BENCH_MAX_SAWS		1000000	/* rounds of the set load, whose times are not kept */
#define BENCH_MAX_LIVE		65536
#define BENCH_MAX_LOAD_MS	3600000
#define BENCH_MAX_LOAD_CPUS	64
#define BENCH_MAX_CACHES	64
#define BENCH_MAX_CPUS		4	/* even: they play in pairs */
#define BENCH_NR_SIZES		4096	/* entries of a table; a power of two */
#define BENCH_NR_SLOTS		512	/* of a replacing player; a power of two */

/* The sets a contender takes part in. */
#define BENCH_DEMO		BIT(0)
#define BENCH_INSN		BIT(1)
#define BENCH_FULL		BIT(2)	/* bench and cross */
#define BENCH_TYPED		BIT(3)
#define BENCH_BURST		BIT(4)

struct bench_load;
struct bench_player;

/**
 * struct bench_contender - an allocator under test
 * @name: as printed
 * @sets: the sets it takes part in
 * @one_cpu: takes no part where an object is freed on another CPU
 * @setup: prepares it, before its first load; may be NULL
 * @teardown: gives back all it holds; may be NULL
 * @prepare: makes it ready for one load; may be NULL
 * @finish: undoes that; may be NULL
 * @available: tells whether it serves such objects
 * @alloc: returns an object or NULL
 * @free: takes it back, with the size it was asked for
 * @alloc_bulk: stores @nr objects in @objs, or fewer; returns how many. NULL
 *	where it knows single ones only, and then takes no part in bulk loads
 * @free_bulk: takes @nr of them back
 */
struct bench_contender {
	const char *name;
	unsigned int sets;
	bool one_cpu;
	int (*setup)(void);
	void (*teardown)(void);
	int (*prepare)(const struct bench_load *load);
	void (*finish)(void);
	bool (*available)(const struct bench_load *load);
	void *(*alloc)(size_t size, gfp_t gfp);
	void (*free)(void *obj, size_t size);
	unsigned int (*alloc_bulk)(size_t size, gfp_t gfp, unsigned int nr, void **objs);
	void (*free_bulk)(unsigned int nr, void **objs);
};

extern const struct bench_contender bench_own, bench_typed, bench_floor, bench_fixed;
extern const struct bench_contender *const bench_contenders[];
extern const unsigned int bench_nr_contenders;

#define BENCH_MAX_CONTENDERS	8

/**
 * struct bench_play - how a player does its part
 * @begin: before the clock starts; may be NULL
 * @work: the timed loop; returns how many allocations failed
 * @end: after the clock has stopped; may be NULL
 * @in_bulk: by the contender's bulk functions
 */
struct bench_play {
	void (*begin)(struct bench_player *player);
	unsigned int (*work)(struct bench_player *player);
	void (*end)(struct bench_player *player);
	bool in_bulk;
};

/**
 * struct bench_load - what is asked of a contender
 * @name: as printed
 * @play: how
 * @size: of all its objects, or 0 where they differ
 * @max_size: largest size it asks for
 * @sizes: BENCH_NR_SIZES of them, taken in turn
 * @order: of @batch objects, the order in which they are freed
 * @slots: BENCH_NR_SIZES of them, which to replace in turn
 * @batch: so many objects alive, or under way between two CPUs, at once
 * @touch: the object is written over its whole size
 * @cpus: where the players are; with one only it is where we are
 * @nr_cpus: 1, 2 or 4
 *
 * @sizes, @order, @slots: NULL where @play has no use for them.
 */
struct bench_load {
	const char *name;
	const struct bench_play *play;
	size_t size;
	size_t max_size;
	const u32 *sizes;
	const u32 *order;
	const u32 *slots;
	unsigned int batch;
	bool touch;
	unsigned int cpus[BENCH_MAX_CPUS];
	unsigned int nr_cpus;
};

struct bench_player {
	const struct bench_contender *contender;
	const struct bench_load *load;
	unsigned int nr;		/* which of the load's players */
	unsigned int pairs;
	unsigned int failed;		/* allocations that returned NULL */
	u64 ns;				/* that it took */
	u64 waited_ns;			/* of it, for another player */
	bool preempted;			/* another task took the CPU meanwhile */
};

/**
 * struct bench_round - what a round came to
 * @ns: how long the player worked that worked longest
 * @failed: allocations that returned NULL
 * @preempted: the time is not all ours
 * @held_bytes: by how much the machine's free pages have fallen in all turns
 *	of this contender so far, in all loads
 * @peak_bytes: the same when most objects were alive; of rounds only in which
 *	objects are checked, in others 0
 */
struct bench_round {
	u64 ns;
	u64 failed;
	bool preempted;
	s64 held_bytes;
	s64 peak_bytes;
};

/**
 * struct bench_result - how one contender did under one load
 * @ran: false where it does not serve such objects
 * @ns: median time of a round
 * @quiet_ns: a quarter of the rounds took no longer: a time without interrupts
 *	where these hit less than three rounds in four
 * @pairs: pairs in a round, of each player
 * @failed: allocations that returned NULL, in all rounds
 * @held_bytes: of the last round
 * @peak_bytes: the largest of all rounds
 * @rounds: those that count
 */
struct bench_result {
	bool ran;
	u64 ns;
	u64 quiet_ns;
	unsigned int pairs;
	u64 failed;
	s64 held_bytes;
	s64 peak_bytes;
	const struct bench_round *rounds;
};

/* How often, as asked for; 0 leaves it to the set. */
struct bench_effort {
	unsigned int rounds;
	unsigned int pairs;
	unsigned int round_ms;
	unsigned int cpus;		/* as many may play; 1 at least */
};

/* The sizes that a user asked for; 0 among them are the loads of many sizes. */
struct bench_sizes {
	const unsigned int *sizes;
	unsigned int nr;
};

/**
 * struct bench_saw - what the set load does
 * @sizes: of its objects, in turn; one at least
 * @cpus: where, one after the other
 * @nr_cpus: how many they are
 * @nr_caches: typed caches to make
 * @live: objects alive at the top
 * @rounds: up and down, so often at least
 * @ms: and as long as that
 */
struct bench_saw {
	struct bench_sizes sizes;
	const unsigned int *cpus;
	unsigned int nr_cpus;
	unsigned int nr_caches;
	unsigned int live;
	unsigned int rounds;
	unsigned int ms;
};

/* Distributions of sizes, see bench_tables.c. */
enum bench_spread { BENCH_TOKIO, BENCH_LOG_UNIFORM, BENCH_UNIFORM, BENCH_IN_STEPS, BENCH_FIXED };

/* bench_tables */
int bench_tables_init(void);
void bench_tables_fini(void);
const u32 *bench_sizes(enum bench_spread spread, size_t min_size, size_t max_size);
const u32 *bench_slots(void);
const u32 *bench_order(unsigned int nr);

/* A load of many sizes, see bench_mixes.c. */
struct bench_mix {
	const char *name;
	const struct bench_play *play;
	enum bench_spread spread;
	size_t min_size, max_size;
	bool touch;
};

extern const struct bench_mix bench_mixes[];
extern const unsigned int bench_nr_mixes;

struct bench_load bench_mix_load(const struct bench_mix *mix);

/* bench_run */
int bench_setup(unsigned int set);
void bench_teardown(unsigned int set);
int bench_compare(unsigned int set, const struct bench_load *load,
		  struct bench_effort effort, struct bench_result *results);
int bench_choose_pairs(unsigned int set, const struct bench_load *load,
		       unsigned int least, unsigned int round_ms, unsigned int *pairs);
void bench_add_failed(u64 nr);
u64 bench_nr_failed(void);

/* bench_rows */
int bench_rows_begin(unsigned int set, struct bench_effort effort);
int bench_rows(unsigned int set, const struct bench_load *load,
	       struct bench_effort effort, unsigned int least);
void bench_row(const struct bench_load *load, const char *contender, unsigned int pairs,
	       unsigned int turn, const struct bench_round *round);
void bench_rows_end(unsigned int set);

/* bench_play and the loops */
extern const struct bench_play bench_play_one, bench_play_batch, bench_play_shuffled,
	bench_play_bulk, bench_play_hardirq, bench_play_replace, bench_play_cross;

#define BENCH_CROSS_BATCH	32	/* pointers handed over at once */

int bench_play_round(const struct bench_contender *contender,
		     const struct bench_load *load, unsigned int pairs,
		     struct bench_round *round);
u64 bench_clock_ns(void);

/* bench_pin */
extern const struct bench_load bench_pin_load;

/* bench_checked */
const struct bench_contender *bench_check(const struct bench_contender *contender,
					   unsigned int nr_live);
s64 bench_least_free_bytes(void);
u64 bench_nr_spoilt(void);

/* bench_memory */
s64 bench_free_bytes(void);
bool bench_fits(const struct bench_load *load);

/* The sets. */
int bench_demo_run(struct bench_effort effort);
int bench_insn_run(struct bench_effort effort, struct bench_sizes sizes);
int bench_full_run(struct bench_effort effort, struct bench_sizes sizes, bool cross_only);
int bench_typed_run(struct bench_effort effort, struct bench_sizes sizes);
int bench_burst_run(struct bench_effort effort, struct bench_sizes sizes);
int bench_load_run(const struct bench_saw *saw);
void bench_load_end(void);

/* Is @size among those asked for, or were none asked for? */
bool bench_is_wanted(struct bench_sizes sizes, unsigned int size);

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
