#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device of ours gets its address from Kea, from dnsmasq and from ISC's dhcpd, with all that they say beside it, or that alone
by DHCPINFORM; and declines one that somebody has."""
import json
import os
import re
import socket

from lib_interop import LOGS, Linnet, Namespace, Process, TapWire, case, equal, eventually, finish, require, run, start, status

MTU = 1400
SEARCH = ["lan.example", "deep.lan.example", "other.example"]


class Network:
    """A tap in a namespace of its own, a DHCP server on it, and a device that is to ask it."""

    def __init__(self):
        self.namespace = Namespace()
        self.namespace.enter()
        self.wire = TapWire()
        self.net = self.wire.kernel.rsplit(".", 1)[0]

    def first(self):
        return f"{self.net}.10"

    def up(self, hostname):
        """The device, once it has an address."""
        device = self.begin(hostname)
        self.got(device)
        return device

    def begin(self, hostname):
        return Linnet("up", "--tap", self.wire.tap, "--hostname", hostname, "--mac", "02:00:00:00:00:51")

    def got(self, device):
        leased = rf"address +({re.escape(self.net)}\.\d+)/24 \(DHCP"
        self.wire.stack = eventually(lambda: re.search(leased, device.output()), "a lease", 30)[1]
        return self.wire.stack


def kea(network):
    """Leases of ten seconds, so that a renewal is seen."""
    net, file = network.net, LOGS / "kea.json"
    option = {"routers": network.wire.kernel, "domain-name-servers": f"{net}.53, {net}.54", "ntp-servers": f"{net}.123",
              "domain-name": SEARCH[0], "domain-search": ", ".join(SEARCH), "interface-mtu": str(MTU)}
    file.write_text(json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": [network.wire.tap]},
        "lease-database": {"type": "memfile", "name": str(LOGS / "kea.csv"), "lfc-interval": 0},
        "valid-lifetime": 10, "renew-timer": 5, "rebind-timer": 8, "decline-probation-period": 3600,
        "option-data": [{"name": name, "data": data} for name, data in option.items()],
        "subnet4": [{"subnet": f"{net}.0/24", "interface": network.wire.tap, "pools": [{"pool": f"{net}.10 - {net}.20"}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}}))
    for name in ("KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR"):
        os.environ[name] = str(LOGS)
    return Process("kea-dhcp4", "-c", file).wait_for("DHCP4_STARTED")


def dnsmasq(network):
    net, wire = network.net, network.wire
    options = {"router": wire.kernel, "dns-server": f"{net}.53,{net}.54", "ntp-server": f"{net}.123", "mtu": MTU,
               "domain-search": ",".join(SEARCH)}
    return Process("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", f"--interface={wire.tap}",
                   "--bind-interfaces", "--no-ping", "--user=root", "--pid-file=", f"--dhcp-range={net}.10,{net}.20,1h",
                   f"--dhcp-leasefile={LOGS / 'dnsmasq.leases'}", "--dhcp-authoritative", "--log-dhcp", "--log-facility=-",
                   f"--domain={SEARCH[0]}", *(f"--dhcp-option=option:{key},{value}" for key, value in options.items()))


def dhcpd(network):
    net, wire, file, leases = network.net, network.wire, LOGS / "dhcpd.conf", LOGS / "dhcpd.leases"
    domains = ", ".join(f'"{domain}"' for domain in SEARCH)
    file.write_text(f"""authoritative; default-lease-time 3600; max-lease-time 3600; ping-check false;
