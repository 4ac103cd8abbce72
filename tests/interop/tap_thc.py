#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attacks of thc-ipv6 on a device: it answers before, during and after each of them, and its tables stay bounded; and
what implementation6 finds out about its IPv6."""
import re
import socket
import subprocess

from lib_interop import InThread, LOGS, case, equal, eventually, finish, require, run, start
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace

# What `linnet up` has room for (core/config.hpp: the linux profile), in rows of its status page.
LIMITS = {"neighbours": 1024 + 1024, "routes": 64 + 40, "addresses": 32 + 32, "dns_servers": 8}
DEVICES = 8  # implementation6 waits 2 seconds for each answer that does not come

# What implementation6 sends, and what comes back: an echo reply, an error as type and code, or nothing. It calls all but an
# answer a failure.
ANSWERED, SILENT = "reply", "none"
EXPECTED = {}


def alive(device, address):
    """It answers echo requests, and its echo service over TCP."""
    text = run("ping", "-6", "-n", "-i", "0.05", "-c", "3", "-w", "5", address)
    require(re.search(r"[1-3] received", text), text)
    with socket.create_connection((address, 7), timeout=5) as connection:
        connection.settimeout(5)
        connection.sendall(b"still there?")
        equal(connection.recv(100), b"still there?", "the echo")


def bounded(device):
    status = device.status()
    for table, most in LIMITS.items():
        require(len(status[table]) <= most, f"{len(status[table])} {table}, and room for {most}")
    return status


def settled(device):
    """Nothing that was sent is held for long: the blocks are free again (fragments wait for half a minute)."""
    def free():
        return all(pool["used"] <= pool["total"] // 8 for pool in device.status()["pool"])
    eventually(free, "the blocks are free again", 5, pause=0.1)


def attack(seconds, tool, *arguments):
    """Runs it for so long, if it does not end by itself; the namespace has no way out."""
    result = subprocess.run(["timeout", "-k", "1", str(seconds), f"atk6-{tool}", *map(str, arguments)],
                            capture_output=True, text=True, errors="replace", check=False)
    return result.stdout + result.stderr


def attacks():
    wire = Wire6()
    Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
    device = Device6(wire)
    address, link_local = device.slaac(), device.link_local()
    tap = wire.tap
    kernel_mac = re.search(r"link/ether (\S+)", run("ip", "link", "show", tap))[1]
    rows = [
        ("router advertisements with many prefixes and routes", 2, "flood_router26", tap),
        ("the same in fragments, past guards", 1, "flood_router26", "-F", tap),
        ("an advertisement of a router with a prefix, a route, a server and an MTU", 1, "fake_router26", "-A",
         "2001:db8:66::/64", "-R", "2001:db8:67::/64", "-D", "2001:db8:66::53", "-M", "1280", "-n", "3", "-i", "1", tap),
        ("what makes a router look for many neighbours", 2, "ndpexhaust26", "-r", tap, wire.prefix),
        ("echo requests from a whole network", 2, "ndpexhaust26", "-p", "-r", tap, wire.prefix),
        ("neighbour advertisements", 2, "flood_advertise6", tap),
        ("neighbour solicitations", 2, "flood_solicitate6", tap, address, address),
        ("redirects", 1, "flood_redir6", tap, address),
        ("reports of listeners", 1, "flood_mld26", tap),
        ("the device's address, advertised by another", 2, "fake_advertise6", "-n", "3", "-w", "1", tap, address),
        ("the router's address at another link-layer address", 3, "fake_advertise6", "-n", "2", "-w", "1", tap, wire.kernel,
         address, "02:00:00:00:66:66"),
        ("the router's address, corrected", 2, "fake_advertise6", "-n", "1", tap, wire.kernel, address, kernel_mac),
        ("fragments of all kinds", 3, "fragmentation6", "-fp", tap, address),
        ("errors that say the path is narrow", 2, "toobig6", "-u", tap, address, wire.kernel, "48"),
        ("echo requests to all nodes in our name", 1, "smurf6", tap, address),
        ("known exploits", 3, "exploit6", tap, address),
    ]
    rows += [(f"denial of service, case {number}", 1, "denial6", tap, address, number) for number in range(1, 8)]
    for what, seconds, tool, *arguments in rows:
        with case(f"{tool}: {what}"):
            alive(device, address)
            running = InThread(attack, seconds, tool, *arguments)
            during = InThread(alive, device, address)
            bounded(device)
            during.result()
            running.result()
            alive(device, address)
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
        alive(device, device.slaac())
        device.stop()


def what_came_back(text):
    """{case: answer} of implementation6's table."""
    found = {}
    for number, verdict in re.findall(r"^Test +(\d+):.*?\t+(\S.*)$", text, re.MULTILINE):
        error = re.search(r"error reply \[(\d+:\d+)\]", verdict)
        found[int(number)] = error[1] if error else ANSWERED if "got a reply" in verdict else SILENT
    return found


def implementation():
    """One device for each part, so that the waits are at the same time."""
    wires = [Wire6() for _ in range(DEVICES)]
    devices = []
    for wire in wires:
        Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
        devices.append(Device6(wire))
    addresses = [device.slaac() for device in devices]

    def part(index):
        return {number: attack(10, "implementation6", "-p", wires[index].tap, addresses[index], number)
                for number in range(1 + index, 59, DEVICES)}

    parts = [InThread(part, index) for index in range(DEVICES)]
    found = {}
    for thread in parts:
        for text in thread.result(120).values():
            found |= what_came_back(text)
    (LOGS / "implementation6.txt").write_text("\n".join(f"{number}: {found[number]}" for number in sorted(found)))
    for number, (what, answer) in sorted(EXPECTED.items()):
        with case(f"implementation6, {number}: {what}"):
            equal(found.get(number), answer, "what came back")
    for device, address in zip(devices, addresses):
        alive(device, address)
        device.stop()


def main():
    start("radvd", "ping", "atk6-implementation6", "atk6-flood_router26")
    enter_namespace()
    attacks()
    implementation()
    finish()


if __name__ == "__main__":
    main()
