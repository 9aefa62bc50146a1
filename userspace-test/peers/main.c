// SPDX-License-Identifier: GPL-2.0
/*
 * peers run ROUNDS                 all loads and contenders: rows of CSV on stdout
 * peers count CONTENDER LOAD PAIRS one load of one player, for who counts from outside
 * peers names                      the loads for that, and the contenders that are there
 * peers check                      small rounds in which each byte is checked: TAP
 *
 * The rounds of the contenders take turns, after a warm-up each that is long enough
 * for a pass of the worker; by then zpool's capacities have begun to adapt.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"

#define WARM_UP_NS	1.2e9
#define COUNT_WARM_UP	100000U		/* pairs; so much that what is counted is steady */
#define COUNT_PASSES	3U
#define MOST_BYTES	65536U		/* that any load asks for */
#define CHECK_PAIRS	30000U

void peers_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fflush(stdout);
	printf("not ok - peers: ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
	exit(1);
}

/* In words, of the size that the first one says. */
static uint64_t pattern(const uint64_t *obj, size_t i)
{
	return (obj[0] + i) * 0x9e3779b97f4a7c15 ^ (uintptr_t)obj;
}

void peers_fill(void *obj, size_t size)
{
	uint64_t *word = obj;
	size_t i;

	for (i = 1; i < size / sizeof(*word); i++)
		word[i] = pattern(word, i);
	memset((char *)obj + i * sizeof(*word), (uint8_t)size, size % sizeof(*word));
}

void peers_check(const void *obj)
{
	const uint64_t *word = obj;
	const uint8_t *byte = obj;
	uint64_t size = word[0];
	size_t i;

	if (size < sizeof(*word) || size > MOST_BYTES)
		peers_die("the first word of an object has changed");
	for (i = 1; i < size / sizeof(*word); i++)
		if (word[i] != pattern(word, i))
			peers_die("word %zu of an object of %zu bytes has changed", i, (size_t)size);
	for (i *= sizeof(*word); i < size; i++)
		if (byte[i] != (uint8_t)size)
			peers_die("byte %zu of an object of %zu bytes has changed", i, (size_t)size);
}

/*
 * The same pages for all, small ones; room for the libraries' thread-local data;
 * and tcmalloc is to leave the program break to glibc, which has it already.
 */
static void prepare(char **argv)
{
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (getenv("PEERS_PREPARED"))
		return;
	setenv("PEERS_PREPARED", "1", 1);
	setenv("TCMALLOC_SKIP_SBRK", "1", 1);
	setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1);
	execv("/proc/self/exe", argv);
	peers_die("cannot start again: %s", strerror(errno));
}

static void print_row(const struct load *load, const struct contender *contender,
		      unsigned int round, const struct cost *cost)
{
	printf("userspace,userspace,%s,%u-%u,%u,%u,%s,%u,%.2f,,,%.2f,%.2f,%.5f,,,\n",
	       load->name, load->least, load->most, load->live, load->nr_players,
	       contender->name, round, cost->ns, cost->cpu_ns, cost->system_ns, cost->faults);
	fflush(stdout);
}

static void warm_up(const struct load *load, const struct contender *contender)
{
	double ns = 0;

	while (ns < WARM_UP_NS)
		ns += peers_play(load, contender, load->pairs, false).ns * load->pairs;
}

static void run_load(const struct load *load, unsigned int nr_rounds)
{
	struct contender *contender, *end = peers_contenders + peers_nr_contenders;
	struct cost cost;
	unsigned int round;

	peers_draw(load);
	for (contender = peers_contenders; contender < end; contender++)
		if (peers_is_open(contender))
			warm_up(load, contender);
	for (round = 1; round <= nr_rounds; round++) {
		for (contender = peers_contenders; contender < end; contender++) {
			if (!peers_is_open(contender))
				continue;
			cost = peers_play(load, contender, load->pairs, false);
			print_row(load, contender, round, &cost);
		}
	}
}

static void open_all(void)
{
	unsigned int i;

	for (i = 0; i < peers_nr_contenders; i++)
		peers_open(&peers_contenders[i]);
}

static void start(void)
{
	zpool_peer_start();
	peers_players_start();
}

