/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that are moved by a callback, and their owners. Each owner has one
 * object, knows where it is, and looks at it under a lock of its own only; the
 * callback finds the owner by the first word of the object and answers at random,
 * but never a lie: what is done, is, and what is unknown was not given away.
 */
#ifndef _OWNED_H
#define _OWNED_H

#include "model.h"

struct owned;

/* For zpool_cache_set_move(), with the type as @arg. */
enum zpool_move owned_move(void *old, void *new, size_t size, void *arg);

void owned_alloc(struct model *m);

/* Verify, perhaps write, perhaps say that it may be asked for again. False: it is gone. */
bool owned_use(struct owned *w);

/* The end of an owner. Return: its object, to be freed; NULL if an answer did that. */
void *owned_release(struct owned *w);

/* The same, and free it after a grace period. */
void owned_free_by_rcu(struct model_object *o);

#endif /* _OWNED_H */
