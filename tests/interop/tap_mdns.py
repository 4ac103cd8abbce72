#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multicast DNS with avahi: each finds the other's names and services over IPv4 and IPv6; conflicts, goodbyes, changed
addresses; thousands of services on either side."""
import re
import signal
import time

from lib_interop import LOGS, Linnet, Process, case, count_packets, equal, eventually, finish, require, run, start
from lib_ipv6 import enter_namespace, require_in
from lib_mdns import start_bus, two_taps

AVAHI_CONFIG = """[server]
host-name=peer
use-ipv4=yes
use-ipv6=yes
allow-interfaces={}
cache-entries-max=20000
objects-per-client-max=20000
[publish]
publish-workstation=no
publish-aaaa-on-ipv4=yes
publish-a-on-ipv6=yes
publish-hinfo=no
[rlimits]
"""
MANY = 2000
SERVICES = LOGS / "services"  # what avahi has in /etc/avahi/services


def start_avahi(tap):
    """avahi-daemon with a message bus of its own."""
    start_bus()
    (LOGS / "avahi.conf").write_text(AVAHI_CONFIG.format(tap))
    SERVICES.mkdir(exist_ok=True)
    # Its pid file is at a fixed place: in a mount namespace of its own nobody else sees it.
    daemon = Process("unshare", "-m", "sh", "-c", "mkdir -p /run/avahi-daemon; mount -t tmpfs none /run/avahi-daemon; "
                     f"mount --bind {SERVICES} /etc/avahi/services; exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f {LOGS / 'avahi.conf'}")
    return daemon.wait_for("Host name is peer.local", 30)


def browse(kind, *options):
    """What avahi knows: rows of the columns that avahi-browse prints."""
    text = run("avahi-browse", "-ptr", *options, kind, timeout=30)
    # It writes what is no letter or digit as \ddd.
    text = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1])), text)
    return [line.split(";") for line in text.splitlines()]


def found(kind, name):
    """By which versions of IP avahi has resolved a service."""
    return {row[2] for row in browse(kind) if row[0] == "=" and row[3] == name}


def resolve(name, version):
    return run("avahi-resolve", f"-{version}", "-n", name, timeout=20).split()[-1]


def resolve_service(name, kind):
    """One service among others: host, port and TXT record, as avahi's bus tells. avahi-browse -r would resolve them all."""
    text = run("dbus-send", "--system", "--print-reply", "--reply-timeout=20000", "--dest=org.freedesktop.Avahi", "/",
               "org.freedesktop.Avahi.Server.ResolveService", "int32:-1", "int32:-1", f"string:{name}", f"string:{kind}",
               "string:local", "int32:-1", "uint32:0", timeout=30)
    strings = re.findall(r'^   string "(.*)"$', text, re.MULTILINE)  # name, type, domain, host, address
    return strings[3], re.search(r"uint16 (\d+)", text)[1], re.findall(r'array of bytes "(.*)"', text)


def avahi_finds_linnet(wire):
    device = Linnet("up", *wire.options, "--hostname", "garden").wait_for("garden.local (web site", 20)
    with case("avahi resolves the name by either version of IP"):
        equal(resolve("garden.local", 4), wire.stack4, "address")
        require(resolve("garden.local", 6).startswith("fe80::"), "a link-local address")
    with case("avahi resolves the address: RFC 6762 4"):
        equal(run("avahi-resolve", "-a", wire.stack4, timeout=20).split()[-1], "garden.local", "name")
    with case("avahi-browse -at shows the web site by IPv4 and by IPv6"):
        equal(eventually(lambda: {"IPv4", "IPv6"} <= found("_http._tcp", "garden") and True, "both"), True, "both")
        row = next(row for row in browse("_http._tcp") if row[0] == "=" and row[3] == "garden" and row[2] == "IPv4")
        equal(row[5:7], ["local", "garden.local"], "domain and host")
        equal(row[8], "80", "port")
        require_in('"path=/"', row[9], "TXT")
        require_in("garden", run("avahi-browse", "-at", timeout=30), "avahi-browse -at")
    with case("RFC 6763 9: its type is one of all types"):
        require_in("_http._tcp", run("avahi-browse", "-atpk", timeout=30), "types")
    return device


