# Instructions an alloc+free pair takes, counted by the emulator: one instruction is 1 ns here.
limit=150

# measure BENCH-PARAMETER...: its rows, added to /rows
measure()
{
	dmesg -c >/dev/null
	insmod /kzpool_bench.ko set=insn "$@" && rmmod kzpool_bench &&
		dmesg | sed -n 's/.*kzpool_bench: insn,/insn,/p' >>/rows
}

# Each class in a kzpool fresh from loading, with the budget it gives itself.
measure_each_class()
{
	# shellcheck disable=SC2013 # a size is a word
	for size in $(sed -n 's/^zpool-\([0-9]*\) .*/\1/p' "$debugfs/classes"); do
		rmmod kzpool && insmod /kzpool.ko && measure sizes="$size" || return
	done
}

# worst LOAD: of all classes, as "INSTRUCTIONS at SIZE B"
worst()
{
	awk -F, -v load="$1" '$2 == load && $4 == "zpool" { n++; if ($5 > max) { max = $5; size = $3 } }
		END { if (n == 48) print max " at " size " B" }' /rows
}

# judge LOAD WHERE
judge()
{
	max=$(worst "$1")
	check "$1, $2: a pair takes $limit instructions at most (worst: ${max:-not all figures})" \
		test "${max%% *}" -le $limit
}

check "kzpool loads" insmod /kzpool.ko
check "the benchmark runs for each class" measure_each_class
judge batch1 "automatic budget"
judge batch10 "automatic budget"

rm /rows
check "kzpool reloads with a budget" eval "rmmod kzpool && insmod /kzpool.ko budget_kb=131072"
check "the benchmark runs for all classes" measure
for load in batch1 batch10 batch100; do
	judge $load budget_kb=131072
done
report </rows
check "kzpool unloads" rmmod kzpool
