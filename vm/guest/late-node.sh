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
