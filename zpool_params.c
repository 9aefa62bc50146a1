// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters: see zpool_params.h. Each has a range, told when a value is
 * refused; the old value stays. While the module loads nothing is there to be
 * changed yet, and the kernel sets one after the other: what must fit together
 * is looked at when all are known.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "zpool_adapt.h"
#include "zpool_budget.h"
#include "zpool_compact.h"
#include "zpool_debug.h"
#include "zpool_drain.h"
#include "zpool_params.h"
#include "zpool_policy.h"
#include "zpool_pressure.h"
#include "zpool_report.h"
#include "zpool_worker.h"

static unsigned int budget_kb;
static unsigned int prefill_kb;
static bool is_parsed;		/* what was given at load; as is_loaded: */
static bool is_loaded;		/* under kernel_param_lock() */

/* Set @value to @val, if that is in range; else it is told. */
static int parse(const char *val, const struct kernel_param *kp, unsigned long least,
		 unsigned long most, unsigned int *value)
{
	unsigned int parsed;

	if (!kstrtouint(val, 0, &parsed) && parsed >= least && parsed <= most) {
		*value = parsed;
		return 0;
	}
	zpool_report("%s: '%.*s' is not in %lu to %lu", kp->name,
		     (int)min_t(size_t, strcspn(val, "\n"), 20), val, least, most);
	return -EINVAL;
}

/*
 * The budget.
 */

static unsigned long ram_kb(void)
{
	return totalram_pages() << (PAGE_SHIFT - 10);
}

/* 1/64 of RAM, but no more than 32 MiB for each CPU. */
static unsigned long automatic_budget_kb(void)
{
	return min(ram_kb() / 64, num_online_cpus() * (32UL << 10));
}

/* If more may lie idle than the new limit allows, all goes back at once. */
void zpool_params_apply_budget(void)
{
	unsigned long limit = (unsigned long)(budget_kb ?: automatic_budget_kb()) << 10;

	mutex_lock(&zpool_adapt_lock);
	zpool_budget_set_limit(limit);
	if (!zpool_budget_room(limit))
		zpool_drain_all();
	zpool_adapt_grant();
	mutex_unlock(&zpool_adapt_lock);
}

static int set_budget_kb(const char *val, const struct kernel_param *kp)
{
	int err = parse(val, kp, 0, min(ram_kb(), (unsigned long)UINT_MAX), kp->arg);

	if (!err && is_loaded)
		zpool_params_apply_budget();
	return err;
}

static int set_prefill_kb(const char *val, const struct kernel_param *kp)
{
	return parse(val, kp, 0, min(ram_kb() / 4, (unsigned long)UINT_MAX), kp->arg);
}

size_t zpool_params_prefill_bytes(void)
{
	return (size_t)prefill_kb << 10;
}

static const struct kernel_param_ops budget_kb_ops = {
	.set = set_budget_kb,
	.get = param_get_uint,
};

static const struct kernel_param_ops prefill_kb_ops = {
	.set = set_prefill_kb,
	.get = param_get_uint,
};

module_param_cb(budget_kb, &budget_kb_ops, &budget_kb, 0644);
MODULE_PARM_DESC(budget_kb, "KiB that may lie idle, up to all of RAM; 0: automatic, 1/64 of RAM and at most 32 MiB per CPU");
module_param_cb(prefill_kb, &prefill_kb_ops, &prefill_kb, 0444);
MODULE_PARM_DESC(prefill_kb, "KiB of objects, spread over the classes, to have ready at load, up to a quarter of RAM and within half the budget; 0: none");

/*
 * What is in a range: of the policy, of pressure, of compaction.
 */

struct range_param {
	unsigned int *value;
	unsigned int least, most;
};

#define IS(param, field)	((param)->value == &zpool_policy.field)

/* The hit rate below which a class may shrink lies below that above which it may grow. */
static void narrow(const struct range_param *param, unsigned int *least, unsigned int *most)
{
	*least = param->least;
	*most = param->most;
	if (!is_parsed)
		return;
	if (IS(param, grow_hit_pct))
		*least = max(*least, zpool_policy.shrink_hit_pct + 1);
	if (IS(param, shrink_hit_pct))
		*most = min(*most, zpool_policy.grow_hit_pct - 1);
}

static int set_in_range(const char *val, const struct kernel_param *kp)
{
	const struct range_param *param = kp->arg;
	unsigned int value, least, most;
	int err;

	narrow(param, &least, &most);
	err = parse(val, kp, least, most, &value);
	if (err)
		return err;
	mutex_lock(&zpool_adapt_lock);
	WRITE_ONCE(*param->value, value);
	mutex_unlock(&zpool_adapt_lock);
	if (is_loaded && IS(param, interval_ms))
		zpool_worker_kick();
	return 0;
}

