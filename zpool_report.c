// SPDX-License-Identifier: GPL-2.0
/* See zpool_report.h. */
#include "zpool_report.h"

atomic_long_t zpool_reports;
