// SPDX-License-Identifier: GPL-2.0
/*
 * The simulator: the allocator's own policy, worker and magazines over
 * scripted loads, in simulated time, on one thread. All figures are exact and
 * the same in each run. Prints the tests, then a table; with SVG_DIR set,
 * draws each scenario there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"
#include "sim_scenario.h"
#include "sim_svg.h"
#include "tap.h"

#define ROW_BYTES	512

static void append(char *row, const char *fmt, ...)
{
	size_t length = strlen(row);
	va_list args;

	va_start(args, fmt);
	vsnprintf(row + length, ROW_BYTES - length, fmt, args);
	va_end(args);
}

static void append_decisions(char *row)
{
	const char *comma = " (";
	unsigned int i;

	append(row, " | %u", sim.nr_decisions);
	for (i = 0; i < ZPOOL_NR_SIGNALS; i++) {
		if (!sim.decisions[i])
			continue;
		append(row, "%s%s %u", comma, zpool_signal_name(i), sim.decisions[i]);
		comma = ", ";
	}
	append(row, "%s", sim.nr_decisions ? ")" : "");
}

static void describe(char *row, const struct sim_scenario *scenario)
{
	unsigned int i, rate;

	append(row, "| %s: %s |", scenario->name, scenario->what);
	for (i = 0; i < sim.nr_phases; i++) {
		rate = sim_hit_rate(sim.phases[i].sum);
		if (sim.phases[i].sum.ops)
			append(row, "%s %s %u.%u %%", i ? ";" : "", sim.phases[i].name,
			       rate / 10, rate % 10);
	}
	append(row, " | %lu of %lu", sim.claimed_peak >> 10, sim.budget >> 10);
	append_decisions(row);
	append(row, " | %lu | %u | %lu + %lu |", sim.raises, sim.reversals, sim.held >> 10,
	       sim.metadata >> 10);
}

int main(void)
{
	char (*rows)[ROW_BYTES] = calloc(sim_nr_scenarios, ROW_BYTES);
	const char *dir = getenv("SVG_DIR");
	unsigned int i;

	shim_leave_pages = true;
	for (i = 0; i < sim_nr_scenarios; i++) {
		sim_scenarios[i].run(sim_scenarios[i].name);
		describe(rows[i], &sim_scenarios[i]);
		if (dir)
			sim_svg_write(dir, &sim_scenarios[i]);
	}
	printf("| scenario | hits | KiB claimed, at most | decisions | raises | reversals |"
	       " KiB held + metadata in the end |\n");
	printf("|---|---|---|---|---|---|---|\n");
	for (i = 0; i < sim_nr_scenarios; i++)
		printf("%s\n", rows[i]);
	free(rows);
	return tap_end();
}
