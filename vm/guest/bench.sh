# Rows of the benchmark, each size in a kzpool fresh from loading, with the budget it gives itself.
# Which loads the boot parameter bench= says, that the lane has set; they leave through the console.

# measure BENCH-PARAMETER...
measure()
{
	insmod /kzpool.ko && insmod /kzpool_bench.ko "$@" && rmmod kzpool_bench && rmmod kzpool
}

case $bench in
exact) loads="set=bench cpus=1 rounds=9 pairs=1000" ;;
timed) loads="set=bench cpus=1 round_ms=5" ;;
cross) loads="set=cross rounds=9 round_ms=20" ;;
esac
for size in 64 512 1024 4096 8192 16384 65536 0; do
	# shellcheck disable=SC2086 # a list of parameters
	check "the benchmark runs with $loads sizes=$size" measure $loads sizes=$size
done
