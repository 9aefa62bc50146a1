/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of kzpool_torture share.
 *
 *   context    who calls zpool: on each CPU a thread, a section of it that
 *              must not sleep, a softirq and a hardirq; and each extra thread.
 *              It has its own random numbers, its own objects and its own
 *              counters, and nobody else touches them while it runs
 *   object     a descriptor of some allocated memory, or of none
 *   operation  one call or a few of zpool's, on the objects of a context
 *   shared     slots through which contexts swap descriptors, on any CPU: what
 *              one has allocated another one frees
 *   extra      a thread beside those of the CPUs, which disturbs them: takes
 *              CPUs away, reads statistics, changes parameters
 *
 *   torture_main      parameters, start and stop
 *   torture_verdict   what failed first, the sums, the line at the end
 *   torture_cpu       the thread of a CPU and its interrupts
 *   torture_ops       the table of operations, and a step: a random one
 *   torture_object    operations on one object
 *   torture_bulk      operations on many at once
 *   torture_rcu       operations on objects that are read while they are freed
 *   torture_handles   operations on handles
 *   torture_movers    extras: objects that their owner moves; compaction
 *   torture_check     patterns, and all that is checked in an object
 *   torture_typed     the typed caches
 *   torture_extra     the table of extra threads
 *   torture_hotplug   an extra: CPUs that go and come back
 *   torture_readers   an extra: who reads the statistics
 *   torture_params    an extra: who changes parameters
 *   torture_caches    an extra: typed caches that come and go
 *   torture_files     files as a thread of the kernel reads and writes them
 *
 * A new operation is a line in the table of torture_ops, a new extra thread a
 * line in the table of torture_extra.
 */
#ifndef _KZPOOL_BENCH_TORTURE_H
#define _KZPOOL_BENCH_TORTURE_H

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/prandom.h>
#include <linux/types.h>

struct zpool_cache;
struct zpool_handle;

enum torture_place {
	TORTURE_PROCESS,	/* the thread of a CPU */
	TORTURE_ATOMIC,		/* the same thread where it must not sleep */
	TORTURE_SOFTIRQ,
	TORTURE_HARDIRQ,
	TORTURE_EXTRA,		/* a thread on any CPU; those above are of one CPU each */
	TORTURE_NR_PLACES
};

enum torture_kind {
	TORTURE_NOTHING,	/* a descriptor without an object */
	TORTURE_POOLED,		/* from the kmalloc family of zpool */
	TORTURE_FOREIGN,	/* from the kernel's kmalloc(), freed by zpool */
	TORTURE_TYPED,		/* from a typed cache */
	TORTURE_HANDLE,		/* behind a handle: where it is may change */
	TORTURE_NR_KINDS
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
	void *ptr;		/* NULL: all that follows means nothing; of a handle, where it was */
	size_t size;		/* as asked for */
	enum torture_kind kind;
	const struct torture_type *type;	/* TORTURE_TYPED only */
	struct zpool_handle *handle;		/* TORTURE_HANDLE only */
	unsigned int cpu;	/* where it was allocated */
	u32 salt;		/* so that two owners of one address differ */
	bool zeroed;		/* what lies past its size must be zero */
};

/* Operations that the table may have; objects in one call of a bulk function. */
#define TORTURE_MAX_OPS		32
#define TORTURE_MAX_BULK	576

struct torture_ctx {
	enum torture_place place;
	struct rnd_state rnd;
	struct torture_obj **objs;
	unsigned int nr_objs;
	u64 ops;
	u64 pooled;		/* objects got from the kmalloc family of zpool */
	u64 nulls;		/* allocations that returned NULL: legal */
	u64 remote;		/* objects freed that another CPU allocated */
	u64 moved;		/* handles found elsewhere than the last time */
	u32 done[TORTURE_MAX_OPS];	/* by operation */
	struct torture_obj *bulk[TORTURE_MAX_BULK];
	void *ptrs[TORTURE_MAX_BULK];
};

/* An operation: on *@slot, which holds what the table says, or on others of @ctx. */
typedef void torture_op_t(struct torture_ctx *ctx, struct torture_obj **slot);

static inline enum torture_kind torture_kind_of(const struct torture_obj *obj)
{
	return obj->ptr ? obj->kind : TORTURE_NOTHING;
}

static inline bool torture_may_sleep(const struct torture_ctx *ctx)
{
	return ctx->place == TORTURE_PROCESS || ctx->place == TORTURE_EXTRA;
}

/* torture_verdict.c */
void torture_fail(const struct torture_ctx *ctx, const struct torture_obj *obj,
		  const char *what, size_t offset, unsigned long expected,
		  unsigned long found);
bool torture_has_failed(void);
int torture_verdict(u32 seed, unsigned int seconds);

/* torture_check.c */
void torture_check_init(u32 seed);
void torture_fill(struct torture_ctx *ctx, struct torture_obj *obj);
bool torture_check_pattern(const struct torture_ctx *ctx, const struct torture_obj *obj,
			   const void *ptr, size_t size, const char *what);
