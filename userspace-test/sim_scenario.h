/* SPDX-License-Identifier: GPL-2.0 */
/* What is scripted: each scenario runs from sim_start() to sim_stop() and judges itself. */
#ifndef _SIM_SCENARIO_H
#define _SIM_SCENARIO_H

struct sim_scenario {
	const char *name;
	const char *what;
	void (*run)(const char *name);
	unsigned int nr_lines;		/* classes that its picture shows */
};

extern const struct sim_scenario sim_scenarios[];
extern const unsigned int sim_nr_scenarios;

#endif /* _SIM_SCENARIO_H */
