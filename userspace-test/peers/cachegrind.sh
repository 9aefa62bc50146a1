#!/bin/bash
# cachegrind.sh PROGRAM: what a pair of alloc and free takes of instructions and data-cache misses, for each
# contender and load of one player, and by how much memory rose: rows for userspace.csv on stdout.
# The caches are a model's, the same on whatever machine: 32 KiB and 16 MiB, lines of 64 bytes. Start-up and
# warm-up cancel out: each load runs twice, the second time with twice as many pairs, and the difference counts.
# shellcheck source=vm/lib.sh
. "$(dirname "$0")/../../vm/lib.sh"
program=$1
pairs=100000

# As the program would start itself again with: see prepare() in main.c.
export PEERS_PREPARED=1 TCMALLOC_SKIP_SBRK=1 GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384

# totals CONTENDER LOAD PAIRS: instructions, misses of the first level, of the last.
totals()
{
	valgrind --tool=cachegrind --cache-sim=yes --I1=32768,8,64 --D1=32768,8,64 --LL=16777216,16,64 \
		--cachegrind-out-file=/dev/null "$program" count "$1" "$2" "$3" 2>&1 >/dev/null |
		awk '{ gsub(",", "") }
		/ I +refs:/ { insn = $4 } / D1 +misses:/ { d1 = $4 } / LLd misses:/ { ll = $4 }
		END { if (insn == "") exit 1; print insn, d1, ll }'
}

# row CONTENDER LOAD
row()
{
	local known once twice
	known=$("$program" count "$1" "$2" $pairs 2>/dev/null)
	once=$(totals "$1" "$2" $pairs) && twice=$(totals "$1" "$2" $((2 * pairs))) || return 1
	awk -v known="$known" -v once="$once" -v twice="$twice" -v pairs=$pairs 'BEGIN {
		split(once, a, " "); split(twice, b, " ")
		peak = row = known; sub(/.*,/, "", peak); sub(/,[^,]*$/, "", row)
		printf "%s,count,,%.1f,,,,,%.3f,%.3f,%d\n", row, (b[1] - a[1]) / pairs,
			(b[2] - a[2]) / pairs, (b[3] - a[3]) / pairs, peak
	}'
}

names=$("$program" names 2>/dev/null)
loads=$(sed -n 's/^loads //p' <<<"$names")
contenders=$(sed -n 's/^contenders //p' <<<"$names")
for load in $loads; do
	for contender in $contenders; do
		row "$contender" "$load" || die "cachegrind could not count $contender on $load"
	done
done
