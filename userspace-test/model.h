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

enum model_kind { MODEL_POOLED, MODEL_TYPED, MODEL_FOREIGN };

struct model_object {
	u8 *p;
	size_t size;			/* as asked for */
	enum model_kind kind;
	struct type *type;	/* MODEL_TYPED only */
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

/* As model_free(), but the caller is to call the allocator. */
void model_release(struct model_object *object);

/* With a chaos that has it: an interrupt or NMI that does some steps of @m. */
void model_interrupt(void *m);

#endif /* _MODEL_H */
