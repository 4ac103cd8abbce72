#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multicast groups with a bridge of the Linux kernel as querier and snooping switch: what the device joins, filters and
leaves is in the bridge's table, and traffic comes and stops accordingly."""
import json
import signal
import socket
import struct
import time

from lib_interop import LOGS, Linnet, case, check_captures, eventually, finish, require, run, start
from lib_ipv6 import enter_namespace

GROUP4, GROUP6, PORT = "239.1.2.3", "ff15::1:2:3", 5000
BRIDGE, BRIDGE4 = "br0", "10.67.0.1"


def bridge(igmp, mld):
    """A bridge that asks and listens, with a tap in it."""
    run("ip", "link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "1", "mcast_querier", "1", "mcast_igmp_version", igmp,
        "mcast_mld_version", mld, "mcast_query_interval", "300", "mcast_startup_query_interval", "100",
        "mcast_query_response_interval", "100", "mcast_last_member_interval", "20", "mcast_startup_query_count", "20")
    run("ip", "address", "add", f"{BRIDGE4}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    run("ip", "tuntap", "add", "dev", "snooped", "mode", "tap")
    run("ip", "link", "set", "snooped", "master", BRIDGE, "up")


def no_bridge():
    run("ip", "link", "del", "snooped")
    run("ip", "link", "del", BRIDGE)


def entries(group):
    table = json.loads(run("bridge", "-j", "-d", "mdb", "show", "dev", BRIDGE) or "[]")
    return [row for part in table for row in part.get("mdb", []) if row["grp"] == group and row["port"] == "snooped"]


class Sender:
    """Sends to a group from the bridge itself, and from an address of its own."""

    def __init__(self, group, source):
        self.group, v6 = group, ":" in group
        self.socket = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        index = socket.if_nametoindex(BRIDGE)
        if v6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 4)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4si", bytes(4), bytes(4), index))
        self.socket.bind((source, 0))

    def send(self, words):
        self.socket.sendto(words.encode(), (self.group, PORT))


def listener(*joins, capture=None, more=()):
    options = ["--tap", "snooped", "--ip", "10.67.0.2/24", *(["--capture", capture] if capture else []), *more]
    words = [word for join in joins for word in ("--join", join)]
    return Linnet("listen", "--udp", PORT, *words, *options).wait_for("listening on")


def heard(device, words):
    return words in device.output()


def joins_and_leaves(group, source):
    device = listener(group)
    eventually(lambda: entries(group), f"{group} in the bridge's table")
    sender = Sender(group, source)

    def arrives():
        sender.send("hello-group;")
        return heard(device, "hello-group;")
    eventually(arrives, "what is sent to the group arrives")
    device.process.send_signal(signal.SIGINT)
    eventually(lambda: not entries(group), f"{group} is gone from the bridge's table", 20)


def bytes_to_the_port():
    return json.loads(run("ip", "-j", "-s", "link", "show", "dev", "snooped"))[0]["stats64"]["tx"]["bytes"]


def stops_after_leave(group, source):
    """The device goes on, so that the link stays up: what the bridge sends into it stops by the leave alone."""
    device = listener(group, more=["--leave-after", "3"])
    eventually(lambda: entries(group), f"{group} in the bridge's table")
    sender = Sender(group, source)

    def burst():
        before = bytes_to_the_port()
        for _ in range(100):
            sender.send("x" * 1000)
        time.sleep(0.1)
        return bytes_to_the_port() - before
    require(eventually(lambda: burst() > 100 * 1000, "100 datagrams go to the port"), "they do")
    device.wait_for("left the groups")
    eventually(lambda: not entries(group), f"{group} is gone from the bridge's table", 20)
    least = eventually(lambda: (n := burst()) < 50 * 1000 and n + 1, "nothing goes to the port any more")
    print(f"  {least - 1} bytes to the port, of 100 datagrams of 1000")
    require(device.process.poll() is None, "the device is still there")
    device.process.send_signal(signal.SIGINT)
    device.process.wait(20)


def filters_sources(group, wanted, unwanted, capture):
    device = listener(f"{group}@{wanted}", capture=capture)
    eventually(lambda: any(wanted in [s["address"] for s in row.get("source_list", [])] or row.get("src") == wanted
                           for row in entries(group)), f"{wanted} in the list of sources", 20)
    good, bad = Sender(group, wanted), Sender(group, unwanted)

    def arrives():
        bad.send("evil;")
        good.send("good;")
        return heard(device, "good;")
    eventually(arrives, "what the wanted source sends arrives")
    time.sleep(0.2)
    require(not heard(device, "evil"), "nothing of the other source came")
    device.process.send_signal(signal.SIGINT)
    eventually(lambda: not entries(group), "the group is gone from the table", 20)


def main():
    start("bridge", "tshark", "mergecap", "capinfos")
    enter_namespace(forwarding=False)
    captures = {}
    for igmp, mld in ((3, 2), (2, 1)):
        bridge(igmp, mld)
        run("ip", "address", "add", "2001:db8:67::1/64", "dev", BRIDGE, "nodad")
        run("ip", "address", "add", "2001:db8:67::9/64", "dev", BRIDGE, "nodad")
        run("ip", "address", "add", "10.67.0.9/24", "dev", BRIDGE)
        time.sleep(0.2)
        with case(f"IGMPv{igmp}: a group is joined, heard and left"):
            joins_and_leaves(GROUP4, BRIDGE4)
        with case(f"MLDv{mld}: a group is joined, heard and left"):
            joins_and_leaves(GROUP6, "2001:db8:67::1")
        if igmp == 3:
            for group, source in ((GROUP4, BRIDGE4), (GROUP6, "2001:db8:67::1")):
                with case(f"{group}: what is sent to it stops when the device has left"):
                    stops_after_leave(group, source)
            for group, wanted, unwanted in ((GROUP4, BRIDGE4, "10.67.0.9"), (GROUP6, "2001:db8:67::1", "2001:db8:67::9")):
                capture = LOGS / f"filter-{'6' if ':' in group else '4'}.pcapng"
                captures[capture] = 5
                with case(f"{group}: only one source is wanted"):
                    filters_sources(group, wanted, unwanted, capture)
        no_bridge()
    with case("tshark: nothing malformed, no bad checksum"):
        check_captures(captures, data_ports=[PORT])
    finish()


if __name__ == "__main__":
    main()
