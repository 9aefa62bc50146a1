/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zpool's core beside the allocators that userspace has, on loads that are known
 * from the literature, in one process.
 *
 *   contenders.c  who takes part, and how libraries are opened
 *   zpool.c       the core's life, and its worker
 *   loads.c       the table of loads, and the random tables they walk
 *   larson.c ...  a load each
 *   players.c     threads that play a load, and the clock
 *   main.c        rounds, rows, the self-test
 *
 * Of a kernel's vocabulary nothing is seen here: see cpu.h for that.
 */
#ifndef _PEERS_H
#define _PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEERS_MOST_PLAYERS	2
#define PEERS_NR_DRAWS		16384U	/* of each random table */

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

void peers_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Contenders. */
struct contender {
	const char *name;
	const char *library;		/* by its soname; NULL: it is in this program */
	void *(*alloc)(size_t size);
	void (*free)(void *obj);
};

extern struct contender peers_contenders[];
extern const unsigned int peers_nr_contenders;

bool peers_is_open(const struct contender *contender);
void peers_open(struct contender *contender);

/* The core. */
void *zpool_peer_alloc(size_t size);
void zpool_peer_free(void *obj);
void zpool_peer_start(void);
const char *zpool_peer_stop(void);	/* what is wrong, or NULL */
void zpool_peer_become_cpu(unsigned int cpu);
void zpool_peer_pass(unsigned int elapsed_ms);
void zpool_peer_start_worker(void);
void zpool_peer_start_harasser(void);
void zpool_peer_stop_thread(void);

/* Loads. */
struct player;

struct play {
	void (*begin)(struct player *player);	/* before the clock; may be NULL, as end */
	void (*work)(struct player *player);
	void (*end)(struct player *player);	/* leaves nothing alive */
	bool is_joint;				/* it takes all players to make a pair */
};

struct load {
	const char *name;
	const struct play *play;
	unsigned int nr_players;
	uint32_t least, most;		/* bytes */
	bool is_log;			/* sizes: as many in each doubling; else all alike */
	unsigned int live;		/* slots of a player, or objects of a batch */
	size_t pairs;			/* of each player in a round */
};

extern const struct load peers_loads[];
extern const unsigned int peers_nr_loads;
extern uint32_t peers_sizes[PEERS_NR_DRAWS];
extern uint32_t peers_draws[PEERS_NR_DRAWS];

void peers_draw(const struct load *load);

extern const struct play peers_larson, peers_xmalloc, peers_mstress, peers_sh8, peers_alloc_test,
			 peers_tokio, peers_tokio_memset;

/* One thread, or several in turn, that play a load on one CPU. */
struct player {
	unsigned int nr;
	const struct load *load;
	const struct contender *contender;
	size_t pairs;
	bool checks;			/* every byte, else one word */
	unsigned int at;		/* in the random tables */
	uint64_t sum;			/* of the words written less those read */
	double waited_ns;		/* of CPU time, for another player */
	void *mine;			/* the load's own */
} __attribute__((aligned(128)));

/* Of a pair of alloc and free. */
struct cost {
	double ns;			/* by the clock on the wall, of one player */
	double cpu_ns;			/* CPU time, system calls as well, waiting not */
	double system_ns;		/* in system calls and faults */
	double faults;			/* of pages */
};

struct cost peers_play(const struct load *load, const struct contender *contender,
		       size_t pairs, bool checks);
double peers_cpu_ns(void);		/* of this thread */
void peers_players_start(void);
void peers_players_stop(void);

/*
 * An object, as its user sees it: written to when it is new, read before it is
 * freed; a word, or with @checks all of it.
 */
void peers_fill(void *obj, size_t size);
void peers_check(const void *obj);

static inline void *peers_get(struct player *player, size_t size)
{
	uint64_t *obj = player->contender->alloc(size);

	if (__builtin_expect(!obj, 0))
		peers_die("%s has no memory", player->contender->name);
	*obj = size;
	player->sum += size;
	if (__builtin_expect(player->checks, 0))
		peers_fill(obj, size);
	return obj;
}

static inline void peers_put(struct player *player, void *obj)
{
	if (__builtin_expect(player->checks, 0))
		peers_check(obj);
	player->sum -= *(uint64_t *)obj;
	player->contender->free(obj);
}

/* The next of the random tables. */
static inline unsigned int peers_next(struct player *player)
{
	return player->at++ % PEERS_NR_DRAWS;
}

#endif /* _PEERS_H */