static void stop(void)
{
	const char *wrong;

	peers_players_stop();
	wrong = zpool_peer_stop();
	if (wrong)
		peers_die("%s", wrong);
}

/* Each load in a process that has seen no other, so that none depends on their order. */
static void run_alone(const struct load *load, unsigned int nr_rounds)
{
	pid_t child = fork();
	int status;

	if (!child) {
		start();
		zpool_peer_start_worker();
		run_load(load, nr_rounds);
		zpool_peer_stop_thread();
		stop();
		exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(1);
}

static void run(unsigned int nr_rounds)
{
	unsigned int i;

	open_all();
	for (i = 0; i < peers_nr_loads; i++)
		run_alone(&peers_loads[i], nr_rounds);
}

static void print_names(void)
{
	unsigned int i;

	open_all();
	printf("loads");
	for (i = 0; i < peers_nr_loads; i++)
		if (peers_loads[i].nr_players == 1)
			printf(" %s", peers_loads[i].name);
	printf("\ncontenders");
	for (i = 0; i < peers_nr_contenders; i++)
		if (peers_is_open(&peers_contenders[i]))
			printf(" %s", peers_contenders[i].name);
	printf("\n");
}

static const struct load *find_load(const char *name)
{
	unsigned int i;

	for (i = 0; i < peers_nr_loads; i++)
		if (peers_loads[i].nr_players == 1 && !strcmp(peers_loads[i].name, name))
			return &peers_loads[i];
	peers_die("no load of one player is called %s", name);
}

static struct contender *find_contender(const char *name)
{
	unsigned int i;

	for (i = 0; i < peers_nr_contenders; i++)
		if (!strcmp(peers_contenders[i].name, name))
			return &peers_contenders[i];
	peers_die("no contender is called %s", name);
}

/* The most memory that this process ever had, in bytes. */
static size_t peak_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	size_t kib = 0;
	char line[80];

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %zu", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib << 10;
}

/*
 * No thread beside it: passes of the worker come where they are always the same.
 * Printed is the beginning of a row, and by how much the peak of memory rose.
 */
static void count(const char *contender_name, const char *load_name, size_t pairs)
{
	struct contender *contender = find_contender(contender_name);
	const struct load *load = find_load(load_name);
	size_t before;
	unsigned int i;

	peers_open(contender);
	if (!peers_is_open(contender))
		exit(77);
	peers_draw(load);
	start();
	before = peak_bytes();
	for (i = 0; i < COUNT_PASSES; i++) {
		peers_play(load, contender, COUNT_WARM_UP / COUNT_PASSES, false);
		zpool_peer_pass(1000);
	}
	peers_play(load, contender, pairs, false);
	printf("userspace,userspace,%s,%u-%u,%u,1,%s,%zu\n", load->name, load->least,
	       load->most, load->live, contender->name, peak_bytes() - before);
	stop();
}

static void check_load(const struct load *load, const struct contender *contender)
{
	peers_draw(load);
	peers_play(load, contender, CHECK_PAIRS, true);
	printf("ok - peers: %s, %s, %u player(s): %u pairs, all bytes as written\n",
	       contender->name, load->name, load->nr_players, CHECK_PAIRS);
}

static void check(void)
{
	unsigned int i;

	peers_open(find_contender("glibc"));
	start();
	zpool_peer_start_harasser();
	for (i = 0; i < peers_nr_loads; i++) {
		check_load(&peers_loads[i], find_contender("zpool"));
		check_load(&peers_loads[i], find_contender("glibc"));
	}
	zpool_peer_stop_thread();
	stop();
	printf("ok - peers: zpool gave everything back\n");
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	prepare(argv);
	if (!strcmp(command, "run") && argc == 3)
		run(atoi(argv[2]));
	else if (!strcmp(command, "count") && argc == 5)
		count(argv[2], argv[3], strtoul(argv[4], NULL, 0));
	else if (!strcmp(command, "names"))
		print_names();
	else if (!strcmp(command, "check"))
		check();
	else
		peers_die("run ROUNDS, count CONTENDER LOAD PAIRS, names or check");
	return 0;
}