static int get_in_range(char *buffer, const struct kernel_param *kp)
{
	const struct range_param *param = kp->arg;

	return sprintf(buffer, "%u\n", *param->value);
}

static const struct kernel_param_ops range_ops = {
	.set = set_in_range,
	.get = get_in_range,
};

#define RANGE_PARAM(name, variable, from, to, desc)					\
	static struct range_param name##_param = { &(variable), from, to };		\
	module_param_cb(name, &range_ops, &name##_param, 0644);			\
	MODULE_PARM_DESC(name, desc)

#define A_DAY_MS	86400000

RANGE_PARAM(adapt_interval_ms, zpool_policy.interval_ms, 10, 3600000,
	    "ms between two looks at what is used, 10 to 3600000");
RANGE_PARAM(grow_hit_pct, zpool_policy.grow_hit_pct, 2, 100,
	    "% of hits above which a class whose capacity is used up grows, 2 to 100 and above shrink_hit_pct");
RANGE_PARAM(grow_pressure_pct, zpool_policy.grow_pressure_pct, 1, 100,
	    "% of its capacity above which it counts as used up, 1 to 100");
RANGE_PARAM(grow_factor_pct, zpool_policy.grow_factor_pct, 101, 400,
	    "% of its capacity to which a class grows, 101 to 400");
RANGE_PARAM(shrink_hit_pct, zpool_policy.shrink_hit_pct, 1, 99,
	    "% of hits below which an idle class shrinks, 1 to 99 and below grow_hit_pct");
RANGE_PARAM(shrink_idle_ms, zpool_policy.shrink_idle_ms, 1, A_DAY_MS,
	    "ms without an operation after which it may, 1 to 86400000");
RANGE_PARAM(shrink_factor_pct, zpool_policy.shrink_factor_pct, 1, 99,
	    "% of its capacity to which a class shrinks, 1 to 99");
RANGE_PARAM(decay_ms, zpool_policy.decay_ms, 0, A_DAY_MS,
	    "ms after which what lies unused begins to go back to the system, up to 86400000; 0: never");

RANGE_PARAM(pressure_hold_ms, zpool_pressure.hold_ms, 100, 3600000,
	    "ms without evidence after which a level of pressure is left, 100 to 3600000");
RANGE_PARAM(compact_frag_pct, zpool_compact.frag_pct, 1, 100,
	    "% of the slabs of a cache that moving objects must be able to free before it is done, 1 to 100; 100: only on demand and under pressure");
RANGE_PARAM(compact_batch, zpool_compact.batch, 1, 65536,
	    "objects that are moved at a time, about, 1 to 65536");

/*
 * Debugging.
 */

static int set_debug(const char *val, const struct kernel_param *kp)
{
	return zpool_debug_parse(val, kp->arg);
}

static int get_debug(char *buffer, const struct kernel_param *kp)
{
	return zpool_debug_print(buffer, *(unsigned int *)kp->arg);
}

static const struct kernel_param_ops debug_ops = {
	.set = set_debug,
	.get = get_debug,
};

module_param_cb(debug, &debug_ops, &zpool_debug, 0444);
MODULE_PARM_DESC(debug, "letters: M moves objects that may move at random, U keeps who asked for each object");

/*
 * Load and unload.
 */

/**
 * zpool_params_check() - do the values given at load fit together?
 *
 * Return: 0, or -EINVAL and a report.
 */
int zpool_params_check(void)
{
	kernel_param_lock(THIS_MODULE);
	is_parsed = true;
	kernel_param_unlock(THIS_MODULE);
	if (zpool_policy.shrink_hit_pct < zpool_policy.grow_hit_pct)
		return 0;
	zpool_report("shrink_hit_pct: '%u' is not in 1 to %u (below grow_hit_pct)",
		     zpool_policy.shrink_hit_pct, zpool_policy.grow_hit_pct - 1);
	return -EINVAL;
}

/* A parameter may be written while the module loads or unloads. */
static void set_loaded(bool loaded)
{
	kernel_param_lock(THIS_MODULE);
	is_loaded = loaded;
	if (loaded)
		zpool_params_apply_budget();
	kernel_param_unlock(THIS_MODULE);
}

/* At load, when everything is there that a change may touch. */
void zpool_params_start(void)
{
	set_loaded(true);
	zpool_worker_kick();
}

/* At unload, before the first of it goes. */
void zpool_params_stop(void)
{
	set_loaded(false);
}
