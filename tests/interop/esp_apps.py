#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for ESP-IDF (tests/esp_apps, compiled by linnet_add_esp_app) against real peers: Python's sockets and web server,
curl, socat and ping, over the user-mode network and a tap."""
import os
import socket

from lib_esp import APPS, FORWARD, PORT, answer_tcp, app, datagrams_answered, echoed, listener, start_apps, web_server
from lib_interop import InThread, LOGS, TapWire, case, equal, finish, require, run

def tcp_server():
    device = app("tcp_server", *FORWARD).wait_for(f"listening on port {PORT}")
    for size in (1, 65000, 1 << 20):
        content = os.urandom(size)
        require(echoed(("127.0.0.1", PORT), content) == content, f"{size} bytes come back")
    equal(run("socat", "-t5", "-", f"TCP:127.0.0.1:{PORT}", input="by socat\n"), "by socat\n", "what socat gets")
    require("ip address: 10.0.2.2" in device.output(), "the peer's address, as the program prints it")
    device.stop()


def tcp_server_of_both_families():
    device = app("tcp_server_v6", *FORWARD).wait_for(f"listening on port {PORT}")
    equal(echoed(("127.0.0.1", PORT), b"hello"), b"hello", "the echo")
    require("ip address: ::ffff:10.0.2.2" in device.output(), "IPv4 on a socket of IPv6")
    device.stop()


def tcp_server_on_a_tap():
    wire = TapWire()
    device = app("tcp_server", *wire.options, "--capture", LOGS / "tap.pcapng").wait_for(f"listening on port {PORT}")
    require(f"IPv4 address {wire.stack}" in device.output(), "its address")
    require("IPv6 address fe80::" in device.output(), "its link-local address")
    run("ping", "-c", 3, "-i", 0.1, "-W", 2, wire.stack)
    content = os.urandom(300000)
    require(echoed((wire.stack, PORT), content) == content, "300,000 bytes come back")
    with socket.socket() as closed:
        closed.settimeout(5)
        require(closed.connect_ex((wire.stack, PORT + 1)) != 0, "another port refuses")
    device.stop()


def tcp_client():
    with listener() as server:
        peer = InThread(answer_tcp, server, [b"one", b"two", b"three"])
        device = app("tcp_client", "--until-idle").wait(0)
        equal(peer.result(), [b"Message from ESP32 "] * 3, "what the client said")
    for words in ("Received 3 bytes from 10.0.2.2: one", "Received 5 bytes from 10.0.2.2: three"):
        require(words in device.output(), words)


def tcp_client_without_server():
    device = app("tcp_client", "--until-idle").wait(0)
    require("unable to connect: errno 111" in device.output(), "refused, by the ESP32 text's number")


def udp_server():
    device = app("udp_server", "--forward", f"udp:{PORT}:{PORT}").wait_for("Waiting for data")
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", PORT))
        for size in (1, 1000, 2000):
            content = os.urandom(size)
            client.send(content)
            equal(client.recv(65536), content, f"a datagram of {size} bytes")
    require("dest ip: 10.0.2.15" in device.output(), "IP_PKTINFO")
    device.stop()


def udp_client():
    with datagrams_answered(3, lambda data: b"OK: " + data):
        device = app("udp_client", "--until-idle").wait(0)
    equal(device.output().count("Received 22 bytes: OK: Message from ESP32"), 3, "answers")


def non_blocking():
    device = app("non_blocking", *FORWARD).wait_for("Nobody waits yet")
    contents = [os.urandom(20000) for _ in range(3)]
    idle = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    transfers = [InThread(echoed, ("127.0.0.1", PORT), content) for content in contents]
    for transfer, content in zip(transfers, contents):
        require(transfer.result() == content, "each client's own bytes")
    idle.close()
    device.wait_for("60000 bytes so far")
    device.stop()


def http_request():
    root = LOGS / "www"
    root.mkdir()
    (root / "page.txt").write_text("The page\n" * 500)
    with web_server(root):
        expected = run("curl", "--silent", "http://127.0.0.1:8000/page.txt")
        device = app("http_request", "--until-idle").wait(0)
    text = device.output()
    require("DNS lookup succeeded. IP=10.0.2.2" in text, "an address is a name, too")
    require("HTTP/1.0 200 OK" in text and expected in text.replace("\r\n", "\n"), "the page, as curl gets it")
    require("Last read return=0" in text, "the end of the stream")


def icmp_echo():
    device = app("icmp_echo", "--until-idle").wait(0)
    require("64 bytes from 10.0.2.2 icmp_seq=3 ttl=" in device.output(), "an answer")
    require("3 packets transmitted, 3 received" in device.output(), "the count")


def era2():
    with listener() as server:
        peer = InThread(answer_tcp, server, [b"to the old one"])
        device = app("era2_client", "--until-idle").wait(0)
        equal(peer.result(), [b"era 2"], "what it said")
    for words in ("station started", "got ip 10.0.2.15", "DNS server 10.0.2.3", "answer: to the old one"):
        require(words in device.output(), words)


def as_set():
    """Its sdkconfig.defaults switches options off, and names a server that is asked last."""
    device = app("as_set", "--until-idle").wait(0)
    require("0 failures" in device.output(), device.output())
    equal(device.output().count("right: "), 8, "checks")


def options():
    device = app("tcp_server", "--forward", "x")
    device.wait(2)
    require("--forward" in device.errors(), "names the option")
    require("--tap" in run(APPS / "esp_tcp_server", "--help"), "the device options")


def netconn_echo():
    """Its sdkconfig.defaults gives it four sockets and a small stack."""
    device = app("netconn_echo", *FORWARD).wait_for(f"listening on port {PORT}")
    device.wait_for("address 10.0.2.15, 3 more sockets")
    for size in (1, 65000):
        content = os.urandom(size)
        equal(echoed(("127.0.0.1", PORT), content), b"netconn says hello: " + content, f"{size} bytes come back")
    device.wait_for("ended: Closed")
    device.stop()


def console():
    """A project folder as ESP-IDF's build has it; its commands are read by argtable3's tables. A tick is 2 ms."""
    commands = ("help ping\nping -c 2 -i 0.05 10.0.2.2\nping -c 1 fe80::2\nping -c\nlook localhost\nlook -6 localhost\n"
                "wait 50 --loud\nwait\nquit\n")
    text = run(APPS / "esp_console", "--until-idle", input=commands)
    for words in ('Say "help".', "console> ", "ping  [-c <n>] [-i <s>] [-s <bytes>] <host>\n  Asks for echoes\n",
                  "-c, --count=<n>  How many", "10.0.2.2: 2 of 2 answered", "ping: -c needs a value", "localhost is 127.0.0.1",
                  "localhost is ::1", "WAITED 50 ticks of 2 ms: long enough", "wait: <ticks> is missing",
                  "a stone in a song, 17 bytes, on esp32"):
        require(words in text, f"{words}: {text}")


def udp_to():
    """The words of ESP-IDF 3's build, and peers from standard input."""
    with datagrams_answered(2, bytes.upper):
        text = run(APPS / "esp_udp_to", "--until-idle", input="\n\r\n10.0.2.2\r\n10.0.2.2")
    equal(text.count("family 2, 5 bytes: HELLO"), 2, "answers")
    require("no more addresses" in text, "the end of the input")


def main():
    start_apps("curl", "socat", "ping")
    for function in (tcp_server, tcp_server_of_both_families, tcp_server_on_a_tap, tcp_client, tcp_client_without_server,
                     udp_server, udp_client, non_blocking, http_request, icmp_echo, netconn_echo, as_set, console, udp_to, era2,
                     options):
        with case(function.__name__.replace("_", " ")):
            function()
    finish()


main()
