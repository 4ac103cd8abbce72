#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""464XLAT (RFC 6877): a device on a network that has only IPv6, whose router advertises the prefix of a NAT64 (tayga), reaches
a host that has only IPv4."""
import json
import re
import socket
import struct
import threading

from lib_interop import LOGS, Content, Linnet, Namespace, Process, case, check_captures, equal, finish, require, run, start
from lib_ipv6 import Wire6, enter_namespace

NAT64 = "2001:db8:64:ff9b::"
SERVER4, GATE4, POOL4 = "198.51.100.7", "198.51.100.1", "203.0.113.0/24"
CONTENT = Content(8 << 20)


def nat64():
    """This namespace translates: between the device's link and a host of IPv4 in a namespace of its own."""
    far = Namespace()
    run("ip", "link", "add", "four", "type", "veth", "peer", "name", "eth0", "netns", far.name)
    run("ip", "address", "add", f"{GATE4}/24", "dev", "four")
    run("ip", "link", "set", "four", "up")
    far.run("ip", "address", "add", f"{SERVER4}/24", "dev", "eth0")
    far.run("ip", "link", "set", "eth0", "up")
    far.run("ip", "route", "add", "default", "via", GATE4)
    run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    config = LOGS / "tayga.conf"
    config.write_text(f"tun-device nat64\nipv4-addr 192.0.2.1\nprefix {NAT64}/96\n"
                      f"dynamic-pool {POOL4}\ndata-dir {LOGS}\n")
    run("tayga", "-c", config, "--mktun")
    run("ip", "link", "set", "nat64", "up")
    run("ip", "route", "add", POOL4, "dev", "nat64")
    run("ip", "-6", "route", "add", f"{NAT64}/96", "dev", "nat64")
    Process("tayga", "-d", "-c", config)
    return far


class Router(threading.Thread):
    """Advertises a prefix and the NAT64's (RFC 8781), each second. Debian's radvd does not know that option yet."""

    def __init__(self, wire):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(wire.tap))
        prefix = socket.inet_pton(socket.AF_INET6, wire.prefix.split("/")[0])
        self.message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
        self.message += struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 7200, 3600, 0) + prefix
        self.message += struct.pack("!BBH", 38, 2, 600) + socket.inet_pton(socket.AF_INET6, NAT64)[:12]
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.5):
            try:
                self.socket.sendto(self.message, ("ff02::1", 0))
            except OSError:  # no link-local address yet
                pass


def main():
    start("tayga", "curl", "tshark", "mergecap", "capinfos")
    enter_namespace()
    wire = Wire6()
    run("ip", "address", "del", f"{wire.kernel4}/24", "dev", wire.tap)
    far = nat64()
    router = Router(wire)
    options = ["--tap", wire.tap, "--clat"]
    directory = LOGS / "served"
    directory.mkdir()
    (directory / "content").write_bytes(CONTENT.bytes())
    server = Process("python3", "-u", "-m", "http.server", "--bind", "0.0.0.0", "--directory", directory, 80, namespace=far,
                     name="http").wait_for("Serving")
    captures = {LOGS / f"{name}.pcapng": least for name, least in (("get", 500), ("ping", 8), ("up", 10))}
    get, ping, up = captures
    with case("linnet get: an IPv4 literal over a link that has only IPv6"):
        got = Linnet("get", f"http://{SERVER4}/content", "--sha256", "--capture", get, *options).wait()
        equal(re.findall(r"^[0-9a-f]{64}", got.output()), [CONTENT.sha256()], "what came")
        require("203.0.113." in server.output() + server.errors(), f"who asked: {server}")
    with case("linnet ping: echo, and the errors of those on the way"):
        # RFC 7915 1.2: ICMP in fragments has no translation.
        got = Linnet("ping", SERVER4, "-c", "3", "-i", "0.1", "-s", 1400, "--capture", ping, *options).wait()
        require(re.search(r"3 packets transmitted, 3 (packets )?received", got.output()), got.output())
        got = Linnet("ping", "192.88.99.1", "-c", "1", "-W", "2", *options).wait(1)
        require("nreachable" in got.output() + got.errors(), f"what is said: {got}")
    with case("UDP whole and in fragments, both ways"):
        code = ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 5000))\nprint('ready', flush=True)\n"
                "while True:\n d, a = s.recvfrom(65536)\n s.sendto(d, a)")
        Process("python3", "-c", code, namespace=far).wait_for("ready")
        for size in (1452, 8000):
            got = Linnet("connect", "--udp", SERVER4, 5000, "--bytes", size, "--sha256", "--count", 1, *options).wait()
            require(f"  {size} bytes" in got.output(), f"{size} bytes: {got}")
    with case("a path of 1300 bytes is found"):
        run("ip", "link", "set", "four", "mtu", 1300)
        far.run("ip", "link", "set", "eth0", "mtu", 1300)
        got = Linnet("get", f"http://{SERVER4}/content", "--sha256", *options).wait()
        equal(re.findall(r"^[0-9a-f]{64}", got.output()), [CONTENT.sha256()], "what came")
    with case("linnet up shows it, and ends with it"):
        device = Linnet("up", *options, "--capture", up).wait_for("464XLAT")
        address = re.search(r"(2001:[0-9a-f:]+)/64 \(router advertisement\)", device.output())[1]
        report = json.loads(run("curl", "-s", "-g", "-m", "10", f"http://[{address}]/status.json"))
        equal((report["clat"]["state"], report["clat"]["nat64"]), ("active", f"{NAT64}/96"), "the report")
        device.stop()
    router.ended.set()
    with case("tshark: nothing malformed, no bad checksum; no IPv4 but DHCP on the link"):
        check_captures(captures)
        for capture in captures:
            equal(run("tshark", "-n", "-r", capture, "-Y", "ip && !icmpv6 && !(udp.port == 67) && !(ip.dst == 224.0.0.0/4)"), "",
                  f"IPv4 in {capture.name}")
    finish()


if __name__ == "__main__":
    main()
