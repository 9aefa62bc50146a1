// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors in chunks: see zpool_descriptor.h.
 *
 * A chunk goes back when none of its descriptors has an object. Then no handle
 * that holds leads there; but a stale one may be on its way at this very moment,
 * and readers mark nothing. RCU-tasks waits until every task has been scheduled
 * by its own will: none is on its way then.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "zpool_budget.h"
#include "zpool_defer.h"
#include "zpool_descriptor.h"

/* What a chunk may give back. */
struct memory {
	struct zpool_descriptor *descriptors;
	u32 *sizes;				/* as asked for; of a spare one, the next's index */
};

#define MEMORY_BYTES	(ZPOOL_CHUNK_BYTES + ZPOOL_CHUNK_DESCRIPTORS * sizeof(u32))

/* What is known of a chunk; stays when its memory goes. All under lock. */
struct chunk {
	struct list_head list;			/* with_spare, or without_memory */
	struct memory memory;
	u32 number;
	u32 nr_spare;
	u32 first_spare;			/* index; the others follow by sizes */
	unsigned long generation;		/* of a descriptor there in time to come, at least */
};

static DEFINE_RAW_SPINLOCK(lock);		/* nests in none, has none under it */
static LIST_HEAD(with_spare);			/* those that have nothing else come last */
static LIST_HEAD(without_memory);

/* Dead for ever, and of a generation that no handle has. */
static struct zpool_descriptor nobody[ZPOOL_CHUNK_DESCRIPTORS] = {
	[0 ... ZPOOL_CHUNK_DESCRIPTORS - 1] = { .word = ATOMIC64_INIT(ZPOOL_DEAD) },
};

/* Directories as they were, since somebody may still read one. */
struct directory {
	struct directory *before;
	struct chunk **all;			/* by number */
	u32 capacity;
	struct zpool_directory shown;
};

static struct directory none;
static struct directory *directory = &none;
struct zpool_directory *zpool_directory = &none.shown;

/* Flags that speak of the object. */
#define NOT_FOR_CHUNKS	(__GFP_ZERO | __GFP_THISNODE | __GFP_ACCOUNT | __GFP_DMA | __GFP_DMA32 | \
			 __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_RECLAIMABLE | __GFP_COMP)

#define LEAST_CAPACITY	64U			/* 8192 handles: a directory of 1 KiB */
#define MOST_CHUNKS	(1UL << (ZPOOL_INDEX_BITS - ZPOOL_CHUNK_SHIFT))

static void *alloc_array(size_t bytes, gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	return gfpflags_allow_blocking(gfp) ? kvzalloc(bytes, gfp) : kzalloc(bytes, gfp);
}

static size_t directory_bytes(u32 capacity)
{
	return sizeof(struct directory) +
	       capacity * (sizeof(struct zpool_descriptor *) + sizeof(struct chunk *));
}

static struct directory *create_directory(u32 capacity, gfp_t gfp)
{
	struct directory *dir = alloc_array(directory_bytes(capacity), gfp);

	if (!dir)
		return NULL;
	dir->capacity = capacity;
	dir->all = (struct chunk **)&dir->shown.chunks[capacity];
	zpool_metadata_add(directory_bytes(capacity));
	return dir;
}

static void destroy_directory(struct directory *dir)
{
	zpool_metadata_add(-(long)directory_bytes(dir->capacity));
	kvfree(dir);
}

/* In the place of the one there is. */
static void publish(struct directory *dir)
{
	u32 i, nr = directory->shown.nr;

	lockdep_assert_held(&lock);
	for (i = 0; i < nr; i++) {
		dir->all[i] = directory->all[i];
		dir->shown.chunks[i] = directory->shown.chunks[i];
	}
	for (; i < dir->capacity; i++)
		dir->shown.chunks[i] = nobody;
	dir->shown.nr = nr;
	dir->before = directory;
	directory = dir;
	smp_store_release(&zpool_directory, &dir->shown);
}

/* Return: false without memory for a larger one. */
static bool grow_directory(u32 capacity, gfp_t gfp)
{
	struct directory *dir = create_directory(capacity, gfp);
	unsigned long flags;
	bool is_needed;

	if (!dir)
		return false;
	raw_spin_lock_irqsave(&lock, flags);
	is_needed = directory->capacity < capacity;
	if (is_needed)
		publish(dir);
	raw_spin_unlock_irqrestore(&lock, flags);
	if (!is_needed)
		destroy_directory(dir);
	return true;
}

