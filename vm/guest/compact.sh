# Compaction: what is sparse goes back, whatever goes on meanwhile; nothing changes, nor leaves its node.
program=/sys/module/kzpool_compact/parameters/do

# SIZE:NUMBER of handles; objects of a cache. Less where the kernel checks itself and is slow.
sets="64:100000 1000:100000 4096:100000 20480:20000" nr_objects=100000
[ ! -e /sys/kernel/debug/fail_page_alloc ] ||
	sets="64:20000 1000:20000 4096:10000 20480:2000" nr_objects=20000

# step COMMAND...: one step, see bench/compact_main.c
step()
{
	echo "$*" >"$program"
}

# said: what the last one did
said()
{
	cat "$program"
}

# compact WHAT
compact()
{
	echo "$1" >"$debugfs/compact"
}

now_cs()
{
	awk '{ printf "%d", $1 * 100 + 0.5 }' /proc/uptime
}

# figures WHEN
figures()
{
	awk -v when="$1" '{ at[$1] = $2 }
		END { printf "%s: held %d KiB, in use %d KiB: %.3f; metadata %d KiB, with it %.3f\n", when,
			at["held_bytes"] / 1024, at["in_use_bytes"] / 1024,
			at["held_bytes"] / (at["in_use_bytes"] + !at["in_use_bytes"]), at["metadata_bytes"] / 1024,
			(at["held_bytes"] + at["metadata_bytes"]) / (at["in_use_bytes"] + !at["in_use_bytes"]) }' \
		"$debugfs/stats" | report
}

# is_dense: the goal
is_dense()
{
	awk '{ at[$1] = $2 } END { print at["held_bytes"], at["in_use_bytes"]
		exit !(at["in_use_bytes"] && at["held_bytes"] * 100 <= at["in_use_bytes"] * 115) }' "$debugfs/stats"
}

# compacts WHEN: all that can be gained, and how that was before and after
compacts()
{
	figures "$1, before"
	moves=$(stat moves_done) start=$(now_cs)
	compact 1
	status=$?
	start=$(($(now_cs) - start))
	figures "$1, after"
	echo "$1: $(($(stat moves_done) - moves)) moves, $(stat moves_pinned) pinned in all, in $start cs" | report
	return $status
}

# verifies: each holds what it did, on its node
verifies()
{
	step verify
	verdict=$?
	said | report
	return $verdict
}

# goes_back: what is dropped
goes_back()
{
	step drop && echo 1 >"$debugfs/shrink" && waits_for holds_at_most 0
}

# passes_round HOW STEP...: one way to make it sparse
passes_round()
{
	how=$1
	shift
	check "$how: $nr handles of $size bytes" step handles "$size" "$nr"
	check "$how: that is sparse" step "$@"
	check "$how: it can be compacted" compacts "$how"
	check "$how: held is 1.15 times what is in use at most" is_dense
	check "$how: all is what it was, where it was born" verifies
	check "$how: statistics add up" adds_up
	check "$how: in the end nothing is held" goes_back
}

# touches THREADS
touches()
{
	step touch "$1"
	verdict=$?
	said | report
	return $verdict
}

# passes_touched HOW: while two CPUs look and write
passes_touched()
{
	how=$1
	check "$how: it is sparse" step free_random 90
	check "$how: two CPUs look and write" step touch 2
	check "$how: meanwhile it can be compacted" compacts "$how, meanwhile"
	check "$how: nothing was wrong" touches 0
	check "$how: it can be compacted again" compacts "$how, then"
	check "$how: all is what it was, where it was born" verifies
}

# column NAME COLUMN: the sum over the nodes, of the table of fragmentation
column()
{
	awk -v row="$1" -v column="$2" '
		$1 == "#" && /movable/ { for (i = 2; i <= NF; i++) at[$i] = i - 1 }
		$1 == row { sum += $at[column] }
		END { print sum + 0 }' "$debugfs/fragmentation"
}

# answered: what the callback said so far, and what was counted of it, the same
answered()
{
	step answers && said | report || return
	counted="answers: done $(stat moves_done) never $(stat moves_never) later $(stat moves_later)"
	counted="$counted unneeded $(stat moves_unneeded) unknown $(stat moves_unknown)"
	[ "$(said)" = "$counted" ] || { echo "counted as $counted"; return 1; }
}

