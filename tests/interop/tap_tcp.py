#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TCP between the Linux kernel and the stack over a tap: 1 GiB each way, a thousand connections, half-close, resets."""
import errno
import select
import socket
import struct
import subprocess
import time

from lib_interop import (GIB, LOGS, MIB, Content, InThread, Linnet, Namespace, TapWire, bad_packets, case, check_captures,
                         device, digest_line, equal, eventually, finish, receive_all, receive_digest, require,
                         send_content, start, status)

PORT = 9000


def connect(wire, port, seconds=20):
    return socket.create_connection((wire.stack, port), timeout=seconds)


def listen(wire, port=PORT):
    return socket.create_server((wire.kernel, port), backlog=16)


def to_stack(wire, content, *options):
    """The kernel sends; linnet hashes what it got."""
    listener = Linnet("listen", PORT, "--sha256", "-n", *wire.options, *options,
                      namespace=wire.far).wait_for("listening on")
    with connect(wire, PORT) as connection:
        connection.settimeout(120)
        began = time.monotonic()
        send_content(connection, content)
        equal(connection.recv(1), b"", "the stack's end of file")
    listener.wait()
    print(f"  {content.size / 1e6 / (time.monotonic() - began):.0f} MB/s")
    equal(digest_line(listener.output()), (content.sha256(), content.size), "what the stack got")


def to_kernel(wire, content, *options):
    """linnet sends what it reads from a pipe; the kernel's socket gets it."""
    with listen(wire) as server:
        server.settimeout(20)
        sender = Linnet("connect", wire.kernel, PORT, *wire.options, *options, namespace=wire.far,
                        stdin=subprocess.PIPE)
        feeder = InThread(feed, sender.stdin, content)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(120)
            began = time.monotonic()
            got = receive_digest(connection)
        print(f"  {content.size / 1e6 / (time.monotonic() - began):.0f} MB/s")
        feeder.result()
        sender.wait()
    equal(got, (content.sha256(), content.size), "what the kernel got")


def feed(pipe, content):
    with pipe:
        for piece in content.pieces():
            pipe.write(piece)


def both_ways(wire, size):
    """Echo: as much under way in each direction as the windows take."""
    content = Content(size, seed=3)
    with connect(wire, 7) as connection:
        connection.settimeout(60)
        sending = InThread(send_content, connection, content)
        equal(receive_digest(connection), (content.sha256(), content.size), "what came back")
        sending.result()


def exchange(wire, number):
    """One short connection, closed by whichever side is due."""
    words = b"connection %d" % number
    with connect(wire, 7, 5) as connection:
        connection.sendall(words)
        if number % 2 == 0:
            connection.shutdown(socket.SHUT_WR)
            equal(receive_all(connection), words, "echo and end of file")
        else:
            equal(connection.recv(100), words, "echo")


def no_connection_left(wire):
    """But the one that asks; TIME-WAIT holds neither a descriptor nor a block."""
    now = status(wire)
    return (now if len([row for row in now["connections"] if row["state"] != "TIME-WAIT"]) == 1 and
            all(row["used"] <= 64 for row in now["pool"]) else None)


def at_the_same_time(wire, count):
    connections = [connect(wire, 7) for _ in range(count)]
    equal(len([row for row in status(wire)["connections"] if row["state"] == "ESTABLISHED"]), count + 1, "established")
    for number, connection in enumerate(connections):
        connection.sendall(b"%d" % number)
    for number, connection in enumerate(connections):
        equal(connection.recv(100), b"%d" % number, "echo")
        connection.close()


def half_close_by_kernel(wire):
    """All of the echo comes after our FIN: it was waiting for us to read."""
    content = Content(8 * MIB, seed=4).bytes()
    with connect(wire, 7) as connection:
        connection.settimeout(30)
        connection.setblocking(False)
        sent = 0
        while True:  # until both sides' buffers are full and nothing moves any more
            _, writable, _ = select.select([], [connection], [], 0.5)
            if not writable or sent == len(content):
                break
            sent += connection.send(content[sent:sent + 65536])
        require(sent > 65536, f"only {sent} bytes were taken")
        connection.setblocking(True)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(30)
        got = receive_all(connection)
    require(got == content[:sent], f"{len(got)} bytes came back of {sent}, or wrong ones")


def half_close_by_stack(wire):
    """The stack's FIN comes first; it still gets all that we send afterwards."""
    content = Content(3 * MIB, seed=5)
    with listen(wire) as server:
        server.settimeout(20)
        sender = Linnet("connect", wire.kernel, PORT, "--bytes", 100000, "--sha256", *wire.options)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(20)
            equal(len(receive_all(connection)), 100000, "bytes before the FIN")
            time.sleep(0.3)  # so long a half-closed connection does nothing
            send_content(connection, content)
            sender.wait()
    equal(digest_line(sender.output()), (content.sha256(), content.size), "what the stack got after its FIN")


def closed_port(wire):
    began = time.monotonic()
    try:
        connect(wire, 81).close()
    except ConnectionRefusedError:
        require(time.monotonic() - began < 1, "the reset came late")
        return
    raise AssertionError("a port that nobody listens on took a connection")


