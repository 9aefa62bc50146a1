# Instructions a pair of alloc and free takes, counted by the emulator: one instruction is 1 ns here.

# measure BUDGET BENCH-PARAMETER...: report its rows, each with the budget it was measured under
measure()
{
	budget=$1
	shift
	dmesg -c >/dev/null
	insmod /kzpool_bench.ko set=insn "$@" && rmmod kzpool_bench &&
		dmesg | sed -n "s/.*kzpool_bench: insn,/insn,$budget,/p" >/rows && report </rows
}

# Each class in a kzpool fresh from loading, with the budget it gives itself.
measure_each_class()
{
	# shellcheck disable=SC2013 # a size is a word
	for size in $(sed -n 's/^zpool-\([0-9]*\) .*/\1/p' "$debugfs/classes"); do
		rmmod kzpool && insmod /kzpool.ko && measure automatic sizes="$size" || return
	done
}

check "kzpool loads" insmod /kzpool.ko
check "the benchmark runs for each class" measure_each_class
check "kzpool reloads with a budget" eval "rmmod kzpool && insmod /kzpool.ko budget_kb=131072"
check "the benchmark runs for all classes" measure 131072
check "kzpool unloads" rmmod kzpool
