# CPU hotplug: CPUs go and come 100 times under load; then node 1 is left without a CPU and may idle nothing.
cycles=100
cpus=$(grep -c ^processor /proc/cpuinfo)

# cpu NUMBER 0|1: offline or online
cpu()
{
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

# cycle_cpus: each CPU but the first in turn
cycle_cpus()
{
	n=0
	while [ $n -lt $cycles ]; do
		number=$((1 + n % (cpus - 1)))
		cpu $number 0 && cpu $number 1 || return
		n=$((n + 1))
	done
}

# idles_nothing NODE
idles_nothing()
{
	cat "$debugfs/nodes"
	[ "$(node_bytes "$1" magazine_bytes remote_bytes depot_bytes slab_free_bytes)" = 0 ]
}

check "kzpool loads for CPU hotplug" load
if grep -q parm=hotplug: /kzpool_torture.ko; then
	check "$cycles times a CPU goes and comes under load" torture 1 hotplug=$cycles
else
	check "$cycles times a CPU goes and comes under load" under_torture cycle_cpus
fi
check "statistics add up after CPU hotplug" adds_up
check "nothing is in use after CPU hotplug" nothing_in_use

if [ "$cpus" = 4 ] && [ -e "$debugfs/nodes" ]; then
	check "the last CPU of node 1 goes" eval "cpu 2 0 && cpu 3 0"
	check "node 1 without a CPU idles nothing" waits_for idles_nothing 1
	check "statistics add up without node 1" adds_up
	check "1 s of torture without the CPUs of node 1 passes" torture 1
	check "the CPUs of node 1 come back" eval "cpu 2 1 && cpu 3 1"
	check "1 s of torture with them passes" torture 1
	check "statistics add up with node 1" adds_up
	check "nothing is in use with node 1" nothing_in_use
fi
check "kzpool unloads after CPU hotplug" rmmod kzpool
