// SPDX-License-Identifier: GPL-2.0
/*
 * Messages are kept, the last ones of them, and shown when a test fails: most
 * are reports of misuse that the test meant. With V=1 all are shown at once.
 */
#include <pthread.h>
#include <stdlib.h>

#include "shim.h"

#define NR_LINES	40
#define LINE_BYTES	256

static char lines[NR_LINES][LINE_BYTES];
static unsigned long nr_lines;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void shim_printk(const char *fmt, ...)
{
	va_list args;
	char *line;

	shim_assert_unlocked("printk");
	pthread_mutex_lock(&lock);
	line = lines[nr_lines++ % NR_LINES];
	va_start(args, fmt);
	vsnprintf(line, LINE_BYTES, fmt, args);
	va_end(args);
	if (getenv("V"))
		printf("# %s", line);
	pthread_mutex_unlock(&lock);
}

void shim_log_dump(void)
{
	unsigned long i = nr_lines > NR_LINES ? nr_lines - NR_LINES : 0;

	for (; i < nr_lines; i++)
		printf("# log: %s", lines[i % NR_LINES]);
}

/* UBSan alone has none. */
__attribute__((weak)) void __sanitizer_print_stack_trace(void);

/* What a kernel would die of, or should. */
void shim_bug(const char *fmt, ...)
{
	const char *prefix = getenv("TAP_PREFIX");
	va_list args;

	shim_log_dump();
	printf("not ok - %s%s", prefix ?: "", prefix ? ": " : "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	if (__sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	_Exit(1);
}
