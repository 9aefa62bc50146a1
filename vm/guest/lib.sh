# What the guest scripts share; run by busybox sh.
debugfs=/sys/kernel/debug/kzpool
parameters=/sys/module/kzpool/parameters

# check NAME COMMAND...: one test line.
check()
{
	name=$1
	shift
	if "$@"; then echo "ok - $name"; else echo "not ok - $name"; fi
}

refuses()
{
	! "$@"
}

# set_parameter NAME VALUE, at run time
set_parameter()
{
	echo "$2" >"$parameters/$1"
}

# Show the lines of stdin to the person outside, each a record of its own.
report()
{
	while IFS= read -r line; do echo "| $line"; done
}

# stat KEY: its value in the module's statistics
stat()
{
	awk -v key="$1" '$1 == key { print $2 }' "$debugfs/stats"
}

# Every byte held is somewhere.
adds_up()
{
	awk '$1 == "held_bytes" { held = $2 }
		/^(in_use|magazine|remote|depot|reserve|quarantine|deferred|slab_free|tail)_bytes / { sum += $2 }
		END { print "held_bytes " held ", sum of the parts " sum; exit held == "" || held != sum }' "$debugfs/stats"
}

nothing_in_use()
{
	[ "$(stat in_use_bytes)" = 0 ]
}
