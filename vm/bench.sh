#!/bin/bash
# bench.sh [LANE...]: run the benchmark in each lane, by default in all that are meant for it; gather the rows
# in build/bench/results.csv, with their medians, and show these beside kmalloc's. Lane `host` is this machine
# itself, see bench-host.sh. A lane whose kernel cannot be had is skipped; one that fails, or whose rows are not complete, fails all.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
lanes=("$@")
[ $# -gt 0 ] || lanes=(bench-new-icount bench-6.12-icount bench-new-cross bench-new-2cpu bench-uml-new)
for lane in "${lanes[@]}"; do
	[[ -f $top/vm/lanes/$lane && $lane == bench-* ]] || [ "$lane" = host ] ||
		die "no benchmark lane '$lane', there are: host $(cd "$top/vm/lanes" && echo bench-*)"
done
dir=$top/build/bench
results=$dir/results.csv
mkdir -p "$dir"

# counts LANE: is its clock a counter of instructions?
counts()
{
	[[ $1 == *-icount ]]
}

# rows LANE: what the lane's console has of them, with kernel and lane filled in, as CSV.
rows()
{
	local counted=
	! counts "$1" || counted=1
	awk -F, -v OFS=, -v lane="$1" -v counted=$counted -v day="$(date -u +%F)" '
	/^kzpool_bench: set .* on Linux / { split($1, word, " "); kernel = word[6] }
	/^kzpool-guest: budget / { split($1, word, " "); budget = word[3] }
	/^kzpool(_bench|-guest): row,/ && NF == 10 {
		row[++printed] = lane OFS $2 OFS $3 OFS $4 OFS $5 OFS $6 OFS $7 OFS $8 OFS \
			(counted ? $8 : "") OFS $9 OFS $10 OFS budget OFS day
	}
	/^kzpool(_bench|-guest): rows,/ { announced += $2 }
	END {
		for (i = 1; i <= printed; i++)
			print kernel, row[i]
		print printed + 0 " rows, " announced + 0 " announced" >"/dev/stderr"
		exit !printed || printed != announced
	}' "$log/$1.console.log"
}

# medians: after the rows of stdin, their medians over the rounds, with "median" for a round.
medians()
{
	awk -F, -v OFS=, '
	{ print; key = $1 FS $2 FS $3 FS $4 FS $5 FS $6 FS $7; rest = $13 FS $14 }
	!((key, rest) in n) { keys[++nr] = key; rests[nr] = rest }
	{ key = key SUBSEP rest; at = ++n[key]; counted[key] = $10 != ""; held[key] = $11 FS $12 }
	{	# keep what is there in order
		for (; at > 1 && ns[key, at - 1] > $9 + 0; at--) ns[key, at] = ns[key, at - 1]
		ns[key, at] = $9 + 0
	}
	END {
		for (i = 1; i <= nr; i++) {
			key = keys[i] SUBSEP rests[i]
			mid = sprintf("%.2f", ns[key, int((n[key] + 1) / 2)])
			print keys[i], "median", mid, counted[key] ? mid : "", held[key], rests[i]
		}
	}'
}

# table: the medians of stdin, a line a load and a column a contender.
table()
{
	awk -F, '
	$8 != "median" { next }
	{ load = sprintf("%-15s %6s %5d %4d %9s", $3, $4 ? $4 : "", $5, $6, $13) }
	!(load in seen) { seen[load]; loads[++nr] = load }
	{ figure[load, $7] = $9 }
	END {
		names = split("zpool zpool_sized zpool_cache kmalloc kmem_cache pages fixed_pool floor", name, " ")
		printf "%-15s %6s %5s %4s %9s", "load", "size", "batch", "cpus", "budget"
		for (i = 1; i <= names; i++) printf " %11s", name[i]
		print "  kmalloc/zpool"
		for (l = 1; l <= nr; l++) {
			printf "%s", loads[l]
			for (i = 1; i <= names; i++) printf " %11s", figure[loads[l], name[i]]
			ours = figure[loads[l], "zpool"]
			printf " %14s\n", (ours > 0) ? sprintf("%.2f", figure[loads[l], "kmalloc"] / ours) : ""
		}
	}'
}

# measure LANE: its rows to a file of its own; 77 where there is no such kernel here.
measure()
{
	local status=0
	case $1 in
	host) "$top/vm/bench-host.sh" "$log/host.console.log" >"$dir/$1.log" || status=$? ;;
	*) "$top/vm/run.sh" "$1" >"$dir/$1.log" || status=$? ;;
	esac
	[ $status = 77 ] && return 77
	[ $status = 0 ] || { grep -A 3 '^not ok' "$dir/$1.log" >&2; return 1; }
	rows "$1" >"$dir/$1.rows" && medians <"$dir/$1.rows" >"$dir/$1.medians"
}

failed=()
for lane in "${lanes[@]}"; do
	status=0
	measure "$lane" || status=$?
	case $status in
	0)
		unit=ns
		! counts "$lane" || unit=instructions
		printf '\n%s: medians, %s a pair, after one warm-up round each\n' "$lane" $unit
		table <"$dir/$lane.medians"
		;;
	77) say "$lane: skipped, its kernel cannot be had here" ;;
	*) failed+=("$lane") ;;
	esac
done
# What was measured in other lanes before stays.
{
	echo kernel,lane,load,size,batch,cpus,contender,round,ns_per_op,insn_per_op,held_bytes,peak_bytes,budget_kb,date
	cat "$dir"/*.medians
} >"$results"
[ ${#failed[@]} = 0 ] || die "failed: ${failed[*]}"
say "all rows are in $results"
