#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Java programs of the ESP32 text as written: its SocketClient (with commons-cli) and its use of ServerSocket and
DatagramSocket, over a tap and through the user-mode network."""
import hashlib
import os
from pathlib import Path

from lib_interop import (LOGS, Linnet, Namespace, Process, TapWire, case, check_captures, digest_line, equal, finish,
                         require, run, skip, start)

COMMONS_CLI = Path("/usr/share/java/commons-cli.jar")
SOURCES = Path(__file__).resolve().parent / "java"
CLASSES = LOGS / "classes"
PORT = 9000
SENT = (hashlib.sha256(b"X" * 65000).hexdigest(), 65000)


def java(program, *arguments):
    return Process("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", f"{CLASSES}:{COMMONS_CLI}",
                   f"kolban.{program}", *arguments, name=f"java-{program}")


def pattern(size):
    """What `linnet connect --bytes` sends."""
    words = range(1, size // 8 + 2)
    return b"".join((k * 0x9e3779b97f4a7c15 % 2**64).to_bytes(8, "big") for k in words)[:size]


def client_sends(host, port, *listen_options):
    """Exactly what was sent, then the end of file: linnet ends only when it has seen it."""
    listener = Linnet("listen", PORT, "--sha256", "-n", *listen_options).wait_for("listening on")
    client = java("SocketClient", "-h", host, "-p", port).wait()
    listener.wait()
    equal(client.output().strip(), "Data sent!", "the client says")
    equal(client.errors(), "", "the client's exceptions")
    equal(digest_line(listener.output()), SENT, "what the stack got")


def server_echoes(wires, *options):
    """Three of our connections at the same time, a thread of the server's for each."""
    server = java("SocketServer", PORT).wait_for("Listening")
    sizes = [65000, 1, 300000]
    clients = [Linnet("connect", wire.kernel, PORT, "--bytes", size, "--sha256", *wire.options,
                      "--capture", LOGS / f"server-{size}.pcapng", *options)
               for wire, size in zip(wires, sizes)]
    for client, size in zip(clients, sizes):
        client.wait()
        equal(digest_line(client.output()), (hashlib.sha256(pattern(size)).hexdigest(), size), "what came back")
        server.wait_for(f"Received {size} bytes")
    server.stop(143)  # as a JVM says that it was terminated
    equal(server.errors(), "", "the server's exceptions")


def datagram_to_stack(wire):
    listener = Linnet("listen", PORT, "--udp", "--count", "1", "--sha256", "-n", *wire.options,
                      "--capture", LOGS / "datagram-in.pcapng").wait_for("listening on")
    java("DatagramClient", wire.stack, PORT).wait()
    listener.wait()
    equal(digest_line(listener.output()), (hashlib.sha256(bytes(100)).hexdigest(), 100), "what the stack got")


def datagram_to_java(wire):
    server = java("DatagramServer", PORT).wait_for("Listening")
    Linnet("connect", "--udp", wire.kernel, PORT, "--bytes", "100", "-n", *wire.options,
           "--capture", LOGS / "datagram-out.pcapng").wait()
    server.wait()
    equal(server.output().splitlines()[-1], f"Received 100 bytes, sum {sum(pattern(100))}, from {wire.stack}", "Java got")


def main():
    start("javac", "java", "tshark", "capinfos", "mergecap")
    if not COMMONS_CLI.exists():
        skip(f"needs {COMMONS_CLI} (libcommons-cli-java)")
    Namespace().enter()
    os.environ.pop("JAVA_TOOL_OPTIONS", None)  # what it makes the JVM print is not the program's
    with case("java: the programs compile"):
        run("javac", "-Xlint:all", "-Werror", "-d", CLASSES, "-cp", COMMONS_CLI, *sorted(SOURCES.glob("*.java")))
    for profile in ("linux", "device"):
        with case(f"java: SocketClient to the stack over tap, {profile} profile"):
            wire = TapWire()
            client_sends(wire.stack, PORT, *wire.options, "--profile", profile, "--capture", LOGS / f"{profile}.pcapng")
    with case("java: SocketClient to the stack through the user-mode network"):
        client_sends("127.0.0.1", 19000, "--user", "--forward", f"127.0.0.1:19000:{PORT}",
                     "--capture", LOGS / "user.pcapng")
    with case("java: the stack to a ServerSocket with threads"):
        server_echoes([TapWire() for _ in range(3)])
    with case("java: DatagramSocket to the stack"):
        datagram_to_stack(TapWire())
    with case("java: the stack to a DatagramSocket"):
        datagram_to_java(TapWire())
    with case("tshark: captures of the Java programs"):
        # 65,000 bytes are 45 segments and more; how many acknowledgments follow is up to both sides (RFC 5681 4.2).
        least = {"linux": 46, "device": 46, "user": 46, "server-65000": 46, "server-1": 8, "server-300000": 250,
                 "datagram-in": 1, "datagram-out": 1}
        check_captures({LOGS / f"{name}.pcapng": count for name, count in least.items()}, [PORT])
    finish()


if __name__ == "__main__":
    main()
