// SPDX-License-Identifier: GPL-2.0
/*
 * How many objects of each class make so many bytes.
 *
 * All classes from 256 B on get the same bytes; those below, whose objects are
 * many, a sixteenth of that.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "press.h"

#define LARGE		256
#define LARGE_WEIGHT	16

static unsigned int weight(unsigned int class)
{
	return sizes_class_size(class) < LARGE ? 1 : LARGE_WEIGHT;
}

static unsigned int total_weight(void)
{
	unsigned int class, sum = 0;

	for (class = 0; class < SIZES_NR_CLASSES; class++)
		sum += weight(class);
	return sum;
}

/* Objects of @class, at least one, where all classes are to make @bytes. */
unsigned long press_plan_nr(size_t bytes, unsigned int class)
{
	unsigned long share = (unsigned long)div_u64((u64)bytes * weight(class), total_weight());

	return max(share / sizes_class_size(class), 1UL);
}

/* Of all classes. */
unsigned long press_plan_total(size_t bytes)
{
	unsigned long sum = 0;
	unsigned int class;

	for (class = 0; class < SIZES_NR_CLASSES; class++)
		sum += press_plan_nr(bytes, class);
	return sum;
}
