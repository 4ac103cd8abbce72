#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multicast DNS with systemd-resolved: each finds the other by IPv4 and IPv6; conflicts of names on both sides, goodbyes, changed
addresses."""
import re
from pathlib import Path

from lib_interop import LOGS, Linnet, Process, case, equal, eventually, finish, require, run, start
from lib_ipv6 import enter_namespace, require_in
from lib_mdns import start_bus, two_taps

ROOT = Path(__file__).resolve().parents[2] / "build/test-root"  # tools/install-deps test
RESOLVED = ROOT / "lib/systemd/systemd-resolved"
RESOLVECTL = ROOT / "usr/bin/resolvectl"
CONFIG = """[Resolve]
MulticastDNS=yes
LLMNR=no
DNSStubListener=no
Cache=no
"""
SERVICE = """[Service]
Name=%H Printer
Type=_ipp._tcp
Port=631
TxtText=rp=queue note=x
"""
# Its files are at fixed places, its user and its host name are the machine's: it has a mount and a UTS namespace of its own.
SCRIPT = """set -e
hostname {host}
mkdir -p /run/systemd
mount -t tmpfs none /run/systemd
mkdir -p /run/systemd/resolve /run/systemd/dnssd /run/systemd/netif/links /run/systemd/resolved.conf.d
cp {logs}/resolved.conf /run/systemd/resolved.conf.d/mdns.conf
cp {logs}/printer.dnssd /run/systemd/dnssd/
cp /etc/passwd {logs}/passwd
grep -q ^systemd-resolve: {logs}/passwd || echo systemd-resolve:x:0:0::/:/usr/sbin/nologin >> {logs}/passwd
mount --bind {logs}/passwd /etc/passwd
exec env SYSTEMD_LOG_LEVEL=debug {program}
"""


def start_resolved(host):
    (LOGS / "resolved.conf").write_text(CONFIG)
    (LOGS / "printer.dnssd").write_text(SERVICE)
    script = SCRIPT.format(host=host, logs=LOGS, program=RESOLVED)
    daemon = Process("unshare", "-m", "-u", "sh", "-c", script)
    eventually(lambda: ctl("status") is not None, "systemd-resolved answers", 20)
    run(RESOLVECTL, "mdns", "lan", "yes")
    return daemon


def ctl(*arguments):
    """What resolvectl prints, or nothing when it fails."""
    process = Process(RESOLVECTL, *arguments)
    process.process.wait(timeout=30)
    return process.output() if process.process.returncode == 0 else None


def query(name, version):
    """The addresses that systemd-resolved knows of a name."""
    text = ctl("query", f"-{version}", "-p", f"mdns-ipv{version}", "--legend=no", "--cache=no", name) or ""
    return re.findall(r"(?:^|\s)([0-9]+\.[0-9.]+|[0-9a-f]+:[0-9a-f:]+)", text, re.M)


def finds_linnet(wire):
    device = Linnet("up", *wire.options, "--hostname", "garden").wait_for("garden.local (web site", 20)
    with case("systemd-resolved finds linnet's name by IPv4 and by IPv6"):
        equal(eventually(lambda: query("garden.local", 4), "an address", 20), [wire.stack4], "address")
        require(query("garden.local", 6)[0].startswith("fe80:"), "a link-local address")
    with case("systemd-resolved finds linnet's web site"):
        text = eventually(lambda: ctl("service", "garden", "_http._tcp", "local"), "the service", 20)
        require_in("garden.local:80", text, "host and port")
        require_in("path=/", text, "TXT")
    return device


def linnet_finds(wire, other):
    with case("linnet finds systemd-resolved's name"):
        # It says its IPv4 addresses by IPv4 alone, and a device that has just started has no IPv6 yet.
        require_in(wire.kernel4, Linnet("resolve", "peer.local", *other).wait().output(), "address")
    with case("linnet browses systemd-resolved's service"):
        text = Linnet("browse", "_ipp._tcp", *other, "--time", "5", "--resolve").wait().output()
        for version in ("IPv4", "IPv6"):
            require(re.search(rf"^\+ +net0 {version} peer Printer +_ipp._tcp +local$", text, re.M), f"{version} in {text!r}")
        require_in("hostname = [peer.local]", text, "host")
        for address in (wire.kernel4, wire.kernel):
            require_in(f"address = [{address}]", text, "address")
        require_in("port = [631]", text, "port")
        require_in("rp=queue", text, "TXT")


def conflicts(wire, other, device):
    with case("RFC 6762 9: linnet gives way to systemd-resolved's name"):
        late = Linnet("up", *other, "--hostname", "peer").wait_for("peer-2.local", 30)
        equal(eventually(lambda: query("peer-2.local", 4), "an address", 20), ["10.66.1.3"], "address")
        late.stop()
    with case("RFC 6762 9: systemd-resolved gives way to linnet's name"):
        RESOLVER.stop()
        again = start_resolved("garden")
        eventually(lambda: re.search(r"garden\d+", again.output() + again.errors()), "another name", 20)
        equal(eventually(lambda: query("garden.local", 4), "an address", 20), [wire.stack4], "linnet's stays")
        require("garden-2" not in device.output(), "linnet keeps its own")
    return again


def goodbyes(wire, device):
    with case("RFC 6762 8.4: another address is found, the old one is not"):
        device.process.kill()
        device.process.wait()
        again = Linnet("up", "--tap", wire.tap, "--ip", "10.66.1.7/24", "--hostname", "garden")
        again.wait_for("garden.local (web site", 20)
        eventually(lambda: query("garden.local", 4) == ["10.66.1.7"], "the new address", 20)
    with case("RFC 6762 10.1: who said goodbye is not found"):
        again.stop()
        eventually(lambda: query("garden.local", 4) == [], "gone", 20)


def main():
    global RESOLVER
    start("dbus-daemon")
    require(RESOLVED.exists(), f"{RESOLVED}: tools/install-deps test unpacks it")
    enter_namespace(forwarding=False)
    wire = two_taps()
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    start_bus()
    RESOLVER = start_resolved("peer")
    device = finds_linnet(wire)
    linnet_finds(wire, other)
    conflicts(wire, other, device)
    goodbyes(wire, device)
    finish()


if __name__ == "__main__":
    main()
