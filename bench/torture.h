/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of kzpool_torture share.
 *
 *   context  one of process, softirq and hardirq on one CPU: it has its own
 *            random numbers, its own objects, its own counters, and nobody
 *            else touches them while it runs
 *   object   a descriptor of some allocated memory, or of none
 *   shared   slots through which contexts swap descriptors, on any CPU: what
 *            one has allocated another one frees
 *
 *   torture_main    parameters, start and stop, the verdict
 *   torture_cpu     the thread of a CPU and its interrupts
 *   torture_object  the life of an object, and all that is checked in it
 *   torture_typed   the typed caches
 */
#ifndef _KZPOOL_BENCH_TORTURE_H
#define _KZPOOL_BENCH_TORTURE_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/prandom.h>
#include <linux/timer.h>
#include <linux/types.h>

struct task_struct;
struct zpool_cache;

enum torture_kind {
	TORTURE_POOLED,		/* from zpool_kmalloc() */
	TORTURE_FOREIGN,	/* from the kernel's kmalloc(), freed by zpool */
	TORTURE_TYPED,		/* from a typed cache */
};

struct torture_type {
	const char *name;
	size_t size;
	size_t align;		/* as asked for; 0 = no wish */
	unsigned int flags;
	void (*ctor)(void *obj);
	struct zpool_cache *cache;
};

/* A free object of a type with a constructor holds this byte all over. */
#define TORTURE_CONSTRUCTED	0xc5

struct torture_obj {
	void *ptr;		/* NULL: a descriptor without an object */
	size_t size;		/* as asked for */
	enum torture_kind kind;
	const struct torture_type *type;	/* TORTURE_TYPED only */
	unsigned int cpu;	/* where it was allocated */
	u32 salt;		/* so that two owners of one address differ */
	bool zeroed;		/* what lies past its size must be zero */
};

struct torture_ctx {
	const char *name;
	bool may_sleep;
	struct rnd_state rnd;
	struct torture_obj **objs;
	unsigned int nr_objs;
	u64 ops;
	u64 pooled;		/* objects got from zpool_kmalloc() */
	u64 nulls;		/* allocations that returned NULL: legal */
	u64 remote;		/* objects freed that another CPU allocated */
};

struct torture_cpu {
	unsigned int cpu;
	struct task_struct *task;
	struct completion walked;	/* the thread has been through all classes */
	struct torture_ctx process, softirq, hardirq;
	struct timer_list timer;
	struct hrtimer hrtimer;
	struct torture_obj *descs;	/* outlive the thread: others may hold them */
	struct torture_obj **objs;
};

/* What failed first. */
struct torture_failure {
	const char *what;
	unsigned long ptr;
	size_t size;
	size_t offset;
	unsigned long expected;
	unsigned long found;
	unsigned int cpu;
	const char *context;
};

/* torture_object.c */
void torture_objects_init(u32 seed);
void torture_ctx_init(struct torture_ctx *ctx, const char *name, unsigned int id,
		      struct torture_obj **objs, unsigned int nr_objs);
void torture_step(struct torture_ctx *ctx);
void torture_walk(struct torture_ctx *ctx);
void torture_drain(struct torture_ctx *ctx);
void torture_drain_shared(struct torture_ctx *ctx);
bool torture_has_failed(void);
unsigned int torture_nr_failed(void);
const struct torture_failure *torture_first_failure(void);

/* torture_typed.c */
int torture_types_create(void);
void torture_types_destroy(void);
unsigned int torture_nr_types(void);
const struct torture_type *torture_type(unsigned int nr);
size_t torture_type_align(const struct torture_type *type);

/* torture_cpu.c */
int torture_cpu_init(struct torture_cpu *cpu, unsigned int nr, unsigned int live);
void torture_cpu_fini(struct torture_cpu *cpu);
int torture_cpu_start(struct torture_cpu *cpu);
void torture_cpu_stop(struct torture_cpu *cpu);

#endif /* _KZPOOL_BENCH_TORTURE_H */
