// SPDX-License-Identifier: GPL-2.0
/*
 * Locks, and the order in which classes of them nest. Once B was taken under
 * A, nobody may take A under B, directly or by way of others: a deadlock that
 * did not happen is found all the same.
 */
#include "shim.h"
#include "thread.h"

#define MAX_CLASSES	16

static bool nests[MAX_CLASSES][MAX_CLASSES];	/* [outer][inner], transitive */
static struct shim_lock_class *classes[MAX_CLASSES];
static unsigned int nr_classes;
static pthread_mutex_t order_lock = PTHREAD_MUTEX_INITIALIZER;

static void register_class(struct shim_lock_class *class)
{
	pthread_mutex_lock(&order_lock);
	if (!class->id) {
		if (++nr_classes == MAX_CLASSES)
			shim_bug("too many classes of locks");
		classes[nr_classes] = class;
		WRITE_ONCE(class->id, nr_classes);
	}
	pthread_mutex_unlock(&order_lock);
}

void shim_lock_init(raw_spinlock_t *lock, struct shim_lock_class *class)
{
	register_class(class);
	pthread_mutex_init(&lock->mutex, NULL);
	lock->owner = NULL;
	lock->class = class;
}

static void learn_order(unsigned int outer, unsigned int inner)
{
	unsigned int a, b;

	if (READ_ONCE(nests[outer][inner]))
		return;
	pthread_mutex_lock(&order_lock);
	if (outer == inner || nests[inner][outer])
		shim_bug("lock order: %s, then %s", classes[outer]->name,
			 classes[inner]->name);
	for (a = 1; a <= nr_classes; a++)
		for (b = 1; b <= nr_classes; b++)
			if ((a == outer || nests[a][outer]) &&
			    (b == inner || nests[inner][b]))
				WRITE_ONCE(nests[a][b], true);
	pthread_mutex_unlock(&order_lock);
}

static void check_lock(const raw_spinlock_t *lock)
{
	unsigned int i;

	if (!lock->class)
		shim_bug("lock %p was never set up", lock);
	if (!READ_ONCE(lock->class->id))	/* by its definition */
		register_class(lock->class);
	if (shim_me.nmi)
		shim_bug("%s taken in NMI", lock->class->name);
	if (!shim_me.irqs_off)
		shim_bug("%s taken with interrupts on", lock->class->name);
	if (shim_me.nr_held == SHIM_MAX_HELD)
		shim_bug("%s: too many locks held", lock->class->name);
	for (i = 0; i < shim_me.nr_held; i++)
		learn_order(shim_me.held[i]->class->id, lock->class->id);
}

static void note_lock(raw_spinlock_t *lock)
{
	WRITE_ONCE(lock->owner, &shim_me);
	shim_me.held[shim_me.nr_held++] = lock;
}

void raw_spin_lock(raw_spinlock_t *lock)
{
	check_lock(lock);
	pthread_mutex_lock(&lock->mutex);
	note_lock(lock);
}

/* A lock that is not waited for must be in order all the same: else it may be waited for later. */
bool raw_spin_trylock(raw_spinlock_t *lock)
{
	check_lock(lock);
	if (pthread_mutex_trylock(&lock->mutex))
		return false;
	note_lock(lock);
	return true;
}

void raw_spin_unlock(raw_spinlock_t *lock)
{
	if (!shim_me.nr_held || shim_me.held[shim_me.nr_held - 1] != lock)
		shim_bug("%s dropped out of turn", lock->class->name);
	shim_me.nr_held--;
	WRITE_ONCE(lock->owner, NULL);
	pthread_mutex_unlock(&lock->mutex);
}

void mutex_lock(struct mutex *lock)
{
	might_sleep();
	shim_assert_no_reclaim("a mutex taken");
	pthread_mutex_lock(&lock->mutex);
	WRITE_ONCE(lock->owner, &shim_me);
	shim_me.nr_mutexes++;
}

bool mutex_trylock(struct mutex *lock)
{
	might_sleep();
	if (pthread_mutex_trylock(&lock->mutex))
		return false;
	WRITE_ONCE(lock->owner, &shim_me);
	shim_me.nr_mutexes++;
	return true;
}

void mutex_unlock(struct mutex *lock)
{
	shim_assert_held(READ_ONCE(lock->owner), "mutex");
	shim_me.nr_mutexes--;
	WRITE_ONCE(lock->owner, NULL);
	pthread_mutex_unlock(&lock->mutex);
}

void shim_assert_held(const struct shim_thread *owner, const char *lock)
{
	if (owner != &shim_me)
		shim_bug("%s is not held", lock);
}

void shim_assert_unlocked(const char *what)
{
	if (shim_me.nr_held)
		shim_bug("%s under %s", what,
			 shim_me.held[shim_me.nr_held - 1]->class->name);
}

void shim_assert_outermost(const char *name)
{
	struct shim_lock_class *lock = NULL;
	unsigned int id;

	for (id = 1; id <= nr_classes; id++)
		if (!strcmp(classes[id]->name, name))
			lock = classes[id];
	if (!lock)
		shim_bug("no lock is called %s", name);
	for (id = 1; id <= nr_classes; id++)
		if (nests[id][lock->id])
			shim_bug("%s was taken under %s", name, classes[id]->name);
}
