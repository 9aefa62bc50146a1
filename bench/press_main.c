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

#include "press.h"

#define MAX_ARGS	3
#define MAX_TEXT	128

static char said[MAX_TEXT];

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

static const struct command {
	const char *name, *usage;
	unsigned int nr_args;
	int (*run)(const unsigned int *args);
} commands[] = {
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

static int print_usage(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		pr_err("a command is: %s\n", commands[i].usage);
	return -EINVAL;
}

static const struct command *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* As many numbers as the command wants, and nothing else. */
static int read_numbers(char *text, const struct command *command, unsigned int *args)
{
	unsigned int i;

	for (i = 0; i < command->nr_args; i++) {
		char *word = strsep(&text, " ");

		if (!word || kstrtouint(word, 0, &args[i]))
			return -EINVAL;
	}
	return text ? -EINVAL : 0;
}

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
	const struct command *command;
	unsigned int args[MAX_ARGS];
	char text[MAX_TEXT], *rest;
	const char *name;
	int err;

	said[0] = '\0';
	strscpy(text, val, sizeof(text));
	rest = strim(text);
	name = strsep(&rest, " ");
	command = find(name);
	if (!is_loaded || !command || read_numbers(rest, command, args))
		return print_usage();
	mark_for_fault_injection(true);
	err = command->run(args);
	mark_for_fault_injection(false);
	if (err)
		pr_err("%s: failed with %d\n", name, err);
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