# is_as_dense_as_may: but for what does not move, and one slab of each node
is_as_dense_as_may()
{
	fixed=$(column compact held_KiB)
	echo "$(column compact fixed) slabs of $(column compact slabs) hold what does not move, $fixed KiB" | report
	awk -v fixed="$fixed" '{ at[$1] = $2 } END {
		exit !(at["held_bytes"] * 100 <= at["in_use_bytes"] * 115 + fixed * 102400) }' "$debugfs/stats"
}

# has_moved MORE: so many more than before
has_moved()
{
	[ "$(stat moves_done)" -ge $((moved + $1)) ]
}

# has_metadata BYTES, at most
has_metadata()
{
	[ "$(stat metadata_bytes)" -le "$1" ]
}

# at_least KEY NUMBER
at_least()
{
	[ "$(stat "$1")" -ge "$2" ]
}

# refuses_with WORDS WHAT: compaction of it, one line in the log
refuses_with()
{
	reports=$(stat misuse_reports)
	(compact "$2") 2>&1 | grep -i "$1" || return
	[ "$(stat misuse_reports)" = $((reports + 1)) ]
}

# is_held_by FUNCTION: the table of who holds memory names it
is_held_by()
{
	grep -E "^ *[0-9]+ +[0-9]+ $1\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[kzpool_compact\\]" "$debugfs/fragmentation"
}

# shows_holders: who holds memory, to the person outside
shows_holders()
{
	sed -n '/site$/,$p' "$debugfs/fragmentation" | report
}

# is_left_behind: by a module that goes; one line tells it
is_left_behind()
{
	reports=$(stat misuse_reports)
	rmmod kzpool_compact && [ "$(stat misuse_reports)" = $((reports + 1)) ] &&
		dmesg | grep 'kzpool: .* goes and leaves it behind'
}

check "kzpool loads, to compact when it is told" load compact_frag_pct=100
check "the program of steps loads" insmod /kzpool_compact.ko
check "compact refuses a name that is none" refuses_with "no such file" nonsense
check "compact refuses a cache of what does not move" refuses_with "not supported" zpool-64
for set in $sets; do
	check "${set%:*} bytes, one" step handles "${set%:*}" 1
	check "${set%:*} bytes, none" goes_back
done
check "compact takes the name of a cache of handles" compact handle-1024
metadata=$(stat metadata_bytes)

