// SPDX-License-Identifier: GPL-2.0
/*
 * kzpool_compact: a program of steps on what may move, for scripts that look at
 * what compaction makes of it.
 *
 * Each write to the parameter `do` runs one command in the writer's context and
 * succeeds or fails with it; reading the parameter gives the line that the last
 * one said, which is in the log as well. What it holds is freed by `drop` or at
 * rmmod, unless the parameter `leaves` says that cache and objects are left behind.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/stdarg.h>
#include <linux/vmalloc.h>

#include "command.h"
#include "compact.h"

static bool leaves;
module_param(leaves, bool, 0444);
MODULE_PARM_DESC(leaves, "at rmmod, leave cache and objects behind: a mistake, to be tested (default N)");

static char said[COMMAND_MAX_TEXT];

void compact_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(said, sizeof(said), format, args);
	va_end(args);
	pr_info("%s\n", said);
}

static void drop_all(void)
{
	compact_touch_stop();
	compact_items_drop();
	compact_objects_end();
	compact_hostages_drop();
}

static int drop(const unsigned int *args)
{
	drop_all();
	compact_say("drop: nothing is held");
	return 0;
}

static const struct command all[] = {
	{ "handles", "handles SIZE NR", 2, compact_handles },
	{ "objects", "objects SIZE NR PERMILLE_OF_EACH_REFUSAL", 3, compact_objects },
	{ "free_random", "free_random PERCENT", 1, compact_free_random },
	{ "free_even", "free_even", 0, compact_free_even },
	{ "verify", "verify", 0, compact_verify },
	{ "touch", "touch THREADS", 1, compact_touch },
	{ "answers", "answers", 0, compact_answers },
	{ "notify", "notify", 0, compact_notify },
	{ "hostages", "hostages SIZE NR KEEP", 3, compact_hostages },
	{ "pairs", "pairs NR", 1, compact_pairs },
	{ "drop", "drop", 0, drop },
};

static const struct commands commands = { all, ARRAY_SIZE(all) };

static bool is_loaded;

static int run_command(const char *val, const struct kernel_param *kp)
{
	said[0] = '\0';
	return is_loaded ? command_run(&commands, val) : -EINVAL;
}

static int read_said(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%s\n", said);
}

static const struct kernel_param_ops do_ops = {
	.set = run_command,
	.get = read_said,
};

module_param_cb(do, &do_ops, NULL, 0600);
MODULE_PARM_DESC(do, "a command, at run time only; read, what the last one said");

static int __init compact_init(void)
{
	is_loaded = true;
	return 0;
}
module_init(compact_init);

static void __exit compact_exit(void)
{
	compact_touch_stop();
	if (leaves)
		vfree(compact_items);
	else
		drop_all();
}
module_exit(compact_exit);

MODULE_DESCRIPTION("Steps on objects that move, for tests of the zpool allocator's compaction");
MODULE_LICENSE("GPL");
