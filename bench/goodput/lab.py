# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces, `linnet link` between them, and a transfer over it. Nothing of the machine's network is
touched; every transfer has namespaces of its own, so that the kernel remembers nothing of the one before."""
import atexit
import itertools
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINNET = Path(os.environ.get("LINNET") or ROOT / "build/release/apps/linnet")
GOODPUT = Path(os.environ.get("GOODPUT") or ROOT / "build/release/bench/goodput")

KERNEL_A, STATION_A, KERNEL_B, STATION_B = "10.79.0.1", "10.79.0.3", "10.79.0.2", "10.79.0.4"
BUFFER = 4 << 20  # of ours: what Linux has by its default tcp_wmem
LWIP_BUFFER = 65535  # built into Debian's
PATIENCE = 75  # seconds for a connection to be made, and some more

_numbers = itertools.count()
_alive = set()
_lock = threading.Lock()


class Failed(Exception):
    """A transfer could not be measured."""


def run(*command):
    result = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {result.returncode}: {result.stderr.strip()}")
    return result.stdout


class Namespace:
    """With IPv6 off: its router solicitations and reports would be other frames in the faults' sequence."""

    def __init__(self):
        self.name = f"goodput-{os.getpid()}-{next(_numbers)}"
        run("ip", "netns", "add", self.name)
        with _lock:
            _alive.add(self)
        try:
            self.exec("sh", "-c", "cd /proc/sys/net; echo 1 >ipv4/tcp_no_metrics_save; "
                                  "for i in all default; do echo 1 >ipv6/conf/$i/disable_ipv6 || true; done")
        except BaseException:
            self.close()
            raise

    def ip(self, *arguments):
        return run("ip", "-n", self.name, *arguments)

    def exec(self, *command):
        return run("ip", "netns", "exec", self.name, *command)

    def close(self):
        with _lock:
            if self not in _alive:
                return
            _alive.discard(self)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def counters(self):
        """What the kernel's TCP counted here."""
        values = {}
        for line, numbers in pairs(self.exec("cat", "/proc/net/netstat", "/proc/net/snmp").splitlines()):
            group = line.split(":")[0]
            if group in ("TcpExt", "Tcp"):
                values.update(zip(line.split()[1:], map(int, numbers.split()[1:])))
        return values


def pairs(lines):
    return zip(lines[::2], lines[1::2])


