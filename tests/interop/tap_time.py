#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SNTP over a tap: the time from chrony and ntpsec, alone and among servers that are dead, lie or refuse; from a server that comes
later; from the server that dnsmasq's lease names. And chrony and ntpdig ask a device of ours."""
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

from lib_interop import (LOGS, Linnet, Namespace, Process, TapWire, case, device, equal, eventually, finish, require, run,
                         start, status)

NTPD = Path(__file__).resolve().parents[2] / "build/test-root/usr/sbin/ntpd"  # tools/install-deps test
NTP_TO_UNIX = 2208988800
MOST = 0.005  # seconds that a clock got over a tap may be off
TRIES = 8     # on a machine that is busy, of which one at least is within that


class Chrony(Process):
    """chronyd that serves the time of this machine, whose clock it leaves alone."""

    def __init__(self, address):
        self.configuration = LOGS / f"chrony-{address}.conf"
        self.configuration.write_text(f"local stratum 8\nallow 10.0.0.0/8\nbindaddress {address}\ncmdport 0\n"
                                      f"bindcmdaddress /\npidfile {LOGS}/chronyd-{address}.pid\n")
        super().__init__("chronyd", "-x", "-F", "0", "-d", "-u", "root", "-f", self.configuration)


class Ntpsec(Process):
    """ntpd of ntpsec, which serves the time of this machine as an orphan, and may not touch the clock. It wants port 123 of every
    address, so it is in a namespace of its own, behind the kernel."""
    address = "10.76.0.2"

    def __init__(self):
        behind = Namespace()
        run("ip", "link", "add", "near", "type", "veth", "peer", "name", "ntp", "netns", behind.name)
        run("ip", "address", "add", "10.76.0.1/24", "dev", "near")
        run("ip", "link", "set", "near", "up")
        behind.run("ip", "address", "add", f"{self.address}/24", "dev", "ntp")
        behind.run("ip", "link", "set", "ntp", "up")
        behind.run("ip", "route", "add", "default", "via", "10.76.0.1")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        drift = LOGS / "ntp.drift"
        drift.write_text("0.000\n")
        configuration = LOGS / "ntp.conf"
        configuration.write_text(f"disable kernel\ndriftfile {drift}\nserver 127.0.0.9 iburst minpoll 0 maxpoll 3\n"
                                 "tos orphan 6 orphanwait 1 minclock 1 minsane 1\nrestrict default nomodify\n")
        super().__init__("setpriv", "--bounding-set=-sys_time", NTPD, "-n", "-c", configuration, namespace=behind)

    def serves(self):
        asked = subprocess.run(["ntpdig", "-t", "1", self.address], capture_output=True, text=True, check=False)
        return "no-leap" in asked.stdout

    def stop(self, code=0):
        self.process.terminate()
        self.process.wait()


class PythonServer:
    """An SNTP server whose clock is `error` seconds off, or that kisses."""

    def __init__(self, address, error=0.0, kiss=None):
        self.error, self.kiss, self.requests = error, kiss, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 123))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            request, source = self.socket.recvfrom(1024)
            self.requests += 1
            now = time.time() + self.error + NTP_TO_UNIX
            stamp = struct.pack("!II", int(now), int(now % 1 * (1 << 32)))
            if self.kiss:
                answer = struct.pack("!BBbbII4s", 0xe4, 0, 6, -20, 0, 0, self.kiss) + bytes(8) + request[40:48] + bytes(16)
            else:
                answer = (struct.pack("!BBbbII4s", 0x24, 1, 6, -20, 0, 16, b"GPS") + stamp + request[40:48] + stamp + stamp)
            self.socket.sendto(answer, source)


def offset_of(ntp):
    """The offset that `linnet ntp` settled for, in seconds."""
    match = re.search(r"^time \S+ \S+ UTC, offset ([-+]\d+\.\d+) s, from (\S+)$", ntp.output(), re.MULTILINE)
    require(match, f"no time in {ntp}")
    return float(match[1])


