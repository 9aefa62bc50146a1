// SPDX-License-Identifier: GPL-2.0
/* The letters of the parameter debug. */
#include <linux/errno.h>
#include <linux/string.h>

#include "../zpool_debug.h"
#include "common.h"

#define BOTH	(ZPOOL_DEBUG_MOVE | ZPOOL_DEBUG_SITES)

static const struct {
	const char *text;
	unsigned int debug;
	const char *printed;
} good[] = {
	{ "", 0, "\n" },
	{ "\n", 0, "\n" },
	{ "M", ZPOOL_DEBUG_MOVE, "M\n" },
	{ "U\n", ZPOOL_DEBUG_SITES, "U\n" },
	{ "MU", BOTH, "MU\n" },
	{ "UM", BOTH, "MU\n" },
	{ "UMU\n", BOTH, "MU\n" },
	{ "M\nX", ZPOOL_DEBUG_MOVE, "M\n" },
};

static void letters_are_parsed_and_printed(struct kunit *test)
{
	unsigned int i, debug;
	char text[8];

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		debug = ~0U;
		KUNIT_EXPECT_EQ(test, zpool_debug_parse(good[i].text, &debug), 0);
		KUNIT_EXPECT_EQ_MSG(test, debug, good[i].debug, "case %u", i);
		KUNIT_EXPECT_EQ(test, zpool_debug_print(text, debug), (int)strlen(good[i].printed));
		KUNIT_EXPECT_STREQ(test, text, good[i].printed);
	}
}

/* One report, and all stays as it was. */
static void other_letters_are_refused(struct kunit *test)
{
	static const char *const bad[] = { "X", "m", "MX", "UMx\n", " ", "M U", "1" };
	unsigned int i, debug = 77;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_REPORTS(test, 1, err = zpool_debug_parse(bad[i], &debug));
		KUNIT_EXPECT_EQ_MSG(test, err, -EINVAL, "case %u", i);
		KUNIT_EXPECT_EQ(test, debug, 77U);
	}
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(letters_are_parsed_and_printed),
	KUNIT_CASE(other_letters_are_refused),
	{}
};

static struct kunit_suite debug_suite = {
	.name = "zpool_debug",
	.test_cases = debug_cases,
};

kunit_test_suite(debug_suite);
