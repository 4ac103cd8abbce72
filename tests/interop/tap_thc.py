#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attacks of thc-ipv6 on a device: it answers before, during and after each of them, and its tables stay bounded."""
import subprocess

from lib_interop import InThread, case, equal, eventually, finish, require, run, start
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace, still_answers, thc

# What `linnet up` has room for (core/config.hpp: the linux profile), in rows of its status page.
LIMITS = {"neighbours": 1024 + 1024, "routes": 64 + 40, "addresses": 32 + 32, "dns_servers": 8}


def bounded(device):
    status = device.status()
    for table, most in LIMITS.items():
        require(len(status[table]) <= most, f"{len(status[table])} {table}, and room for {most}")


def settled(device):
    """Nothing that was sent is held for long: the blocks are free again (fragments wait for half a minute)."""
    def free():
        return all(pool["used"] <= pool["total"] // 8 for pool in device.status()["pool"])
    eventually(free, "the blocks are free again", 5, pause=0.1)


def attacks():
    wire = Wire6()
    Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
    device = Device6(wire)
    address, link_local = device.slaac(), device.link_local()
    tap = wire.tap
    rows = [
        ("router advertisements with many prefixes and routes", 1.5, "flood_router26", tap),
        ("the same in fragments, past guards", 1, "flood_router26", "-F", tap),
        ("another router with a prefix, a route, a server and an MTU", 1, "fake_router26", "-A", "2001:db8:66::/64",
         "-R", "2001:db8:67::/64", "-D", "2001:db8:66::53", "-M", "1280", "-n", "3", "-i", "1", tap),
        ("what makes a router look for many neighbours", 1, "ndpexhaust26", "-r", tap, wire.prefix),
        ("echo requests from a whole network", 1, "ndpexhaust26", "-p", "-r", tap, wire.prefix),
        ("neighbour advertisements", 1, "flood_advertise6", tap),
        ("neighbour solicitations", 1, "flood_solicitate6", tap, address, address),
        ("redirects", 1, "flood_redir6", tap, address),
        ("reports of listeners", 1, "flood_mld26", tap),
        ("the device's address, advertised by another", 1, "fake_advertise6", "-n", "2", "-w", "1", tap, address),
        ("the router's address at a link-layer address that nobody has", 1, "fake_advertise6", "-n", "1", tap,
         wire.kernel, address, "02:00:00:00:66:66"),
        ("fragments of all kinds", 2, "fragmentation6", "-fp", tap, address),
        ("errors that say the path is narrow", 1, "toobig6", "-u", tap, address, wire.kernel, "48"),
        ("echo requests to all nodes in our name", 1, "smurf6", tap, address),
        ("known exploits", 2, "exploit6", tap, address),
    ]
    rows += [(f"denial of service, case {number}", 0.5, "denial6", tap, address, number) for number in range(1, 8)]
    for what, seconds, tool, *arguments in rows:
        with case(f"{tool}: {what}"):
            still_answers(address)
            running = InThread(thc, seconds, tool, *arguments)
            while running.is_alive():
                bounded(device)
                still_answers(address)
            running.result()
            still_answers(address)
            require(address in device.addresses("router advertisement"), "its address is as it was")
            require(device.default_routers(), "there is a router")
            bounded(device)
    with case("nothing of all this is left"):
        settled(device)
        equal(device.link_local(), link_local, "the link-local address")
    device.stop()
    with case("dos-new-ip6: all addresses are claimed: after some attempts there is none, and IPv4 goes on"):
        claims = subprocess.Popen(["timeout", "-k", "1", "6", "atk6-dos-new-ip6", tap], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        device = Device6(wire)
        eventually(lambda: device.addresses(state="duplicate"), "an address that is another's", 6, pause=0.1)
        equal(device.addresses(), [], "addresses")
        require(" 2 received" in run("ping", "-n", "-i", "0.1", "-c", "2", "-w", "5", wire.stack4), "IPv4 answers")
        claims.wait()
        device.stop()
        device = Device6(wire)
        still_answers(device.slaac())
        device.stop()


def main():
    start("radvd", "ping", "atk6-flood_router26")
    enter_namespace()
    attacks()
    finish()


if __name__ == "__main__":
    main()
