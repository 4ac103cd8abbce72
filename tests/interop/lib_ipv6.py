# SPDX-License-Identifier: Apache-2.0
"""What the IPv6 interop tests share: namespaces whose kernel speaks IPv6, a router of radvd's, and a device's own view
of its addresses."""
import json
import re
import socket
import subprocess
from pathlib import Path

from lib_interop import LOGS, Linnet, Namespace, Process, equal, eventually, require, run


def set_ipv6(name, value, scope="all"):
    Path(f"/proc/sys/net/ipv6/conf/{scope}/{name}").write_text(str(value))


def enter_namespace(forwarding=True):
    """A namespace with IPv6, in which this process is from now on. It routes, as a network's router does."""
    namespace = Namespace()
    namespace.enter()
    for scope in ("all", "default"):
        set_ipv6("disable_ipv6", 0, scope)
        set_ipv6("accept_dad", 0, scope)
    set_ipv6("forwarding", 1 if forwarding else 0)
    return namespace


class Wire6:
    """A tap: the kernel with a global prefix at one end, a linnet that is still to be started at the other."""
    count = 0

    def __init__(self, mtu=1500):
        Wire6.count += 1
        number = Wire6.count
        self.tap = f"six{number}"
        self.prefix = f"2001:db8:{number}::/64"
        self.kernel = f"2001:db8:{number}::1"
        self.kernel4, self.stack4 = f"10.66.{number}.1", f"10.66.{number}.2"
        run("ip", "tuntap", "add", "dev", self.tap, "mode", "tap")
        run("ip", "address", "add", f"{self.kernel4}/24", "dev", self.tap)
        run("ip", "link", "set", self.tap, "mtu", mtu, "up")
        run("ip", "address", "add", f"{self.kernel}/64", "dev", self.tap, "nodad")
        self.options = ["--tap", self.tap, "--ip", f"{self.stack4}/24"]


class Radvd:
    """A router advertisement daemon whose configuration can change while it runs."""

    def __init__(self, wire, body):
        self.wire, self.file = wire, LOGS / f"radvd-{wire.tap}.conf"
        self.write(body)
        self.process = Process("radvd", "-n", "-C", self.file, "-p", LOGS / f"radvd-{wire.tap}.pid", "-m", "stderr")
        self.process.wait_for("started")

    def write(self, body):
        self.file.write_text(f"interface {self.wire.tap} {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;\n"
                             f"{body}\n}};\n")

    def change(self, body):
        self.write(body)
        self.process.process.send_signal(1)

    def stop(self):
        self.process.stop()


class Device6:
    """`linnet up`, seen through its IPv4 status page."""

    def __init__(self, wire, *options):
        self.wire = wire
        self.process = Linnet("up", *wire.options, *options).wait_for("Ctrl-C ends it")

    def status(self):
        with socket.create_connection((self.wire.stack4, 80), timeout=10) as connection:
            connection.sendall(b"GET /status.json HTTP/1.0\r\nHost: device\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return json.loads(answer.split(b"\r\n\r\n", 1)[1])

    def addresses(self, origin=None, state="preferred"):
        """IPv6 addresses of the tap, without their prefix lengths."""
        return [row["address"].split("/")[0] for row in self.status()["addresses"]
                if row["interface"] == "net0" and ":" in row["address"] and (origin is None or row["origin"] == origin)
                and (state is None or row["state"] == state)]

    def link_local(self):
        return eventually(lambda: self.addresses("link-local"), "a link-local address")[0]

    def slaac(self, prefix=None):
        start = (prefix or self.wire.prefix).split("::")[0] + ":"
        return eventually(lambda: [a for a in self.addresses("router advertisement") if a.startswith(start)],
                          f"an address in {start}")[0]

    def default_routers(self):
        return [row["gateway"] for row in self.status()["routes"] if row["destination"] == "default" and ":" in row["gateway"]]

    def stop(self):
        self.process.stop()


def require_in(part, whole, what):
    require(part in whole, f"{what}: {part!r} is not in {whole!r}")


# ---- thc-ipv6

def still_answers(address):
    """It answers echo requests, and its echo service over TCP."""
    text = run("ping", "-6", "-n", "-i", "0.05", "-c", "3", "-w", "10", address)
    require(re.search(r"[1-3] received", text), text)
    with socket.create_connection((address, 7), timeout=10) as connection:
        connection.settimeout(10)
        connection.sendall(b"still there?")
        equal(connection.recv(100), b"still there?", "the echo")


def thc(seconds, tool, *arguments):
    """Runs it for so long, if it does not end by itself; the namespace has no way out."""
    result = subprocess.run(["timeout", "-k", "1", str(seconds), f"atk6-{tool}", *map(str, arguments)],
                            capture_output=True, text=True, errors="replace", check=False)
    return result.stdout + result.stderr
