/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of the modules that scripts drive: a word and numbers, written to a
 * parameter.
 */
#ifndef _KZPOOL_BENCH_COMMAND_H
#define _KZPOOL_BENCH_COMMAND_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#define COMMAND_MAX_ARGS	3
#define COMMAND_MAX_TEXT	128

struct command {
	const char *name, *usage;
	unsigned int nr_args;
	int (*run)(const unsigned int *args);
};

struct commands {
	const struct command *all;
	unsigned int nr;
};

/* As many numbers as the command wants, and nothing else. */
static inline int command_read_numbers(char *text, const struct command *command,
				       unsigned int *args)
{
	unsigned int i;

	for (i = 0; i < command->nr_args; i++) {
		char *word = strsep(&text, " ");

		if (!word || kstrtouint(word, 0, &args[i]))
			return -EINVAL;
	}
	return text ? -EINVAL : 0;
}

static inline const struct command *command_find(const struct commands *commands,
						 const char *name)
{
	unsigned int i;

	for (i = 0; i < commands->nr; i++)
		if (!strcmp(commands->all[i].name, name))
			return &commands->all[i];
	return NULL;
}

/* Run what @text says. Return: what came of it; -EINVAL, told, when it is no command. */
static inline int command_run(const struct commands *commands, const char *text)
{
	unsigned int args[COMMAND_MAX_ARGS], i;
	char copy[COMMAND_MAX_TEXT], *rest;
	const struct command *command;
	const char *name;
	int err;

	strscpy(copy, text, sizeof(copy));
	rest = strim(copy);
	name = strsep(&rest, " ");
	command = command_find(commands, name);
	if (!command || command_read_numbers(rest, command, args)) {
		for (i = 0; i < commands->nr; i++)
			pr_err("a command is: %s\n", commands->all[i].usage);
		return -EINVAL;
	}
	err = command->run(args);
	if (err)
		pr_err("%s: failed with %d\n", name, err);
	return err;
}

#endif /* _KZPOOL_BENCH_COMMAND_H */
