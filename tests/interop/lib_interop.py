# SPDX-License-Identifier: Apache-2.0
"""What the interop tests share: namespaces and taps that go away with the test, the linnet command as a process with
its output in files, PASS and FAIL lines for tools/run-tests, and tshark's opinion of a capture.

A test may be run by hand as root: `tests/interop/tap_tcp.py`, with LINNET naming another linnet than the release build.
"""
import atexit
import contextlib
import ctypes
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LINNET = os.environ.get("LINNET") or str(ROOT / "build/release/apps/linnet")
NAME = Path(sys.argv[0]).stem
LOGS = Path(os.environ.get("LINNET_LOGS") or ROOT / "build/logs/interop" / NAME)
SKIP_CODE = 77
CLONE_NEWNET = 0x40000000
GIB = 1 << 30
MIB = 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)
_failed = []
_processes = []
_namespaces = []


# ---- the test as a whole

def skip(reason):
    print(reason)
    sys.exit(SKIP_CODE)


def start(*programs, root=True):
    """To be called first: checks what the test needs, and makes sure that nothing outlives it."""
    if root and os.geteuid() != 0:
        skip("needs root")
    for program in ("ip", *programs):
        if shutil.which(program) is None:
            skip(f"needs {program}")
    if not os.access(LINNET, os.X_OK):
        skip(f"needs {LINNET}: cmake --build build/release")
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    sys.stdout.reconfigure(line_buffering=True)
    atexit.register(_clean_up)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


def finish():
    """To be called last: the exit code says whether every case passed."""
    sys.exit(1 if _failed else 0)


@contextlib.contextmanager
def case(name):
    """One named test. Whatever goes wrong in it is its failure, and the next one still runs."""
    began = time.monotonic()
    try:
        yield
    except Exception:  # pylint: disable=broad-except
        _failed.append(name)
        for line in traceback.format_exc().splitlines():
            print(f"  {line}")
        print(f"FAIL {name}")
    else:
        print(f"PASS {name}")
    print(f"  {time.monotonic() - began:.2f} s")


