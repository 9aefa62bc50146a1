#!/bin/bash
# trouble.sh LOG: print the lines of a kernel's log that say something is wrong; none, no trouble.
# Left out are lines that $expected holds.
set -euo pipefail

patterns=(
	'\<BUG\>' 'WARNING:' 'Oops' 'general protection fault' 'unable to handle' 'Kernel panic' 'Call Trace'
	'KASAN' 'KCSAN' 'UBSAN' 'KFENCE' 'ODEBUG:' 'list_(add|del).* corruption' 'Bad page' 'bad page state' 'refcount_t:'
	'lockdep' 'DEBUG_LOCKS_WARN' 'possible circular' 'possible recursive' 'inconsistent lock state'
	'lock inversion' 'unsafe locking' 'bad unlock balance' 'held lock freed' 'Invalid wait context'
	'non-static key' 'sleeping function' 'scheduling while atomic' 'suspicious RCU'
	'kmemleak: [0-9]+ new' 'kmemleak: .*(disabled|pool empty|[Ff]ailed|[Cc]annot)' 'unreferenced object'
	'Objects remaining' 'still has objects' 'page allocation failure' 'Out of memory'
	'INFO: (task|rcu)' 'rcu: INFO' '\<stall' 'soft lockup' 'hard LOCKUP' 'blocked for more than'
	'percpu: allocation failed'
)
pattern=$(IFS='|' && echo "${patterns[*]}")
grep -E -- "$pattern" "$1" | grep -vxF -- "${expected:-}" || true