for set in $sets; do
	size=${set%:*} nr=${set#*:}
	passes_round "$size bytes, 90 % freed at random" free_random 90
	passes_round "$size bytes, every second freed" free_even
	check "$size bytes, touched: $nr handles" step handles "$size" "$nr"
	passes_touched "$size bytes, touched"
	check "$size bytes, touched: held is 1.15 times what is in use at most" is_dense
	check "$size bytes, touched: in the end nothing is held" goes_back
done
# What was grown to is kept: a word for each chunk of descriptors, and one that is empty.
check "metadata is 128 KiB more than before at most" waits_for has_metadata $((metadata + 131072))
echo "metadata: $metadata bytes before, $(stat metadata_bytes) after" | report

# The worker, by itself.
check "the worker is asked for what it does by default" eval 'set_parameter compact_frag_pct 12'
for set in $sets; do
	size=${set%:*} nr=${set#*:}
	check "$size bytes, the worker: $nr handles" step handles "$size" "$nr"
	check "$size bytes, the worker: sparse" step free_random 90
	start=$(now_cs)
	check "$size bytes, the worker: held is 1.15 times what is in use, by itself" waits_for is_dense
	echo "$size bytes, the worker: $(($(now_cs) - start)) cs" | report
	figures "$size bytes, the worker"
	check "$size bytes, the worker: all is what it was, where it was born" verifies
	check "$size bytes, the worker: in the end nothing is held" goes_back
done
check "the worker does nothing by itself any more" set_parameter compact_frag_pct 100
check "the program of steps unloads after handles" rmmod kzpool_compact
check "kzpool unloads after handles" rmmod kzpool

# A cache whose owner moves its objects, and says all that can be said.
check "kzpool reloads" load compact_frag_pct=100
check "the program of steps reloads" insmod /kzpool_compact.ko
check "objects: $nr_objects of 1000 bytes" step objects 1000 $nr_objects 2
check "objects: sparse" step free_random 90
check "objects: they can be compacted" compacts objects
check "objects: each answer is counted" answered
check "objects: what moves is dense" is_as_dense_as_may
for turn in second third fourth; do
	check "objects: they can be compacted a $turn time" compact 1
	check "objects: each answer is counted the $turn time" answered
done
figures "objects, all refusals"
check "objects: what moves is dense in the end" is_as_dense_as_may
check "objects: all is what it was, where it was born" verifies
check "objects: statistics add up" adds_up
check "objects: all may move now" step notify
check "objects: they can be compacted then" compacts "objects, when all may move"
check "objects: each answer is counted then" answered
check "objects: held is 1.15 times what is in use at most" is_dense
check "objects: all is what it was then" verifies
check "objects: in the end nothing is held" goes_back

check "kzpool_compact unloads after objects" rmmod kzpool_compact
check "kzpool unloads after objects" rmmod kzpool
check "kzpool is here again" load compact_frag_pct=100
check "the program of steps is here again" insmod /kzpool_compact.ko
check "objects, touched: $nr_objects of 1000 bytes" step objects 1000 $nr_objects 2
passes_touched "objects, touched"
check "objects, touched: each answer is counted" answered
check "objects, touched: what moves is dense" is_as_dense_as_may
check "objects, touched: half of them are freed" step free_even
check "objects, touched: they can be compacted by name" compact compact
check "objects, touched: each answer is counted then" answered
check "objects, touched: all is what it was" verifies
check "objects, touched: in the end nothing is held" goes_back
check "kzpool_compact unloads after touched objects" rmmod kzpool_compact
check "kzpool unloads after touched objects" rmmod kzpool

# Debugging: who holds what is sparse.
check "kzpool loads with debug=U" load debug=U compact_frag_pct=100
check "the program of steps loads with debug=U" insmod /kzpool_compact.ko
check "few objects of kmalloc hold much" step hostages 512 20000 20
check "kmalloc does not move" compact 1
check "the function that has them is named" is_held_by take_hostage
shows_holders
check "those can go" goes_back
check "objects are there, of which many do not move" step objects 1000 20000 150
check "they are sparse" step free_random 90
check "what does can be moved" compact 1
check "the function that has them is named too" is_held_by alloc_object
shows_holders
check "objects that do not move can go" goes_back
check "handles are there" step handles 1000 20000
check "handles are sparse" step free_random 90
check "handles can be compacted with debug=U" compacts "debug=U"
check "handles are dense" is_dense
check "handles are what they were" verifies
check "those can go too" goes_back
check "kzpool_compact unloads after debug=U" rmmod kzpool_compact
check "kzpool unloads after debug=U" rmmod kzpool

# Debugging: what may move does.
check "kzpool loads with debug=M" load debug=M compact_frag_pct=100 adapt_interval_ms=20
check "the program of steps loads with debug=M" insmod /kzpool_compact.ko
check "5000 handles are there, none freed" step handles 1000 5000
moved=$(stat moves_done)
check "they move by themselves" waits_for has_moved 500
check "nothing has changed by that" verifies
check "two CPUs look and write" step touch 2
moved=$(stat moves_done)
check "they move meanwhile" waits_for has_moved 4000
check "nothing was wrong in that" touches 0
check "nothing has changed by that either" verifies
check "handles go" goes_back
check "64 handles are there" step handles 4096 64
check "two CPUs look at few of them, and write" step touch 2
pinned=$(stat moves_pinned)
check "moves are cancelled for that" waits_for at_least moves_pinned $((pinned + 5))
check "nothing was wrong when moves were cancelled" touches 0
check "nothing has changed by what was cancelled" verifies
check "few handles go" goes_back
check "5000 objects are there, none freed" step objects 1000 5000 0
moved=$(stat moves_done)
check "objects move by themselves" waits_for has_moved 500
check "objects have not changed" verifies
check "objects go" goes_back
check "kzpool_compact unloads after debug=M" rmmod kzpool_compact
check "kzpool unloads after debug=M" rmmod kzpool

# A module that goes and leaves what it could move.
check "kzpool loads once more" load compact_frag_pct=100
check "a program that leaves its cache behind loads" insmod /kzpool_compact.ko leaves=1
check "what it is to leave is there" step objects 1000 2000 0
check "it is sparse" step free_random 50
check "it is left behind" is_left_behind
moved=$(stat moves_done)
check "it can be compacted still" compact 1
check "nothing of it moves" test "$(stat moves_done)" = "$moved"
check "its name is still known" compact compact
check "kzpool unloads in the end" rmmod kzpool
