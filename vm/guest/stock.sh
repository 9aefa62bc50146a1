# kzpool as people load it: under torture, its accounts against the machine's, bad values, unload.

# held_kb: what kzpool says it took
held_kb()
{
	echo $((($(stat held_bytes) + $(stat metadata_bytes)) / 1024))
}

# about_equal A B TOLERANCE: each twice what was seen, also with a trivial module in kzpool's place.
about_equal()
{
	echo "$1 KiB against $2 KiB, tolerance $3 KiB"
	[ $(($1 - $2)) -le "$3" ] && [ $(($2 - $1)) -le "$3" ]
}

# What is done the first times leaves memory with the kernel's own caches: warm them before measuring.
for round in first second; do
	check "kzpool loads a $round time" insmod /kzpool.ko
	check "a short torture passes a $round time" torture 1
	check "kzpool unloads a $round time" rmmod kzpool
done

# The kernel's slabs keep growing a little with every module; what of them is kzpool's own, the kernel
# reports when kzpool destroys its caches.
unloaded=$(free_kb nr_slab)
check "kzpool loads again" insmod /kzpool.ko
check "statistics add up after loading" adds_up
check "nothing is held after loading" test "$(stat held_bytes)" = 0
most=$((256 + 16 * $(grep -c ^processor /proc/cpuinfo)))
check "metadata after loading are $(($(stat metadata_bytes) / 1024)) KiB, $most at most" \
	test "$(stat metadata_bytes)" -le $((most * 1024))
check "$torture s of torture on every CPU pass" torture "$torture"
check "statistics add up after the torture" adds_up
check "nothing is in use after the torture" nothing_in_use

# To look at free memory is to drop caches, and so what idles: something lives meanwhile.
check "the program of memory steps loads" insmod /kzpool_press.ko
free=$(free_kb) held=$(held_kb)
check "8 MiB live" press live 8
now=$(free_kb)
check "memory held is what the guest's free memory fell by" \
	about_equal $(($(held_kb) - held)) $((free - now)) 512
check "the program of memory steps unloads" rmmod kzpool_press

# refused_in_words VALUE: with one line that tells the range, and the old value stays
refused_in_words()
{
	refuses set_parameter budget_kb "$1" &&
		dmesg | tail -n 3 | grep "kzpool: budget_kb: '$1' is not in 0 to [0-9]*$" &&
		[ "$(cat "$parameters/budget_kb")" = 0 ]
}
for value in -1 100000000000 nonsense; do
	check "budget_kb refuses $value" refused_in_words $value
done
check "kzpool unloads after the torture" rmmod kzpool
check "all memory comes back" about_equal "$unloaded" "$(free_kb nr_slab)" 256
check "kzpool refuses to load with budget_kb=-1" refuses insmod /kzpool.ko budget_kb=-1

# Who unloads kzpool while somebody has an object loses that memory, is told so, and nothing else.
unload_with_an_object()
{
	insmod /kzpool.ko && insmod /kzpool_torture.ko seconds=1 leak=1 &&
		rmmod kzpool_torture && rmmod kzpool &&
		dmesg | tail -n 3 | grep 'kzpool: zpool-64: ended with 1 object(s), 64 bytes, in use'
}
check "unload with an object in use is reported" unload_with_an_object
check "kzpool loads after that" insmod /kzpool.ko
check "a short torture passes after that" torture 1
check "kzpool unloads after that" rmmod kzpool
