#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How a device gets its IPv6 addresses, routers and name servers: from radvd and dnsmasq, and what it does when they
change their minds: renumbering, a router that goes and comes back, redirects, paths that are narrower."""
import re
import socket

from lib_interop import LOGS, Linnet, Namespace, Process, case, equal, eventually, finish, require, run, start
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace, set_ipv6

MAC = "02:00:00:00:66:01"
PREFIX = "{} {{ AdvOnLink on; AdvAutonomous on; {} }};"


def prefix(name, extra=""):
    return "prefix " + PREFIX.format(name, extra)


def identifier(address):
    """The lower half of an address, spelled out."""
    import ipaddress
    return int(ipaddress.IPv6Address(address)) & ((1 << 64) - 1)


def stateless_addresses():
    wire = Wire6()
    router = Radvd(wire, prefix(wire.prefix))
    device = Device6(wire, "--mac", MAC)
    with case("RFC 7217: the address is the same after a restart, and is not made of the MAC"):
        first = device.slaac()
        require("ff:fe" not in first, f"{first} shows the MAC")
        device.stop()
        device = Device6(wire, "--mac", MAC)
        equal(device.slaac(), first, "the address")
        require(identifier(device.link_local()) != identifier(first), "each prefix has another identifier")
    with case("RFC 4861 6.3.4: the router is the default router"):
        equal(len(eventually(device.default_routers, "a default router")), 1, "default routers")
    other = "2001:db8:9999::/64"
    with case("RFC 4862 5.5.4: renumbering: the old address is deprecated, the new one preferred"):
        run("ip", "address", "add", "2001:db8:9999::1/64", "dev", wire.tap, "nodad")
        router.change(prefix(wire.prefix, "AdvPreferredLifetime 0; AdvValidLifetime 8000;") + prefix(other))
        new = device.slaac(other)
        eventually(lambda: first in device.addresses(state="deprecated"), "the old address is deprecated")
        text = run("ping", "-6", "-n", "-c", "1", "-w", "5", new)
        require(" 1 received" in text, "the new one answers")
        require(" 1 received" in run("ping", "-6", "-n", "-c", "1", "-w", "5", first), "and the old one still does")
    with case("RFC 4861 6.3.5: a router that goes is no default router, one that comes back is"):
        router.stop()  # its last words: a lifetime of zero
        eventually(lambda: not device.default_routers(), "no default router")
        Radvd(wire, prefix(other))
        eventually(device.default_routers, "a default router again")
    device.stop()


def options_of_advertisements():
    wire = Wire6()
    names = Process("dnsmasq", "-k", "-p", "53", "-i", wire.tap, "-z", "-h", "-R", "--user=root", "-8", "-", "--no-hosts",
                    "--address=/host.test/192.0.2.7", "--address=/host.test/2001:db8::7",
                    "--address=/old.test/192.0.2.8")
    Radvd(wire, f"AdvLinkMTU 1400; {prefix(wire.prefix)} RDNSS {wire.kernel} {{ }}; DNSSL example.com lab.example.net {{ }};")
    with case("RFC 8106: names are asked of the advertised server, over IPv6, for both families"):
        got = Linnet("resolve", "-v", "host.test", *wire.options, "--mac", MAC).wait()
        require(f"server {wire.kernel}" in got.errors(), f"the server: {got.errors()!r}")
        equal(sorted(got.output().split()), ["192.0.2.7", "2001:db8::7"], "addresses")
    with case("RFC 4074: a name without AAAA has its A"):
        equal(Linnet("resolve", "old.test", *wire.options).wait().output().split(), ["192.0.2.8"], "addresses")
    device = Device6(wire, "--temporary")
    with case("RFC 4861 4.6.4: the link's MTU is the router's"):
        address = device.slaac()
        with socket.create_connection((address, 7), timeout=10):
            sizes = [row["segment_size"] for row in device.status()["connections"] if address in row["local"]]
        equal(sizes[:1], [1400 - 40 - 20 - 12], "segment size")
    with case("RFC 8106 5.2: the router's search list is known"):
        equal(device.status()["search_domains"], ["example.com", "lab.example.net"], "the search list")
    with case("RFC 8981: a temporary address beside the stable one"):
        eventually(lambda: device.addresses("router advertisement, temporary"), "a temporary address")
    device.stop()
    names.stop()


def by_dhcpv6():
    wire = Wire6()
    leases = LOGS / "leases"
    leases.write_text("")
    start_of_range = wire.prefix.split("/")[0]
    server = Process("dnsmasq", "-k", "-p", "0", "-i", wire.tap, "-z", "--user=root", "--no-hosts", "--enable-ra",
                     f"--dhcp-range={start_of_range}100,{start_of_range}1ff,slaac,64,120s", f"--dhcp-leasefile={leases}",
                     f"--dhcp-option=option6:dns-server,[{wire.kernel}]",
                     "--dhcp-option=option6:domain-search,six.example.org,example.org", "--log-dhcp")
    device = Device6(wire, "--mac", MAC)
    with case("RFC 8415: an address by DHCPv6, because the router says M"):
        address = eventually(lambda: device.addresses("DHCPv6"), "an address by DHCPv6", 20)[0]
        require(address.startswith(start_of_range + "1"), f"{address} is of the range")
        require(address in leases.read_text(), "the server has the lease")
        require(" 2 received" in run("ping", "-6", "-n", "-i", "0.1", "-c", "2", "-w", "5", address), "it answers")
    with case("RFC 3646 4: the server's search list is known"):
        equal(device.status()["search_domains"], ["six.example.org", "example.org"], "the search list")
    with case("RFC 8415 18.2.7: it is given back"):
        device.stop()
        eventually(lambda: address not in leases.read_text(), "the lease is gone")
    server.stop()
    wire = Wire6()
    run("ip", "link", "set", wire.tap, "up")
    server = Process("dnsmasq", "-k", "-p", "53", "-i", wire.tap, "-z", "--user=root", "--no-hosts", "--enable-ra", "-R",
                     "--address=/host.test/2001:db8::9",
                     f"--dhcp-range={wire.prefix.split('/')[0]},ra-stateless", f"--dhcp-leasefile={LOGS / 'none'}",
                     f"--dhcp-option=option6:dns-server,[{wire.kernel}]")
    with case("RFC 8415 18.2.6: stateless: only the name server"):
        got = Linnet("resolve", "-v", "host.test", *wire.options).wait()
        require(f"server {wire.kernel}" in got.errors(), f"the server: {got.errors()!r}")
        equal(got.output().split(), ["2001:db8::9"], "addresses")
    server.stop()


def routers_and_paths():
    """The device's link is a bridge, with a second router on it; behind that a network whose link takes 1300 bytes."""
    wire = Wire6()
    run("ip", "address", "flush", "dev", wire.tap)
    run("ip", "link", "add", "lan", "type", "bridge")
    run("ip", "link", "set", wire.tap, "master", "lan")
    run("ip", "link", "set", "lan", "up")
    run("ip", "address", "add", f"{wire.kernel4}/24", "dev", "lan")
    run("ip", "address", "add", f"{wire.kernel}/64", "dev", "lan", "nodad")
    set_ipv6("forwarding", 1, "lan")
    second = Namespace()
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", second.name)
    run("ip", "link", "set", "near", "master", "lan", "up")
    for scope in ("all", "default", "far"):
        second.run("sh", "-c", f"cd /proc/sys/net/ipv6/conf/{scope} && echo 0 >disable_ipv6 && echo 0 >accept_dad && "
                               "echo 1 >forwarding && echo 0 >accept_ra")
    second.run("ip", "link", "set", "far", "up")
    base = wire.prefix.split("::")[0]
    second.run("ip", "address", "add", f"{base}::2/64", "dev", "far", "nodad")
    second.run("ip", "address", "add", "2001:db8:ffff::1/128", "dev", "lo")
    # Redirects name link-local addresses only (RFC 4861 8), and so must the route.
    link_local = re.search(r"fe80:[0-9a-f:]+", second.run("ip", "-6", "-o", "address", "show", "dev", "far"))[0]
    run("ip", "route", "add", "2001:db8:ffff::/64", "via", link_local, "dev", "lan")
    third = Namespace()
    run("ip", "link", "add", "narrow", "type", "veth", "peer", "name", "end", "netns", third.name)
    run("ip", "link", "set", "narrow", "mtu", "1300", "up")
    run("ip", "address", "add", "2001:db8:eeee::1/64", "dev", "narrow", "nodad")
    set_ipv6("forwarding", 1, "narrow")
    third.run("sh", "-c", "for s in all default end; do echo 0 >/proc/sys/net/ipv6/conf/$s/disable_ipv6; "
                          "echo 0 >/proc/sys/net/ipv6/conf/$s/accept_dad; done")
    third.run("ip", "link", "set", "end", "mtu", "1300", "up")
    third.run("ip", "address", "add", "2001:db8:eeee::2/64", "dev", "end", "nodad")
    third.run("ip", "-6", "route", "add", "default", "via", "2001:db8:eeee::1")
    eventually(lambda: "state UP" in run("ip", "link", "show", "lan"), "the bridge is up")
    eventually(lambda: "fe80" in run("ip", "-6", "address", "show", "dev", "lan"), "it has a link-local address")
    wire.tap, tap = "lan", wire.tap
    Radvd(wire, prefix(wire.prefix))
    wire.options[1] = tap
    with case("RFC 4861 8.3: a redirect leads by the better router"):
        capture = LOGS / "redirect.pcapng"
        got = Linnet("ping", "2001:db8:ffff::1", "-c", "5", "-i", "0.2", "--capture", capture, *wire.options).wait()
        require(re.search(r"5 packets transmitted, 5 (packets )?received", got.output()), got.output())
        mac = second.run("cat", "/sys/class/net/far/address").strip()
        direct = run("tshark", "-n", "-r", capture, "-Y", f"icmpv6.type == 128 && eth.dst == {mac}").splitlines()
        require(len(direct) >= 3, f"only {len(direct)} of 5 requests went to the better router")
    with case("RFC 8201: a narrow path: packet too big is believed, and the rest goes in fragments"):
        got = Linnet("ping", "2001:db8:eeee::2", "-c", "4", "-i", "0.2", "-s", "1400", *wire.options).wait()
        require(re.search(r"4 packets transmitted, [34] (packets )?received", got.output()), got.output())
    with case("RFC 8201: TCP through the narrow path"):
        device = Device6(wire)
        address = device.slaac()
        text = third.run("curl", "-s", "-g", "-m", "10", f"http://[{address}]/status.json")
        require('"addresses"' in text, "the page came through")
        device.stop()


def main():
    start("radvd", "dnsmasq", "ping", "curl", "tshark")
    enter_namespace()
    stateless_addresses()
    options_of_advertisements()
    by_dhcpv6()
    routers_and_paths()
    finish()


if __name__ == "__main__":
    main()
