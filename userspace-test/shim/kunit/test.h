/* SPDX-License-Identifier: GPL-2.0 */
/*
 * REAL: as much of KUnit as the suites in kunit/ use, so that the same bodies
 * run here and in a kernel. A suite registers itself before main(); kunit.c
 * runs them. A failed ASSERT leaves the case at once, the exit hook runs.
 */
#ifndef _SHIM_KUNIT_TEST_H
#define _SHIM_KUNIT_TEST_H

#include <linux/printk.h>
#include <setjmp.h>

struct kunit {
	const char *name;
	void *priv;
	const void *param_value;
	bool failed;
	bool skipped;
	jmp_buf abort;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	/* Returns the parameter after @prev and describes it, or NULL. */
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_PARAM_DESC_SIZE	128
#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn)		KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen)	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(id, array, describe)					\
static const void *id##_gen_params(const void *prev, char *desc)		\
{										\
	const __typeof__((array)[0]) *next = prev;				\
	void (*tell)(__typeof__(next), char *) = describe;			\
										\
	next = next ? next + 1 : array;						\
	if (next == (array) + ARRAY_SIZE(array))				\
		return NULL;							\
	if (tell)								\
		tell(next, desc);						\
	return next;								\
}

#define kunit_test_suite(suite)							\
static __attribute__((constructor)) void register_##suite(void)			\
{										\
	shim_kunit_register(&(suite));						\
}

void shim_kunit_register(struct kunit_suite *suite);
void shim_kunit_check(struct kunit *test, bool ok, bool fatal, const char *file,
		      int line, const char *what, long long left, long long right,
		      const char *fmt, ...);

#define kunit_info(test, ...)		shim_printk(__VA_ARGS__)
#define kunit_skip(test, ...) do {						\
	(test)->skipped = true;							\
	longjmp((test)->abort, 1);						\
} while (0)

/* The conditions. */
#define SHIM_TRUTH(test, fatal, condition, want, ...) do {			\
	bool _is = !!(condition);						\
										\
	shim_kunit_check(test, _is == (want), fatal, __FILE__, __LINE__,	\
			 #condition, _is, want, __VA_ARGS__);			\
} while (0)

#define SHIM_COMPARE(test, fatal, left, op, right, ...) do {			\
	__auto_type _left = (left);						\
	__auto_type _right = (right);						\
										\
	shim_kunit_check(test, _left op _right, fatal, __FILE__, __LINE__,	\
			 #left " " #op " " #right, (long long)_left,		\
			 (long long)_right, __VA_ARGS__);			\
} while (0)

#define SHIM_POINTER(test, fatal, left, op, right, ...)				\
	SHIM_COMPARE(test, fatal, (const void *)(left), op,			\
		     (const void *)(right), __VA_ARGS__)

#define KUNIT_EXPECT_TRUE_MSG(t, c, ...)	SHIM_TRUTH(t, false, c, true, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, c, ...)	SHIM_TRUTH(t, false, c, false, __VA_ARGS__)
#define KUNIT_EXPECT_NULL_MSG(t, p, ...)	SHIM_POINTER(t, false, p, ==, NULL, __VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL_MSG(t, p, ...)	SHIM_POINTER(t, false, p, !=, NULL, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ_MSG(t, l, r, ...)	SHIM_POINTER(t, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE_MSG(t, l, r, ...)	SHIM_POINTER(t, false, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, <, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, <=, r, __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, >, r, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(t, l, r, ...)	SHIM_COMPARE(t, false, l, >=, r, __VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(t, l, r, ...)	SHIM_TRUTH(t, false, !strcmp(l, r), true, __VA_ARGS__)
#define KUNIT_FAIL(t, ...)			SHIM_TRUTH(t, false, false, true, __VA_ARGS__)

