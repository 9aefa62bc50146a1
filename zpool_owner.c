// SPDX-License-Identifier: GPL-2.0
/*
 * See zpool_owner.h. The cache stays, since objects of it may be in use; but its
 * constructor and its callback go with the module, and are forgotten before.
 */
#include <linux/module.h>
#include <linux/notifier.h>

#include "zpool_cache.h"
#include "zpool_owner.h"
#include "zpool_report.h"

static void forget_code(struct zpool_cache *cache, const struct module *gone)
{
	int nid;

	lockdep_assert_held(&zpool_caches_lock);
	if (cache->ctor && within_module((unsigned long)cache->ctor, gone)) {
		zpool_report("%s: the module of its constructor, %s, goes and leaves it behind",
			     cache->name, gone->name);
		WRITE_ONCE(cache->ctor, NULL);
		for_each_node(nid)
			WRITE_ONCE(cache->nodes[nid]->slabs.ctor, NULL);
	}
	if (cache->move && within_module((unsigned long)cache->move, gone))
		WRITE_ONCE(cache->move, NULL);
}

static bool has_lost_code(const struct zpool_cache *cache)
{
	return !cache->mover->is_of_handles &&
	       (!READ_ONCE(cache->move) || !READ_ONCE(cache->ctor));
}

/*
 * One that is running must not find its code gone. One module at a time, since who
 * waits here holds the cache, too.
 */
static void wait_for_callbacks(void)
{
	static DEFINE_MUTEX(lock);
	struct zpool_cache *cache;
	u64 serial = 0;

	mutex_lock(&lock);
	while ((cache = zpool_cache_hold_after(serial))) {
		serial = cache->serial;
		if (has_lost_code(cache))
			zpool_cache_wait_unused(cache, 1);
		zpool_cache_release(cache);
	}
	mutex_unlock(&lock);
}

static int module_changed(struct notifier_block *nb, unsigned long state, void *module)
{
	struct zpool_cache *cache;

	if (state != MODULE_STATE_GOING)
		return NOTIFY_OK;
	mutex_lock(&zpool_caches_lock);
	list_for_each_entry(cache, &zpool_caches, list)
		forget_code(cache, module);
	mutex_unlock(&zpool_caches_lock);
	wait_for_callbacks();
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = module_changed,
};

/**
 * zpool_owner_start() - at load, when the caches are there
 *
 * Return: 0, or an error.
 */
int zpool_owner_start(void)
{
	return register_module_notifier(&notifier);
}

/* At unload, before the caches go. */
void zpool_owner_stop(void)
{
	unregister_module_notifier(&notifier);
}
