// SPDX-License-Identifier: GPL-2.0
/* An extra thread: reads kzpool's files in debugfs while all runs. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sizes.h"
#include "torture.h"

/* No file may be larger. */
#define MAX_BYTES	(256UL << 10)
#define MAX_PAUSE_MS	20

/* Those that are not there are passed over. */
static const char *const names[] = { "stats", "classes", "cpus", "nodes", "adapt_log",
				     "fragmentation" };

int torture_readers_prepare(void)
{
	return torture_file_exists(TORTURE_DEBUGFS "stats");
}

/* The first line names the file. */
static void check_text(struct torture_ctx *ctx, const char *name, const char *text)
{
	char head[40];

	scnprintf(head, sizeof(head), "kzpool %s version ", name);
	if (strncmp(text, head, strlen(head)))
		torture_fail(ctx, NULL, "first line of a file in debugfs", 0, 0, 0);
}

void torture_readers_step(struct torture_ctx *ctx)
{
	const char *name = names[sizes_below(&ctx->rnd, ARRAY_SIZE(names))];
	size_t chunk = sizes_log_uniform(&ctx->rnd, 6, PAGE_SHIFT);
	char *text = kvmalloc(MAX_BYTES, GFP_KERNEL | __GFP_NOWARN);
	ssize_t length = -ENOMEM;
	char path[64];

	scnprintf(path, sizeof(path), TORTURE_DEBUGFS "%s", name);
	if (text)
		length = torture_file_read(path, text, MAX_BYTES, chunk);
	if (length >= 0) {
		check_text(ctx, name, text);
		ctx->ops++;
	} else if (length != -ENOENT && !torture_file_is_excused(length)) {
		torture_fail(ctx, NULL, "read of a file in debugfs", 0, 0, length);
	}
	kvfree(text);
	torture_pause(sizes_below(&ctx->rnd, MAX_PAUSE_MS));
}
