# Capacity follows need: bursts, a hot class that changes, a saw-tooth, what lies unused, and the parameters of all that.

# snapshot: passes of the worker, operations, misses
snapshot()
{
	awk '$1 == "allocs" || $1 == "frees" { ops += $2 }
		$1 == "misses" { misses = $2 }
		$1 == "adapt_passes" { passes = $2 }
		END { print passes, ops, misses }' "$debugfs/stats"
}

# hit_pct SNAPSHOT SNAPSHOT: of the operations between the two
hit_pct()
{
	echo "$1 $2" | awk '{ ops = $5 - $2; if (ops) pct = int(100 * (ops - $6 + $3) / ops); print pct + 0 }'
}

budget_is_spent()
{
	[ "$(stat claimed_bytes)" -ge $(($(stat budget_bytes) * 7 / 8)) ]
}

# hits_well INTERVALS [COMMAND...]: 95 % of an interval's operations hit, one of so many whole ones, or
# COMMAND is true; all that was seen is in /hits
hits_well()
{
	intervals=$1
	shift
	passes 1 || return
	before=$(snapshot)
	last=$((${before%% *} + intervals))
	while :; do
		waits_for passed "${before%% *}" || return
		now=$(snapshot)
		pct=$(hit_pct "$before" "$now")
		echo "interval $((intervals - last + ${now%% *})): $pct % hits, claimed_bytes $(stat claimed_bytes) of $(stat budget_bytes)" >>/hits
		if [ "$pct" -ge 95 ] || { [ $# -gt 0 ] && "$@"; }; then return 0; fi
		[ "${now%% *}" -lt $last ] || return
		before=$now
	done
}

# hits_under "PARAMETER..." INTERVALS [COMMAND...]: under that load; what was seen is shown
hits_under()
{
	: >/hits
	load=$1
	shift
	under_work "$load" hits_well "$@"
	status=$?
	sed "s/^/$load: /" /hits | report
	return $status
}

# misses_nothing PARAMETER...: that load
misses_nothing()
{
	misses=$(stat misses)
	work "$@" && echo "$misses misses before, $(stat misses) after" && [ "$(stat misses)" = "$misses" ]
}

# has_no_magazines CPU
has_no_magazines()
{
	[ "$(cells cpus "$1" magazine_bytes)" = 0 ]
}

# One burst, then no pass helps.
check "kzpool loads without passes" load adapt_interval_ms=3600000
check "20 rounds of 100 live objects on a cold CPU" work cpu=2 sizes=4096 live=100 rounds=20
check "100 rounds more miss nothing" misses_nothing cpu=2 sizes=4096 live=100 rounds=100
check "there was no pass" test "$(stat adapt_passes)" = 0
check "statistics add up after a burst" adds_up
check "kzpool unloads without passes" rmmod kzpool

# A class has what there is; another one comes.
check "kzpool loads with little to give" load adapt_interval_ms=400 budget_kb=2048
check "a first class becomes hot" under_work "cpu=1 sizes=4096 live=400" passes 8
check "it claims $(stat claimed_bytes) of $(stat budget_bytes) bytes" test "$(stat claimed_bytes)" -gt 1000000
check "a second class hits within 5 intervals" hits_under "cpu=1 sizes=5120 live=200" 5
check "a third class, of another CPU, hits within 5 intervals" hits_under "cpu=3 sizes=3072 live=200" 5
check "the log tells of it, and what came of it" log_tells '^ *[0-9]+ zpool-4096 .* grow .* [0-9]+$'
check "no more lay idle than may" test "$(stat idle_peak_bytes)" -le "$(stat budget_bytes)"
check "statistics add up after hot classes" adds_up
check "kzpool unloads after hot classes" rmmod kzpool

# A saw-tooth far higher than a pair.
check "kzpool loads for a saw-tooth" load adapt_interval_ms=400
check "1000 live objects hit, or the budget is spent" hits_under "cpu=0 sizes=8192 live=1000" 10 budget_is_spent
check "no more lay idle than may" test "$(stat idle_peak_bytes)" -le "$(stat budget_bytes)"
check "statistics add up after a saw-tooth" adds_up
check "kzpool unloads after a saw-tooth" rmmod kzpool

# What lies unused stays with decay_ms=0, else it goes home, without anyone asking.
check "kzpool loads without decay" load adapt_interval_ms=100 decay_ms=0 budget_kb=131072
check "64 MiB of mixed sizes on CPU 3" work cpu=3 sizes=256,1024,3072,5120,9000,17000,33000,65536 live=4096
idle=$(stat held_bytes)
check "30 passes" passes 30
check "the $idle bytes idle stay" test "$(stat held_bytes)" = "$idle"
check "budget_kb can be lowered" set_parameter budget_kb 130000
check "what still may lie idle stays" test "$(stat held_bytes)" = "$idle"
check "there is credit at once" test "$(stat credit_bytes)" -gt 0
# passes_while_set PASSES: though the interval is written all the time
passes_while_set()
{
	set_parameter adapt_interval_ms 100 && [ "$(stat adapt_passes)" -gt "$1" ]
}
check "passes go on while somebody writes adapt_interval_ms" waits_for passes_while_set $(($(stat adapt_passes) + 3))
check "magazines of CPU 3 hold $(cells cpus 3 magazine_bytes)" test "$(cells cpus 3 magazine_bytes)" -gt 0
used=$(cells cpus 3 allocs frees)
check "decay_ms can be set" set_parameter decay_ms 2000
check "at most 5 % stay" waits_for holds_at_most $((idle / 20))
check "those of CPU 3 come home" waits_for has_no_magazines 3
check "nobody used them" test "$(cells cpus 3 allocs frees)" = "$used"
check "the log tells of it" log_tells ' unused +release '
check "statistics add up after decay" adds_up
check "kzpool unloads after decay" rmmod kzpool

# reads_well: as often as it can be read while a torture runs, a few times at least
reads_well()
{
	n=0
	while [ $n -lt 10 ]; do
		n=$((n + 1))
		cat "$debugfs/adapt_log" >/log
		awk 'NR == 1 { bad = $0 != "kzpool adapt_log version 1" }
			NR > 2 && NF != 9 { bad = 1; print }
			END { print NR " lines"; exit bad || NR < 2 || NR > 258 }' /log || return
	done
}

# log_is_full: it has all the lines that it may have.
log_is_full()
{
	[ "$(wc -l <"$debugfs/adapt_log")" = 258 ]
}

read_a_full_log()
{
	waits_for log_is_full && reads_well
}

check "kzpool loads for a torture" load adapt_interval_ms=10 decay_ms=20 budget_kb=1024
check "the log is read while a torture runs" under_torture read_a_full_log
check "nothing is in use after that torture" nothing_in_use
check "statistics add up after that torture" adds_up
check "kzpool unloads after that torture" rmmod kzpool