def linnet_finds_avahi(wire):
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    with case("linnet resolves avahi's name, by IPv4 and IPv6"):
        text = Linnet("resolve", "peer.local", *other).wait().output()
        require_in(wire.kernel4, text, "address")
        require_in(wire.kernel, text, "address")
    with case("RFC 6762 6.1: what avahi does not answer for does not exist"):
        got = Linnet("resolve", "nobody.local", *other).wait(1)
        require_in("nobody.local", got.errors(), "words")
    with case("linnet ping speaks to a name under .local"):
        require_in("1 received", Linnet("ping", "-c", "1", "peer.local", *other).wait().output(), "ping")
    publish = Process("avahi-publish", "-s", "My Printer", "_ipp._tcp", "631", "rp=queue", "note=a b", "--subtype",
                      "_color._sub._ipp._tcp").wait_for("Established")
    with case("linnet browse shows all services, by IPv4 and IPv6"):
        text = Linnet("browse", *other, "--time", "8", "--resolve").wait().output()
        for version in ("IPv4", "IPv6"):
            require(re.search(rf"^\+ +net0 {version} My Printer +_ipp._tcp +local$", text, re.M), f"{version} in {text!r}")
        require_in("hostname = [peer.local]", text, "host")
        require_in(f"address = [{wire.kernel4}]", text, "address")
        require_in("port = [631]", text, "port")
        require_in('"rp=queue" "note=a b"', text, "TXT")
    with case("RFC 6763 7.1: of a subtype alone"):
        text = Linnet("browse", "_color._sub._ipp._tcp", *other, "--time", "4").wait().output()
        require_in("My Printer", text, "instance")
    with case("RFC 6762 10.1: a service that goes is gone for linnet"):
        browser = Linnet("browse", "_ipp._tcp", *other).wait_for("My Printer")
        publish.process.terminate()
        eventually(lambda: re.search(r"^- +net0 IPv4 My Printer", browser.output(), re.M), "the line that takes it back")
        browser.process.terminate()
        browser.process.wait()


def avahi_changes_address(wire):
    """As long as it is browsed for."""
    publish = Process("avahi-publish", "-s", "Desk", "_ipp._tcp", "631").wait_for("Established")
    browser = Linnet("browse", "_ipp._tcp", "--tap", wire.tap2, "--ip", "10.66.1.3/24", "--resolve").wait_for("= ", 15)

    def addresses():
        return set(re.findall(r"address = \[(.*)\]", browser.output().rsplit("hostname", 1)[-1]))
    for name, more in (("IPv4", "10.66.1.98"), ("IPv6", "fd66::98")):
        with case(f"RFC 6762 8.4: avahi's host has another {name} address, and then no more"):
            words = ["address", "{}", f"{more}/{24 if name == 'IPv4' else 64}", "dev", "lan"]
            run("ip", *(word.format("add") for word in words), *(["nodad"] if name == "IPv6" else []))
            eventually(lambda: more in addresses(), f"{more} beside the others")
            run("ip", *(word.format("del") for word in words))
            eventually(lambda: more not in addresses(), f"{more} is gone")
    browser.process.terminate()
    browser.process.wait()
    publish.process.terminate()
    publish.process.wait()


