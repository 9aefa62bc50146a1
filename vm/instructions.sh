#!/bin/bash
# instructions.sh judge LANE VERSION AT-MOST PIN-AT-MOST FILE: print test lines on the instruction counts in FILE,
# what a lane printed: against the goals, AT-MOST instructions a pair of alloc and free, PIN-AT-MOST a pair of
# pin and unpin, and against those of the same lane
# and kernel in vm/instructions.csv. Leaves them in build/LANE/instructions.csv.
# instructions.sh table: put what the lanes have left into vm/instructions.csv.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/lib.sh"
table=$top/vm/instructions.csv
header=kernel,lane,budget_kb,load,size,zpool,zpool_sized

# rows FILE: a row for each budget, load and size
rows()
{
	awk -F, -v OFS=, -v start="$version,$lane" '
		/^\| insn,/ && NF == 6 {
			key = $2 OFS $3 OFS $4
			if (!(key in seen)) { seen[key]; order[++n] = key }
			count[key, $5] = $6
		}
		END { for (i = 1; i <= n; i++) {
			key = order[i]
			print start, key, count[key, "zpool"], count[key, "zpool_sized"]
		} }' "$1"
}

# worst BUDGET LOAD: of the 48 classes, as "INSTRUCTIONS at SIZE B"
worst()
{
	awk -F, -v budget="$1" -v load="$2" '
		$3 == budget && $4 == load && $6 { n++; if ($6 > max) { max = $6; size = $5 } }
		END { if (n == 48) print max " at " size " B" }' "$mine"
}

# pin: of the pair of pin and unpin
pin()
{
	awk -F, '$4 == "pin" { print $6 }' "$mine"
}

# within GOAL WORST
within()
{
	[ "$2" ] && ((${2%% *} <= $1))
}

# As many more as rounding makes are no growth.
has_not_grown()
{
	awk -F, -v kernel="$version" -v lane="$lane" '
		$1 != kernel || $2 != lane { next }
		{ key = $3 "," $4 "," $5 }
		FILENAME == ARGV[1] { was[key] = $6; was_sized[key] = $7; next }
		{ seen[key]; compare("zpool", was[key], $6); compare("zpool_sized", was_sized[key], $7) }
		function compare(who, old, new) {
			if (old != "" && (new == "" || (new > old + 1 && new > old * 1.02))) {
				print key "," who ": " new ", was " old
				bad = 1
			}
		}
		END {
			for (key in was)
				if (!(key in seen)) { print key ": not measured"; bad = 1 }
			exit bad
		}' "$table" "$mine"
}

judge()
{
	local where max
	mkdir -p "$top/build/$lane"
	{ echo $header; rows "$1"; } >"$mine"
	for where in "automatic batch1" "automatic batch10" "131072 batch1" "131072 batch10" "131072 batch100"; do
		# shellcheck disable=SC2086 # two words
		max=$(worst $where)
		check "$lane: ${where#* }, budget ${where% *}: $goal instructions a pair at most (worst: ${max:-not all figures})" \
			within "$goal" "$max"
	done
	max=$(pin)
	check "$lane: pin and unpin: $pin_goal instructions at most (${max:-not measured})" within "$pin_goal" "$max"
	if grep -q "^$version,$lane," "$table"; then
		check "$lane: no pair takes 2 % more instructions than vm/instructions.csv says (if it may: make insn-table)" \
			has_not_grown
	else
		echo "ok - $lane: instructions against those before # SKIP vm/instructions.csv has none of Linux $version (make insn-table adds them)"
	fi
}

# What is new replaces what is there of the same lane and kernel.
merge()
{
	local new=("$top"/build/*/instructions.csv) merged
	[ -f "${new[0]}" ] || die "nothing was measured yet: vm/run.sh qemu-6.12-icount, and the like, measure"
	merged=$(
		echo $header
		{
			tail -qn +2 "${new[@]}"
			awk -F, 'FILENAME != ARGV[ARGC - 1] { new[$1, $2]; next }
				FNR > 1 && !(($1, $2) in new)' "${new[@]}" "$table"
		} | sort -t, -k1,1V -k2,4 -k5,5n
	)
	echo "$merged" >"$table"
	say "vm/instructions.csv has $(wc -l <"$table") lines"
}

case ${1:-} in
judge)
	lane=$2 version=$3 goal=$4 pin_goal=$5
	mine=$top/build/$lane/instructions.csv
	judge "$6"
	;;
table) merge ;;
*) die "say what: judge LANE VERSION AT-MOST PIN-AT-MOST FILE, or table" ;;
esac
