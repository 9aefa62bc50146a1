#!/bin/bash
# check-scan.sh: each report that a kernel of ours can make is seen in its log, and nothing else is.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
sample=$top/build/scan.log

# seen LINE, unseen LINE
seen()
{
	echo "$1" >"$sample"
	[ "$("$top/vm/trouble.sh" "$sample")" = "$1" ]
}
unseen()
{
	! seen "$1"
}

while IFS= read -r line; do
	check "seen as trouble: $line" seen "$line"
done <<'END'
BUG: KASAN: slab-use-after-free in zpool_kfree+0x12/0x40
BUG: sleeping function called from invalid context at kernel/locking/spinlock_rt.c:48
BUG: scheduling while atomic: swapper/0/0/0x00000002
BUG: unable to handle page fault for address: ffff888003c00000
BUG: Bad page state in process insmod  pfn:03c00
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
BUG kmalloc-64 (Tainted: G           O      ): Redzone overwritten
BUG zpool_cache (Tainted: G           O      ): Objects remaining on __kmem_cache_shutdown()
kmem_cache_destroy zpool_cache: Slab cache still has objects when called from zpool_exit+0x1/0x2
WARNING: CPU: 0 PID: 1 at mm/page_alloc.c:4727 __alloc_pages+0x1e8/0x1f0
WARNING: possible circular locking dependency detected
WARNING: possible irq lock inversion dependency detected
WARNING: inconsistent lock state
WARNING: bad unlock balance detected!
WARNING: suspicious RCU usage
[ BUG: Invalid wait context ]
DEBUG_LOCKS_WARN_ON(lock->magic != lock)
INFO: trying to register non-static key.
INFO: lockdep is turned off.
INFO: task insmod:71 blocked for more than 120 seconds.
INFO: rcu_preempt detected stalls on CPUs/tasks: { 1-... }
rcu: INFO: rcu_sched self-detected stall on CPU
watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [insmod:71]
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmemleak: Memory pool empty, consider increasing CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE
kmemleak: Kernel memory leak detector disabled
kmemleak: Cannot insert 0xffff888003c00000 into the object search tree (overlaps existing)
unreferenced object 0xffff888003c00000 (size 64):
UBSAN: array-index-out-of-bounds in zpool_slab.c:12:3
ODEBUG: free active (active state 0) object: ffff888003c00000 object type: work_struct
list_add corruption. next->prev should be prev (ffffffff82a0), but was 0000000000000000.
refcount_t: underflow; use-after-free.
Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
insmod: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)
Out of memory: Killed process 71 (insmod) total-vm:1234kB
Call Trace:
END
while IFS= read -r line; do
	check "no trouble: $line" unseen "$line"
done <<'END'
kmemleak: Kernel memory leak detector initialized (mem pool available: 15677)
kasan: KernelAddressSanitizer initialized
kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)-0x(____ptrval____)
Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
x86/mm: Checked W+X mappings: passed, no W+X pages found.
kzpool: zpool-64: ended with 1 object(s), 64 bytes, in use
END