bool torture_check_owned(struct torture_ctx *ctx, struct torture_obj *obj);
bool torture_check_filled(const struct torture_ctx *ctx, const struct torture_obj *obj,
			  size_t from, u8 byte, const char *what);
bool torture_check_align(const struct torture_ctx *ctx, const struct torture_obj *obj);
bool torture_check_new(const struct torture_ctx *ctx, const struct torture_obj *obj);
bool torture_check_node(const struct torture_ctx *ctx, const struct torture_obj *obj,
			gfp_t gfp, int node);

/* torture_object.c */
gfp_t torture_gfp(struct torture_ctx *ctx);
size_t torture_size(struct torture_ctx *ctx);
const struct torture_type *torture_any_type(struct torture_ctx *ctx);
bool torture_adopt(struct torture_ctx *ctx, struct torture_obj *obj, void *ptr, gfp_t gfp);
bool torture_disown(struct torture_ctx *ctx, struct torture_obj *obj);
void torture_alloc_sized(struct torture_ctx *ctx, struct torture_obj *obj, size_t size,
			 gfp_t gfp);
void torture_alloc_typed(struct torture_ctx *ctx, struct torture_obj *obj,
			 const struct torture_type *type, gfp_t gfp);
void torture_free_obj(struct torture_ctx *ctx, struct torture_obj *obj);
torture_op_t torture_kmalloc, torture_kcalloc, torture_kmalloc_node, torture_cache_alloc;
torture_op_t torture_cache_alloc_node, torture_foreign, torture_kfree, torture_kfree_rcu;
torture_op_t torture_krealloc, torture_ksize;

/* torture_bulk.c */
torture_op_t torture_alloc_bulk, torture_free_bulk, torture_burst;
torture_op_t torture_cache_alloc_bulk, torture_cache_free_bulk;

/* torture_rcu.c */
torture_op_t torture_rcu_read, torture_rcu_replace;
void torture_rcu_drain(struct torture_ctx *ctx);

/* torture_handles.c */
bool torture_handle_pin(struct torture_ctx *ctx, struct torture_obj *obj);
void torture_handle_unpin(const struct torture_obj *obj);
void torture_handle_free(struct torture_obj *obj);
torture_op_t torture_handle_alloc, torture_handle_use;

/* torture_movers.c */
void torture_movers_step(struct torture_ctx *ctx);
void torture_movers_finish(struct torture_ctx *ctx);
int torture_compact_prepare(void);
void torture_compact_step(struct torture_ctx *ctx);

/* torture_ops.c */
void torture_ops_init(u32 seed);
void torture_ctx_init(struct torture_ctx *ctx, enum torture_place place, unsigned int id,
		      struct torture_obj **objs, unsigned int nr_objs);
void torture_step(struct torture_ctx *ctx);
void torture_walk(struct torture_ctx *ctx);
void torture_drain(struct torture_ctx *ctx);
void torture_drain_shared(struct torture_ctx *ctx);
unsigned int torture_nr_ops(void);
const char *torture_op_name(unsigned int nr);

/* torture_typed.c */
int torture_type_create(struct torture_type *type);
void torture_type_destroy(struct torture_type *type);
int torture_types_create(void);
void torture_types_destroy(void);
unsigned int torture_nr_types(void);
const struct torture_type *torture_type(unsigned int nr);
size_t torture_type_align(const struct torture_type *type);

/* torture_cpu.c */
int torture_cpus_create(unsigned int live);
void torture_cpus_destroy(void);
int torture_cpus_start(void);
void torture_cpus_stop(void);
struct torture_ctx *torture_cpu_ctx(unsigned int cpu, enum torture_place place);

/* torture_extra.c */
int torture_extras_check(void);
int torture_extras_start(void);
void torture_extras_stop(void);
void torture_extras_destroy(void);
bool torture_extras_are_done(void);
void torture_extras_print(char *buf, size_t size);
bool torture_pause(unsigned int ms);

/* torture_hotplug.c */
int torture_hotplug_prepare(void);
void torture_hotplug_step(struct torture_ctx *ctx);
void torture_hotplug_finish(struct torture_ctx *ctx);

/* torture_readers.c */
int torture_readers_prepare(void);
void torture_readers_step(struct torture_ctx *ctx);

/* torture_params.c */
int torture_params_prepare(void);
void torture_params_step(struct torture_ctx *ctx);
void torture_params_finish(struct torture_ctx *ctx);

/* torture_caches.c */
void torture_caches_step(struct torture_ctx *ctx);

/* torture_files.c */
#define TORTURE_DEBUGFS	"/sys/kernel/debug/kzpool/"

void torture_files_init(void);
ssize_t torture_file_read(const char *path, char *buf, size_t size, size_t chunk);
int torture_file_write(const char *path, const char *text);
int torture_file_exists(const char *path);
bool torture_file_is_excused(int err);

#endif /* _KZPOOL_BENCH_TORTURE_H */