def reset_by_kernel(wire):
    """SO_LINGER of zero: our close is a reset, which ends the other side's connection with an error."""
    with listen(wire) as server:
        server.settimeout(20)
        sender = Linnet("connect", wire.kernel, PORT, "-n", *wire.options)
        connection, _ = server.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        sender.wait(1)
        require("reset" in sender.errors(), f"says so: {sender.errors()!r}")


def keep_sending(connection):
    while True:
        connection.send(bytes(1000))
        time.sleep(0.01)


def reset_by_stack(wire):
    """A process that ends before it has read everything resets its connection, at once or as soon as more comes
    (RFC 9293 3.10.4 SHLD-3, RFC 2525 2.17): the sender must not believe that all arrived."""
    listener = Linnet("listen", PORT, *wire.options, stdout=subprocess.PIPE).wait_for("listening on")
    with connect(wire, PORT) as connection:
        connection.setblocking(False)
        while select.select([], [connection], [], 0.5)[1]:  # nobody reads its stdout: its window fills
            connection.send(bytes(65536))
        connection.setblocking(True)
        connection.settimeout(10)
        listener.process.terminate()
        try:
            keep_sending(connection)
        except OSError as error:
            require(error.errno in (errno.ECONNRESET, errno.EPIPE), f"reset: {error}")
    listener.wait(130)


def zero_window(wire):
    """A reader that pauses closes its window; the stack's probes find out that it opened again."""
    content = Content(6 * MIB, seed=6)
    with listen(wire) as server:
        server.settimeout(20)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sender = Linnet("connect", wire.kernel, PORT, *wire.options, stdin=subprocess.PIPE)
        feeder = InThread(feed, sender.stdin, content)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(30)
            time.sleep(1.5)
            equal(receive_digest(connection), (content.sha256(), content.size), "what the kernel got")
        feeder.result()
        sender.wait()


def urgent_data(wire):
    """RFC 6093: the urgent byte stays in the stream of one who does not ask for it apart."""
    with connect(wire, 7) as connection:
        connection.sendall(b"before")
        connection.send(b"!", socket.MSG_OOB)
        connection.sendall(b"after")
        connection.shutdown(socket.SHUT_WR)
        got = receive_all(connection)
    require(got in (b"before!after", b"beforeafter"), f"{got!r}")
    return got


def flipped(capture, copy):
    """The capture with one bit of a payload wrong."""
    data = bytearray(capture.read_bytes())
    data[data.find(b"connection 1") + 5] ^= 1
    copy.write_bytes(data)


def main():
    start("tshark", "capinfos", "mergecap")
    Namespace().enter()

    with case("tcp: kernel to stack, 1 GiB, SHA-256 equal"):
        to_stack(TapWire(), Content(GIB))
    with case("tcp: stack to kernel, 1 GiB, SHA-256 equal"):
        to_kernel(TapWire(), Content(GIB))

    wire = TapWire()
    up = device(wire)
    with case("tcp: 256 MiB through echo, both ways at once"):
        both_ways(wire, 256 * MIB)
    with case("tcp: 1000 connections opened and closed"):
        for number in range(1000):
            exchange(wire, number)
    with case("tcp: 500 connections at the same time"):
        at_the_same_time(wire, 500)
    with case("tcp: nothing is left of them"):
        eventually(lambda: no_connection_left(wire), "no connection and no block in use")
    up.stop()

    wire = TapWire()
    up = device(wire, "--capture", LOGS / "up.pcapng")
    with case("tcp: half-close by the kernel"):
        half_close_by_kernel(wire)
    with case("tcp: reset on a closed port, kernel to stack"):
        closed_port(wire)
    with case("tcp: urgent data"):
        urgent_data(wire)
    with case("tcp: 20 connections with a capture"):
        for number in range(20):
            exchange(wire, number)
    up.stop()

    with case("tcp: half-close by the stack"):
        half_close_by_stack(TapWire())
    with case("tcp: reset on a closed port, stack to kernel"):
        wire = TapWire()
        refused = Linnet("connect", wire.kernel, 9999, *wire.options).wait(1, 5)
        require("refused" in refused.errors(), f"says so: {refused.errors()!r}")
    with case("tcp: reset by the kernel"):
        reset_by_kernel(TapWire())
    with case("tcp: reset by the stack"):
        reset_by_stack(TapWire())
    with case("tcp: a window that closes and opens"):
        zero_window(TapWire())

    # 2 GiB of capture take longer than all the rest: the same transfers with less, every packet looked at.
    with case("tcp: kernel to stack, 16 MiB with a capture"):
        to_stack(TapWire(), Content(16 * MIB), "--capture", LOGS / "listen.pcapng")
    with case("tcp: stack to kernel, 16 MiB with a capture"):
        to_kernel(TapWire(), Content(16 * MIB), "--capture", LOGS / "connect.pcapng")
    with case("tshark: captures of connections and transfers"):
        check_captures({LOGS / "up.pcapng": 200, LOGS / "listen.pcapng": 10000, LOGS / "connect.pcapng": 10000}, [7, PORT])
    with case("tshark: a flipped bit would be found"):
        flipped(LOGS / "up.pcapng", LOGS / "flipped.pcapng")
        equal(len(bad_packets(LOGS / "flipped.pcapng")), 1, "bad packets")
    finish()


if __name__ == "__main__":
    main()