def check_offset(ntp):
    """On a machine that is busy a packet may wait for its process: half the delay is what a right clock may be off by
    (RFC 5905 4)."""
    offset = offset_of(ntp)
    delay = max(float(seconds) for seconds in re.findall(r" delay (\d+\.\d+) s,", ntp.output()))
    print(f"  offset {offset * 1e6:.0f} us, delay up to {delay * 1e6:.0f} us")
    require(abs(offset) <= max(MOST, delay / 2), f"{offset} s is off by more than {MOST} s, with a delay of {delay} s")
    return offset


def within_5_ms(ask):
    """Asks until the time is right within 5 ms, whatever the delay; each answer must be as right as its delay allows. What
    was asked last."""
    offsets = []
    for _ in range(TRIES):
        ntp = ask()
        offsets.append(check_offset(ntp))
        if abs(offsets[-1]) <= MOST:
            return ntp
    raise AssertionError(f"never within {MOST} s: {offsets}")


def other_address(wire, last):
    address = wire.kernel.rsplit(".", 1)[0] + f".{last}"
    run("ip", "address", "add", f"{address}/24", "dev", wire.tap)
    return address


def asked_by_us(wire, chrony):
    with case("chrony gives the time within 5 ms"):
        ntp = within_5_ms(lambda: Linnet("ntp", wire.kernel, *wire.options).wait())
        require("stratum 8" in ntp.output(), f"its stratum: {ntp.output()!r}")
    ntpsec = Ntpsec()
    eventually(ntpsec.serves, "ntpsec serves", 20)
    with case("ntpsec gives the time within 5 ms"):
        ntp = within_5_ms(lambda: Linnet("ntp", ntpsec.address, *wire.options).wait())
        require("stratum 6" in ntp.output(), f"its stratum: {ntp.output()!r}")
    second, third = other_address(wire, 21), other_address(wire, 22)
    liar = PythonServer(other_address(wire, 31), error=300.0)
    good = PythonServer(second)
    with case("one of three lies: it is outvoted"):
        ntp = Linnet("ntp", "10.77.1.31", wire.kernel, second, *wire.options).wait()
        check_offset(ntp)
        require(re.search(r"^10\.77\.1\.31: offset \+(299|300)\.\d+ s.* outvoted$", ntp.output(), re.MULTILINE),
                f"the liar: {ntp.output()!r}")
        require(liar.requests == 1 and good.requests == 1, "each is asked once")
    with case("one of three is dead: the other two suffice"):
        check_offset(Linnet("ntp", third, wire.kernel, second, *wire.options).wait())
    with case("ntpsec, chrony and a liar: the two agree"):
        ntp = Linnet("ntp", "10.77.1.31", ntpsec.address, wire.kernel, *wire.options).wait()
        check_offset(ntp)
        require(re.search(r"^10\.77\.1\.31: .* outvoted$", ntp.output(), re.MULTILINE), f"the liar: {ntp.output()!r}")
    with case("ntpsec, one that is dead and one that refuses"):
        refusing = PythonServer(other_address(wire, 44), kiss=b"DENY")
        check_offset(Linnet("ntp", "10.77.1.44", third, ntpsec.address, *wire.options).wait())
        equal(refusing.requests, 1, "requests")
    ntpsec.stop()
    for kiss in (b"DENY", b"RSTR", b"RATE"):
        address = other_address(wire, {b"DENY": 41, b"RSTR": 42, b"RATE": 43}[kiss])
        kissing = PythonServer(address, kiss=kiss)
        with case(f"one of three says {kiss.decode()}: it is asked once"):
            ntp = Linnet("ntp", address, wire.kernel, second, *wire.options).wait()
            check_offset(ntp)
            equal(kissing.requests, 1, "requests")
    with case("a dead, a lying and a refusing server beside two good ones"):
        check_offset(Linnet("ntp", third, "10.77.1.31", "10.77.1.41", wire.kernel, second, *wire.options).wait())
    with case("only a liar against a good one: no time, exit 1"):
        ntp = Linnet("ntp", "10.77.1.31", wire.kernel, *wire.options).wait(1)
        require("believed" in ntp.errors(), f"says so: {ntp.errors()!r}")
    with case("nobody answers: exit 1"):
        Linnet("ntp", third, *wire.options).wait(1)
    chrony.stop()
    with case("begun before any server answers"):
        ntp = Linnet("ntp", "--wait", "60", wire.kernel, *wire.options)
        time.sleep(4)
        late = Chrony(wire.kernel)
        ntp.wait()
        check_offset(ntp)
        late.stop()


