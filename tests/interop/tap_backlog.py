#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A listener's backlog that overflows, in both modes: a request over it is reset at once (refuse), or ignored until there
is room (drop); and a flood of SYNs, which with SYN cookies keeps nobody out. The other side is the Linux kernel."""
import errno
import hashlib
import select
import socket
import time

from lib_interop import (LOGS, Content, Linnet, Namespace, TapWire, case, check_captures, device, equal, eventually, finish,
                         receive_digest, require, send_content, start, status)
from lib_raw import SYN, RawSender, tcp

PORT = 9000
BACKLOG = 3


def listener(wire, *options):
    """Serves one connection after the other, so that all others wait at the listener."""
    return Linnet("listen", PORT, "--keep", "--verbose", "--sha256", "--backlog", BACKLOG, *wire.options,
                  *options).wait_for("listening on")


def begin(wire):
    """A connection that is asked for, and not waited for."""
    connection = socket.socket()
    connection.setblocking(False)
    result = connection.connect_ex((wire.stack, PORT))
    require(result in (0, errno.EINPROGRESS), f"connect: {errno.errorcode.get(result)}")
    return connection


def outcome(connection, seconds):
    """0 when it is connected, an errno value when it failed, nothing when neither within the time."""
    if not select.select([], [connection], [], seconds)[1]:
        return None
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def fill(wire, program):
    """One that is served and BACKLOG that wait."""
    connections = []
    for number in range(1 + BACKLOG):
        connections.append(begin(wire))
        equal(outcome(connections[-1], 5), 0, f"connection {number}")
        if number == 0:
            program.wait_for("connection from")
    return connections


def finish_all(connections, program):
    """Each sends something of its own; all are served, in the order in which they came."""
    digests = []
    for number, connection in enumerate(connections):
        words = b"I am number %d\n" % number * 1000
        connection.setblocking(True)
        connection.settimeout(20)
        connection.sendall(words)
        connection.shutdown(socket.SHUT_WR)
        digests.append(f"{hashlib.sha256(words).hexdigest()}  {len(words)} bytes")
    for connection in connections:
        equal(connection.recv(1), b"", "the stack's end of file")
        connection.close()
    eventually(lambda: len(program.output().splitlines()) == len(digests), "all digests")
    equal(program.output().splitlines(), digests, "digests in the order of the connections")


def refuse(wire, *options):
    program = listener(wire, *options)
    connections = fill(wire, program)
    for _ in range(3):
        began = time.monotonic()
        over = begin(wire)
        equal(outcome(over, 5), errno.ECONNREFUSED, "a request over the backlog")
        require(time.monotonic() - began < 0.5, "it was refused late")
        over.close()
    finish_all(connections, program)
    again = begin(wire)
    equal(outcome(again, 5), 0, "a connection once there is room")
    again.close()
    program.stop(130)


def drop(wire, *options):
    program = listener(wire, *options)
    connections = fill(wire, program)
    over = begin(wire)
    equal(outcome(over, 0.8), None, "a request over the backlog, at first")
    connections[0].setblocking(True)
    connections[0].shutdown(socket.SHUT_WR)
    equal(connections[0].recv(1), b"", "the stack's end of file")
    # The next one is accepted, which leaves room for the one that the kernel asks for again after 1 s, 2 s more, ...
    equal(outcome(over, 10), 0, "the same request once there is room")
    for connection in [*connections, over]:
        connection.close()
    eventually(lambda: len(program.output().splitlines()) == 2 + BACKLOG, "all were served")
    program.stop(130)


def flood(wire, count):
    """From addresses behind the router, which throws the answers away."""
    sender = RawSender(wire)
    for number in range(count):
        sender.send(tcp(f"192.0.2.{1 + number % 250}", 1024 + number // 250, wire.stack, 7, SYN, seq=number * 65537))
    sender.close()


def cookies(wire):
    """The table of handshakes is full of those that will never be completed: whoever means it gets in nevertheless."""
    up = device(wire, "--capture", LOGS / "flood.pcapng")
    flood(wire, 3000)
    handshakes = sum(row["handshakes"] for row in status(wire)["listeners"])
    require(handshakes >= 1000, f"only {handshakes} handshakes are held: the flood did not fill the table")
    for seed in range(20):
        content = Content(100000, seed)
        with socket.create_connection((wire.stack, 7), timeout=10) as connection:
            send_content(connection, content)
            equal(receive_digest(connection), (content.sha256(), content.size), "echo")
    up.stop()


def main():
    start("tshark", "capinfos", "mergecap", "ping")
    Namespace().enter()
    with case("backlog: refuse resets a request over it at once"):
        refuse(TapWire(), "--backlog-policy", "refuse", "--capture", LOGS / "refuse.pcapng")
    with case("backlog: refuse is the device profile's default"):
        refuse(TapWire(), "--profile", "device")
    with case("backlog: drop ignores a request over it until there is room"):
        drop(TapWire(), "--backlog-policy", "drop", "--capture", LOGS / "drop.pcapng")
    with case("backlog: drop is the Linux profile's default"):
        drop(TapWire())
    with case("backlog: SYN cookies while a flood fills the table"):
        cookies(TapWire())
    with case("tshark: captures of overflows and of the flood"):
        check_captures({LOGS / "refuse.pcapng": 60, LOGS / "drop.pcapng": 30, LOGS / "flood.pcapng": 6000}, [7, PORT])
    finish()


if __name__ == "__main__":
    main()
