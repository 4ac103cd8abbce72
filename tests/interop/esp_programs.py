#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More programs for ESP-IDF, beside esp_apps.py: connections without waiting, the shapes of ESP-IDF 2's time, and the device of the
ESP32 text with its four sockets."""
import os
import socket
import struct

from lib_esp import FORWARD, PORT, answer_tcp, app, datagrams_answered, echoed, listener, start_apps, web_server
from lib_interop import InThread, LOGS, TapWire, case, equal, finish, require, run

CLIENT_PORT = 3334
IP_RECVTTL = 12  # not in Python's socket before 3.14


def non_blocking_connect():
    """EINPROGRESS, select, SO_ERROR: 0 where somebody listens, ECONNREFUSED where nobody does."""
    with listener() as server:
        peer = InThread(answer_tcp, server, [b"welcome"])
        device = app("non_blocking_connect", "--until-idle").wait(0)
        equal(peer.result(), [b"connected"], "what it said")
    text = device.output()
    for words in (f"port {PORT}: in progress", f"port {PORT}: SO_ERROR is 0", "nothing said yet", "answer: welcome",
                  "port 9: in progress", "port 9: SO_ERROR is 111", "done"):
        require(words in text, f"{words}: {text}")


def udp_era2():
    """Server and client of ESP-IDF 2's time, at once."""
    with datagrams_answered(3, bytes.upper, CLIENT_PORT):
        device = app("udp_era2", "--until-idle", "--forward", f"udp:{PORT}:{PORT}").wait_for("bound")
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect(("127.0.0.1", PORT))
            for content in (b"1", os.urandom(1400), b"end"):
                client.send(content)
                equal(client.recv(65536), content, f"a datagram of {len(content)} bytes")
        device.wait(0)
    equal(device.output().count("the answer: FROM ERA 2"), 3, "answers")
    require("1400 bytes from 10.0.2.2" in device.output(), "inet_ntoa of the sender")


def http_request_era2():
    root = LOGS / "www"
    root.mkdir()
    (root / "page.txt").write_text("The page\n" * 500)
    with web_server(root):
        expected = run("curl", "--silent", "http://127.0.0.1:8000/page.txt")
        device = app("http_request_era2", "--until-idle").wait(0)
    text = device.output()
    require("DNS lookup succeeded. IP=10.0.2.2" in text, text)
    require("HTTP/1.0 200 OK" in text and expected in text.replace("\r\n", "\n"), "the page, as curl gets it")
    require("Last read return=0 errno=0" in text, "the end of the stream")


def multicast_era2():
    """Joins on any interface, with options of one byte; what it says to the group has its TTL, and once it has left it is deaf."""
    wire = TapWire()
    device = app("multicast_era2", *wire.options).wait_for("joined: 0")
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as group:
        group.settimeout(10)
        group.bind(("239.7.7.8", PORT))
        group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         struct.pack("4s4s", socket.inet_aton("239.7.7.8"), socket.inet_aton(wire.kernel)))
        group.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        one.settimeout(10)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(wire.kernel))
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        for word in (b"hello", b"leave"):
            one.sendto(word, ("239.7.7.8", PORT))
            equal(one.recvfrom(100), (b"you", (wire.stack, PORT)), "the answer")
            data, ancillary, _, peer = group.recvmsg(100, 100)
            equal((data, peer, struct.unpack("i", ancillary[0][2])[0]), (b"all", (wire.stack, PORT), 3), "what the group hears")
        device.wait_for("left: 0")
        one.sendto(b"to the group", ("239.7.7.8", PORT))
        one.sendto(b"to it", (wire.stack, PORT))  # comes later, and is heard
        equal(one.recvfrom(100)[0], b"you", "an answer")
    require(f"heard to it from {wire.kernel}" in device.output() and "to the group" not in device.output(), "nothing of the group")
    device.stop()


def seed_profile():
    """PROFILE esp32-seed: four sockets, ENFILE at the fifth, no SO_REUSEADDR; beside its listener three clients at a time."""
    device = app("seed_profile", *FORWARD).wait_for("listening")
    for words in ("4 sockets of 4, then errno 23", "SO_REUSEADDR: -1, errno 92", "a closed one is free: yes"):
        require(words in device.output(), f"{words}: {device.output()}")
    content = os.urandom(100000)
    equal(echoed(("127.0.0.1", PORT), content), content, "100,000 bytes of one client")
    idle = [socket.create_connection(("127.0.0.1", PORT), timeout=20) for _ in range(3)]
    for client in idle:
        client.sendall(b"here")
        equal(client.recv(100), b"here", "each of three is served")
    fourth = socket.create_connection(("127.0.0.1", PORT), timeout=20)
    device.wait_for("a client waits: errno 23")
    idle.pop().close()
    fourth.sendall(b"at last")
    equal(fourth.recv(100), b"at last", "the fourth has the place of one that left")
    for client in [*idle, fourth]:
        client.close()
    equal(echoed(("127.0.0.1", PORT), b"again"), b"again", "the echo")
    device.stop()


def main():
    start_apps("curl")
    for function in (non_blocking_connect, udp_era2, http_request_era2, multicast_era2, seed_profile):
        with case(function.__name__.replace("_", " ")):
            function()
    finish()


main()
