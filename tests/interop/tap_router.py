#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device with two taps as a small router between two kernels: forwarding of both families with its ICMP errors, and
port translation with port maps."""
import json
import re
import socket

from lib_interop import LOGS, Content, Linnet, Namespace, Process, case, equal, eventually, finish, require, run, start

OUTER4, INNER4 = "203.0.113", "192.168.5"
OUTER6, INNER6 = "2001:db8:a::", "2001:db8:b::"
CONTENT = Content(24 << 20)


def join(tap, namespace, far):
    """A tap of this namespace whose kernel end is another namespace's `far`: a bridge that has no address joins them."""
    run("ip", "link", "add", f"br-{tap}", "type", "bridge", "mcast_snooping", "0")
    run("ip", "tuntap", "add", "dev", tap, "mode", "tap")
    run("ip", "link", "add", f"v-{tap}", "type", "veth", "peer", "name", far, "netns", namespace.name)
    for name in (tap, f"v-{tap}"):
        run("ip", "link", "set", name, "master", f"br-{tap}", "up")
    run("ip", "link", "set", f"br-{tap}", "up")
    namespace.run("sh", "-c", f"for s in all default {far}; do cd /proc/sys/net/ipv6/conf/$s; echo 0 >disable_ipv6; "
                              "echo 0 >accept_dad; done")
    namespace.run("ip", "link", "set", far, "up")


class Net:
    def __init__(self):
        self.middle, self.outer, self.inner = Namespace(), Namespace(), Namespace()
        self.middle.enter()
        join("wan", self.outer, "eth0")
        join("lan", self.inner, "eth0")
        for namespace, v4, v6 in ((self.outer, OUTER4, OUTER6), (self.inner, INNER4, INNER6)):
            namespace.run("ip", "address", "add", f"{v4}.2/24", "dev", "eth0")
            namespace.run("ip", "address", "add", f"{v6}2/64", "dev", "eth0", "nodad")
        self.inner.run("ip", "route", "add", "default", "via", f"{INNER4}.1")
        self.inner.run("ip", "-6", "route", "add", "default", "via", f"{INNER6}1")
        self.outer.run("ip", "-6", "route", "add", "default", "via", f"{OUTER6}1")

    def narrow(self, mtu):
        """The outer link takes no more from now on."""
        for name in ("wan", "v-wan", "br-wan"):
            run("ip", "link", "set", name, "mtu", mtu)
        self.outer.run("ip", "link", "set", "eth0", "mtu", mtu)


def router(*options, capture):
    return Linnet("up", "--tap", "wan", "--ip", f"{OUTER4}.1/24", "--lan", "lan", "--lan-ip", f"{INNER4}.1/24", *options,
                  "--capture", LOGS / capture).wait_for("Ctrl-C ends it")


def serve(namespace, directory, port=80):
    command = ["python3", "-u", "-m", "http.server", "--bind", "::", "--directory", directory, port]
    server = Process(*command, namespace=namespace, name="http")
    return server.wait_for("Serving")


def fetch(namespace, url, path):
    namespace.run("curl", "-s", "-g", "-m", "20", "-o", path, url)
    return path.read_bytes()


def ping(namespace, address, *options):
    """What it says, whether there are answers or not."""
    return namespace.run("sh", "-c", " ".join(["ping", "-n", "-i", "0.05", "-W", "1", *options, address]) + " || true")


def answered(namespace, address, *options, count=3):
    text = ping(namespace, address, "-c", str(count), *options)
    require(f" {count} received" in text, f"ping {address}: {text}")
    return text