def conflicts(wire, device):
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    with case("RFC 6762 9: linnet gives way to avahi's name"):
        late = Linnet("up", *other, "--hostname", "peer").wait_for("peer-2.local", 30)
        equal(resolve("peer-2.local", 4), "10.66.1.3", "address")
        equal(resolve("peer.local", 4), wire.kernel4, "address of the first")
        late.stop()
    with case("RFC 6762 9: avahi gives way to linnet's name"):
        run("avahi-set-host-name", "garden", timeout=30)
        name = eventually(lambda: next((line for line in avahi_log().splitlines() if "garden-2.local" in line), None),
                          "avahi's other name", 20)
        require_in("garden-2.local", name, "avahi")
        equal(resolve("garden.local", 4), wire.stack4, "linnet's stays")
    with case("RFC 6762 9: two linnets, one name: one of them is called otherwise, and so is its web site"):
        twin = Linnet("up", *other, "--hostname", "garden").wait_for('web site "garden (2)"', 30)
        require(re.search(r"garden-[23]\.local", twin.output()), "the other name")
        require("garden-2" not in device.output(), "the first keeps its own")
        eventually(lambda: found("_http._tcp", "garden (2)"), "avahi sees it")
        twin.stop()
    with case("RFC 6762 10.1: avahi forgets who says goodbye"):
        eventually(lambda: not found("_http._tcp", "garden (2)"), "gone")


def avahi_log():
    return AVAHI.output() + AVAHI.errors()


def address_changes(wire, device):
    with case("RFC 6762 8, 10.2: another address after a restart is believed at once"):
        old = resolve("garden.local", 6)
        device.process.kill()  # without a goodbye
        device.process.wait()
        again = Linnet("up", "--tap", wire.tap, "--ip", "10.66.1.7/24", "--hostname", "garden")
        again.wait_for("garden.local (web site", 20)
        eventually(lambda: resolve("garden.local", 4) == "10.66.1.7", "the new address of IPv4")
        own = eventually(lambda: re.search(r"address +(fe80\S+)/64", again.output()), "its address of IPv6")[1]
        require(own != old, f"another address than {old}")
        eventually(lambda: resolve("garden.local", 6) == own, "the new address of IPv6")
    with case("RFC 6762 8: the link goes and comes back, and so does the name"):
        run("ip", "link", "set", wire.tap, "down")
        run("ip", "link", "set", wire.tap, "up")
        other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
        # A device that knows nothing yet: avahi would say what it remembers.
        require_in("10.66.1.7", Linnet("resolve", "garden.local", *other).wait().output(), "address")
        eventually(lambda: len(re.findall(r"address +fe80", again.output())) == 2, "IPv6 again")
    again.stop()
    with case("RFC 6762 10.1: goodbye, by both versions of IP"):
        eventually(lambda: not found("_http._tcp", "garden"), "gone")


def seconds_until(found, what, timeout):
    begin = time.monotonic()
    eventually(found, what, timeout, 0.2)
    return time.monotonic() - begin


def lines(text, sign, family):
    return len(re.findall(rf"^{re.escape(sign)} +net0 {family} Service \d+ ", text, re.M))


def thousands_of_avahi(wire):
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    browser = Linnet("browse", "_many._tcp", *other)
    with case(f"{MANY} services of avahi: linnet browse shows all of them, by IPv4 and IPv6"):
        for number in range(MANY):
            (SERVICES / f"{number}.service").write_text(
                f"<service-group><name>Service {number}</name><service><type>_many._tcp</type><port>{number + 1}</port>"
                f"<txt-record>number={number}</txt-record></service></service-group>")
        AVAHI.process.send_signal(signal.SIGHUP)
        took = seconds_until(lambda: min(lines(browser.output(), "+", family) for family in ("IPv4", "IPv6")) >= MANY,
                             "all of them", 60)
        print(f"  {MANY} of avahi's are seen after {took:.1f} s")
        require("!" not in browser.output(), "there is room for all of them")
    with case("one who comes later sees all of them, too"):
        browser.process.terminate()
        browser.process.wait()
        browser = Linnet("browse", "_many._tcp", *other)
        took = seconds_until(lambda: lines(browser.output(), "+", "IPv4") >= MANY, "all of them", 150)  # its seventh question goes after 63 s (RFC 6762 5.2)
        print(f"  {MANY} of avahi's are seen by one who comes later after {took:.1f} s")
    with case("a device has less room, and says so"):
        small = Linnet("browse", "_many._tcp", "--tap", wire.tap, "--ip", "10.66.1.4/24", "--profile", "device")
        eventually(lambda: re.search(r"^! +net0 the link has more than the 32 records", small.output(), re.M), "its word", 30)
        require(lines(small.output(), "+", "IPv4") - lines(small.output(), "-", "IPv4") <= 32, "no more than there is room for")
        small.process.terminate()
        small.process.wait()
    with case("RFC 6762 10.1: and all go when avahi says so"):
        for path in SERVICES.iterdir():
            path.unlink()
        AVAHI.process.send_signal(signal.SIGHUP)
        took = seconds_until(lambda: lines(browser.output(), "-", "IPv4") >= MANY, "all gone", 60)
        print(f"  {MANY} are gone after {took:.1f} s")
        browser.process.terminate()
        browser.process.wait()


