# Compaction: what is sparse goes back, whatever goes on meanwhile; nothing changes, nor leaves its node.
program=/sys/module/kzpool_compact/parameters/do

# SIZE:NUMBER of handles
sets="64:100000 1000:100000 4096:100000 20480:20000"

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

check "kzpool loads, to compact when it is told" load compact_frag_pct=100
check "the program of steps loads" insmod /kzpool_compact.ko
for set in $sets; do
	size=${set%:*} nr=${set#*:}
	passes_round "$size bytes, 90 % freed at random" free_random 90
	passes_round "$size bytes, every second freed" free_even
	check "$size bytes, touched: $nr handles" step handles "$size" "$nr"
	passes_touched "$size bytes, touched"
	check "$size bytes, touched: held is 1.15 times what is in use at most" is_dense
	check "$size bytes, touched: in the end nothing is held" goes_back
done
check "the program of steps unloads" rmmod kzpool_compact
check "kzpool unloads after handles" rmmod kzpool
