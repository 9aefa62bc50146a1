// SPDX-License-Identifier: GPL-2.0
/* Runs the suites of kunit/ in userspace: one line for each case. */
#include <kunit/test.h>

#include "tap.h"
#include "world.h"

static struct kunit_suite *suites;

/* In order of registration, which is that of linking. */
void shim_kunit_register(struct kunit_suite *suite)
{
	struct kunit_suite **end = &suites;

	while (*end)
		end = &(*end)->next;
	*end = suite;
}

void shim_kunit_check(struct kunit *test, bool ok, bool fatal, const char *file,
		      int line, const char *what, long long left, long long right,
		      const char *fmt, ...)
{
	va_list args;

	if (ok)
		return;
	test->failed = true;
	printf("# %s:%d: %s: %lld and %lld", file, line, what, left, right);
	if (fmt) {
		printf(": ");
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
	}
	printf("\n");
	if (fatal)
		longjmp(test->abort, 1);
}

static void run(struct kunit_suite *suite, struct kunit *test,
		void (*body)(struct kunit *test))
{
	if (suite->init && suite->init(test)) {
		test->failed = true;
		return;
	}
	if (!setjmp(test->abort))
		body(test);
	if (suite->exit && !setjmp(test->abort))
		suite->exit(test);
}

static void run_case(struct kunit_suite *suite, const struct kunit_case *c)
{
	struct kunit test = { .name = c->name };
	char desc[KUNIT_PARAM_DESC_SIZE] = "";

	if (c->generate_params)
		while ((test.param_value = c->generate_params(test.param_value, desc)))
			run(suite, &test, c->run_case);
	else
		run(suite, &test, c->run_case);
	tap_ok(!test.failed, "%s.%s%s", suite->name, c->name,
	       test.skipped ? " # SKIP" : "");
}

static void run_suite(struct kunit_suite *suite)
{
	const struct kunit_case *c;

	if (suite->suite_init && suite->suite_init(suite)) {
		tap_ok(false, "%s: suite_init", suite->name);
		return;
	}
	for (c = suite->test_cases; c->run_case; c++)
		run_case(suite, c);
	if (suite->suite_exit)
		suite->suite_exit(suite);
}

int main(void)
{
	struct kunit_suite *suite;
	const char *leaks;

	if (world_start(WORLD_BUDGET))
		shim_bug("no memory to start with");
	for (suite = suites; suite; suite = suite->next)
		run_suite(suite);
	world_stop();
	leaks = world_leaks();
	tap_ok(!leaks, "nothing left after the suites%s%s", leaks ? ": " : "", leaks ?: "");
	return tap_end();
}