def thousands_of_linnet(wire):
    path = LOGS / "many.txt"
    path.write_text("".join(f"Service {number};_lots._tcp;{number + 1};number={number}\n" for number in range(MANY)))
    device = Linnet("up", "--tap", wire.tap2, "--ip", "10.66.1.3/24", "--hostname", "hall", "--services", path)
    with case(f"{MANY} services of linnet: avahi-browse shows all of them, by IPv4 and IPv6"):
        begin = time.monotonic()
        device.wait_for(f"{MANY} announced beside it", 60)
        print(f"  {MANY} of linnet's are announced after {time.monotonic() - begin:.1f} s")

        def seen():
            rows = run("avahi-browse", "-pt", "_lots._tcp", timeout=60).splitlines()
            return min(len({row.split(";")[3] for row in rows if row.startswith(f"+;lan;{family};")}) for family in
                       ("IPv4", "IPv6")) >= MANY
        print(f"  {MANY} of linnet's are seen after {seconds_until(seen, 'all of them', 60):.1f} s")
    with case("any of them can be resolved, and the device answers as before"):
        for number in (0, 999, MANY - 1):
            host, port, texts = resolve_service(f"Service {number}", "_lots._tcp")
            equal(host, "hall.local", "host")
            equal((port, texts), (str(number + 1), [f"number={number}"]), "port and TXT")
        equal(resolve("hall.local", 4), "10.66.1.3", "address")
    with case("RFC 6762 10.1: and they go when linnet does; a goodbye is said once, and who is busy may miss some"):
        device.stop()

        def left():
            rows = run("avahi-browse", "-pt", "_lots._tcp", timeout=60).splitlines()
            return len({row.split(";")[3] for row in rows if row.startswith("+")})
        took = seconds_until(lambda: left() <= MANY * 0.1, "nearly all gone", 30)
        print(f"  {MANY} but {left()} are gone after {took:.1f} s")


def main():
    global AVAHI
    start("avahi-daemon", "avahi-browse", "avahi-resolve", "avahi-publish", "dbus-daemon", "dbus-send", "tshark", "tcpdump")
    enter_namespace(forwarding=False)
    wire = two_taps()
    capture = LOGS / "mdns.pcapng"
    dump = Process("tcpdump", "-U", "-i", "lan", "-w", capture, "udp", "port", "5353").wait_for("listening")
    AVAHI = start_avahi("lan")
    device = avahi_finds_linnet(wire)
    linnet_finds_avahi(wire)
    avahi_changes_address(wire)
    conflicts(wire, device)
    address_changes(wire, device)
    thousands_of_avahi(wire)
    thousands_of_linnet(wire)
    dump.process.terminate()
    dump.process.wait()
    with case("tshark: nothing malformed"):
        # Of checksums the taps leave a part to whoever sends it on: the capture on the bridge has them unfinished.
        equal(run("tshark", "-n", "-r", capture, "-Y", "_ws.malformed"), "", "malformed")
        require(count_packets(capture) >= 50, "packets")
    with case("RFC 6762 11: everything was sent with a TTL of 255"):
        equal(run("tshark", "-n", "-r", capture, "-Y", "mdns && (ip.ttl != 255 || ipv6.hlim != 255)"), "", "packets")
    finish()


if __name__ == "__main__":
    main()
