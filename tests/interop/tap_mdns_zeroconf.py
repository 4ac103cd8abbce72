#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Multicast DNS with python-zeroconf, which is no Avahi: each finds the other's services, gives way and says goodbye; and thousands
of services on the link, which nobody has room for."""
import re
import socket
import struct

from lib_interop import Linnet, case, equal, eventually, finish, require, run, skip, start
from lib_ipv6 import enter_namespace, require_in
from lib_mdns import two_taps

try:
    from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, Zeroconf
except ImportError:
    skip("needs python3-zeroconf")

SITES, PRINTERS = "_http._tcp.local.", "_ipp._tcp.local."
GROUP = ("224.0.0.251", 5353)
FLOOD = 5000


class Seen:
    """What zeroconf says of a type as it comes and goes."""

    def __init__(self, zeroconf, kind):
        self.names = set()
        ServiceBrowser(zeroconf, kind, handlers=[self.change])

    def change(self, name, state_change, **_):
        (self.names.discard if state_change.name == "Removed" else self.names.add)(name)


def info(kind, name, host, address, **properties):
    return ServiceInfo(kind, f"{name}.{kind}", addresses=[socket.inet_aton(address)], port=631, properties=properties,
                       server=f"{host}.local.")


def zeroconf_finds_linnet(wire, zeroconf):
    sites = Seen(zeroconf, SITES)
    device = Linnet("up", *wire.options, "--hostname", "garden").wait_for("garden.local (web site", 20)
    with case("zeroconf finds the web site, by either version of IP"):
        eventually(lambda: f"garden.{SITES}" in sites.names, "the service")
        got = zeroconf.get_service_info(SITES, f"garden.{SITES}", 3000)
        equal((got.server, got.port, got.properties), ("garden.local.", 80, {b"path": b"/"}), "host, port and TXT")
        addresses = eventually(lambda: len(got.parsed_addresses()) > 1 and got.parsed_addresses() or
                               (got.request(zeroconf, 1000) and None), "addresses of both")
        require(wire.stack4 in addresses and any(one.startswith("fe80::") for one in addresses), str(addresses))
    return device, sites


def linnet_finds_zeroconf(wire, zeroconf, other):
    printer = info(PRINTERS, "Bench Printer", "bench", wire.kernel4, note="a b")
    zeroconf.register_service(printer)
    browser = Linnet("browse", "_ipp._tcp", *other, "--resolve")
    with case("linnet browse finds zeroconf's service, and all that belongs to it"):
        browser.wait_for("txt = [", 15)
        for words in ("Bench Printer", "hostname = [bench.local]", f"address = [{wire.kernel4}]", "port = [631]", '"note=a b"'):
            require_in(words, browser.output(), "what was found")
    with case("RFC 6762 8.4: another address is believed"):
        run("ip", "address", "add", "10.66.1.99/24", "dev", "lan")
        printer = info(PRINTERS, "Bench Printer", "bench", "10.66.1.99", note="a b")
        zeroconf.update_service(printer)
        eventually(lambda: "address = [10.66.1.99]" in browser.output(), "the new address")
    with case("RFC 6762 10.1: linnet forgets what zeroconf says goodbye to"):
        zeroconf.unregister_service(printer)
        eventually(lambda: re.search(r"^- +net0 IPv4 Bench Printer", browser.output(), re.M), "the line that takes it back")
    browser.process.terminate()
    browser.process.wait()


def conflicts(wire, zeroconf, other, sites):
    with case("RFC 6762 9: linnet gives way to a name that zeroconf has"):
        mine = info(SITES, "shed", "shed", wire.kernel4)
        zeroconf.register_service(mine)
        late = Linnet("up", *other, "--hostname", "shed").wait_for("shed-2.local", 30)
        late.wait_for('web site "shed (2)"')
        eventually(lambda: f"shed (2).{SITES}" in sites.names, "zeroconf sees it")
        late.stop()
        eventually(lambda: f"shed (2).{SITES}" not in sites.names, "and its goodbye")
        zeroconf.unregister_service(mine)
    with case("RFC 6762 9: zeroconf gives way to a name that linnet has"):
        theirs = info(SITES, "garden", "orchard", wire.kernel4)
        zeroconf.register_service(theirs, allow_name_change=True)
        equal(theirs.name, f"garden-2.{SITES}", "zeroconf's other name")
        zeroconf.unregister_service(theirs)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.rstrip(".").split(".")) + b"\0"


def flood(wire):
    """Responses with FLOOD services of one type, forty in a message."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(wire.kernel4))
        sender.bind((wire.kernel4, 5353))
        for first in range(0, FLOOD, 20):
            records = b""
            for number in range(first, first + 20):
                data = name(f"S{number}._flood._tcp.local")
                records += name("_flood._tcp.local") + struct.pack(">HHIH", 12, 1, 4500, len(data)) + data
            sender.sendto(struct.pack(">6H", 0, 0x8400, 0, 20, 0, 0) + records, GROUP)


def thousands(wire, zeroconf, other, device):
    with case(f"{FLOOD} services: linnet browse shows as many as it has room for, and says so"):
        browser = Linnet("browse", "_flood._tcp", *other).wait_for("", 5)
        eventually(lambda: (flood(wire), re.search(r"^! +net0 the link has more than the \d+ records", browser.output(), re.M))[1],
                   "the line that says so", 15, 0.5)
        bound = int(re.search(r"more than the (\d+) records", browser.output())[1])

        def shown():
            return len(re.findall(r"^\+ ", browser.output(), re.M)) - len(re.findall(r"^- ", browser.output(), re.M))
        eventually(lambda: bound * 0.9 <= shown() <= bound, f"as many lines as there is room for, {bound}", 10, 0.2)
        browser.process.terminate()
        browser.process.wait()
    with case(f"{FLOOD} services: the device goes on answering"):
        for _ in range(4):
            flood(wire)
        require(device.process.poll() is None, "the device runs")
        got = ServiceInfo(SITES, f"garden.{SITES}")
        require(got.request(zeroconf, 3000), "an answer")
        require_in(wire.stack4, Linnet("resolve", "garden.local", *other).wait().output(), "address")


def main():
    start()
    enter_namespace(forwarding=False)
    wire = two_taps()
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    zeroconf = Zeroconf(interfaces=[wire.kernel4, wire.kernel], ip_version=IPVersion.All)
    device, sites = zeroconf_finds_linnet(wire, zeroconf)
    linnet_finds_zeroconf(wire, zeroconf, other)
    conflicts(wire, zeroconf, other, sites)
    thousands(wire, zeroconf, other, device)
    with case("RFC 6762 10.1: zeroconf forgets who says goodbye"):
        device.stop()
        eventually(lambda: f"garden.{SITES}" not in sites.names, "gone")
    zeroconf.close()
    finish()


if __name__ == "__main__":
    main()
