/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario's run: an allocator with its own life, a clock that moves when an
 * interval ends, and what was seen of it.
 */
#ifndef _SIM_H
#define _SIM_H

#include "../zpool_log.h"
#include "../zpool_sizeclass.h"
#include "shim.h"

#define SIM_MOST_PHASES		6
#define SIM_MOST_INTERVALS	700
#define SIM_INTERVAL_MS		1000U	/* as zpool_policy has it by default */

struct sim_tally {
	unsigned long ops, misses;
};

struct sim_phase {
	const char *name;
	struct sim_tally sum;
};

struct sim_interval {
	unsigned long claimed_before;			/* the pass */
	unsigned long claimed;				/* after it, as what follows */
	unsigned long class_bytes[ZPOOL_NR_CLASSES];	/* that CPUs' magazines can hold */
	struct sim_tally class[ZPOOL_NR_CLASSES];
	u16 decisions[ZPOOL_NR_SIGNALS];
};

struct sim {
	const char *name;
	unsigned long budget;
	struct sim_phase phases[SIM_MOST_PHASES];
	unsigned int nr_phases;
	struct sim_interval intervals[SIM_MOST_INTERVALS];
	unsigned int nr_intervals;

	unsigned long claimed_peak;		/* looked at after every operation */
	unsigned long idle_peak;		/* in magazines and depots, at the ends of intervals */
	bool idle_exceeds_claimed;
	unsigned int decisions[ZPOOL_NR_SIGNALS];
	unsigned int nr_decisions;		/* those that the log lost, too */
	unsigned int reversals;			/* of a change less than a minute old */
	unsigned int settled_reversals;		/* once settled, as crowded */
	unsigned int crowded;			/* changes less than a minute after the last */
	bool is_settled;

	unsigned long held, metadata, raises;	/* at the end */
	const char *broken;
};

/* The one that runs, or ran last. */
extern struct sim sim;

void sim_start(const char *name, unsigned int nr_cpus, unsigned int nr_nodes,
	       unsigned long budget);
void sim_phase(const char *name);
void sim_settled(void);
void sim_end_interval(void);
void sim_note_claimed(void);
void sim_stop(void);

/* What is held now; what CPUs had of a class in the last interval, and ever. */
unsigned long sim_held(void);
struct sim_tally sim_last(size_t size);
struct sim_tally sim_so_far(size_t size);

/* In thousandths; 1000 where nothing happened. */
unsigned int sim_hit_rate(struct sim_tally t);

#endif /* _SIM_H */
