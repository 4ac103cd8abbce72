#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""IPv6 against the Linux kernel over a tap: neighbour discovery, echo and UDP in all sizes and in fragments, TCP, what
ICMPv6 says; and what ndisc6, rdisc6 and nmap make of the device."""
import os
import re
import socket

from lib_interop import (LOGS, Content, InThread, Linnet, case, check_captures, equal, finish, receive_digest, require, run,
                         send_content, start)
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace, require_in

# LINNET_SIZE_STEP=1 takes every size; it takes minutes.
STEP = int(os.environ.get("LINNET_SIZE_STEP", "61"))
SIZES = [0, 1, 56, 1231, 1232, 1233, 1451, 1452, 1453, 2880, 9000, 65487, 65527]


def received(text):
    match = re.search(r"(\d+) packets transmitted, (\d+) (?:packets )?received", text)
    require(match, f"no statistics in {text!r}")
    return int(match[1]), int(match[2])


def ping(address, count, *options):
    return received(run("ping", "-6", "-n", "-w", "20", "-c", count, *options, address))[1]


def udp_echo(address, sizes):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((address, 7))
        for size in sizes:
            sent = Content(size, seed=size).bytes()
            client.send(sent)
            equal(client.recv(65536), sent, f"echo of {size} bytes")


def port_unreachable(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((address, 4999))
        client.send(b"anybody there?")
        try:
            client.recv(100)
        except ConnectionRefusedError:
            return
    raise AssertionError("a datagram to a port that nobody has was answered by data")


def tcp_echo(address, size):
    content = Content(size)
    with socket.create_connection((address, 7), timeout=30) as connection:
        sender = InThread(send_content, connection, content)
        digest, got = receive_digest(connection)
        sender.result()
    equal((digest, got), (content.sha256(), size), "what came back")


def tcp_echo_of_sizes(address, sizes):
    """One after the other on one connection: each is back whole before the next goes."""
    with socket.create_connection((address, 7), timeout=30) as connection:
        for size in sizes:
            sent = Content(size, seed=size).bytes()
            sender = InThread(connection.sendall, sent)
            got = bytearray()
            while len(got) < size:
                part = connection.recv(size - len(got))
                require(part, f"the end of the stream in an echo of {size} bytes")
                got += part
            sender.result()
            equal(bytes(got), sent, f"echo of {size} bytes")


def main():
    start("ping", "tshark", "radvd", "ndisc6", "rdisc6", "nmap", "mergecap", "capinfos", "curl")
    enter_namespace()
    wire = Wire6()
    Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
    capture = LOGS / "up.pcapng"
    device = Device6(wire, "--capture", capture)
    link_local = device.link_local()
    address = device.slaac()

    with case("ping: kernel to stack by its link-local address"):
        equal(ping(f"{link_local}%{wire.tap}", 3, "-i", "0.05"), 3, "answers")
    with case("ping: kernel to stack, whole and in fragments"):
        for size in SIZES:
            equal(ping(address, 2, "-i", "0.01", "-s", size) if size <= 65487 else 2, 2, f"ping -s {size}")
    with case("ping: kernel to stack, 1000 as fast as they are answered"):
        equal(ping(address, 1000, "-f"), 1000, "ping -f")
    with case("udp: echo of chosen sizes, in fragments up to the largest"):
        udp_echo(address, [size for size in SIZES if size > 0])
    with case(f"udp: echo of every size up to 65,487 in steps of {STEP}"):
        udp_echo(address, range(1, 65488, STEP))
    with case("udp: a port that nobody has is unreachable"):
        port_unreachable(address)
    with case(f"tcp: echo of every size up to 65,487 in steps of {8 * STEP if STEP > 1 else 1}"):
        tcp_echo_of_sizes(address, [*SIZES[1:], *range(1, 65488, 8 * STEP if STEP > 1 else 1)])
    with case("tcp: 16 MiB come back by IPv6"):
        tcp_echo(address, 16 << 20)
    with case("tcp: curl fetches the status page by a literal with a zone"):
        require_in('"addresses"', run("curl", "-s", "-g", f"http://[{link_local}%25{wire.tap}]/status.json"), "the page")
    with case("ndisc6 finds the device's link-layer address"):
        require_in("Target link-layer address", run("ndisc6", "-1", address, wire.tap), "ndisc6")
    with case("rdisc6: a host is no router"):
        require(link_local not in run("sh", "-c", f"rdisc6 -1 -w 300 {wire.tap} || true"), "the device answered as a router")
    with case("nmap -6: open, closed, and the host is up"):
        text = run("nmap", "-6", "-n", "-sS", "-p", "7,80,81", address)
        for line in ("7/tcp  open", "80/tcp open", "81/tcp closed"):
            require_in(line, text, "nmap")
    with case("nmap -6 -sU: unreachable ports are closed"):
        require_in("4999/udp closed", run("nmap", "-6", "-n", "-sU", "-p", "4999", address), "nmap")
    with case("up: ends cleanly"):
        device.stop()
    with case("tshark: nothing malformed, no bad checksum"):
        check_captures({capture: 1500}, data_ports=[7])

    wire = Wire6()
    Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
    with case("ping: stack to kernel, whole and in fragments"):
        for size in SIZES[:-1]:
            got = Linnet("ping", wire.kernel, "-c", "2", "-i", "0.01", "-s", size, *wire.options).wait()
            equal(received(got.output()), (2, 2), f"linnet ping -s {size}")
    with case("ping: stack to kernel by a link-local address with a zone"):
        text = run("ip", "-6", "-o", "address", "show", "dev", wire.tap, "scope", "link")
        kernel = re.search(r"fe80:[0-9a-f:]+", text)[0]
        got = Linnet("ping", f"{kernel}%{wire.tap}", "-c", "2", "-i", "0.01", *wire.options).wait()
        equal(received(got.output()), (2, 2), "answers")
    with case("get: from a server of this machine by IPv6"):
        with socket.create_server((wire.kernel, 0), family=socket.AF_INET6) as server:
            def serve():
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
            served = InThread(serve)
            got = Linnet("get", f"http://[{wire.kernel}]:{server.getsockname()[1]}/", *wire.options).wait()
            served.result()
            equal(got.output(), "hello\n", "what was fetched")
    with case("udp: a port that the kernel says nobody has"):
        sender = Linnet("connect", "--udp", wire.kernel, "4999", "--bytes", "100", *wire.options).wait(1)
        require("refused" in sender.errors(), f"says so: {sender.errors()!r}")
    finish()


if __name__ == "__main__":
    main()
