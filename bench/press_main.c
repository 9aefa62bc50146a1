// SPDX-License-Identifier: GPL-2.0
/*
 * kzpool_press: a program of memory steps, for scripts that put pressure on zpool.
 *
 * Each write to the parameter `do` runs one command in the writer's context and
 * succeeds or fails with it; reading the parameter gives the line that the last
 * one said, which is in the log as well. What it holds is freed by `drop` or at
 * rmmod, a cache with its reserve only then.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "command.h"
#include "press.h"

static char said[COMMAND_MAX_TEXT];

void press_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(said, sizeof(said), format, args);
	va_end(args);
	pr_info("%s\n", said);
}

static int drop(const unsigned int *args)
{
	press_live_drop();
	press_held_drop();
	press_say("drop: nothing is held");
	return 0;
}

static const struct command all[] = {
	{ "burst", "burst MIB", 1, press_burst },
	{ "live", "live MIB", 1, press_live },
	{ "verify", "verify", 0, press_verify },
	{ "churn", "churn THREADS", 1, press_churn },
	{ "sparse", "sparse SIZE NR KEEP", 3, press_sparse },
	{ "one", "one SIZE", 1, press_one },
	{ "exhaust", "exhaust", 0, press_exhaust },
	{ "reserve", "reserve NR", 1, press_reserve },
	{ "reserve_test", "reserve_test", 0, press_reserve_test },
	{ "drop", "drop", 0, drop },
};

static const struct commands commands = { all, ARRAY_SIZE(all) };

/* Where the kernel is told to fail only the tasks that are marked: who runs a command is one. */
static void mark_for_fault_injection(bool fails)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = fails;
#endif
}

static bool is_loaded;

static int run_command(const char *val, const struct kernel_param *kp)
{
	int err;

	said[0] = '\0';
	if (!is_loaded)
		return -EINVAL;
	mark_for_fault_injection(true);
	err = command_run(&commands, val);
	mark_for_fault_injection(false);
	return err;
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

static int __init press_init(void)
{
	is_loaded = true;
	return 0;
}
module_init(press_init);

static void __exit press_exit(void)
{
	press_churn_stop();
	press_live_drop();
	press_held_drop();
	press_reserve_drop();
}
module_exit(press_exit);

MODULE_DESCRIPTION("Memory steps for tests of the zpool allocator under pressure");
MODULE_LICENSE("GPL");