def equal(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: got {got!r}, expected {expected!r}")


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def eventually(condition, what, seconds=10.0, pause=0.005):
    """Waits until `condition()` is true, asking every `pause` seconds; gives what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def _clean_up():
    for process in _processes:
        process.kill()
    for name in _namespaces:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def run(*command, **more):
    """Runs a command that must succeed; gives what it printed."""
    result = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False, **more)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {result.returncode}: {result.stderr.strip()}")
    return result.stdout


# ---- networks

class Namespace:
    """A network namespace with nothing but its loopback up; gone when the test is."""

    def __init__(self):
        self.name = f"linnet-{os.getpid()}-{len(_namespaces)}"
        run("ip", "netns", "add", self.name)
        _namespaces.append(self.name)
        # No router solicitations and multicast reports into the links: they are another issue's subject.
        for scope in ("all", "default"):
            self.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{scope}/disable_ipv6 || true")
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command, **more):
        return run("ip", "netns", "exec", self.name, *command, **more)

    def enter(self):
        """From here on this process, and whatever it starts, is in the namespace."""
        with open(f"/run/netns/{self.name}", "rb") as file:
            if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")


class TapWire:
    """A tap in the namespace that this process is in: the kernel at one end, a linnet that is still to be started at
    the other. Each has a network of its own, so that no test meets another's neighbours."""
    count = 0
    far = None  # the other end is in this namespace, too

    def __init__(self, mtu=1500):
        TapWire.count += 1
        self.tap = f"tap{TapWire.count}"
        self.kernel = f"10.77.{TapWire.count}.1"
        self.stack = f"10.77.{TapWire.count}.2"
        run("ip", "tuntap", "add", "dev", self.tap, "mode", "tap")
        run("ip", "address", "add", f"{self.kernel}/24", "dev", self.tap)
        run("ip", "link", "set", self.tap, "mtu", mtu, "up")
        self.options = ["--tap", self.tap, "--ip", f"{self.stack}/24", "--gateway", self.kernel]


class ImpairedWire:
    """Two taps, each in a namespace of its own, joined by `linnet link`. This process is in the kernel's; `inside` is
    what a linnet at the other end is to be started with."""

    def __init__(self, *faults):
        TapWire.count += 1
        self.kernel = f"10.78.{TapWire.count}.1"
        self.stack = f"10.78.{TapWire.count}.2"
        self.near, self.far = Namespace(), Namespace()
        names = [f"linkA{TapWire.count}", f"linkB{TapWire.count}"]
        self.link = Linnet("link", f"{names[0]}@{self.near.name}", f"{names[1]}@{self.far.name}", *faults)
        self.link.wait_for("link up")
        self.near.enter()
        run("ip", "address", "add", f"{self.kernel}/24", "dev", names[0])
        run("ip", "link", "set", names[0], "up")
        self.far.run("ip", "link", "set", names[1], "up")
        self.options = ["--packet", names[1], "--ip", f"{self.stack}/24", "--gateway", self.kernel]

    def summary(self):
        """Ends the link; gives what it counted."""
        self.link.stop()
        return [line for line in self.link.output().splitlines() if "->" in line and "frames" in line]


# ---- processes

class Process:
    """A program whose output goes to files in the logs."""
    count = 0

    def __init__(self, *command, namespace=None, stdin=subprocess.DEVNULL, stdout=None, name=None):
        Process.count += 1
        self.command = [str(word) for word in command]
        name = name or Path(self.command[0]).name
        self.out = LOGS / f"{Process.count:03}-{name}.out"
        self.err = LOGS / f"{Process.count:03}-{name}.err"
        prefix = ["ip", "netns", "exec", namespace.name] if namespace else []
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([*prefix, *self.command], stdin=stdin, stdout=stdout or out, stderr=err)
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        _processes.append(self.process)

    def output(self):
        return self.out.read_text(errors="replace")

    def errors(self):
        return self.err.read_text(errors="replace")

    def wait_for(self, words, seconds=20.0):
        """Until it has said `words`, on stdout or stderr."""
        def said():
            if words in self.output() + self.errors():
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"{self}: ended with {self.process.returncode} before it said '{words}'")
            return False
        eventually(said, f"{self}: '{words}'", seconds)
        return self

    def wait(self, code=0, seconds=60.0):
        """Until it ends, as it must, with `code`."""
        try:
            got = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self}: still running after {seconds} s") from None
        if got != code:
            raise AssertionError(f"{self}: exit {got}, expected {code}")
        return self

    def stop(self, code=0):
        """Ends it as Ctrl-C or a service manager would."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait(code, 20.0)

    def __str__(self):
        said = (self.output()[-600:] + self.errors()[-600:]).strip()
        return f"{' '.join(self.command)} [{said}]"


class Linnet(Process):
    """The linnet command."""

    def __init__(self, *arguments, **more):
        super().__init__(LINNET, *arguments, name=f"linnet-{arguments[0]}", **more)


def device(wire, *options, **more):
    """`linnet up` at the far end of a wire, once it answers."""
    return Linnet("up", *wire.options, *options, **more).wait_for("Ctrl-C ends it")


def status(wire):
    """The device's own view of itself."""
    with socket.create_connection((wire.stack, 80), timeout=10) as connection:
        connection.sendall(b"GET /status.json HTTP/1.0\r\nHost: device\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])


# ---- bytes to send and their digest

class Content:
    """`size` bytes that do not repeat where a lost, doubled or moved segment could hide: a random block of an odd length
    again and again, each time with its number before it."""
    BLOCK = 4 * MIB + 12345

    def __init__(self, size, seed=1):
        self.size = size
        self.block = random.Random(seed).randbytes(min(self.BLOCK, size))

    def pieces(self):
        left, number = self.size, 0
        while left > 0:
            for piece in (number.to_bytes(8, "big"), self.block):
                piece = memoryview(piece)[:left]
                left -= len(piece)
                if piece:
                    yield piece
            number += 1

    def bytes(self):
        return b"".join(self.pieces())

    def sha256(self):
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


def send_content(connection, content):
    """Sends it all and then our FIN."""
    for piece in content.pieces():
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


def receive_digest(connection):
    """Until the end of the stream: (SHA-256, size)."""
    digest, size, buffer = hashlib.sha256(), 0, bytearray(MIB)
    while n := connection.recv_into(buffer):
        digest.update(memoryview(buffer)[:n])
        size += n
    return digest.hexdigest(), size


def receive_all(connection):
    return b"".join(iter(lambda: connection.recv(MIB), b""))


class InThread(threading.Thread):
    """Runs a function beside us; `result()` gives what it gave, or raises what it raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self._call, self._value, self._error = (function, arguments), None, None
        self.start()

    def run(self):
        try:
            self._value = self._call[0](*self._call[1])
        except BaseException as error:  # pylint: disable=broad-except
            self._error = error

    def result(self, seconds=60.0):
        self.join(seconds)
        require(not self.is_alive(), f"{self._call[0].__name__}: still running after {seconds} s")
        if self._error is not None:
            raise self._error
        return self._value


def digest_line(text):
    """What `--sha256` prints: (SHA-256, size)."""
    match = re.search(r"^([0-9a-f]{64})  (\d+) bytes$", text, re.MULTILINE)
    require(match, f"no digest in {text!r}")
    return match[1], int(match[2])


# ---- captures

# Linux writes a checksum of 0 as 0xffff when it computes it for a device that cannot, in TCP as in UDP; the sum over the
# packet is right with both. What we send (direction 2) must be as RFC 1071 has it.
OF_LINUX = "(frame.packet_flags_direction == 1 && tcp.checksum == 0xffff)"
BAD_PACKETS = (f"_ws.malformed || (tcp.checksum.status == 0 && !{OF_LINUX}) || udp.checksum.status == 0 || "
               "ip.checksum.status == 0 || icmp.checksum.status == 0")


def bad_packets(path, *options, only="frame"):
    """What tshark finds malformed or with a wrong checksum in a capture, among the packets that `only` names: a line for
    each."""
    checks = [word for name in ("tcp", "udp", "ip") for word in ("-o", f"{name}.check_checksum:TRUE")]
    return run("tshark", "-n", *checks, *options, "-r", path, "-Y", f"({only}) && ({BAD_PACKETS})").splitlines()


def count_packets(path):
    return int(re.search(r"^Number of packets:\s+(\d+)$", run("capinfos", "-M", "-c", path), re.MULTILINE)[1])


def check_captures(least_of, data_ports=(), only="frame"):
    """tshark finds nothing wrong in any of the captures {path: the packets that it must have at least}. Ports that carry
    the tests' random bytes are to be taken for data, not for some protocol that uses the same number."""
    options = [word for port in data_ports for kind in ("tcp", "udp") for word in ("-d", f"{kind}.port=={port},data")]
    for path, least in least_of.items():
        count = count_packets(path)
        print(f"  {path.name}: {count} packets")
        require(count >= least, f"{path}: only {count} packets, {least} were expected")
    # One after the other in one file: tshark takes longer to start than to look.
    together = LOGS / "together.pcapng"
    run("mergecap", "-a", "-w", together, *least_of)
    bad = bad_packets(together, *options, only=only)
    print(f"  tshark: {len(bad)} bad packets")
    equal(bad[:10], [], "malformed or with a wrong checksum")
    together.unlink()
