# Instructions that a pass of the worker takes, counted by the emulator: one instruction is 1 ns here.
# 60 caches on 4 CPUs, twelve general classes in use on each of them, the others idle.
most=100000
in_use=24,64,128,256,512,1024,1536,2048,4096,5120,8192,16384

# measure_pass: one after a load on all CPUs, which are idle by then
measure_pass()
{
	insmod /kzpool_bench.ko set=load cpu=0,1,2,3 caches=12 sizes=$in_use live=240 rounds=2 && passes 1 &&
		stat adapt_pass_ns >>/passes && rmmod kzpool_bench
}

# Other CPUs' interrupts are counted, too: of several passes, the middle one.
measure_passes()
{
	: >/passes
	for _ in 1 2 3 4 5 6 7 8 9; do measure_pass || return; done
}

middle()
{
	sort -n /passes | sed -n 5p
}

check "kzpool loads for passes" load adapt_interval_ms=500
check "passes are measured" measure_passes
echo "| adapt_pass,$(sort -n /passes | xargs | tr ' ' ,)"
check "a pass over 60 caches on 4 CPUs takes $(middle) instructions, $most at most" test "$(middle)" -le $most
check "kzpool unloads after passes" rmmod kzpool
