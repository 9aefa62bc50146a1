# The parameters of the policy and of compaction: what is out of range is refused in words, now and at load.

# NAME:LEAST:MOST at run time, :LEAST:MOST at load, where the two hit rates do not see each other yet
ranges="adapt_interval_ms:10:3600000:10:3600000
	grow_hit_pct:31:100:2:100
	grow_pressure_pct:1:100:1:100
	grow_factor_pct:101:400:101:400
	shrink_hit_pct:1:89:1:99
	shrink_idle_ms:1:86400000:1:86400000
	shrink_factor_pct:1:99:1:99
	decay_ms:0:86400000:0:86400000
	compact_frag_pct:1:100:1:100
	compact_batch:1:65536:1:65536"

# bad_values LEAST MOST: on either side of what is allowed, and no number at all
bad_values()
{
	echo "$(($1 - 1)) $(($2 + 1)) -1 nonsense"
	[ "$1" = 0 ] || echo 0
}

# told NAME VALUE LEAST MOST: how often since the log was cleared
told()
{
	dmesg | grep -c "kzpool: $1: '$2' is not in $3 to $4\$"
}

# refuses_now NAME LEAST MOST: with one line, and the old value stays
refuses_now()
{
	was=$(cat "$parameters/$1")
	for value in $(bad_values "$2" "$3"); do
		dmesg -c >/dev/null
		echo "$1=$value"
		refuses set_parameter "$1" "$value" || return
		[ "$(told "$1" "$value" "$2" "$3") $(cat "$parameters/$1")" = "1 $was" ] || return
	done
}

# refuses_to_load NAME LEAST MOST: with a line each time that it is tried
refuses_to_load()
{
	for value in $(bad_values "$2" "$3"); do
		dmesg -c >/dev/null
		echo "$1=$value"
		refuses insmod /kzpool.ko "$1=$value" || return
		[ "$(told "$1" "$value" "$2" "$3")" -gt 0 ] || return
	done
}

# accepts NAME VALUE...: each at run time
accepts()
{
	file=$parameters/$1
	shift
	for value; do
		echo "$value" >"$file" && [ "$(cat "$file")" = "$value" ] || return
	done
}

for range in $ranges; do
	IFS=: read -r parameter least most load_least load_most <<END
$range
END
	# Fresh from loading, since reports are limited to ten in 5 s.
	check "kzpool loads for $parameter" load
	check "$parameter takes $least and $most" accepts "$parameter" "$most" "$least" "$(cat "$parameters/$parameter")"
	check "$parameter refuses what is not in $least to $most" refuses_now "$parameter" "$least" "$most"
	check "kzpool unloads after $parameter" rmmod kzpool
	check "kzpool does not load with $parameter out of $load_least to $load_most" \
		refuses_to_load "$parameter" "$load_least" "$load_most"
done

check "kzpool loads with shrink_hit_pct below a higher grow_hit_pct" load shrink_hit_pct=95 grow_hit_pct=97
check "both are as asked" test "$(cat "$parameters/shrink_hit_pct" "$parameters/grow_hit_pct" | xargs)" = "95 97"
check "grow_hit_pct refuses to meet the other" refuses set_parameter grow_hit_pct 95
check "shrink_hit_pct refuses to meet the other" refuses set_parameter shrink_hit_pct 97
check "kzpool unloads with both" rmmod kzpool
dmesg -c >/dev/null
check "kzpool refuses to load with shrink_hit_pct=95 alone" refuses insmod /kzpool.ko shrink_hit_pct=95
check "that is told" test "$(told shrink_hit_pct 95 1 "89 (below grow_hit_pct)")" -gt 0

dmesg -c >/dev/null
check "kzpool refuses to load with debug=XYZ" refuses insmod /kzpool.ko debug=XYZ
check "that is told too" eval "dmesg | grep -q \"kzpool: debug: 'X' is none of the letters\""
check "kzpool loads with debug=MU" load debug=MU
check "both letters are kept" test "$(cat "$parameters/debug")" = MU
check "debug stays as it was at load" refuses set_parameter debug M
check "kzpool unloads after debug=MU" rmmod kzpool
