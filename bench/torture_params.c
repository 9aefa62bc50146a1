// SPDX-License-Identifier: GPL-2.0
/*
 * An extra thread: changes the budget of kzpool, from next to nothing to more
 * than is needed, so that magazines and empty slabs come and go. Now and then
 * a value that must be refused; seldom, since each is worth a line in the log.
 * At the end the budget is what it was.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "sizes.h"
#include "torture.h"

#define PATH		"/sys/module/kzpool/parameters/budget_kb"
/* The first is refused, then one in so many. */
#define REFUSED_ONE_IN	128
#define MAX_PAUSE_MS	50
/* KiB: from 2^MIN to 2^MAX, which is less than half of any machine's RAM. */
#define MIN_SHIFT	0
#define MAX_SHIFT	15

static const char *const refused[] = {
	"-1", "99999999999", "4294967295", "nonsense", "12 34", "1.5", "0x", " ",
};

static char before[16], current_text[16];

static int read_value(char *text, size_t size)
{
	ssize_t length = torture_file_read(PATH, text, size, size);

	if (length < 0)
		return length;
	strim(text);
	return 0;
}

/* In insmod's context. */
int torture_params_prepare(void)
{
	int err = read_value(before, sizeof(before));

	strscpy(current_text, before, sizeof(current_text));
	return err;
}

static void refuse_one(struct torture_ctx *ctx)
{
	const char *text = refused[sizes_below(&ctx->rnd, ARRAY_SIZE(refused))];
	int err = torture_file_write(PATH, text);

	if (!err)
		torture_fail(ctx, NULL, "a bad budget_kb was taken", 0, -EINVAL, err);
	else if (err != -EINVAL && !torture_file_is_excused(err))
		torture_fail(ctx, NULL, "error for a bad budget_kb", 0, -EINVAL, err);
}

/* 0, which is the automatic one, as often as any doubling. */
static void change(struct torture_ctx *ctx)
{
	size_t kb = sizes_log_uniform(&ctx->rnd, MIN_SHIFT, MAX_SHIFT);
	char text[16];
	int err;

	kb = min(kb, (size_t)(totalram_pages() << (PAGE_SHIFT - 10)) / 2);
	if (!sizes_below(&ctx->rnd, MAX_SHIFT - MIN_SHIFT))
		kb = 0;
	scnprintf(text, sizeof(text), "%zu", kb);
	err = torture_file_write(PATH, text);
	if (!err)
		strscpy(current_text, text, sizeof(current_text));
	else if (!torture_file_is_excused(err))
		torture_fail(ctx, NULL, "a good budget_kb was refused", 0, kb, err);
}

void torture_params_step(struct torture_ctx *ctx)
{
	char found[16];

	if (ctx->ops && sizes_below(&ctx->rnd, REFUSED_ONE_IN))
		change(ctx);
	else
		refuse_one(ctx);
	if (!read_value(found, sizeof(found)) && strcmp(found, current_text))
		torture_fail(ctx, NULL, "budget_kb is not what it was set to", 0, 0, 0);
	ctx->ops++;
	torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS));
}

void torture_params_finish(struct torture_ctx *ctx)
{
	int err = torture_file_write(PATH, before);

	while (torture_file_is_excused(err) && !torture_pause(1))
		err = torture_file_write(PATH, before);
	if (err)
		torture_fail(ctx, NULL, "budget_kb cannot be restored", 0, 0, err);
}