subnet {net}.0 netmask 255.255.255.0 {{
  range {net}.10 {net}.20;
  option routers {wire.kernel}; option domain-name-servers {net}.53, {net}.54; option ntp-servers {net}.123;
  option domain-name "{SEARCH[0]}"; option domain-search {domains}; option interface-mtu {MTU};
}}
""")
    leases.touch()
    return Process("dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", file, "-lf", leases, wire.tap).wait_for("Server starting")


def check_lease(network, address, seconds):
    """All that the server said is in force; for `seconds`, or for ever."""
    said = status(network.wire)["dhcp"]
    require(address.startswith(network.net), address)
    equal(said["server"], network.wire.kernel, "server")
    equal(said["domain"], SEARCH[0], "domain")
    equal(said["search"], SEARCH, "search list: RFC 3397")
    equal(said["mtu"], MTU, "MTU")
    equal(said["ntp"], [f"{network.net}.123"], "time servers")
    if seconds is None:
        require("expires_s" not in said, "no end")
    else:
        require(seconds - 8 <= said["expires_s"] <= seconds, f"lease of {said['expires_s']} s")
    with socket.create_connection((address, 80), timeout=10) as connection:
        # RFC 2132 5.1: what the device takes, less the headers of IP and TCP; the option for timestamps takes twelve.
        size = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        require(MTU - 52 <= size <= MTU - 40, f"segments of {size} bytes")
    run("ping", "-c", "1", "-W", "2", "-M", "do", "-s", MTU - 28, address)


def informed(name, network, process):
    """RFC 2131 3.4: a host that has an address of its own."""
    address = f"{network.net}.30"
    with case(f"{name}: DHCPINFORM: all but the address, which is the device's own"):
        device = Linnet("up", "--tap", network.wire.tap, "--ip", f"{address}/24", "--dhcp-inform").wait_for("Ctrl-C ends it")
        network.wire.stack = address
        for words in (f"(fixed; the rest by DHCP, from {network.wire.kernel})", f"{network.net}.53, {network.net}.54"):
            require(words in device.output(), f"'{words}' in {device.output()!r}")
        check_lease(network, address, None)
        equal(status(network.wire)["dhcp"]["state"], "informed", "state")
        gateways = [row["gateway"] for row in status(network.wire)["routes"] if row["destination"] == "default"]
        equal(gateways, [network.wire.kernel], "router")
        if name != "Kea":  # which says of it only what it says of all, and that where packets are traced
            eventually(lambda: re.search(rf"INFORM.*{re.escape(address)}", process.output() + process.errors()), "its word")
        device.stop()


def by(name, server, network, knows):
    """`knows`: what the server's words must tell of the client's name, and of the address's return."""
    process = server(network)
    with case(f"{name}: an address, and all that comes with it"):
        device = network.up("kitchen")
        address = network.wire.stack
        check_lease(network, address, 3600)
        eventually(lambda: knows(process, address)[0], "the server knows its name")
    with case(f"{name}: is told when the address is given up, and gives the same one again"):
        device.stop()
        eventually(lambda: knows(process, address)[1], "released")
        again = network.up("kitchen")
        equal(network.wire.stack, address, "address")
        again.stop()
    informed(name, network, process)
    process.process.terminate()


def dnsmasq_knows(process, address):
    said = process.output() + process.errors()
    return re.search(rf"DHCPACK\(\S+\) {re.escape(address)} \S+ kitchen", said), "DHCPRELEASE" in said


def dhcpd_knows(process, address):
    said = process.output() + process.errors()
    return re.search(rf"DHCPACK on {re.escape(address)} to \S+ \(kitchen\)", said), f"DHCPRELEASE of {address}" in said


def kea_begins():
    """The first address of Kea's pool is taken: the device has to find that out."""
    network = Network()
    run("ip", "address", "add", f"{network.first()}/32", "dev", "lo")
    device = network.begin("attic")
    # Kea does not listen on a tap that nobody has opened.
    eventually(lambda: "LOWER_UP" in run("ip", "link", "show", network.wire.tap), "the link")
    return network, kea(network), device


def kea_ends(network, server, device):
    network.namespace.enter()
    with case("Kea: RFC 2131 3.1 (5): an address that somebody has is declined, and another one taken ten seconds later"):
        address = network.got(device)
        require(address != network.first(), "not the one that is taken")
        require("DHCP4_DECLINE_LEASE" in server.output(), "Kea heard of it")
        equal(status(network.wire)["dhcp"]["conflicts"], 1, "conflicts")
    with case("Kea: all that comes with an address"):
        check_lease(network, address, 10)
    with case("Kea: RFC 2131 4.4.5: renewed when half of the lease is over"):
        before = status(network.wire)["dhcp"]["received"]
        eventually(lambda: status(network.wire)["dhcp"]["received"] > before, "a DHCPACK", 10, 0.2)
        equal(status(network.wire)["dhcp"]["state"], "bound", "state")
        device.stop()
        eventually(lambda: "DHCP4_RELEASE" in server.output(), "released")
    informed("Kea", network, server)


def main():
    start("kea-dhcp4", "dnsmasq", "dhcpd", "ping")
    meanwhile = kea_begins()
    by("dnsmasq", dnsmasq, Network(), dnsmasq_knows)
    by("dhcpd", dhcpd, Network(), dhcpd_knows)
    kea_ends(*meanwhile)
    finish()


if __name__ == "__main__":
    main()