def forwards(net, directory):
    device = router("--ip6", f"{OUTER6}1/64", "--lan-ip6", f"{INNER6}1/64", capture="forward.pcapng")
    net.outer.run("ip", "route", "add", f"{INNER4}.0/24", "via", f"{OUTER4}.1")
    with case("forwarding: echo both ways takes one hop, in both families"):
        # A router's addresses are probed first; who asks too early is told that there is no route, and asks again.
        eventually(lambda: " 1 received" in ping(net.inner, f"{OUTER6}2", "-c", "1"), "IPv6 is through")
        for namespace, address in ((net.inner, f"{OUTER4}.2"), (net.outer, f"{INNER4}.2"), (net.inner, f"{OUTER6}2"),
                                   (net.outer, f"{INNER6}2")):
            require("ttl=63" in answered(namespace, address), "one hop")
    with case("traceroute sees the router, in both families"):
        for family, hops in (("-4", [f"{INNER4}.1", f"{OUTER4}.2"]), ("-6", [f"{INNER6}1", f"{OUTER6}2"])):
            text = net.inner.run("traceroute", family, "-n", "-q", "1", "-w", "2", hops[1])
            equal(re.findall(r"^ *\d+  ([0-9a-f.:]+) ", text, re.MULTILINE), hops, text)
    with case("a hop limit that ends here, no route, and a host that does not answer are said"):
        for address, words in ((f"{OUTER4}.2", "Time to live exceeded"), (f"{OUTER6}2", "Hop limit|Time exceeded: Hop limit")):
            text = ping(net.inner, address, "-c", "1", "-t", "1")
            require(re.search(words, text), text)
        for address, words in (("198.51.100.1", "Net Unreachable"), ("2001:db8:c::1", "No route"),
                               (f"{OUTER4}.77", "Host Unreachable"), (f"{OUTER6}77", "Address unreachable")):
            text = ping(net.inner, address, "-c", "2", "-W", "5", "-i", "4" if "77" in address else "0.2")
            require(words in text, text)
    with case("TCP goes through both ways and whole, in both families"):
        for server, client, address in ((net.outer, net.inner, f"{OUTER4}.2"), (net.inner, net.outer, f"{INNER4}.2"),
                                        (net.outer, net.inner, f"[{OUTER6}2]")):
            process = serve(server, directory)
            require(fetch(client, f"http://{address}/content", LOGS / "fetched") == CONTENT.bytes(), f"from {address}")
            process.stop(-15)
    net.narrow(1300)
    with case("what is too big for the outer link: fragmentation needed, packet too big; fragments where they may be"):
        eventually(lambda: "mtu = 1300" in ping(net.inner, f"{OUTER4}.2", "-c", "1", "-s", "1400", "-M", "do"), "the MTU of IPv4")
        eventually(lambda: "mtu" in ping(net.inner, f"{OUTER6}2", "-c", "1", "-s", "1400", "-M", "do"), "the MTU of IPv6")
        for name, address in (("", f"{OUTER4}.2"), ("-6", f"{OUTER6}2")):
            routes = net.inner.run("ip", *filter(None, [name]), "route", "get", address)
            require("mtu 1300" in routes, f"the kernel believes it: {routes}")
        net.inner.run("ip", "route", "flush", "cache")
        answered(net.inner, f"{OUTER4}.2", "-s", "1400", "-M", "dont")
    with case("TCP finds the narrow path, in both families"):
        process = serve(net.inner, directory)
        for address in (f"{INNER4}.2", f"[{INNER6}2]"):
            require(fetch(net.outer, f"http://{address}/content", LOGS / "fetched") == CONTENT.bytes(), f"from {address}")
        process.stop(-15)
    net.narrow(1500)
    device.stop()
    net.outer.run("ip", "route", "del", f"{INNER4}.0/24")


UDP_ECHO = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(peer[0].encode() + b" " + data, peer)
"""
UDP_ASK = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(sys.argv[3].encode() * int(sys.argv[4]), (sys.argv[1], int(sys.argv[2])))
data, peer = s.recvfrom(65536)
print(peer[0], data.split(b" ")[0].decode(), len(data))
"""