def by_lease():
    wire = TapWire()
    chrony = Chrony(wire.kernel)
    pool = wire.kernel.rsplit(".", 1)[0]
    names = Process("dnsmasq", "-k", "-p", "53", "-i", wire.tap, "-z", "-h", "-R", "--user=root", "-8", "-", "--no-hosts",
                    f"--address=/time.test/{wire.kernel}", f"--dhcp-range={pool}.50,{pool}.60,1h",
                    f"--dhcp-option=42,{wire.kernel}", "--dhcp-authoritative", f"--dhcp-leasefile={LOGS}/leases")
    with case("up: the time from the server that the lease names"):
        up = Linnet("up", "--tap", wire.tap).wait_for("Ctrl-C ends it").wait_for("(from " + wire.kernel)
        wire.stack = re.search(r"address +(\S+)/24", up.output())[1]
        report = status(wire)["time"]
        now = time.time()
        require(report["synchronised"] and report["servers"][0]["offered"], f"{report}")
        off = report["unix_us"] / 1e6 - now
        print(f"  {off * 1e6:.0f} us with a page's way")
        require(abs(off) < 0.1, f"the status page's time is {off} s off")
        up.stop()
    with case("ntp: a server by name, resolved by the lease's name server"):
        ntp = Linnet("ntp", "time.test", "--tap", wire.tap).wait()
        check_offset(ntp)
        require("time.test (" in ntp.output(), ntp.output())
    names.stop()
    chrony.stop()


def asked_by_others():
    wire = TapWire()
    up = device(wire, "--serve-time")
    with case("ntpdig asks our server: within 5 ms"):
        texts = []
        for _ in range(TRIES):
            texts.append(run("ntpdig", "-j", wire.stack))
            print(f"  {texts[-1].strip()}")
            offset, precision = (float(re.search(rf'"{name}":(-?[\d.e-]+)', texts[-1])[1]) for name in ("offset", "precision"))
            require(abs(offset) <= max(MOST, precision), texts[-1])  # with half the delay in it
            require('"stratum":10' in texts[-1], texts[-1])
            if abs(offset) <= MOST:
                break
        else:
            raise AssertionError(f"never within {MOST} s: {texts}")
    with case("chronyd asks our server"):
        chrony = Process("chronyd", "-Q", "-x", "-t", "20", "-u", "root", "-f", "/dev/null",
                         f"server {wire.stack} iburst maxsamples 1", f"pidfile {LOGS}/chronyd-q.pid", "cmdport 0",
                         "bindcmdaddress /").wait()
        match = re.search(r"System clock wrong by (-?[\d.]+) seconds", chrony.output() + chrony.errors())
        require(match, f"{chrony}")
        print(f"  {match[0]}")
        require(abs(float(match[1])) <= MOST, match[0])
    with case("too many requests: RATE once, then silence"):
        request = bytes([0x23]) + bytes(39) + b"12345678"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((other_address(wire, 99), 0))
            client.settimeout(0.3)
            answers = []
            for _ in range(20):
                client.sendto(request, (wire.stack, 123))
                try:
                    answers.append(client.recv(1024))
                except TimeoutError:
                    pass
        kisses = [answer for answer in answers if answer[1] == 0]
        require(all(len(answer) == 48 and answer[24:32] == b"12345678" for answer in answers), "the form of answers")
        equal([kiss[12:16] for kiss in kisses], [b"RATE"] * len(kisses), "kisses")
        require(1 <= len(kisses) <= 3 and len(answers) - len(kisses) <= 12, f"{len(answers)} answers, {len(kisses)} kisses")
    up.stop()


def main():
    start("chronyd", NTPD, "ntpdig", "dnsmasq")
    Namespace().enter()
    wire = TapWire()
    asked_by_us(wire, Chrony(wire.kernel))
    by_lease()
    asked_by_others()
    finish()


if __name__ == "__main__":
    main()
