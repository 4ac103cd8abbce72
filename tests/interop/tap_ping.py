#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Echo both ways between the Linux kernel and the stack over a tap, whole and in fragments; and what ICMP says of UDP
ports that nobody has."""
import re
import socket

from lib_interop import (LOGS, Linnet, Namespace, TapWire, case, check_captures, device, equal, finish, require, run, start)

# Whole and just so, one byte more, two and three fragments at their edges, and the largest there is (65,535 less headers).
SIZES = [0, 1, 15, 16, 56, 1471, 1472, 1473, 2951, 2952, 2953, 9000, 65506, 65507]


def received(text):
    match = re.search(r"(\d+) packets transmitted, (\d+) (?:packets )?received", text)
    require(match, f"no statistics in {text!r}")
    return int(match[1]), int(match[2])


def ping_from_kernel(wire, count, *options):
    """How many of `count` came back. With -w, ping waits for every answer; with -c alone it gives up on the last one after
    two round trips, which a busy machine may take."""
    return received(run("ping", "-n", "-w", "20", "-c", count, *options, wire.stack))[1]


def port_unreachable(wire):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((wire.stack, 4999))
        client.send(b"anybody there?")
        try:
            client.recv(100)
        except ConnectionRefusedError:
            return
    raise AssertionError("a datagram to a port that nobody has was answered by data")


def main():
    start("ping", "tshark", "capinfos", "mergecap")
    Namespace().enter()
    wire = TapWire()
    capture = LOGS / "up.pcapng"
    up = device(wire, "--capture", capture)

    with case("ping: kernel to stack, whole and in fragments"):
        for size in SIZES:
            equal(ping_from_kernel(wire, 2, "-i", "0.01", "-s", size), 2, f"ping -s {size}")
    with case("ping: kernel to stack, 2000 as fast as they are answered"):
        equal(ping_from_kernel(wire, 2000, "-f"), 2000, "ping -f")
    with case("ping: kernel to stack, record route and timestamp options"):
        for option in (["-R"], ["-T", "tsonly"]):
            equal(ping_from_kernel(wire, 2, "-i", "0.01", *option), 2, f"ping {option}")
    with case("udp: a port that nobody has is unreachable"):
        port_unreachable(wire)
    with case("up: ends cleanly"):
        up.stop()
    with case("tshark: capture of the device"):
        check_captures({capture: 2000})

    wire = TapWire()
    capture = LOGS / "ping.pcapng"
    with case("ping: stack to kernel, whole and in fragments"):
        for size in SIZES:
            ping = Linnet("ping", wire.kernel, "-c", "2", "-i", "0.01", "-s", size, *wire.options,
                          *(["--capture", capture] if size == 65507 else [])).wait()
            equal(received(ping.output()), (2, 2), f"linnet ping -s {size}")
    with case("ping: nobody there"):
        nobody = wire.kernel.rsplit(".", 1)[0] + ".99"
        ping = Linnet("ping", nobody, "-c", "2", "-i", "0.2", "-W", "1", *wire.options).wait(1)
        equal(received(ping.output())[1], 0, "answers")
    with case("udp: a port that the kernel says nobody has"):
        sender = Linnet("connect", "--udp", wire.kernel, "4999", "--bytes", "100", *wire.options).wait(1)
        require("refused" in sender.errors(), f"says so: {sender.errors()!r}")
    with case("tshark: capture of ping in fragments"):
        check_captures({capture: 2 * 2 * 45})
    finish()


if __name__ == "__main__":
    main()
