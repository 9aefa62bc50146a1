// SPDX-License-Identifier: GPL-2.0
/* See tap.h. $TAP_PREFIX tells builds and programs apart. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim.h"
#include "tap.h"

static unsigned int nr_done, nr_failed;

bool tap_ok(bool ok, const char *fmt, ...)
{
	const char *prefix = getenv("TAP_PREFIX");
	va_list args;

	if (!ok) {
		nr_failed++;
		shim_log_dump();
	}
	printf("%s %u - %s%s", ok ? "ok" : "not ok", ++nr_done, prefix ?: "",
	       prefix ? ": " : "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return ok;
}

int tap_end(void)
{
	printf("1..%u\n", nr_done);
	return nr_failed || !nr_done;
}
