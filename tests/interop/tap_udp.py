#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Datagrams of 1 to 65,507 bytes both ways between the Linux kernel and the stack over a tap: the device echoes every size
there is; and it sends first, at the fragment boundaries."""
import hashlib
import random
import socket

from lib_interop import (LOGS, InThread, Linnet, Namespace, TapWire, case, check_captures, device, digest_line, equal,
                         finish, require, start, status)

LARGEST = 65507  # 65,535 less the IP and UDP headers
PORT = 9001
FRAGMENT = 1480  # data in a fragment on an MTU of 1,500; the first holds 8 bytes of UDP header
BOUNDARIES = [FRAGMENT * n - 8 + around for n in range(1, 45) for around in (-2, -1, 0, 1, 2)]
CHOSEN = [1, 100, 1472, 1473, 2952, 2953, 9000, 32768, 65506, LARGEST]
RANDOM = random.Random(2).randbytes(LARGEST + 4096)


def datagram(size):
    """Differs from those of neighbouring sizes in every byte, most likely."""
    return RANDOM[size % 4096:size % 4096 + size]


def client(address):
    connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    connection.settimeout(5)
    connection.connect(address)
    return connection


def echo_sweep(wire, sizes):
    """Some are under way at once, so that fragments of several datagrams meet; they come back in order."""
    under_way, at_once = [], 4
    with client((wire.stack, 7)) as connection:
        for size in [*sizes, *[None] * at_once]:
            if size is not None:
                connection.send(datagram(size))
                under_way.append(size)
            if under_way and (len(under_way) == at_once or size is None):
                expected = under_way.pop(0)
                got = connection.recv(65536)
                require(got == datagram(expected), f"{expected} bytes: {len(got)} bytes came back, or wrong ones")


def answer_one(server):
    """Gives what came, once it was sent back."""
    data, sender = server.recvfrom(65536)
    server.sendto(data, sender)
    return data


def stack_sends(wire, size, *options):
    """`linnet connect` sends its pattern first, the kernel's socket answers with the same bytes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(10)
        server.bind((wire.kernel, PORT))
        answer = InThread(answer_one, server)
        sender = Linnet("connect", "--udp", wire.kernel, PORT, "--bytes", size, "--sha256",
                        "--count", "1", *wire.options, *options).wait()
        data = answer.result()
        equal(len(data), size, "bytes at the kernel")
        equal(digest_line(sender.output()), (hashlib.sha256(data).hexdigest(), size), "what came back to the stack")


def zero_bytes(wire):
    with client((wire.stack, 7)) as connection:
        connection.send(b"")
        equal(connection.recv(10), b"", "echo of an empty datagram")


def broken_fragments(wire):
    """A first fragment whose rest never comes costs nobody else anything: the next datagrams are whole."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for identification in range(200):
            header = (b"\x45\x00" + (20 + 64).to_bytes(2, "big") + identification.to_bytes(2, "big") + b"\x20\x00\x40\x11" +
                      b"\x00\x00" + socket.inet_aton(wire.kernel) + socket.inet_aton(wire.stack))
            raw.sendto(header + bytes(64), (wire.stack, 0))
    echo_sweep(wire, [LARGEST, 3000, LARGEST])


def discard_and_chargen(wire):
    with client((wire.stack, 19)) as connection:
        connection.send(b"?")
        lines = connection.recv(65536)
        require(len(lines) <= 512 and lines.startswith(b" !\"#$%&'()"), f"chargen by UDP (RFC 864): {lines[:20]!r}")
    with client((wire.stack, 9)) as connection:
        connection.settimeout(0.3)
        connection.send(b"to be discarded")
        try:
            require(False, f"discard answered {connection.recv(100)!r}")
        except socket.timeout:
            pass


def main():
    start("tshark", "capinfos", "mergecap")
    Namespace().enter()
    wire = TapWire()
    up = device(wire)
    with case(f"udp: kernel to stack and back, every size from 1 to {LARGEST}"):
        echo_sweep(wire, range(1, LARGEST + 1))
    with case("udp: an empty datagram"):
        zero_bytes(wire)
    with case("udp: the device dropped nothing of all that"):
        equal(status(wire)["drops"], [], "drops")
    with case("udp: discard and chargen"):
        discard_and_chargen(wire)
    with case("udp: 200 datagrams of which only a fragment comes"):
        broken_fragments(wire)
    with case("udp: the device ends cleanly"):
        up.stop()

    captures = {}
    wire = TapWire()
    capture = LOGS / "echo.pcapng"
    up = device(wire, "--capture", capture)
    with case("udp: the same with a capture, at the boundaries"):
        echo_sweep(wire, [*CHOSEN, *BOUNDARIES])
    up.stop()
    captures[capture] = 20 * len(BOUNDARIES)

    with case(f"udp: stack to kernel and back, {', '.join(map(str, CHOSEN))} bytes"):
        wire = TapWire()
        for size in CHOSEN:
            capture = LOGS / f"connect-{size}.pcapng"
            stack_sends(wire, size, "--capture", capture)
            captures[capture] = 2
    with case("tshark: captures of datagrams and their fragments"):
        check_captures(captures, [7, PORT])
    finish()


if __name__ == "__main__":
    main()