/* Index of the first descriptor. The very first of all is 0, which none has. */
static u32 first_index(const struct chunk *chunk)
{
	return chunk->number << ZPOOL_CHUNK_SHIFT;
}

static u32 nr_usable(const struct chunk *chunk)
{
	return ZPOOL_CHUNK_DESCRIPTORS - !chunk->number;
}

static u32 *size_in(struct chunk *chunk, u32 index)
{
	return &READ_ONCE(chunk->memory.sizes)[index % ZPOOL_CHUNK_BYTES / sizeof(struct zpool_descriptor)];
}

static void fill(struct chunk *chunk)
{
	u32 i, index = first_index(chunk);

	lockdep_assert_held(&lock);
	chunk->first_spare = 0;
	chunk->nr_spare = nr_usable(chunk);
	for (i = 0; i < ZPOOL_CHUNK_DESCRIPTORS; i++, index += sizeof(struct zpool_descriptor)) {
		struct zpool_descriptor *d = &chunk->memory.descriptors[i];

		atomic64_set(&d->word, ZPOOL_DEAD);
		if (!index)
			continue;
		d->handle = chunk->generation * ZPOOL_GENERATION | index;
		*size_in(chunk, index) = chunk->first_spare;
		chunk->first_spare = index;
	}
}

static u32 next_spare(struct chunk *chunk)
{
	u32 index = chunk->first_spare;

	lockdep_assert_held(&lock);
	chunk->first_spare = *size_in(chunk, index);
	if (!--chunk->nr_spare)
		list_del_init(&chunk->list);
	return index;
}

/*
 * Give the memory to a chunk that has none, or to @fresh.
 *
 * Return: false when the directory has no room for @fresh.
 */
static bool install(struct memory memory, struct chunk **fresh)
{
	struct chunk *chunk;

	lockdep_assert_held(&lock);
	chunk = list_first_entry_or_null(&without_memory, struct chunk, list);
	if (!chunk) {
		if (directory->shown.nr == directory->capacity)
			return false;
		chunk = *fresh;
		*fresh = NULL;
		chunk->number = directory->shown.nr;
		directory->all[chunk->number] = chunk;
		WRITE_ONCE(directory->shown.nr, chunk->number + 1);
	}
	WRITE_ONCE(chunk->memory.sizes, memory.sizes);
	chunk->memory.descriptors = memory.descriptors;
	WRITE_ONCE(directory->shown.chunks[chunk->number], memory.descriptors);
	fill(chunk);
	list_move_tail(&chunk->list, &with_spare);
	return true;
}

static void free_memory(struct memory memory)
{
	kfree(memory.descriptors);
	kfree(memory.sizes);
}

/* Return: false when there is no room for more, as far as @gfp goes. */
static bool add_chunk(gfp_t gfp)
{
	struct memory memory = {
		.descriptors	= kzalloc(ZPOOL_CHUNK_BYTES, gfp),
		.sizes		= kcalloc(ZPOOL_CHUNK_DESCRIPTORS, sizeof(u32), gfp),
	};
	struct chunk *fresh = kzalloc(sizeof(*fresh), gfp);
	bool is_there = false;
	unsigned long flags;
	u32 capacity;

	while (memory.descriptors && memory.sizes && fresh && !is_there) {
		INIT_LIST_HEAD(&fresh->list);
		fresh->generation = 1;
		raw_spin_lock_irqsave(&lock, flags);
		is_there = install(memory, &fresh);
		capacity = directory->capacity;
		raw_spin_unlock_irqrestore(&lock, flags);
		if (is_there)
			break;
		capacity = max(2 * capacity, LEAST_CAPACITY);
		if (capacity > MOST_CHUNKS || !grow_directory(capacity, gfp))
			break;
	}
	if (is_there)
		zpool_metadata_add(MEMORY_BYTES + (fresh ? 0 : sizeof(*fresh)));
	else
		free_memory(memory);
	kfree(fresh);
	return is_there;
}

/**
 * zpool_descriptor_get() - a descriptor without an object
 * @gfp: how memory for more may be had
 *
 * Context: any but NMI, as @gfp allows.
 * Return: its index, or 0.
 */
u32 zpool_descriptor_get(gfp_t gfp)
{
	struct chunk *chunk;
	unsigned long flags;
	u32 index = 0;

	gfp &= ~NOT_FOR_CHUNKS;
	if (!gfpflags_allow_blocking(gfp))
		gfp &= ~__GFP_NOFAIL;
	do {
		raw_spin_lock_irqsave(&lock, flags);
		chunk = list_first_entry_or_null(&with_spare, struct chunk, list);
		if (chunk)
			index = next_spare(chunk);
		raw_spin_unlock_irqrestore(&lock, flags);
	} while (!chunk && zpool_pages_allowed() && add_chunk(gfp));
	return index;
}

