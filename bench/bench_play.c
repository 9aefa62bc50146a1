// SPDX-License-Identifier: GPL-2.0
/*
 * One round, on one CPU or on several at once.
 *
 * A round is timed as a whole, never a pair: reading the clock costs more
 * than a pair, in UML by far. Where several play, each is a thread bound to
 * its CPU, and all wait for each other before the clock starts.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "bench.h"

#define CLOCK_READINGS	10

struct team {
	struct bench_player players[BENCH_MAX_CPUS];
	struct task_struct *tasks[BENCH_MAX_CPUS];
	unsigned int size;
	atomic_t ready;
	struct completion done;		/* once for each player */
};

struct seat {
	struct team *team;
	struct bench_player *player;
};

/* What it costs to read the clock: the least of some readings in a row. */
u64 bench_clock_ns(void)
{
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < CLOCK_READINGS; i++) {
		u64 start = ktime_get_ns();

		least = min(least, ktime_get_ns() - start);
	}
	return least;
}

static void time_work(struct bench_player *player)
{
	unsigned long preempted = current->nivcsw;
	u64 reading_ns = bench_clock_ns(), start_ns = ktime_get_ns();

	player->failed += player->load->play->work(player);
	player->ns = ktime_get_ns() - start_ns - reading_ns;
	player->preempted = current->nivcsw != preempted;
}

static void begin(struct bench_player *player)
{
	if (player->load->play->begin)
		player->load->play->begin(player);
}

static void end(struct bench_player *player)
{
	if (player->load->play->end)
		player->load->play->end(player);
}

/* Who waits for the others wants its CPU: nobody sleeps between here and the end. */
static int player_thread(void *arg)
{
	struct seat *seat = arg;
	struct team *team = seat->team;

	begin(seat->player);
	atomic_inc(&team->ready);
	while (atomic_read(&team->ready) < team->size)
		cpu_relax();
	time_work(seat->player);
	complete(&team->done);

	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* All threads are there before the first one runs, or none runs at all. */
static int play_together(struct team *team)
{
	struct seat seats[BENCH_MAX_CPUS];
	unsigned int i, nr;
	int err = 0;

	for (nr = 0; nr < team->size && !err; nr++) {
		seats[nr] = (struct seat){ team, &team->players[nr] };
		team->tasks[nr] = kthread_create_on_cpu(player_thread, &seats[nr],
				team->players[nr].load->cpus[nr], "kzpool_bench/%u");
		err = PTR_ERR_OR_ZERO(team->tasks[nr]);
	}
	if (err)
		nr--;
	for (i = 0; i < nr && !err; i++)
		wake_up_process(team->tasks[i]);
	for (i = 0; i < nr && !err; i++)
		wait_for_completion(&team->done);
	for (i = 0; i < nr; i++)
		kthread_stop(team->tasks[i]);
	return err;
}

/**
 * bench_play_round() - play a round of a load
 * @contender: with whom
 * @load: the load
 * @pairs: of each player
 * @round: what it came to; @failed counts on
 *
 * Return: 0, or negative where there are no threads to be had.
 */
int bench_play_round(const struct bench_contender *contender,
		     const struct bench_load *load, unsigned int pairs,
		     struct bench_round *round)
{
	struct team team = { .size = load->nr_cpus };
	unsigned int i;
	int err = 0;

	init_completion(&team.done);
	for (i = 0; i < team.size; i++)
		team.players[i] = (struct bench_player){
			.contender = contender, .load = load, .nr = i, .pairs = pairs,
		};
	if (team.size > 1) {
		err = play_together(&team);
	} else {
		begin(&team.players[0]);
		time_work(&team.players[0]);
	}
	if (err)
		return err;
	round->ns = 0;
	round->preempted = false;
	for (i = 0; i < team.size; i++) {
		struct bench_player *player = &team.players[i];

		end(player);
		round->ns = max(round->ns, player->ns - player->waited_ns);
		round->failed += player->failed;
		round->preempted |= player->preempted;
	}
	return 0;
}
