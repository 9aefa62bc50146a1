# What the guest scripts share; run by busybox sh.
debugfs=/sys/kernel/debug/kzpool
parameters=/sys/module/kzpool/parameters
program=/sys/module/kzpool_press/parameters/do
modules=		# in /

# check NAME COMMAND...: one test line.
check()
{
	name=$1
	shift
	if "$@"; then echo "ok - $name"; else echo "not ok - $name"; fi
}

# tell WORD...: a line for who reads the rows of the benchmark
tell()
{
	echo "$*"
}

# collect: take the rows of a benchmark that has ended; here they are on the console
collect()
{
	:
}

refuses()
{
	! "$@"
}

# load [PARAMETER...]: kzpool, without the suites that may be linked into it.
load()
{
	[ ! -e /kunit.ko ] || grep -q '^kunit ' /proc/modules || insmod /kunit.ko enable=0
	insmod /kzpool.ko "$@"
}

# torture SECONDS [PARAMETER...]: every CPU, in every context
torture()
{
	seconds=$1
	shift
	insmod /kzpool_torture.ko seconds="$seconds" seed=1 "$@" &&
		dmesg | grep 'kzpool_torture: [PF]A' | tail -n 1 | grep -q 'kzpool_torture: PASS' &&
		rmmod kzpool_torture
}

# under_torture COMMAND...: it, while a torture runs that lasts as long; both must pass.
# (a shell has its background jobs ignore SIGINT, so the torture is ended by SIGTERM)
under_torture()
{
	insmod /kzpool_torture.ko seconds=3600 seed=1 &
	torturer=$!
	sleep 1
	"$@"
	status=$?
	kill $torturer
	wait $torturer
	[ $status = 0 ] && dmesg | grep 'kzpool_torture: [PF]A' | tail -n 1 | grep -q 'kzpool_torture: PASS' &&
		rmmod kzpool_torture
}

# work PARAMETER...: the set load of the benchmark
work()
{
	insmod /kzpool_bench.ko set=load "$@" && rmmod kzpool_bench
}

# under_work "PARAMETER..." COMMAND...: it, while that load lasts as long.
under_work()
{
	# shellcheck disable=SC2086 # a list of parameters
	insmod /kzpool_bench.ko set=load load_ms=3600000 $1 &
	worker=$!
	shift
	"$@"
	status=$?
	kill $worker
	wait $worker
	rmmod kzpool_bench && return $status
}

# set_parameter NAME VALUE, at run time
set_parameter()
{
	echo "$2" >"$parameters/$1"
}

# press COMMAND...: one memory step, see bench/press_main.c
press()
{
	echo "$*" >"$program"
}

# Show the lines of stdin to the person outside, each a record of its own.
report()
{
	while IFS= read -r line; do echo "| $line"; done
}

# free_kb [COUNTER]: free memory of the whole guest, pages on per-CPU lists included, and what COUNTER
# counts; the largest of some readings, since each process that runs meanwhile only takes away.
free_kb()
{
	echo 3 >/proc/sys/vm/drop_caches
	for _ in 1 2 3 4 5; do
		sleep 0.2
		cat /proc/sys/vm/stat_refresh
		awk -v also="^${1:-none}" '$1 ~ also || $1 == "nr_free_pages" || $1 == "count:" { pages += $2 }
			END { print pages * 4 }' /proc/zoneinfo
	done | sort -n | tail -n 1
}

# stat KEY: its value in the module's statistics
stat()
{
	awk -v key="$1" '$1 == key { print $2 }' "$debugfs/stats"
}

nothing_in_use()
{
	[ "$(stat in_use_bytes)" = 0 ]
}

holds_at_most()
{
	[ "$(stat held_bytes)" -le "$1" ]
}

# log_tells PATTERN: in a line of the adapt_log
log_tells()
{
	grep -E "$1" "$debugfs/adapt_log" | tail -n 3
	grep -qE "$1" "$debugfs/adapt_log"
}

# cells FILE ROW COLUMN...: the sum of these columns in the row of a table, whose first column names it;
# nothing if one is missing
cells()
{
	table=$1 row=$2
	shift 2
	awk -v row="$row" -v columns="$*" '
		/^#/ { sub(/^# */, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 == row {
			n = split(columns, name, " ")
			for (i = 1; i <= n; i++) {
				if (!(name[i] in at)) exit
				sum += $at[name[i]]
			}
			print sum
		}' "$debugfs/$table"
}

# node_bytes NODE COLUMN...: see cells
node_bytes()
{
	cells nodes "$@"
}

# waits_for COMMAND...: what lags a grace period or a work behind comes true within 30 s.
waits_for()
{
	n=0
	until "$@" >/dev/null; do
		n=$((n + 1))
		[ $n -lt 300 ] || { "$@"; return; }
		sleep 0.1
	done
}

# every_byte_is_somewhere: the parts of what is held, as one reading found them
every_byte_is_somewhere()
{
	awk '$1 == "held_bytes" { held = $2 }
		/^(in_use|magazine|remote|depot|reserve|quarantine|deferred|slab_free|tail)_bytes / { sum += $2 }
		END { print "held_bytes " held ", sum of the parts " sum; exit held == "" || held != sum }' "$debugfs/stats"
}

# adds_up: the caches are read one after the other, so a reading that the worker or reclaim crosses is near only;
# what is lost stays lost in each of them.
adds_up()
{
	waits_for every_byte_is_somewhere
}

# passed NUMBER: more passes of the worker than that
passed()
{
	[ "$(stat adapt_passes)" -gt "$1" ]
}

# passes NUMBER: wait for so many passes
passes()
{
	waits_for passed $(($(stat adapt_passes) + $1 - 1))
}
