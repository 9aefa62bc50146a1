/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: locks on pthread mutexes, with a lockdep in miniature (lock.c): who
 * holds what, in which order classes of locks nest, and that a raw lock is
 * never taken with interrupts on, since interrupts take the same ones.
 */
#ifndef _SHIM_LOCK_H
#define _SHIM_LOCK_H

#include <pthread.h>

#include "cpu.h"

struct shim_thread;

/* All locks that one raw_spin_lock_init() sets up. */
struct shim_lock_class {
	const char *name;
	unsigned int id;	/* from 1, at the first init */
};

typedef struct raw_spinlock {
	pthread_mutex_t mutex;
	struct shim_thread *owner;
	struct shim_lock_class *class;
} raw_spinlock_t;

struct mutex {
	pthread_mutex_t mutex;
	struct shim_thread *owner;
};

#define DEFINE_MUTEX(name)	struct mutex name = { .mutex = PTHREAD_MUTEX_INITIALIZER }

#define DEFINE_RAW_SPINLOCK(name)						\
	raw_spinlock_t name = {							\
		.mutex = PTHREAD_MUTEX_INITIALIZER,				\
		.class = &(struct shim_lock_class) { #name },			\
	}

#define raw_spin_lock_init(lock) do {			\
	static struct shim_lock_class class = { #lock };	\
	shim_lock_init(lock, &class);			\
} while (0)

#define raw_spin_lock_irqsave(lock, flags) do {		\
	(flags) = shim_irq_save();			\
	raw_spin_lock(lock);				\
} while (0)

#define raw_spin_unlock_irqrestore(lock, flags) do {	\
	raw_spin_unlock(lock);				\
	shim_irq_restore(flags);			\
} while (0)

#define lockdep_assert_held(lock)	shim_assert_held(READ_ONCE((lock)->owner), #lock)

void shim_lock_init(raw_spinlock_t *lock, struct shim_lock_class *class);
void raw_spin_lock(raw_spinlock_t *lock);
bool raw_spin_trylock(raw_spinlock_t *lock);
void raw_spin_unlock(raw_spinlock_t *lock);
void mutex_lock(struct mutex *lock);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void shim_assert_held(const struct shim_thread *owner, const char *lock);

/* The rule of zpool_cache.h: @what must not happen under a raw lock. */
void shim_assert_unlocked(const char *what);

/* The lock that was set up by that name was never taken under another. */
void shim_assert_outermost(const char *name);

#endif /* _SHIM_LOCK_H */
