# The benchmark's table, then what kzpool says of itself.
check "kzpool loads" insmod /kzpool.ko
check "the benchmark runs" insmod /kzpool_bench.ko set=demo
dmesg | sed -n 's/.*kzpool_bench: //p' | report
check "the benchmark unloads" rmmod kzpool_bench
for file in stats classes; do
	echo "| "
	report <"$debugfs/$file"
done
check "statistics add up" adds_up
check "kzpool unloads" rmmod kzpool
