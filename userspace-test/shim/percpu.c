// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU areas: first a copy of the linker section with the templates, then
 * room for dynamic data, handed out in units of a cache line.
 */
#include <sanitizer/asan_interface.h>

#include "shim.h"

#define STATIC_BYTES	32768UL
#define UNIT		64UL
#define NR_UNITS	1024UL

extern char __start_shim_templates[], __stop_shim_templates[];

struct area {
	char fixed[STATIC_BYTES];
	char dynamic[NR_UNITS * UNIT];
} __aligned(UNIT);

static struct area areas[NR_CPUS];
static u16 nr_units[NR_UNITS];		/* of the piece that begins here */
static DECLARE_BITMAP(used, NR_UNITS);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *shim_percpu(const void *place, int cpu)
{
	return (char *)&areas[cpu] + ((uintptr_t)place - (uintptr_t)__start_shim_templates);
}

static __attribute__((constructor)) void copy_templates(void)
{
	size_t bytes = __stop_shim_templates - __start_shim_templates;
	int cpu;

	if (bytes > STATIC_BYTES)
		shim_bug("%zu bytes of per-CPU data", bytes);
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		memcpy(areas[cpu].fixed, __start_shim_templates, bytes);
		ASAN_POISON_MEMORY_REGION(areas[cpu].dynamic, sizeof(areas[cpu].dynamic));
	}
}

static unsigned long find_units(unsigned int nr)
{
	unsigned long first = 0, i;

	for (i = 0; i < NR_UNITS && i - first < nr; i++)
		if (test_bit(i, used))
			first = i + 1;
	return i - first == nr ? first : NR_UNITS;
}

void *shim_alloc_percpu(size_t size)
{
	unsigned int nr = DIV_ROUND_UP(size, UNIT);
	unsigned long first;
	int cpu;

	shim_assert_may_alloc(GFP_KERNEL, "alloc_percpu");
	if (shim_fails(SHIM_PERCPU, GFP_KERNEL))
		return NULL;
	pthread_mutex_lock(&lock);
	first = find_units(nr);
	if (first == NR_UNITS)
		shim_bug("no per-CPU memory left");
	bitmap_set(used, first, nr);
	nr_units[first] = nr;
	pthread_mutex_unlock(&lock);
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		ASAN_UNPOISON_MEMORY_REGION(areas[cpu].dynamic + first * UNIT, size);
		memset(areas[cpu].dynamic + first * UNIT, 0, size);
	}
	shim_usage_add(&shim_out.percpu, 1);
	return (void *)((uintptr_t)__start_shim_templates + STATIC_BYTES + first * UNIT);
}

void free_percpu(void *place)
{
	unsigned long first = ((uintptr_t)place - (uintptr_t)__start_shim_templates -
			       STATIC_BYTES) / UNIT;
	int cpu;

	shim_assert_unlocked("free_percpu");
	if (!place)
		return;
	pthread_mutex_lock(&lock);
	if (first >= NR_UNITS || !nr_units[first])
		shim_bug("free_percpu of %p", place);
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		ASAN_POISON_MEMORY_REGION(areas[cpu].dynamic + first * UNIT,
					  nr_units[first] * UNIT);
	while (nr_units[first]) {
		__clear_bit(first + nr_units[first] - 1, used);
		nr_units[first]--;
	}
	pthread_mutex_unlock(&lock);
	shim_usage_add(&shim_out.percpu, -1);
}
