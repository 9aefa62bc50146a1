// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/kzpool: root only, read only but for shrink and compact, safe
 * under full load.
 *
 * Each file opens with a line that names its version; keys are added, never
 * changed. Figures are collected under short locks, printed under none but
 * zpool_caches_lock, which is not held where anything is waited for.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "zpool_adapt.h"
#include "zpool_budget.h"
#include "zpool_debugfs.h"
#include "zpool_compact.h"
#include "zpool_drain.h"
#include "zpool_fragmentation.h"
#include "zpool_log.h"
#include "zpool_pressure.h"
#include "zpool_report.h"
#include "zpool_shrink.h"
#include "zpool_stats.h"

static struct dentry *dir;

static unsigned long percent(unsigned long part, unsigned long whole)
{
	return whole ? part * 100 / whole : 0;
}

/* Served by this CPU's pair, without a lock that another CPU may hold. */
static unsigned long hits(const struct zpool_usage *u)
{
	unsigned long ops = u->allocs + u->frees;

	return ops > u->misses ? ops - u->misses : 0;
}

static void add_all(struct zpool_usage *sum)
{
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		zpool_stats_add_cache(sum, cache);
	mutex_unlock(&zpool_caches_lock);
}

static void show_value(struct seq_file *m, const char *key, unsigned long value)
{
	seq_printf(m, "%s %lu\n", key, value);
}

/* Refused is what did not move, for whatever reason; the reasons follow. */
static void show_moves(struct seq_file *m)
{
	const unsigned long *moves = zpool_compact.moves;
	unsigned long refused = 0;
	unsigned int i;

	for (i = ZPOOL_REFUSED; i < ZPOOL_NR_MOVED; i++)
		refused += READ_ONCE(moves[i]);
	show_value(m, "moves_done", READ_ONCE(moves[ZPOOL_MOVED]));
	show_value(m, "moves_refused", refused);
	show_value(m, "moves_unneeded", READ_ONCE(moves[ZPOOL_NOT_NEEDED]));
	show_value(m, "moves_never", READ_ONCE(moves[ZPOOL_REFUSED]));
	show_value(m, "moves_later", READ_ONCE(moves[ZPOOL_PUT_OFF]));
	show_value(m, "moves_unknown", READ_ONCE(moves[ZPOOL_NOT_KNOWN]));
	show_value(m, "moves_pinned", READ_ONCE(moves[ZPOOL_PINNED]));
	show_value(m, "compact_passes", READ_ONCE(zpool_compact.passes));
	show_value(m, "compact_freed", READ_ONCE(zpool_compact.slabs_emptied));
}

