#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for ESP-IDF that set their own addresses, begin and stop DHCP, and serve it: esp_netif, tcpip_adapter and dhcps_*
against Linux, dnsmasq and udhcpc."""
import os
import re
from pathlib import Path

from lib_interop import LINNET, LOGS, Namespace, Process, case, equal, eventually, finish, require, run, skip, start

APPS = Path(LINNET).parent.parent / "esp_apps"
KERNEL = "10.99.0.1"
SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
echo "ip=$ip router=$router dns=$dns lease=$lease" >>"%s"
ip address replace "$ip/24" dev "%s"
[ -z "$router" ] || ip route replace default via "$router"
"""


def app(name, *options):
    return Process(APPS / f"esp_{name}", *options, name=f"esp-{name}")


def tap(name, address=KERNEL):
    run("ip", "tuntap", "add", "dev", name, "mode", "tap")
    if address:
        run("ip", "address", "add", f"{address}/24", "dev", name)
    run("ip", "link", "set", name, "up")
    return name


def dnsmasq(name):
    leases = LOGS / f"{name}.leases"
    server = Process("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", f"--interface={name}",
                     "--bind-interfaces", "--no-ping", "--user=root", "--pid-file=", "--dhcp-range=10.99.0.10,10.99.0.20,1h",
                     f"--dhcp-leasefile={leases}", "--dhcp-authoritative", "--log-facility=-", "--dhcp-option=option:dns-server,10.99.0.9")
    server.wait_for("IP range")
    return server, leases


def static_ip(name, key, *options):
    """Its address, its router and its name servers, and not those of the DHCP server that is there too."""
    device = app(name, "--tap", *options)
    device.wait_for(f"{key}: 10.99.0.77 mtu 1500 dns {KERNEL} and 10.99.0.53")
    require(f"static ip:10.99.0.77 gw:{KERNEL}" in device.output(), "the event")
    require("ip:10.99.0.1" not in device.output().replace(f"gw:{KERNEL}", ""), "no other address was told")
    device.wait_for("ipv6 fe80:")
    run("ping", "-c", 2, "-i", 0.1, "-W", 2, "10.99.0.77")
    return device


def static_addresses():
    name = tap("tapA")
    with case("a station with a fixed address, where no DHCP server is"):
        device = static_ip("static_ip", "WIFI_STA_DEF", name, "--unconfigured")
        require("before DHCP is stopped: ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED" in device.output(), "DHCP has to be stopped")
        device.stop()
    server, leases = dnsmasq(name)
    with case("a station that gives a lease back for a fixed address"):
        device = static_ip("static_ip", "WIFI_STA_DEF", name)
        require("DHCPRELEASE" in server.output() + server.errors(), "dnsmasq got the lease back")
        eventually(lambda: leases.read_text().strip() == "", "and forgot it")
        device.stop()
    with case("Ethernet with a fixed address"):
        static_ip("static_ip_eth", "ETH_DEF", name, "--unconfigured").stop()
    with case("ESP-IDF 2: DHCP, then a fixed address, then DHCP"):
        device = app("adapter_era2", "--tap", name, "--unconfigured").wait_for("adapter: end")
        got = re.findall(r"got ip (\S+)", device.output())
        equal(len(got), 3, "addresses told of")
        require(re.fullmatch(r"10\.99\.0\.(1\d|20)", got[0]) and got[1] == "10.99.0.200" and got[2] == got[0], f"which: {got}")
        for words in ("era2-device: client started: 1", "too early: 0x5007", "again: 0x5004"):
            require(words in device.output(), words)
        require("era2-device" in leases.read_text(), "the name that dnsmasq knows")
        device.stop()
    server.stop()


def client(name, log):
    script = LOGS / f"{name}.sh"
    script.write_text(SCRIPT % (log, name))
    script.chmod(0o755)
    return Process("udhcpc", "-f", "-i", name, "-s", script)


def leased(log):
    return eventually(lambda: log.exists() and log.read_text(), "a lease", 20).splitlines()[0]


def access_point():
    with case("an access point gives addresses"):
        device = app("softap", "--tap", tap("tapB", None), "--unconfigured").wait_for("access point started")
        log = LOGS / "tapB.env"
        udhcpc = client("tapB", log)
        equal(leased(log), "ip=10.99.4.40 router=10.99.4.1 dns=10.99.0.53 lease=300", "what udhcpc learned")
        mac = Path("/sys/class/net/tapB/address").read_text().strip() if Path("/sys/class/net/tapB/address").exists() else ""
        device.wait_for(f"station ip:10.99.4.40, mac:{mac}")
        require("found 10.99.4.40" in device.output(), "by its MAC address")
        require("stopped twice: ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED" in device.output(), "stopped twice")
        run("ping", "-c", 2, "-i", 0.1, "-W", 2, "10.99.4.1")
        udhcpc.stop()
        device.stop()


def access_point_and_station(outside):
    """Two namespaces: one is the network that the station is on, one is behind the access point."""
    with case("an access point beside a station translates"):
        inside = Namespace()
        tap("tapC")
        run("ip", "tuntap", "add", "dev", "tapD", "mode", "tap")
        device = app("softap_station", "--tap", "tapC", "--ip", "10.99.0.2/24", "--gateway", KERNEL, "--lan", "tapD")
        device.wait_for("station has 10.99.0.2")
        run("ip", "link", "set", "tapD", "netns", inside.name)
        inside.enter()
        run("ip", "link", "set", "tapD", "up")
        log = LOGS / "tapD.env"
        udhcpc = client("tapD", log)
        require(leased(log).startswith("ip=10.99.4.40 router=10.99.4.1"), "a lease behind it")
        eventually(lambda: "default" in run("ip", "route"), "the route")
        run("ping", "-c", 2, "-i", 0.1, "-W", 2, KERNEL)
        udhcpc.stop()
        outside.enter()
        device.stop()
    with case("without a second network there is none beside a station"):
        device = app("softap_station", "--tap", "tapC", "--ip", "10.99.0.2/24")
        device.wait_for("needs a network of its own: --lan")


def main():
    start("dnsmasq", "udhcpc", "ping")
    if not os.access(APPS / "esp_static_ip", os.X_OK):
        skip(f"needs {APPS}")
    outside = Namespace()
    outside.enter()
    static_addresses()
    run("ip", "link", "del", "tapA")
    access_point()
    access_point_and_station(outside)
    finish()


main()