def translates(net, directory):
    device = router("--nat", "--port-map", f"8080:{INNER4}.2:80", "--port-map", f"udp:5353:{INNER4}.2:53", capture="nat.pcapng")
    with case("translation: TCP from inside, from the device's own address"):
        outside = serve(net.outer, directory)
        require(fetch(net.inner, f"http://{OUTER4}.2/content", LOGS / "fetched") == CONTENT.bytes(), "what came")
        require(f"{OUTER4}.1" in outside.output() + outside.errors(), f"who asked: {outside}")
    with case("translation: echo, whole and in fragments"):
        answered(net.inner, f"{OUTER4}.2")
        answered(net.inner, f"{OUTER4}.2", "-s", "4000")
    with case("translation: UDP, whole and in fragments"):
        Process("python3", "-c", UDP_ECHO, 5000, namespace=net.outer).wait_for("ready")
        for size in (10, 6000):
            text = net.inner.run("python3", "-c", UDP_ASK, f"{OUTER4}.2", 5000, "x", size)
            equal(text.split(), [f"{OUTER4}.2", f"{OUTER4}.1", str(size + len(OUTER4) + 3)], "the answer")
    with case("translation: traceroute sees the device, and the errors of those beyond it come back"):
        text = net.inner.run("traceroute", "-4", "-n", "-q", "1", "-w", "2", f"{OUTER4}.2")
        equal(re.findall(r"^ *\d+  ([0-9.]+) ", text, re.MULTILINE), [f"{INNER4}.1", f"{OUTER4}.2"], text)
    with case("port map: TCP from outside, by the router's address"):
        inside = serve(net.inner, directory)
        require(fetch(net.outer, f"http://{OUTER4}.1:8080/content", LOGS / "fetched") == CONTENT.bytes(), "what came")
        require(f"{OUTER4}.2" in inside.output() + inside.errors(), f"who asked: {inside}")
    with case("port map: hairpin: those inside reach it by the outer address"):
        require(fetch(net.inner, f"http://{OUTER4}.1:8080/content", LOGS / "fetched") == CONTENT.bytes(), "what came")
    with case("port map: UDP"):
        Process("python3", "-c", UDP_ECHO, 53, namespace=net.inner).wait_for("ready")
        text = net.outer.run("python3", "-c", UDP_ASK, f"{OUTER4}.1", 5353, "x", 10)
        equal(text.split()[:2], [f"{OUTER4}.1", f"{OUTER4}.2"], "the answer")
    with case("nothing else comes in, and the device's own services are there"):
        net.outer.run("ip", "route", "add", f"{INNER4}.0/24", "via", f"{OUTER4}.1")
        require(" 0 received" in ping(net.outer, f"{INNER4}.2", "-c", "2"), "the inner network is hidden")
        for namespace, address in ((net.inner, f"{INNER4}.1"), (net.outer, f"{OUTER4}.1")):
            report = namespace.run("curl", "-s", "-m", "10", f"http://{address}/status.json")
            equal(json.loads(report)["router"]["nat"], True, "the report")
    device.stop()


def gives_addresses(net):
    """The router as those inside want it: DHCP on its inner side."""
    device = router("--nat", "--dhcp-server", f"{INNER4}.100-{INNER4}.110", capture="dhcp.pcapng")
    with case("DHCP on the inner side names the device as router"):
        net.inner.run("ip", "address", "flush", "dev", "eth0")
        script = LOGS / "bound.sh"
        script.write_text('#!/bin/sh\n[ "$1" = bound ] || exit 0\nip address add "$ip/24" dev "$interface"\n'
                          'ip route add default via "$router"\n')
        script.chmod(0o755)
        net.inner.run("udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "5", "-T", "2", "-s", script)
        answered(net.inner, f"{OUTER4}.2")
    device.stop()


def main():
    start("ping", "curl", "traceroute", "udhcpc")
    directory = LOGS / "served"
    directory.mkdir()
    (directory / "content").write_bytes(CONTENT.bytes())
    net = Net()
    forwards(net, directory)
    translates(net, directory)
    gives_addresses(net)
    finish()


if __name__ == "__main__":
    main()