static int stats_show(struct seq_file *m, void *unused)
{
	struct zpool_usage u = {};

	add_all(&u);
	seq_puts(m, "kzpool stats version 1\n");
	show_value(m, "held_bytes", u.held_bytes);
	seq_printf(m, "in_use_bytes %ld\n", (long)u.in_use_bytes);
	show_value(m, "magazine_bytes", u.magazine_bytes);
	show_value(m, "remote_bytes", u.remote_bytes);
	show_value(m, "depot_bytes", u.depot_bytes);
	show_value(m, "reserve_bytes", u.reserve_bytes);
	show_value(m, "slab_free_bytes", u.slab_free_bytes);
	show_value(m, "tail_bytes", u.tail_bytes);
	show_value(m, "metadata_bytes", atomic_long_read(&zpool_budget.metadata));
	show_value(m, "budget_bytes", READ_ONCE(zpool_budget.limit));
	show_value(m, "claimed_bytes", atomic_long_read(&zpool_budget.claimed));
	seq_printf(m, "credit_bytes %ld\n", atomic_long_read(&zpool_budget.credit));
	show_value(m, "idle_peak_bytes", atomic_long_read(&zpool_budget.peak));
	show_value(m, "allocs", u.allocs);
	show_value(m, "frees", u.frees);
	show_value(m, "hits", hits(&u));
	show_value(m, "misses", u.misses);
	show_value(m, "refills", u.refills);
	show_value(m, "flushes", u.flushes);
	show_value(m, "remote_frees",
		   zpool_stats_percpu(offsetof(struct zpool_cpu, remote_frees)));
	show_value(m, "passthrough",
		   zpool_stats_percpu(offsetof(struct zpool_cpu, passthrough)));
	show_value(m, "failures",
		   zpool_stats_percpu(offsetof(struct zpool_cpu, failures)));
	show_value(m, "slabs_freed", u.slabs_freed);
	show_moves(m);
	show_value(m, "grows", READ_ONCE(zpool_adapt_counts.grows) +
		   zpool_stats_percpu(offsetof(struct zpool_cpu, raises)));
	show_value(m, "shrinks", READ_ONCE(zpool_adapt_counts.shrinks));
	show_value(m, "releases", READ_ONCE(zpool_adapt_counts.releases));
	show_value(m, "released_bytes", READ_ONCE(zpool_adapt_counts.released_bytes));
	show_value(m, "adapt_passes", READ_ONCE(zpool_adapt_counts.passes));
	show_value(m, "adapt_pass_ns", READ_ONCE(zpool_adapt_counts.last_pass_ns));
	show_value(m, "reserve_allocs", u.reserve_allocs);
	show_value(m, "reclaim_calls", atomic_long_read(&zpool_shrink_counts.calls));
	show_value(m, "reclaimed_bytes",
		   atomic_long_read(&zpool_shrink_counts.pages) * PAGE_SIZE);
	show_value(m, "pressure_level", zpool_level());
	show_value(m, "misuse_reports", atomic_long_read(&zpool_reports));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* The CPU with the largest magazines. */
static unsigned int largest_capacity(struct zpool_cache *cache)
{
	unsigned int cpu, capacity = 0;

	for_each_possible_cpu(cpu)
		capacity = max_t(unsigned int, capacity,
				 READ_ONCE(per_cpu_ptr(cache->tails, cpu)->capacity));
	return capacity;
}

/* Who serves what is asked of it. */
static const char *server(const struct zpool_cache *cache)
{
	struct zpool_cache *serving;

	if (!zpool_tag_is_class(cache->tag))
		return "-";
	serving = READ_ONCE(zpool_serving[zpool_tag_class(cache->tag)]);
	if (!serving)
		return "kmalloc";
	return serving == cache ? "-" : serving->name;
}

static void show_cache(struct seq_file *m, struct zpool_cache *cache)
{
	const struct zpool_geometry *g = &cache->geometry;
	struct zpool_usage u = {};

	zpool_stats_add_cache(&u, cache);
	seq_printf(m, "%-31s %6u %5u %9ld %9lu %9lu %9lu %7lu %4lu %8u %6lu %s\n",
		   cache->name, g->size, g->best.order,
		   (long)u.in_use_bytes / (long)g->stride,
		   (u.magazine_bytes + u.remote_bytes) / g->stride,
		   u.depot_bytes / g->stride, u.slab_free_bytes / g->stride,
		   u.nr_slabs, percent(hits(&u), u.allocs + u.frees),
		   largest_capacity(cache),
		   percent(zpool_run_tail(g, &g->best), g->best.nr_pages * PAGE_SIZE),
		   server(cache));
}

static int classes_show(struct seq_file *m, void *unused)
{
	struct zpool_cache *cache;

	seq_puts(m, "kzpool classes version 1\n");
	seq_puts(m, "# name                            size order    in_use  magazine     depot slab_free   slabs hit% capacity waste% served_by\n");
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		show_cache(m, cache);
	mutex_unlock(&zpool_caches_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(classes);

static void show_cpu(struct seq_file *m, unsigned int cpu)
{
	struct zpool_cpu *c = per_cpu_ptr(&zpool_cpu, cpu);
	struct zpool_usage u = {};
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		zpool_stats_add_cpu(&u, cache, cpu);
	mutex_unlock(&zpool_caches_lock);
	seq_printf(m, "%5u %4d %12lu %12lu %14lu %12lu %11lu %8lu\n",
		   cpu, READ_ONCE(c->node), u.allocs, u.frees,
		   u.magazine_bytes + u.remote_bytes, READ_ONCE(c->remote_frees),
		   READ_ONCE(c->passthrough), READ_ONCE(c->failures));
}

static int cpus_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	seq_puts(m, "kzpool cpus version 1\n");
	seq_puts(m, "# cpu node       allocs        frees magazine_bytes remote_frees passthrough failures\n");
	for_each_possible_cpu(cpu)
		show_cpu(m, cpu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

static unsigned int count_fillers(int nid)
{
	unsigned int cpu, nr = 0;

	for_each_online_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(&zpool_cpu, cpu)->node) == nid;
	return nr;
}

static void show_node(struct seq_file *m, int nid)
{
	struct zpool_usage u = {};
	struct zpool_cache *cache;

	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		zpool_stats_add_node(&u, cache, nid);
	mutex_unlock(&zpool_caches_lock);
	seq_printf(m, "%6d %4u %13lu %13ld %14lu %12lu %13lu %15lu %10lu %8lu %11lu\n",
		   nid, count_fillers(nid), u.held_bytes, (long)u.in_use_bytes,
		   u.magazine_bytes, u.remote_bytes, u.depot_bytes, u.slab_free_bytes,
		   u.tail_bytes, u.nr_slabs, u.slabs_freed);
}

/* "cpus" are those that fill from the node; "remote" lies with CPUs of other nodes. */
static int nodes_show(struct seq_file *m, void *unused)
{
	int nid;

	seq_puts(m, "kzpool nodes version 1\n");
	seq_puts(m, "# node cpus    held_bytes  in_use_bytes magazine_bytes remote_bytes   depot_bytes slab_free_bytes tail_bytes    slabs slabs_freed\n");
	for_each_online_node(nid)
		show_node(m, nid);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nodes);

/* A hit rate, or that nobody knows it. */
static void show_hits(struct seq_file *m, u8 pct)
{
	if (pct == ZPOOL_NO_HIT_PCT)
		seq_puts(m, "    -");
	else
		seq_printf(m, " %4u", pct);
}

/* Decisions made meanwhile do not make it longer. */
static int adapt_log_show(struct seq_file *m, void *unused)
{
	struct zpool_event event;
	unsigned int i;
	u32 nr = 0;

	seq_puts(m, "kzpool adapt_log version 1\n");
	seq_puts(m, "# second cache                            cpu signal     action         before after hit% then\n");
	for (i = 0; i < ZPOOL_LOG_EVENTS && zpool_log_get(&nr, &event); i++) {
		seq_printf(m, "%8u %-31s %3d %-10s %-14s %6u %5u", event.at_s, event.cache,
			   event.cpu, zpool_signal_name(event.signal),
			   zpool_action_name(event.action), event.before, event.after);
		show_hits(m, event.hit_pct);
		show_hits(m, event.outcome_pct);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(adapt_log);

static int shrink_named(const char *name)
{
	struct zpool_cache *cache = zpool_cache_hold(name);

	if (!cache) {
		zpool_report("shrink: '%s' is neither 1 nor the name of a cache", name);
		return -ENOENT;
	}
	zpool_cache_drain(cache);
	zpool_cache_release(cache);
	return 0;
}

/* "1" is for all, anything else for the cache of that name; done before the write returns. */
static ssize_t write_command(const char __user *buf, size_t count, void (*all)(void),
			     int (*named)(const char *name))
{
	char text[ZPOOL_NAME_BYTES + 1] = "";
	loff_t start = 0;
	ssize_t len;
	int err = 0;

	len = simple_write_to_buffer(text, sizeof(text) - 1, &start, buf, count);
	if (len < 0)
		return len;
	if (!strcmp(strim(text), "1"))
		all();
	else
		err = named(strim(text));
	return err ?: count;
}

/* What lies idle goes back. */
static ssize_t shrink_write(struct file *file, const char __user *buf, size_t count,
			    loff_t *pos)
{
	return write_command(buf, count, zpool_drain_all, shrink_named);
}

static const struct file_operations shrink_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= shrink_write,
};

/* What moves is moved, until nothing is to be gained any more. */
static ssize_t compact_write(struct file *file, const char __user *buf, size_t count,
			     loff_t *pos)
{
	return write_command(buf, count, zpool_compact_all, zpool_compact_named);
}

static const struct file_operations compact_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= compact_write,
};

static int fragmentation_show(struct seq_file *m, void *unused)
{
	return zpool_fragmentation_show(m);
}
DEFINE_SHOW_ATTRIBUTE(fragmentation);

/* Without debugfs the allocator works as well: errors are not ours to tell. */
void zpool_debugfs_start(void)
{
	dir = debugfs_create_dir("kzpool", NULL);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	debugfs_create_file("classes", 0400, dir, NULL, &classes_fops);
	debugfs_create_file("cpus", 0400, dir, NULL, &cpus_fops);
	debugfs_create_file("nodes", 0400, dir, NULL, &nodes_fops);
	debugfs_create_file("adapt_log", 0400, dir, NULL, &adapt_log_fops);
	debugfs_create_file("fragmentation", 0400, dir, NULL, &fragmentation_fops);
	debugfs_create_file("shrink", 0200, dir, NULL, &shrink_fops);
	debugfs_create_file("compact", 0200, dir, NULL, &compact_fops);
}

void zpool_debugfs_stop(void)
{
	debugfs_remove(dir);
}
