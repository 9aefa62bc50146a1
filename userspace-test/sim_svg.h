/* SPDX-License-Identifier: GPL-2.0 */
/* A picture of the scenario that ran last: capacity over time, and what was decided. */
#ifndef _SIM_SVG_H
#define _SIM_SVG_H

#include "sim_scenario.h"

void sim_svg_write(const char *dir, const struct sim_scenario *scenario);

#endif /* _SIM_SVG_H */