class Process:
    """A program that says what it has to say on stdout; its errors are kept."""

    def __init__(self, *command, namespace=None):
        prefix = ["ip", "netns", "exec", namespace.name] if namespace else []
        self._errors = tempfile.TemporaryFile("w+")
        self._text = ""
        self.command = " ".join(map(str, command))
        self.process = subprocess.Popen([*prefix, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self._errors)
        with _lock:
            _alive.add(self)

    def _fail(self, what):
        self._errors.seek(0)
        raise Failed(f"{self.command}: {what}: {(self._text[-300:] + self._errors.read()[-600:]).strip()}")

    def line(self, seconds):
        """The next line of its output."""
        deadline = time.monotonic() + seconds
        fd = self.process.stdout.fileno()
        while "\n" not in self._text:
            if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self._fail(f"said nothing for {seconds:g} s")
            data = os.read(fd, 65536)
            if not data:
                self._fail(f"ended with {self.process.wait()}")
            self._text += data.decode()
        line, self._text = self._text.split("\n", 1)
        return line

    def stop(self):
        """Asks it to end; gives the rest of its output."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._fail("does not end")
        if self.process.returncode != 0:
            self._text += rest.decode()
            self._fail(f"exit {self.process.returncode}")
        return self._text + rest.decode()

    def close(self):
        with _lock:
            _alive.discard(self)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._errors.close()


@atexit.register
def close_all():
    for thing in sorted(_alive, key=lambda thing: isinstance(thing, Namespace)):
        thing.close()


class Lab:
    """Namespaces A, where senders are, and B, where receivers are, and the link. To be used with `with`."""

    def __init__(self, forward, backward, seed, buffer=BUFFER):
        self._things = []
        self._buffer = buffer
        try:
            self.a, self.b = self._keep(Namespace()), self._keep(Namespace())
            self.link = self._keep(Process(LINNET, "link", f"wireA@{self.a.name}", f"wireB@{self.b.name}", "--seed", seed,
                                           "--a-to-b", forward, "--b-to-a", backward))
            if "link up" not in (said := self.link.line(20)):
                raise Failed(f"linnet link said {said!r}")
            for namespace, interface in ((self.a, "wireA"), (self.b, "wireB")):
                namespace.ip("link", "set", interface, "up")
        except BaseException:
            self.close()
            raise

    def _keep(self, thing):
        self._things.append(thing)
        return thing

    def _buffer_of(self, row):
        return ("--buffer", LWIP_BUFFER if row == "ours64" else self._buffer)

    def address(self, which):
        """Gives a kernel its address; only who takes part in a transfer has one."""
        namespace, interface, address = ((self.a, "wireA", KERNEL_A), (self.b, "wireB", KERNEL_B))[which == "b"]
        if address not in namespace.ip("address", "show", "dev", interface):
            namespace.ip("address", "add", f"{address}/24", "dev", interface)
        return address

    def receiver(self, row, size, seconds, port=5001):
        """Started and listening; with the address to send to."""
        amount = ("--bytes", size, "--seconds", seconds, "--port", port)
        if row == "to-ours":
            to = STATION_B
            process = Process(GOODPUT, "stack-receive", "--interface", "wireB", "--address", to, *self._buffer_of(row), *amount,
                              namespace=self.b)
        else:
            to = self.address("b")
            process = Process(GOODPUT, "kernel-receive", *amount, namespace=self.b)
        self._keep(process)
        if process.line(20) != "listening":
            raise Failed("the receiver does not listen")
        return process, to

    def sender(self, row, to, size, port=5001):
        amount = (to, "--bytes", size, "--port", port)
        if row in ("linux", "to-ours"):
            self.address("a")
            return self._keep(Process(GOODPUT, "kernel-send", *amount, namespace=self.a))
        program = "lwip-send" if row == "lwip" else "stack-send"
        return self._keep(Process(GOODPUT, program, "--interface", "wireA", "--address", STATION_A, *self._buffer_of(row),
                                  *amount, namespace=self.a))

    def spikes(self, every, lasts, stop):
        """Holds the whole link still for `lasts` seconds, `every` so many, until `stop` is set: a delay spike."""
        while not stop.wait(every):
            self.link.process.send_signal(signal.SIGSTOP)
            time.sleep(lasts)
            self.link.process.send_signal(signal.SIGCONT)

    def summary(self):
        """What the link did to the frames from A to B: words to counts."""
        line = next(line for line in self.link.stop().splitlines() if line.startswith("wireA"))
        return {word: int(count) for count, word in
                re.findall(r"(\d+) (lost in bursts|lost|over the queue|reordered|without room|too long|undeliverable)", line)}

    def close(self):
        for thing in reversed(self._things):
            thing.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def virtual(cell, seed, seconds, buffer=BUFFER, spikes=None):
    """The same cell between two stacks of ours in virtual time."""
    got = virtual_run(cell.forward, cell.backward, cell.bytes, seed, seconds, buffer,
                      *(("--spike-every", spikes[0], "--spike-lasts", spikes[1]) if spikes else ()))
    flow = got["flows"][0]
    return {**described(cell, "ours", seed, flow), "retransmissions": flow["retransmissions"],
            "timeouts": flow["timeouts"], "spurious": flow["spurious"], "lost": got["lost"], "overflow": got["overflow"],
            "reordered": got["reordered"]}


def virtual_run(forward, backward, size, seed, seconds, buffer, *more):
    return json.loads(run(GOODPUT, "virtual", "--forward", forward, "--backward", backward, "--bytes", size, "--seed", seed,
                          "--seconds", seconds, "--buffer", buffer, *more))


def described(cell, row, seed, got):
    return {"cell": cell.name, "kind": cell.kind, "rtt_ms": cell.rtt, "megabytes": cell.megabytes,
            "loss_percent": cell.percent, "row": row, "seed": seed,
            "mbit": got["bytes"] * 8e-6 / got["seconds"] if got["seconds"] > 0 else 0.0,
            "bytes": got["bytes"], "seconds": got["seconds"], "complete": got["complete"]}


def transfer(row, cell, seed, seconds, buffer=BUFFER, spikes=None):
    """One run: what it measured, by name. `buffer`: bytes of ours. `spikes`: (every, lasts) in seconds."""
    with Lab(cell.forward, cell.backward, seed, buffer) as lab:
        receiver, to = lab.receiver(row, cell.bytes, seconds)
        sender = lab.sender(row, to, cell.bytes)
        stop = threading.Event()
        if spikes:
            shaker = threading.Thread(target=lab.spikes, args=(*spikes, stop), daemon=True)
            shaker.start()
        try:
            got = json.loads(receiver.line(PATIENCE + seconds))
        finally:
            stop.set()
            if spikes:
                shaker.join()
        sent = json.loads(sender.stop().splitlines()[-1])
        at_a, at_b = lab.a.counters(), lab.b.counters()
        link = lab.summary()
    kernel_sends = row in ("linux", "to-ours")
    return {
        **described(cell, row, seed, got),
        "retransmissions": at_a["RetransSegs"] if kernel_sends else sent.get("retransmissions"),
        "timeouts": at_a["TCPTimeouts"] if kernel_sends else sent.get("timeouts"),
        # The kernel's receiver says so of each segment that it had already (RFC 2883); ours does not count them yet.
        "spurious": None if row == "to-ours" else at_b["TCPDSACKOldSent"] + at_b["TCPDSACKOfoSent"],
        "lost": link.get("lost", 0) + link.get("lost in bursts", 0),
        "overflow": link.get("over the queue", 0),
        "reordered": link.get("reordered", 0),
        "unasked": sum(link.get(word, 0) for word in ("without room", "too long", "undeliverable")),
    }


def side_by_side(rows, rate, rtt, queue, seed, seconds, stagger, buffer=BUFFER):
    """One flow of each row over one bottleneck, begun `stagger` seconds apart: for each, when it was accepted and its
    bytes at every tenth of a second since."""
    delay = f"delay={rtt * 500:g}us"
    size = 1 << 40  # more than comes through
    with Lab(f"rate={rate},queue={queue},{delay}", delay, seed, buffer) as lab:
        receivers, senders = [], []
        for number, row in enumerate(rows):
            receiver, to = lab.receiver(row, size, seconds + stagger * (len(rows) - 1 - number), 5001 + number)
            receivers.append((receiver, to))
        for number, (row, (_, to)) in enumerate(zip(rows, receivers)):
            if number:
                time.sleep(stagger)
            senders.append(lab.sender(row, to, size, 5001 + number))
        got = [json.loads(receiver.line(PATIENCE + seconds + stagger * len(rows))) for receiver, _ in receivers]
        for sender in senders:
            sender.stop()
    return [(flow["accepted"], flow["tenths"]) for flow in got]
