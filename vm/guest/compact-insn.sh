# Instructions that a pair of another cache takes while handles are compacted, counted by the emulator: one
# instruction is 1 ns here. On one CPU, since the clock counts those of all.
program=/sys/module/kzpool_compact/parameters/do

step()
{
	echo "$*" >"$program"
}

# other_cpus NUMBER: 0 takes them away, 1 brings them back
other_cpus()
{
	for file in /sys/devices/system/cpu/cpu[1-9]*/online; do
		[ ! -e "$file" ] || echo "$1" >"$file" || return
	done
}

# pairs: hundredths of an instruction that one takes
pairs()
{
	step pairs 10000000 && sed 's/.*: //' "$program"
}

# pairs_before: while nothing is compacted
pairs_before()
{
	without=$(pairs)
}

# is_sparse: so that the worker has something to do for a while
is_sparse()
{
	step handles 64 400000 && echo 1 >"$debugfs/shrink" && step free_random 90 && echo 1 >"$debugfs/shrink"
}

# pairs_meanwhile: while the worker compacts by what it does by default; it was not done before
pairs_meanwhile()
{
	set_parameter compact_frag_pct 12 && set_parameter adapt_interval_ms 10 &&
		set_parameter adapt_interval_ms 1000 || return
	moves=$(stat moves_done)
	with=$(pairs)
	moves=$(($(stat moves_done) - moves))
}

check "kzpool loads for pairs" load compact_frag_pct=100
check "the program of steps loads for pairs" insmod /kzpool_compact.ko
check "one CPU is left" other_cpus 0
check "handles are sparse for pairs" is_sparse
check "pairs are counted" pairs_before
check "pairs are counted meanwhile" pairs_meanwhile
echo "| compact_pairs,64,$without,$with,$moves"
check "handles were moved meanwhile: $moves" test "$moves" -ge 5000
check "a pair takes $with hundredths of an instruction meanwhile, $without before, 5 % more at most" \
	test "$with" -le $((without * 105 / 100))
check "the other CPUs are back" other_cpus 1
check "the handles are what they were" step verify
check "the program of steps unloads after pairs" rmmod kzpool_compact
check "kzpool unloads after pairs" rmmod kzpool
