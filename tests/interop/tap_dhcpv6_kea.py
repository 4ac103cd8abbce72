#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DHCPv6 (RFC 8415) with ISC's Kea: an address, renewed, rebound while its server is away, given up, declined and given back;
and other configuration alone."""
import json
import os
import re
import signal

from lib_interop import LOGS, Process, case, equal, eventually, finish, require, run, start
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace

# Seconds; the client asks for nothing sooner than half of the lifetime.
RENEW, REBIND, PREFERRED, VALID = 6, 9, 10, 12


class Kea:
    """kea-dhcp6 with two addresses for the wire's other end, and a file in which its leases outlive it."""

    def __init__(self, wire):
        self.leases = LOGS / f"leases-{wire.tap}.csv"
        self.file = LOGS / f"kea-{wire.tap}.json"
        self.start_of_range = wire.prefix.split("/")[0]
        self.file.write_text(json.dumps({"Dhcp6": {
            "interfaces-config": {"interfaces": [wire.tap]},
            "lease-database": {"type": "memfile", "name": str(self.leases), "lfc-interval": 0},
            "server-id": {"type": "EN", "enterprise-id": 32473, "identifier": "c0ffee", "persist": False},
            "renew-timer": RENEW, "rebind-timer": REBIND, "preferred-lifetime": PREFERRED, "valid-lifetime": VALID,
            "decline-probation-period": 3600,
            "option-data": [{"name": "dns-servers", "data": wire.kernel}],
            "subnet6": [{"subnet": wire.prefix, "interface": wire.tap,
                         "pools": [{"pool": f"{self.start_of_range}100 - {self.start_of_range}101"}]}],
            "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}}))
        self.start()

    def start(self):
        """Kea wants directories of its own for locks and process ids."""
        for name in ("KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR"):
            os.environ[name] = str(LOGS)
        self.process = Process("kea-dhcp6", "-c", self.file)
        self.process.wait_for("DHCP6_STARTED")

    def stop(self):
        """At once, as a crash would."""
        self.process.process.send_signal(signal.SIGKILL)
        self.process.process.wait()
        for file in LOGS.glob("*.pid"):
            file.unlink()

    def lease(self, address):
        """(valid lifetime, state) as written last: state 1 is declined; nothing when there is none."""
        rows = [line.split(",") for line in self.leases.read_text().splitlines()]
        rows = [row for row in rows if row[0] == address]
        return (int(rows[-1][2]), int(rows[-1][13])) if rows else None


class Watched:
    """What is said in DHCPv6 on a wire, in order, by its names: tcpdump says it while it happens."""

    def __init__(self, wire):
        self.process = Process("tcpdump", "-i", wire.tap, "-l", "--immediate-mode", "-n", "udp port 546 or udp port 547")
        self.process.wait_for("listening on")

    def all(self):
        return re.findall(r"dhcp6 ([\w-]+)", self.process.output())


def stateful():
    wire = Wire6()
    Radvd(wire, f"AdvManagedFlag on; prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous off; }};")
    said = Watched(wire)
    device = Device6(wire)
    server = Kea(wire)  # it opens its sockets when the link is up
    with case("RFC 8415 18.2.1, 18.2.2: an address by four messages"):
        address = eventually(lambda: device.addresses("DHCPv6"), "an address by DHCPv6", 20, pause=0.3)[0]
        require(address.startswith(server.start_of_range + "1"), f"{address} is of the range")
        equal(server.lease(address), (VALID, 0), "the lease")
        require(" 2 received" in run("ping", "-6", "-n", "-i", "0.1", "-c", "2", "-w", "5", address), "it answers")
    with case("RFC 8415 18.2.4: renewed at T1, with the server that gave it"):
        eventually(lambda: "renew" in said.all(), "a renewal", RENEW + 3, pause=0.3)
    with case("RFC 8415 18.2.5: rebound at T2 when the server was away at T1"):
        server.stop()
        eventually(lambda: said.all().count("renew") > 1, "a renewal that nobody hears", RENEW + 3, pause=0.1)
        server.start()
        eventually(lambda: said.all()[-2:] == ["rebind", "reply"], "an answer", REBIND, pause=0.1)
        equal(device.addresses("DHCPv6"), [address], "the address")
        equal(said.all().count("solicit"), 1, "solicitations")
    with case("RFC 8415 18.2.5, 18.2: given up when nobody answers until its lifetime ends"):
        server.stop()
        eventually(lambda: not device.addresses("DHCPv6", state=None), "no address", VALID + 3, pause=0.3)
        require(said.all()[-1] in ("solicit", "rebind"), "and a new one is looked for")
    with case("RFC 8415 18.2.8: an address that somebody has is declined"):
        run("ip", "address", "add", f"{address}/64", "dev", wire.tap, "nodad")
        server.start()
        other = eventually(lambda: device.addresses("DHCPv6"), "another address", 20, pause=0.3)[0]
        require(other != address, f"not {address} again")
        require("decline" in said.all(), "it was declined")
        eventually(lambda: (server.lease(address) or (0, 0))[1] == 1, "the server knows that it is taken", pause=0.3)
    with case("RFC 8415 18.2.7: given back at the end"):
        device.stop()
        equal(said.all()[-2:], ["release", "reply"], "the last messages")
        eventually(lambda: server.lease(other)[0] == 0, "the lease is gone", pause=0.3)
    server.stop()


def stateless():
    wire = Wire6()
    Radvd(wire, f"AdvOtherConfigFlag on; prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
    said = Watched(wire)
    device = Device6(wire)
    server = Kea(wire)
    with case("RFC 8415 18.2.6: other configuration alone"):
        eventually(lambda: wire.kernel in str(device.status()["dns_servers"]), "the name server", 20, pause=0.3)
        device.slaac()
        equal(device.addresses("DHCPv6", state=None), [], "no address is asked for")
        equal(said.all(), ["inf-req", "reply"], "messages")
    device.stop()
    server.stop()


def main():
    start("radvd", "kea-dhcp6", "ping", "tcpdump")
    enter_namespace()
    stateful()
    stateless()
    finish()


if __name__ == "__main__":
    main()
