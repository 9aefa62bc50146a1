// SPDX-License-Identifier: GPL-2.0
/*
 * An extra thread: changes the parameters of kzpool. The budget, from next to
 * nothing to more than is needed, so that magazines and empty slabs come and
 * go; those of the policy, over all of their range or where things happen
 * within a run. Now and then a value that must be refused; seldom, since each
 * is worth a line in the log. At the end all are what they were.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "sizes.h"
#include "torture.h"

#define DIR		"/sys/module/kzpool/parameters/"
/* The first is refused, then one in so many. */
#define REFUSED_ONE_IN	128
/* One change in so many is of the budget. */
#define BUDGET_ONE_IN	2
#define MAX_PAUSE_MS	50
/* KiB: from 2^MIN to 2^MAX, which is less than half of any machine's RAM. */
#define MIN_SHIFT	0
#define MAX_SHIFT	15
#define MAX_TEXT	16

struct param {
	const char *name;
	unsigned int least, most;	/* that are drawn; the budget is drawn otherwise */
	const char *below, *above;	/* refused */
	char before[MAX_TEXT];
	char current_text[MAX_TEXT];
};

/* The two hit rates may meet nowhere, whichever is written first. */
static struct param params[] = {
	{ "budget_kb", 0, 0, "-1", "99999999999" },
	{ "adapt_interval_ms", 10, 100, "9", "3600001" },
	{ "grow_hit_pct", 50, 100, "0", "101" },
	{ "grow_pressure_pct", 1, 100, "0", "101" },
	{ "grow_factor_pct", 101, 400, "100", "401" },
	{ "shrink_hit_pct", 1, 49, "0", "100" },
	{ "shrink_idle_ms", 1, 1000, "0", "86400001" },
	{ "shrink_factor_pct", 1, 99, "0", "100" },
	{ "decay_ms", 0, 1000, "-1", "86400001" },
	{ "compact_frag_pct", 1, 100, "0", "101" },
	{ "compact_batch", 1, 4096, "0", "65537" },
};

static const char *const refused[] = {
	"-1", "99999999999", "4294967295", "nonsense", "12 34", "1.5", "0x", " ",
};

static struct param *any_param(struct torture_ctx *ctx)
{
	if (!sizes_below(&ctx->rnd, BUDGET_ONE_IN))
		return &params[0];
	return &params[1 + sizes_below(&ctx->rnd, ARRAY_SIZE(params) - 1)];
}

static void path_of(const struct param *param, char *path, size_t size)
{
	scnprintf(path, size, DIR "%s", param->name);
}

static int read_value(const struct param *param, char *text, size_t size)
{
	char path[64];
	ssize_t length;

	path_of(param, path, sizeof(path));
	length = torture_file_read(path, text, size, size);
	if (length < 0)
		return length;
	strim(text);
	return 0;
}

static int write_value(const struct param *param, const char *text)
{
	char path[64];

	path_of(param, path, sizeof(path));
	return torture_file_write(path, text);
}

/* In insmod's context. */
int torture_params_prepare(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(params) && !err; i++) {
		struct param *param = &params[i];

		err = read_value(param, param->before, sizeof(param->before));
		strscpy(param->current_text, param->before, sizeof(param->current_text));
	}
	return err;
}

static const char *bad_text(struct torture_ctx *ctx, const struct param *param)
{
	switch (sizes_below(&ctx->rnd, 4)) {
	case 0:
		return param->below;
	case 1:
		return param->above;
	default:
		return refused[sizes_below(&ctx->rnd, ARRAY_SIZE(refused))];
	}
}

static void refuse_one(struct torture_ctx *ctx, const struct param *param)
{
	int err = write_value(param, bad_text(ctx, param));

	if (!err)
		torture_fail(ctx, NULL, "a bad parameter was taken", param - params, -EINVAL, err);
	else if (err != -EINVAL && !torture_file_is_excused(err))
		torture_fail(ctx, NULL, "error for a bad parameter", param - params, -EINVAL, err);
}

/* 0, which is the automatic one, as often as any doubling. */
static unsigned int any_budget(struct torture_ctx *ctx)
{
	size_t kb = sizes_log_uniform(&ctx->rnd, MIN_SHIFT, MAX_SHIFT);

	if (!sizes_below(&ctx->rnd, MAX_SHIFT - MIN_SHIFT))
		return 0;
	return min(kb, (size_t)(totalram_pages() << (PAGE_SHIFT - 10)) / 2);
}

static unsigned int any_value(struct torture_ctx *ctx, const struct param *param)
{
	if (!param->most)
		return any_budget(ctx);
	return param->least + sizes_below(&ctx->rnd, param->most - param->least + 1);
}

static void change(struct torture_ctx *ctx, struct param *param)
{
	unsigned int value = any_value(ctx, param);
	char text[MAX_TEXT];
	int err;

	scnprintf(text, sizeof(text), "%u", value);
	err = write_value(param, text);
	if (!err)
		strscpy(param->current_text, text, sizeof(param->current_text));
	else if (!torture_file_is_excused(err))
		torture_fail(ctx, NULL, "a good parameter was refused", param - params, value, err);
}

void torture_params_step(struct torture_ctx *ctx)
{
	struct param *param = any_param(ctx);
	char found[MAX_TEXT];

	if (ctx->ops && sizes_below(&ctx->rnd, REFUSED_ONE_IN))
		change(ctx, param);
	else
		refuse_one(ctx, param);
	if (!read_value(param, found, sizeof(found)) && strcmp(found, param->current_text))
		torture_fail(ctx, NULL, "a parameter is not what it was set to",
			     param - params, 0, 0);
	ctx->ops++;
	torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS));
}

void torture_params_finish(struct torture_ctx *ctx)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(params); i++) {
		do {
			err = write_value(&params[i], params[i].before);
		} while (torture_file_is_excused(err) && !torture_pause(1));
		if (err)
			torture_fail(ctx, NULL, "a parameter cannot be restored", i, 0, err);
	}
}