/**
 * zpool_descriptor_put() - nobody needs it any more
 * @index: from zpool_descriptor_get()
 *
 * Context: any but NMI.
 */
void zpool_descriptor_put(u32 index)
{
	struct zpool_descriptor *d = zpool_descriptor_at(index);
	struct chunk *chunk;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	chunk = directory->all[index >> ZPOOL_CHUNK_SHIFT];
	*size_in(chunk, index) = chunk->first_spare;
	chunk->first_spare = index;
	/* Only in this order: a stale handle may be the last that had it. */
	chunk->generation = max(chunk->generation, d->handle / ZPOOL_GENERATION);
	if (!chunk->nr_spare++)
		list_add(&chunk->list, &with_spare);
	if (chunk->nr_spare == nr_usable(chunk))
		list_move_tail(&chunk->list, &with_spare);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/**
 * zpool_descriptor_size() - where the size of an object is kept
 * @index: of a descriptor in use
 */
u32 *zpool_descriptor_size(u32 index)
{
	const struct directory *dir = container_of(rcu_dereference_raw(zpool_directory),
						   struct directory, shown);

	return size_in(dir->all[index >> ZPOOL_CHUNK_SHIFT], index);
}

/* One that is kept spares who goes up and down by one. Return: false if there is no other. */
static bool take_memory(struct memory *taken)
{
	struct chunk *last;
	unsigned long flags;
	bool is_taken;

	raw_spin_lock_irqsave(&lock, flags);
	last = list_empty(&with_spare) || list_is_singular(&with_spare) ? NULL :
	       list_last_entry(&with_spare, struct chunk, list);
	is_taken = last && last->nr_spare == nr_usable(last);
	if (is_taken) {
		*taken = last->memory;
		last->memory = (struct memory) {};
		last->nr_spare = 0;
		WRITE_ONCE(directory->shown.chunks[last->number], nobody);
		list_move(&last->list, &without_memory);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return is_taken;
}

/* As many as a grace period is worth. */
#define TRIM_CHUNKS	256

/* Without RCU-tasks, nothing tells when a preempted reader has gone. */
static bool may_trim(void)
{
	return IS_ENABLED(CONFIG_TASKS_RCU) || !IS_ENABLED(CONFIG_PREEMPTION);
}

/* Return: false when that was all. */
static bool trim_some(struct memory *taken)
{
	unsigned int nr = 0, i;

	while (nr < TRIM_CHUNKS && take_memory(&taken[nr]))
		nr++;
	if (!nr)
		return false;
	synchronize_rcu_tasks();
	for (i = 0; i < nr; i++)
		free_memory(taken[i]);
	zpool_metadata_add(-(long)(nr * MEMORY_BYTES));
	return nr == TRIM_CHUNKS;
}

/**
 * zpool_descriptor_trim() - give memory back that has no descriptor in use
 *
 * Context: process; waits for a grace period of RCU-tasks if there is any.
 */
void zpool_descriptor_trim(void)
{
	struct memory *taken;

	if (!may_trim())
		return;
	taken = kmalloc_array(TRIM_CHUNKS, sizeof(*taken), GFP_KERNEL | __GFP_NOWARN);
	while (taken && trim_some(taken))
		;
	kfree(taken);
}

/**
 * zpool_descriptor_stop() - at unload, when nobody has a handle or tries one
 *
 * Return: how many are in use all the same.
 */
unsigned long zpool_descriptor_stop(void)
{
	struct directory *dir = directory, *before;
	unsigned long nr_used = 0;
	u32 i;

	for (i = 0; i < dir->shown.nr; i++) {
		struct chunk *chunk = dir->all[i];

		if (chunk->memory.descriptors) {
			nr_used += nr_usable(chunk) - chunk->nr_spare;
			zpool_metadata_add(-(long)MEMORY_BYTES);
		}
		free_memory(chunk->memory);
		kfree(chunk);
		zpool_metadata_add(-(long)sizeof(*chunk));
	}
	INIT_LIST_HEAD(&with_spare);
	INIT_LIST_HEAD(&without_memory);
	zpool_directory = &none.shown;
	directory = &none;
	for (; dir != &none; dir = before) {
		before = dir->before;
		destroy_directory(dir);
	}
	return nr_used;
}
