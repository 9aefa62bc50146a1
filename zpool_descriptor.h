/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors: what a handle stands for, in memory that stays memory of
 * descriptors. A handle is a number, of which the upper half is a generation and
 * the lower the index of a descriptor; each time that an object is freed, its
 * descriptor gets another generation, so that a stale handle is told from the one
 * that came after it. No number, however wrong, leads anywhere else.
 *
 * Rejected: the descriptor's address as the handle (what is no handle would be
 * followed, and its memory could never go back).
 *
 * Called by the handle layer.
 */
#ifndef _KZPOOL_DESCRIPTOR_H
#define _KZPOOL_DESCRIPTOR_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/*
 * The word that pin, unpin, free and the compactor agree upon:
 *
 *   bit 0           which of the addresses holds
 *   bit 1           there is no object
 *   bits 2 to 31    pins
 *   bits 32 to 63   counts pins and frees, so that who copied without a lock
 *                   knows whether anybody was there meanwhile
 */
#define ZPOOL_SLOT		1ULL
#define ZPOOL_DEAD		2ULL
#define ZPOOL_PIN		4ULL
#define ZPOOL_PINS		0xfffffffcULL
#define ZPOOL_SEQ		(1ULL << 32)

struct zpool_descriptor {
	atomic64_t word;
	unsigned long handle;		/* the present one; 0 for the one that no handle has */
	void *address[2];
} __aligned(32);
static_assert(sizeof(struct zpool_descriptor) == 32);	/* a power of two: see zpool_descriptor_in() */

/* An index is the number of a chunk and the offset in it. */
#define ZPOOL_CHUNK_SHIFT	12
#define ZPOOL_CHUNK_BYTES	(1UL << ZPOOL_CHUNK_SHIFT)
#define ZPOOL_CHUNK_DESCRIPTORS	(ZPOOL_CHUNK_BYTES / sizeof(struct zpool_descriptor))
#define ZPOOL_INDEX_BITS	(BITS_PER_LONG == 64 ? 32 : 24)
#define ZPOOL_GENERATION	(1UL << ZPOOL_INDEX_BITS)	/* from one handle to the next */

/*
 * Where the chunks are. It grows by being replaced. One that has gone has a chunk
 * of nobody in its place, so that what is looked up is a descriptor in any case.
 */
struct zpool_directory {
	u32 nr;
	struct zpool_descriptor *chunks[];
};

extern struct zpool_directory *zpool_directory;

unsigned long zpool_descriptor_stop(void);
void zpool_descriptor_trim(void);
u32 zpool_descriptor_get(gfp_t gfp);
u32 *zpool_descriptor_size(u32 index);
void zpool_descriptor_put(u32 index);

/*
 * The lookup is in the fast path of pin and unpin, so what may be old is read by
 * plain loads: nothing follows from it but that the handle is stale.
 */

/* Was there ever a descriptor of this index? */
static __always_inline bool zpool_descriptor_exists(const struct zpool_directory *dir, u32 index)
{
	return index >> ZPOOL_CHUNK_SHIFT < data_race(dir->nr);
}

/* The descriptor of an index that exists; of a stale or made-up one, any. */
static __always_inline struct zpool_descriptor *
zpool_descriptor_in(const struct zpool_directory *dir, u32 index)
{
	return (void *)READ_ONCE(dir->chunks[index >> ZPOOL_CHUNK_SHIFT]) +
	       (index & (ZPOOL_CHUNK_BYTES - sizeof(struct zpool_descriptor)));
}

static inline struct zpool_descriptor *zpool_descriptor_at(u32 index)
{
	return zpool_descriptor_in(rcu_dereference_raw(zpool_directory), index);
}

#endif /* _KZPOOL_DESCRIPTOR_H */
