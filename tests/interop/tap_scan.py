#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What port scanners send (SYN, connect, FIN, NULL, Xmas, ACK and UDP scans, every IP protocol): the device answers as the
RFCs say, which is all that a scan may learn, and serves on as before."""
import collections
import itertools
import socket

from lib_interop import (LOGS, Namespace, TapWire, case, check_captures, device, equal, eventually, finish, require, start,
                         status)
from lib_raw import ACK, FIN, PSH, RST, SYN, URG, RawSender, ipv4, tcp

OPEN = {7, 9, 19, 80, 443}
PORTS = range(1, 1025)


def scan(wire, flags, source_port):
    """{port: the flags of the answers}."""
    sender = RawSender(wire)
    for port in PORTS:
        sender.send(tcp(wire.kernel, source_port, wire.stack, port, flags, seq=1000, ack=2000))
    answers = collections.defaultdict(set)
    for packet in sender.heard():
        header = (packet[0] & 15) * 4
        if packet[9] == 6 and int.from_bytes(packet[header + 2:header + 4], "big") == source_port:
            answers[int.from_bytes(packet[header:header + 2], "big")].add(packet[header + 13])
    sender.close()
    return answers


def syn_scan(wire):
    answers = scan(wire, SYN, 40001)
    # The kernel knows nothing of our SYNs and resets what answers: the handshakes end at once.
    equal({port for port, flags in answers.items() if SYN | ACK in flags}, OPEN, "open ports")
    equal({port for port, flags in answers.items() if flags == {RST | ACK}}, set(PORTS) - OPEN, "closed ports")


def stealth_scan(wire, name, flags, source_port):
    """RFC 9293 3.10.7.1 and 3.10.7.2: CLOSED resets whatever is no reset, LISTEN drops what is neither SYN nor ACK."""
    answers = scan(wire, flags, source_port)
    reset = {RST} if flags & ACK else {RST | ACK}
    closed = set(PORTS) if flags & ACK else set(PORTS) - OPEN
    equal({port for port, got in answers.items() if got == reset}, closed, f"{name}: ports that reset")
    equal(set(answers) - closed, set(), f"{name}: ports that say anything else")


def connect_scan(wire):
    found = set()
    for port in PORTS:
        try:
            socket.create_connection((wire.stack, port), timeout=5).close()
            found.add(port)
        except ConnectionRefusedError:
            pass
    equal(found, OPEN, "ports that connect")


def udp_scan(wire):
    """Port unreachable at first, then what the rate limit lets through; never an answer to another port's service."""
    refused = answered = 0
    for port in PORTS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.002)
            probe.connect((wire.stack, port))
            probe.send(b"")
            try:
                probe.recv(2000)
                answered += 1
                require(port in (7, 19), f"port {port} answered")
            except ConnectionRefusedError:
                refused += 1
            except socket.timeout:
                pass
    require(refused >= 1 and answered >= 1, f"{refused} refused, {answered} answered")


def protocol_scan(wire):
    sender = RawSender(wire)
    for protocol, size in itertools.product(range(256), (0, 1, 7, 8, 20, 64)):
        sender.send(ipv4(wire.kernel, wire.stack, protocol, bytes(size)))
    collections.deque(sender.heard(), maxlen=0)

    def unreachable():
        """RFC 3692's 253 is nobody's protocol. The scans have used up what RFC 1812 4.3.2.8 allows for a while."""
        sender.send(ipv4(wire.kernel, wire.stack, 253, bytes(8)))
        return [packet for packet in sender.heard(0.1) if packet[9] == 1 and packet[20:22] == b"\x03\x02"]

    eventually(unreachable, "protocol unreachable")
    sender.close()


def all_flags(wire):
    """Each combination at each open and at one closed port, with numbers that fit nothing."""
    sender = RawSender(wire)
    for flags, port in itertools.product(range(256), [*sorted(OPEN), 81]):
        sender.send(tcp(wire.kernel, 41000 + flags, wire.stack, port, flags, seq=flags * 12345678, ack=port * 87654321 % 2**32))
    count = sum(1 for _ in sender.heard())
    sender.close()
    require(0 < count <= 2 * 256 * 5, f"{count} answers to {256 * 5} segments")


def untouched(wire):
    """No connection, no handshake, no descriptor and no block is held; and the page is served."""
    now = status(wire)
    idle = (len([row for row in now["connections"] if row["state"] != "TIME-WAIT"]) == 1 and
            sum(row["handshakes"] + row["waiting"] for row in now["listeners"]) == 0)
    return now if idle else None


def main():
    start("ping", "tshark", "capinfos", "mergecap")
    Namespace().enter()
    wire = TapWire()
    up = device(wire, "--capture", LOGS / "scan.pcapng")
    before = status(wire)
    with case("scan: SYN"):
        syn_scan(wire)
    for number, (name, flags) in enumerate({"FIN": FIN, "NULL": 0, "Xmas": FIN | PSH | URG, "ACK": ACK}.items()):
        with case(f"scan: {name}"):
            stealth_scan(wire, name, flags, 40002 + number)
    with case("scan: connect"):
        connect_scan(wire)
    with case("scan: UDP"):
        udp_scan(wire)
    with case("scan: every IP protocol"):
        protocol_scan(wire)
    with case("scan: every combination of TCP flags"):
        all_flags(wire)
    with case("scan: the device is as it was"):
        now = eventually(lambda: untouched(wire), "no connection and no handshake are left", 20)
        equal(now["descriptors"], before["descriptors"], "descriptors")
        equal([row["local"] for row in now["listeners"]], [row["local"] for row in before["listeners"]], "listeners")
        for row, was in zip(now["pool"], before["pool"]):
            require(row["used"] <= was["used"], f"{row['name']}: {row['used']} are in use, {was['used']} were before")
    with case("scan: the device ends cleanly"):
        up.stop()
    with case("tshark: what the device sent during the scans"):
        # The scans are malformed on purpose, and so is what ICMP quotes of them.
        check_captures({LOGS / "scan.pcapng": 10000}, [7, 9, 19], only="frame.packet_flags_direction == 2 && !icmp")
    finish()


if __name__ == "__main__":
    main()