#define KUNIT_ASSERT_TRUE_MSG(t, c, ...)	SHIM_TRUTH(t, true, c, true, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(t, c, ...)	SHIM_TRUTH(t, true, c, false, __VA_ARGS__)
#define KUNIT_ASSERT_NULL_MSG(t, p, ...)	SHIM_POINTER(t, true, p, ==, NULL, __VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL_MSG(t, p, ...)	SHIM_POINTER(t, true, p, !=, NULL, __VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ_MSG(t, l, r, ...)	SHIM_POINTER(t, true, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE_MSG(t, l, r, ...)	SHIM_POINTER(t, true, l, !=, r, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_NE_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, !=, r, __VA_ARGS__)
#define KUNIT_ASSERT_LT_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, <, r, __VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, <=, r, __VA_ARGS__)
#define KUNIT_ASSERT_GT_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, >, r, __VA_ARGS__)
#define KUNIT_ASSERT_GE_MSG(t, l, r, ...)	SHIM_COMPARE(t, true, l, >=, r, __VA_ARGS__)
#define KUNIT_ASSERT_STREQ_MSG(t, l, r, ...)	SHIM_TRUTH(t, true, !strcmp(l, r), true, __VA_ARGS__)

/* The same without a message. */
#define KUNIT_EXPECT_TRUE(t, c)		KUNIT_EXPECT_TRUE_MSG(t, c, NULL)
#define KUNIT_EXPECT_FALSE(t, c)	KUNIT_EXPECT_FALSE_MSG(t, c, NULL)
#define KUNIT_EXPECT_NULL(t, p)		KUNIT_EXPECT_NULL_MSG(t, p, NULL)
#define KUNIT_EXPECT_NOT_NULL(t, p)	KUNIT_EXPECT_NOT_NULL_MSG(t, p, NULL)
#define KUNIT_EXPECT_PTR_EQ(t, l, r)	KUNIT_EXPECT_PTR_EQ_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_PTR_NE(t, l, r)	KUNIT_EXPECT_PTR_NE_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_EQ(t, l, r)	KUNIT_EXPECT_EQ_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_NE(t, l, r)	KUNIT_EXPECT_NE_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_LT(t, l, r)	KUNIT_EXPECT_LT_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_LE(t, l, r)	KUNIT_EXPECT_LE_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_GT(t, l, r)	KUNIT_EXPECT_GT_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_GE(t, l, r)	KUNIT_EXPECT_GE_MSG(t, l, r, NULL)
#define KUNIT_EXPECT_STREQ(t, l, r)	KUNIT_EXPECT_STREQ_MSG(t, l, r, NULL)

#define KUNIT_ASSERT_TRUE(t, c)		KUNIT_ASSERT_TRUE_MSG(t, c, NULL)
#define KUNIT_ASSERT_FALSE(t, c)	KUNIT_ASSERT_FALSE_MSG(t, c, NULL)
#define KUNIT_ASSERT_NULL(t, p)		KUNIT_ASSERT_NULL_MSG(t, p, NULL)
#define KUNIT_ASSERT_NOT_NULL(t, p)	KUNIT_ASSERT_NOT_NULL_MSG(t, p, NULL)
#define KUNIT_ASSERT_PTR_EQ(t, l, r)	KUNIT_ASSERT_PTR_EQ_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_PTR_NE(t, l, r)	KUNIT_ASSERT_PTR_NE_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_EQ(t, l, r)	KUNIT_ASSERT_EQ_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_NE(t, l, r)	KUNIT_ASSERT_NE_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_LT(t, l, r)	KUNIT_ASSERT_LT_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_LE(t, l, r)	KUNIT_ASSERT_LE_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_GT(t, l, r)	KUNIT_ASSERT_GT_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_GE(t, l, r)	KUNIT_ASSERT_GE_MSG(t, l, r, NULL)
#define KUNIT_ASSERT_STREQ(t, l, r)	KUNIT_ASSERT_STREQ_MSG(t, l, r, NULL)

#endif /* _SHIM_KUNIT_TEST_H */
