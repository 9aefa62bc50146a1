# Node 1 has CPUs and no memory; memory comes to it, and goes again, with kzpool loaded.
node=/sys/devices/system/node/node1

has_memory()
{
	grep -qw 1 /sys/devices/system/node/has_normal_memory
}

# memory_state STATE: of all memory of the node
memory_state()
{
	for block in "$node"/memory[0-9]*; do
		[ "$(cat "$block/state")" = "$1" ] || echo "$1" >"$block/state" || return
	done
}

check "node 1 has CPUs" test "$(cat $node/cpulist)" = 2-3
check "node 1 has no memory" refuses has_memory
check "kzpool loads with a node that has none" load
check "$torture s of torture pass with a node that has no memory" torture "$torture"
check "statistics add up with a node that has no memory" adds_up
check "memory comes to node 1" eval "memory_state online && has_memory"
check "$torture s of torture pass with memory that came late" torture "$torture"
check "statistics add up with memory that came late" adds_up
check "kzpool holds memory of the node that came late" test "$(node_bytes 1 held_bytes)" -gt 0
check "nothing is in use before memory goes" nothing_in_use

# Each block of the node has memory of kzpool's: nothing goes as long as that is in use; then what idles
# there is in nobody's way. (The kernel's own memory may be in some: it cannot move, and is not ours.)
# on_node_1 COMMAND [ARGUMENT...], of the program of memory steps
on_node_1()
{
	taskset 4 sh -c "echo $* >$program"
}

# blocks_go: how many do when told to
blocks_go()
{
	gone=0
	for block in "$node"/memory[0-9]*; do
		echo offline 2>/dev/null >"$block/state" && gone=$((gone + 1))
	done
	echo $gone
}

check "all that is freed may idle" eval "set_parameter decay_ms 0 && set_parameter budget_kb 1048576"
check "the program of memory steps loads" insmod /kzpool_press.ko
check "440 MiB of node 1 are used" on_node_1 live 440
check "that is more than three of four blocks" test "$(node_bytes 1 in_use_bytes)" -gt $((384 << 20))
check "no block goes while that is in use" test "$(blocks_go)" = 0
check "what is in use is unharmed" on_node_1 verify
check "all of it is freed" on_node_1 drop
idle=$(node_bytes 1 magazine_bytes depot_bytes slab_free_bytes)
check "$((idle >> 20)) MiB idle there, some in each block" test "$idle" -gt $((384 << 20))
gone=$(blocks_go)
check "$gone of four blocks go" test "$gone" -ge 1
check "nothing idles any more" test "$(node_bytes 1 magazine_bytes depot_bytes slab_free_bytes)" = 0
check "they come back" memory_state online
check "the program of memory steps unloads" rmmod kzpool_press
check "statistics add up with memory that came back" adds_up
# The kernel's own memory may be there by now and cannot move: going is not ours to demand.
if memory_state offline && refuses has_memory; then
	check "$torture s of torture pass with memory that went" torture "$torture"
else
	echo "ok - memory goes from node 1 # SKIP the kernel keeps it"
	check "what went comes back" memory_state online
fi
check "statistics add up at the end" adds_up
check "nothing is in use at the end" nothing_in_use
check "kzpool unloads with a late node" rmmod kzpool
