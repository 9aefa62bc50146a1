/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reference model: it does random calls and knows of each live object where
 * it is, how large, and each byte in it. What the allocator hands out must be
 * nobody else's, aligned, constructed or zero, and keep its contents.
 *
 * A model belongs to one thread, with the interrupts and NMIs that come over
 * it: these run steps of their own on the same objects. For that, an object
 * is taken off the table before the allocator sees it, and what is
 * in the allocator's hands is on no table.
 */
#ifndef _MODEL_H
#define _MODEL_H

#include "types.h"

#define MODEL_OBJECTS	1500
#define MODEL_BULK	70		/* more than two batches */
/* Of live objects a thread: some hundred pages of each cache, not all memory. */
#define MODEL_BYTES	(4UL << 20)

enum model_kind {
	MODEL_POOLED,
	MODEL_TYPED,
	MODEL_FOREIGN,
	/* What may move, so that where it is is no property of it. */
	MODEL_HANDLE,
	MODEL_OWNED,
};

struct model_object {
	union {
		u8 *p;
		struct zpool_handle *handle;	/* MODEL_HANDLE */
		struct owned *owned;		/* MODEL_OWNED */
	};
	size_t size;			/* as asked for; 0: there is no object */
	enum model_kind kind;
	struct type *type;	/* MODEL_TYPED and MODEL_OWNED only */
	size_t counted;			/* MODEL_HANDLE that stays: what its class has, 0: none of ours */
	bool stays;			/* MODEL_HANDLE */
	u32 salt;			/* of its contents */
	bool zeroed;			/* every call on it had __GFP_ZERO */
};

struct model {
	struct model_object objects[MODEL_OBJECTS];
	unsigned int nr;
	size_t bytes;
	unsigned long nr_allocs, nr_null;	/* but for those in NMI */

	/* What it is at, for some steps. */
	unsigned int phase;		/* steps left */
	unsigned int growth;		/* so many of ten steps allocate */
	size_t favourite;		/* most objects are that large; 0: none */
};

/* One random call, fit for the context it comes in. */
void model_step(struct model *m);
void model_free_all(struct model *m);

/* Make @object one of @m's; take any away from it. False: there is none. */
bool model_give(struct model *m, const struct model_object *object);
bool model_take(struct model *m, struct model_object *object);
void model_verify(const struct model_object *object);
void model_free(struct model_object *object);

/* Look at an object, write to it, pin it. Return: false when it is gone, by its owner's answer. */
bool model_use(struct model *m, struct model_object *object);

/* As model_free(), but the caller is to call the allocator. */
void model_release(struct model_object *object);

/* For the calls: what became of an object that is new, or moved, or waits for its end. */
void model_accept(struct model_object *object, gfp_t gfp);
void model_readopt(struct model_object *object, const struct model_object *old, gfp_t gfp);
void model_find_kind(struct model_object *object);
void model_count(struct model_object *object, bool in_use);
bool model_is_constructed(const struct model_object *object);
size_t model_constructed_bytes(const struct model_object *object);

/* For the kinds: model_handle.c and owned.c. */
void model_fill(u8 *p, size_t size, u32 salt);
void model_verify_bytes(const u8 *p, size_t size, u32 salt);
void model_expect_all(const u8 *p, int byte, size_t from, size_t to, const char *what);
void model_mark(const u8 *p, size_t bytes, bool in_use);
void model_keep(struct model *m, struct model_object *object);
gfp_t model_any_gfp(void);
size_t model_any_size(const struct model *m);
void model_expect_may_fail(gfp_t gfp);

void handle_alloc(struct model *m);
void handle_use(struct model *m, struct model_object *o);
void handle_free(struct model_object *o);
bool handle_misuse(struct model *m, struct model_object *o);

/* With a chaos that has it: an interrupt or NMI that does some steps of @m. */
void model_interrupt(void *m);

#endif /* _MODEL_H */
