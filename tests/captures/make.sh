#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the captures that the TCP monitor must accept: Linux and lwIP under loss, reordering and duplication. Nothing
# leaves the network namespaces made here. Needs root, iproute2, tcpdump, python3, and for lwIP g++ and
# liblwip-dev.
#
# usage: tests/captures/make.sh [linux|lwip]
set -eu
cd "$(dirname "$0")"
what=${1:-all}
names="mon_a mon_r mon_b"
cable=""

inside() {
    ip netns exec "$@"
}

remove() {
    [ -z "$cable" ] || kill "$cable" 2>/dev/null || true
    cable=""
    for name in $names; do ip netns del "$name" 2>/dev/null || true; done
}

# Frames in the capture are those of the wire: no checksums left to be filled in, no super-segments.
no_offload() {
    inside "$1" python3 - "$2" <<'PYTHON'
import array, fcntl, socket, struct, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for command in (0x1F, 0x24, 0x2C, 0x17):  # TSO, GSO, GRO, transmit checksum
    value = array.array("B", struct.pack("II", command, 0))
    request = struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0])
    fcntl.ioctl(sock, 0x8946, request)
PYTHON
}

# mon_a and mon_b talk through a cable in mon_r that disturbs both directions: each capture sees all that its host
# sends.
network() {
    remove
    for name in $names; do ip netns add "$name"; done
    for side in a b; do
        ip link add "mon_$side" type veth peer name "mon_r$side"
        ip link set "mon_$side" netns "mon_$side" name eth0
        ip link set "mon_r$side" netns mon_r name "to_$side"
        inside mon_r sysctl -q -w "net.ipv6.conf.to_$side.disable_ipv6=1"
        ip -n mon_r link set "to_$side" up
        ip -n "mon_$side" link set lo up
        ip -n "mon_$side" link set eth0 up
        no_offload "mon_$side" eth0
        no_offload mon_r "to_$side"
    done
    ip -n mon_a addr add 10.9.0.1/24 dev eth0
    ip -n mon_b addr add 10.9.0.2/24 dev eth0
}

# disturb LOSS REORDER DUPLICATE DELAY_MS
disturb() {
    [ -z "$cable" ] || kill "$cable"
    ip netns exec mon_r python3 disturb.py to_a to_b "$@" &
    cable=$!
    until inside mon_a ping -c 1 -W 2 -q 10.9.0.2 >/dev/null; do kill -0 "$cable"; done # neighbours know each other
}

# transfer NAME BYTES CONNECTIONS: captured at mon_b, the server.
transfer() {
    ip netns exec mon_b tcpdump -q -n -U -i eth0 -w "$1.pcap" -Z root tcp 2>/dev/null &
    dump=$!
    sleep 2
    ip netns exec mon_b python3 talk.py serve "$2" "$3" &
    server=$!
    sleep 2
    inside mon_a timeout 60 python3 talk.py connect "$2" "$3" || true
    wait "$server" || true
    sleep 2
    kill "$dump"
    wait "$dump" || true
}

if [ "$what" != lwip ]; then
    trap remove EXIT
    network
    disturb 0.04 0.1 0.03 8
    transfer linux_disturbed 24000 1
    disturb 0.25 0 0 15
    transfer linux_lossy 3000 3
fi
if [ "$what" != linux ]; then
    program=$(mktemp)
    # shellcheck disable=SC2046
    g++ -std=c++20 -O1 $(pkg-config --cflags lwip) -o "$program" lwip_talks.cpp $(pkg-config --libs lwip)
    "$program" lwip_disturbed.pcap
    rm "$program"
fi
ls -l ./*.pcap
