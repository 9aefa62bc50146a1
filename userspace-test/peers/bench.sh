#!/bin/bash
# bench.sh [ROUNDS]: zpool's core beside the allocators of userspace, in one process; times first, then counts by
# cachegrind. All rows go to build/bench/userspace.csv, with medians, least and most over the rounds.
# A library that is not installed, and cannot be, is left out.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/../../vm/lib.sh"
here=$top/userspace-test/peers
program=$top/build/userspace-peers/peers
dir=$top/build/bench
rounds=${1:-9}
mkdir -p "$dir"

# sums: after the rows of stdin, their medians, least and most over the rounds, by CPU time.
sums()
{
	awk -F, -v OFS=, '
	{ print; key = $1 FS $2 FS $3 FS $4 FS $5 FS $6 FS $7 }
	!(key in n) { keys[++nr] = key }
	{	# keep what is there in order
		for (at = ++n[key]; at > 1 && cpu[key, at - 1] > $12 + 0; at--) {
			cpu[key, at] = cpu[key, at - 1]; row[key, at] = row[key, at - 1]
		}
		cpu[key, at] = $12 + 0
		row[key, at] = $9 FS $10 FS $11 FS $12 FS $13 FS $14 FS $15 FS $16 FS $17
	}
	END {
		for (i = 1; i <= nr; i++) {
			key = keys[i]
			print key, "median", row[key, int((n[key] + 1) / 2)]
			print key, "least", row[key, 1]
			print key, "most", row[key, n[key]]
		}
	}'
}

# table WIDTH FORMAT: a line a load and a column a contender; FORMAT is the body of an awk function cell(key).
table()
{
	awk -F, -v width="$1" '
	function cell(key) { '"$2"' }
	{
		load = sprintf("%-14s %11s %5d %4d", $3, $4, $5, $6)
		if (!(load in seen)) { seen[load]; loads[++nr] = load }
		if (!($7 in named)) { named[$7]; names[++nr_names] = $7 }
		value[load FS $7, $8, "cpu"] = $12; value[load FS $7, $8, "insn"] = $10
		value[load FS $7, $8, "d1"] = $15; value[load FS $7, $8, "ll"] = $16
		value[load FS $7, $8, "peak"] = $17
	}
	END {
		printf "%-14s %11s %5s %4s", "load", "bytes", "live", "cpus"
		for (i = 1; i <= nr_names; i++) printf " %*s", width, names[i]
		print ""
		for (l = 1; l <= nr; l++) {
			printf "%s", loads[l]
			for (i = 1; i <= nr_names; i++)
				printf " %*s", width, cell(loads[l] FS names[i])
			print ""
		}
	}'
}

"$top/vm/setup.sh" peers || say "going on with what is installed"
make -s -j2 -C "$here"

say "times: $rounds rounds of each, a few minutes"
"$program" run "$rounds" >"$dir/userspace.rows"
sums <"$dir/userspace.rows" >"$dir/userspace.times"
printf '\nCPU time of a pair of alloc and free, ns: median (least to most) of %s rounds in turn\n' "$rounds"
grep -E ',(median|least|most),' "$dir/userspace.times" | table 20 '
	return sprintf("%.1f (%.1f-%.1f)", value[key, "median", "cpu"], value[key, "least", "cpu"],
		       value[key, "most", "cpu"])'

counts=/dev/null
if command -v valgrind >/dev/null; then
	counts=$dir/userspace.counts
	say "counts: every load twice under cachegrind, a few minutes"
	"$here/cachegrind.sh" "$program" >"$counts"
	printf '\nOf a pair, by cachegrind: instructions; data-cache misses, first level and last; peak of memory, KiB\n'
	table 26 'return sprintf("%d; %.2f, %.2f; %d", value[key, "count", "insn"], value[key, "count", "d1"],
				 value[key, "count", "ll"], value[key, "count", "peak"] / 1024)' <"$counts"
else
	say "counts: skipped: valgrind is not installed"
fi

{
	echo "kernel,lane,load,size,batch,cpus,contender,round,ns_per_op,insn_per_op,held_bytes,cpu_ns_per_op,\
sys_ns_per_op,faults_per_op,d1_misses_per_op,lld_misses_per_op,peak_bytes"
	cat "$dir/userspace.times" "$counts"
} >"$dir/userspace.csv"
cat <<'END'

What this flatters. zpool: nothing keeps its threads from being preempted or interrupted, where a kernel counts and
disables; locks and page allocator are simpler than a kernel's; each thread is a CPU that nobody else uses and that it
never leaves, so a new thread finds warm magazines; its pages come from an arena of the process that is never given
back, while the others ask the system for theirs (sys_ns_per_op and faults_per_op tell how often); it refuses what
malloc must serve, more than 64 KiB, and aligns to 8 bytes what is no multiple of 16. The others: zpool is called
through one function more, and finds its per-CPU data by way of a thread-local word. A grace period costs one
membarrier(2) in each pass of the worker, once a second. Nobody has huge pages; glibc takes its locks throughout, as in
any process with threads. CPU time does not count waiting for the other player (xmalloc), nor the time in which other
programs had the CPU; ns_per_op is by the clock on the wall. The peak is of memory touched, to a quarter of a MiB, and
of an object only the first word is, but in tokio_memset.
END
say "all rows are in $dir/userspace.csv"
