// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that play a load, and the clock. The first is the main thread, the others
 * live as long as the program: what an allocator keeps for a thread is still there in
 * the next round. The clock runs from when all have begun to when the last is through.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "peers.h"

static struct player players[PEERS_MOST_PLAYERS];
static pthread_t threads[PEERS_MOST_PLAYERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long round_nr;		/* under lock, as the next two */
static unsigned int nr_called;		/* to this round: so many, the first among them */
static bool are_dismissed;
static pthread_barrier_t together;

double peers_cpu_ns(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return cpu.tv_sec * 1e9 + cpu.tv_nsec;
}

static struct cost now(void)
{
	struct timespec wall, cpu;
	struct rusage usage;

	clock_gettime(CLOCK_MONOTONIC, &wall);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	getrusage(RUSAGE_SELF, &usage);
	return (struct cost) {
		.ns = wall.tv_sec * 1e9 + wall.tv_nsec,
		.cpu_ns = cpu.tv_sec * 1e9 + cpu.tv_nsec,
		.system_ns = usage.ru_stime.tv_sec * 1e9 + usage.ru_stime.tv_usec * 1e3,
		.faults = usage.ru_minflt + usage.ru_majflt,
	};
}

/* Only the first player looks at the clock. */
static struct cost play(struct player *player)
{
	const struct play *play = player->load->play;
	struct cost from, to;

	if (play->begin)
		play->begin(player);
	pthread_barrier_wait(&together);
	from = now();
	pthread_barrier_wait(&together);
	play->work(player);
	pthread_barrier_wait(&together);
	to = now();
	if (play->end)
		play->end(player);
	pthread_barrier_wait(&together);
	return (struct cost) {
		.ns = to.ns - from.ns,
		.cpu_ns = to.cpu_ns - from.cpu_ns,
		.system_ns = to.system_ns - from.system_ns,
		.faults = to.faults - from.faults,
	};
}

/* Return: false when there is nothing more to play. */
static bool wait_for_call(const struct player *player, unsigned long *seen)
{
	bool goes_on;

	pthread_mutex_lock(&lock);
	while (!are_dismissed && (round_nr == *seen || nr_called <= player->nr))
		pthread_cond_wait(&changed, &lock);
	*seen = round_nr;
	goes_on = !are_dismissed;
	pthread_mutex_unlock(&lock);
	return goes_on;
}

/* The first player needs no call, and who is not called is not woken up. */
static void call(unsigned int nr)
{
	pthread_mutex_lock(&lock);
	round_nr++;
	nr_called = nr;
	if (nr > 1)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	struct player *player = arg;
	unsigned long seen = 0;

	zpool_peer_become_cpu(player->nr);
	while (wait_for_call(player, &seen))
		play(player);
	return NULL;
}

void peers_players_start(void)
{
	unsigned int i;

	for (i = 0; i < PEERS_MOST_PLAYERS; i++)
		players[i].nr = i;
	for (i = 1; i < PEERS_MOST_PLAYERS; i++)
		if (pthread_create(&threads[i], NULL, run, &players[i]))
			peers_die("no thread");
}

void peers_players_stop(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	are_dismissed = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (i = 1; i < PEERS_MOST_PLAYERS; i++)
		pthread_join(threads[i], NULL);
}

/* What each allocated and freed, added up: something else was there if that is not 0. */
static void check_sums(const struct load *load, const struct contender *contender)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < load->nr_players; i++)
		sum += players[i].sum;
	if (sum)
		peers_die("%s, %s: objects were not as written", contender->name, load->name);
}

static struct cost per_pair(const struct load *load, const struct cost *cost, size_t pairs)
{
	double all = (double)pairs * (load->play->is_joint ? 1 : load->nr_players);

	return (struct cost) {
		.ns = cost->ns / pairs,
		.cpu_ns = cost->cpu_ns / all,
		.system_ns = cost->system_ns / all,
		.faults = cost->faults / all,
	};
}

/* One round, so many pairs for each player. */
struct cost peers_play(const struct load *load, const struct contender *contender,
		       size_t pairs, bool checks)
{
	struct cost cost;
	unsigned int i;

	pthread_barrier_init(&together, NULL, load->nr_players);
	for (i = 0; i < load->nr_players; i++) {
		players[i].load = load;
		players[i].contender = contender;
		players[i].pairs = pairs;
		players[i].checks = checks;
		players[i].at = i * PEERS_NR_DRAWS / 2;
		players[i].sum = 0;
		players[i].waited_ns = 0;
	}
	call(load->nr_players);
	cost = play(&players[0]);
	for (i = 0; i < load->nr_players; i++)
		cost.cpu_ns -= players[i].waited_ns;
	pthread_barrier_destroy(&together);
	check_sums(load, contender);
	return per_pair(load, &cost, pairs);
}
