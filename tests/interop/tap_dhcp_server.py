#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device of ours gives addresses: to udhcpc, to dhclient, to systemd-networkd, and to another device of ours."""
import os
import re

from lib_interop import LOGS, Linnet, Namespace, TapWire, Process, case, device, equal, eventually, finish, require, run, start, status

SCRIPT = """#!/bin/sh
# What a client has learned, and nothing of this machine is changed but the tap's address.
env | grep -E "^(ip|router|dns|lease|new_ip_address)=" | sed "s/^/${reason:-$1} /" >>"%s"
address=${new_ip_address:-$ip}
tap=%s
[ -z "$address" ] || ip address replace "$address/24" dev "$tap"
"""

NETWORKD = "/lib/systemd/systemd-networkd"
# It wants directories of its own, and takes a /sys that nobody may write to for a sign that there is no udev to wait for.
NETWORKD_START = f"""set -e
mkdir -p /run/systemd; mount -t tmpfs none /run/systemd
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
cp %s /run/systemd/network/; chown -R systemd-network: /run/systemd/netif
mount --bind /sys /sys; mount -o remount,bind,ro /sys
exec {NETWORKD}"""
NETWORKD_LINK = """[Match]
Name=%s
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
Hostname=shed
SendRelease=yes
"""


def script(wire, name):
    """A script for a client, and the file that it writes."""
    log, path = LOGS / f"{name}.env", LOGS / f"{name}.sh"
    path.write_text(SCRIPT % (log, wire.tap))
    path.chmod(0o755)
    return path, log


def learned(log, event, key):
    def found():
        return log.exists() and re.search(rf"^{event} {key}=(.*)$", log.read_text(), re.MULTILINE)
    return eventually(found, f"{key} at {event}")[1]


def leases(wire):
    return {row["address"]: row for row in status(wire)["dhcp_server"]["leases"]}


def by_udhcpc(wire, net):
    path, log = script(wire, "udhcpc")
    with case("udhcpc gets an address and its parameters"):
        client = Process("udhcpc", "-f", "-R", "-i", wire.tap, "-s", path, "-x", "hostname:kitchen", "-O", "mtu")
        client.wait_for("lease of")
        address = learned(log, "bound", "ip")
        equal(address, f"{net}.10", "address")
        equal(learned(log, "bound", "router"), wire.stack, "router")
        equal(learned(log, "bound", "dns"), "10.9.9.9", "name server")
        equal(learned(log, "bound", "lease"), "60", "lease")
        eventually(lambda: wire.tap in run("ip", "route"), "the address is in use")
        equal(leases(wire)[address]["host_name"], "kitchen", "host name")
    with case("udhcpc renews when told, and gives back"):
        before = status(wire)["dhcp_server"]["acks"]
        client.process.send_signal(10)  # SIGUSR1: renew now
        eventually(lambda: status(wire)["dhcp_server"]["acks"] > before, "a second DHCPACK")
        client.stop()
        eventually(lambda: address not in leases(wire), "the address is free again")


def by_dhclient(wire, net):
    path, log = script(wire, "dhclient")
    files = ["-lf", LOGS / "dhclient.leases", "-pf", LOGS / "dhclient.pid", "-cf", "/dev/null", "-sf", path]
    with case("dhclient gets an address, comes back to it after a restart, and gives it back"):
        run("dhclient", "-4", "-1", *files, wire.tap)
        address = learned(log, "BOUND", "new_ip_address")
        require(address.startswith(net), address)
        require(address in leases(wire), "the server has it")
        run("dhclient", "-4", "-x", *files, wire.tap)  # stop without a word
        run("dhclient", "-4", "-1", *files, wire.tap)
        equal(learned(log, "REBOOT", "new_ip_address"), address, "INIT-REBOOT")
        run("ip", "address", "replace", f"{address}/24", "dev", wire.tap)
        run("dhclient", "-4", "-r", *files, wire.tap)
        run("ip", "address", "replace", f"{net}.200/24", "dev", wire.tap)
        eventually(lambda: address not in leases(wire), "released")


def by_networkd(wire, net):
    run("ip", "address", "flush", "dev", wire.tap)  # what the others left
    link = LOGS / "10-tap.network"
    link.write_text(NETWORKD_LINK % wire.tap)
    os.environ.update(SYSTEMD_LOG_LEVEL="debug", SYSTEMD_LOG_TARGET="console")
    with case("systemd-networkd gets an address and a route, and is known by its name"):
        client = Process("unshare", "-m", "sh", "-c", NETWORKD_START % link, name="networkd")
        client.wait_for("DHCPv4 address and routes set")
        require(f"default via {wire.stack}" in run("ip", "route"), "default route")
        address = next(row["address"] for row in leases(wire).values() if row["host_name"] == "shed")
        require(f"inet {address}/24" in run("ip", "address", "show", "dev", wire.tap), "the address is in use")
    with case("systemd-networkd gives its address back"):
        client.stop()
        run("ip", "address", "replace", f"{net}.200/24", "dev", wire.tap)
        eventually(lambda: address not in leases(wire), "released")


def by_linnet():
    near, far = Namespace(), Namespace()
    link = Linnet("link", f"dhcpA@{near.name}", f"dhcpB@{far.name}").wait_for("link up")
    for namespace, name in ((near, "dhcpA"), (far, "dhcpB")):
        namespace.run("ip", "link", "set", name, "up")
    server = Linnet("up", "--packet", "dhcpA", "--ip", "10.79.1.1/24", "--dhcp-server", "10.79.1.10-10.79.1.20", "--serve-time",
                    namespace=near).wait_for("Ctrl-C ends it")
    with case("another device of ours gets an address from it"):
        client = Linnet("up", "--packet", "dhcpB", "--hostname", "second", namespace=far).wait_for("Ctrl-C ends it")
        require("10.79.1.10/24 (DHCP, from 10.79.1.1)" in client.output(), client.output())
        server.wait_for("10.79.1.10 granted to")
        client.stop()
        server.wait_for("10.79.1.10 released by")
    with case("DHCPINFORM: a device with an address of its own hears of the router, and gets no lease"):
        client = Linnet("up", "--packet", "dhcpB", "--ip", "10.79.1.77/24", "--dhcp-inform", namespace=far)
        client.wait_for("Ctrl-C ends it")
        require("10.79.1.77/24 (fixed; the rest by DHCP, from 10.79.1.1)" in client.output(), client.output())
        require(re.search(r"router +10\.79\.1\.1$", client.output(), re.MULTILINE), client.output())
        client.stop()
        equal(server.output().count("granted to"), 1, "leases")
    server.stop()
    link.stop()


def main():
    start("udhcpc", "dhclient", NETWORKD)
    Namespace().enter()
    wire = TapWire()
    net = wire.kernel.rsplit(".", 1)[0]
    run("ip", "address", "flush", "dev", wire.tap)
    up = device(wire, "--dhcp-server", f"{net}.10-{net}.50", "--lease-time", "60", "--dns", "10.9.9.9")
    by_udhcpc(wire, net)
    by_dhclient(wire, net)
    by_networkd(wire, net)
    with case("up: ends cleanly"):
        up.stop()
    by_linnet()
    finish()


if __name__ == "__main__":
    main()
