# Rows of the benchmark, each size in a kzpool fresh from loading. Which loads the boot parameter bench= says,
# that the lane has set:
#   exact   one CPU; for a clock that counts instructions
#   timed   one CPU
#   cross   several CPUs
#   host    one and several, on a machine of one's own: see vm/bench-host.sh
# Loads of one table have one budget: the one that kzpool gives itself, or one that holds them all.
# The rows leave through the kernel's log.
ample=131072
all="64 512 1024 4096 8192 16384 65536"

# load_with BUDGET: automatic, or in KiB
load_with()
{
	tell "kzpool-guest: budget $1"
	if [ "$1" = automatic ]; then
		insmod "$modules/kzpool.ko"
	else
		insmod "$modules/kzpool.ko" budget_kb="$1"
	fi
}

# measure BUDGET BENCH-PARAMETER...
measure()
{
	load_with "$1" || return
	shift
	insmod "$modules/kzpool_bench.ko" "$@" && rmmod kzpool_bench && rmmod kzpool && collect
}

# measure_sizes BUDGET "SIZE..." BENCH-PARAMETER...: one after the other
measure_sizes()
{
	with=$1
	some=$2
	shift 2
	for size in $some; do
		check "the benchmark runs with $* sizes=$size, budget $with" \
			measure "$with" "$@" sizes="$size"
	done
}

# read_clock: the kernel's, in ns, to $now; without a process of its own
read_clock()
{
	while read -r word at now _; do
		[ "$word $at" != "now at" ] || return 0
	done </proc/timer_list
}

# start_up ROUND: what insmod takes, its process included, and what is held then: by how much free memory
# has fallen; and what kzpool itself says. Bytes of the module's own code are held as well.
start_up()
{
	free=$(free_kb)
	read_clock
	start=$now
	read_clock
	reading=$((now - start))
	read_clock
	start=$now
	load_with automatic || return
	read_clock
	ns=$((now - start - reading))
	held=$(((free - $(free_kb)) * 1024))
	says=$(($(stat held_bytes) + $(stat metadata_bytes)))
	rmmod kzpool || return
	tell "kzpool-guest: row,startup,0,1,1,zpool,$1,$ns.00,$held,$held"
	tell "kzpool-guest: row,startup,0,1,1,zpool_stats,$1,$ns.00,$says,$says"
	tell "kzpool-guest: rows,2"
}

# start_ups: the first one also fills the kernel's own caches
start_ups()
{
	load_with automatic && rmmod kzpool || return
	for round in 1 2 3; do start_up $round || return; done
}

# one_cpu BURST-ROUNDS "BURST-SIZE..." BENCH-PARAMETER...
one_cpu()
{
	rounds=$1
	bursts=$2
	shift 2
	check "start-up is measured" start_ups
	for budget in automatic $ample; do
		measure_sizes "$budget" "$all 0" set=bench cpus=1 "$@"
		measure_sizes "$budget" "$all" set=typed "$@"
	done
	measure_sizes automatic "$bursts" set=burst rounds="$rounds"
}

# several_cpus: 256 objects of 64 KiB that are under way may be more than kzpool's own budget
several_cpus()
{
	measure_sizes $ample "$all 0" set=cross rounds=9 round_ms=20
	measure_sizes automatic 65536 set=cross rounds=9 round_ms=20
}

case $bench in
exact)
	one_cpu 3 "512 4096 65536" rounds=9 pairs=1000
	;;
timed)
	one_cpu 1 "4096 65536" rounds=15 round_ms=5
	;;
cross)
	several_cpus
	;;
host)
	one_cpu 3 "512 4096 65536" rounds=9 round_ms=10
	several_cpus
	;;
esac
