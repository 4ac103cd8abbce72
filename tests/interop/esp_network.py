#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for ESP-IDF that set their own addresses, begin and stop DHCP, serve it, and are in groups: esp_netif, tcpip_adapter and
dhcps_* against Linux, dnsmasq and udhcpc. And what they keep in NVS."""
import os
import re
import socket
import struct
from pathlib import Path

from lib_interop import LINNET, LOGS, Namespace, Process, case, equal, eventually, finish, require, run, skip, start

APPS = Path(LINNET).parent.parent / "esp_apps"
KERNEL = "10.99.0.1"
IP_RECVTTL = 12  # of linux/in.h
SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip address replace "$ip/24" dev "%s"
[ -z "$router" ] || ip route replace default via "$router"
echo "ip=$ip router=$router dns=$dns lease=$lease" >>"%s"
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
    script.write_text(SCRIPT % (name, log))
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
        equal(leased(log), "ip=10.99.4.40 router=10.99.4.1 dns=10.99.0.53 lease=150", "a lease behind it, in units of 30 s")
        run("ping", "-c", 2, "-i", 0.1, "-W", 2, KERNEL)
        udhcpc.stop()
        outside.enter()
        device.stop()
    with case("without a second network there is none beside a station"):
        device = app("softap_station", "--tap", "tapC", "--ip", "10.99.0.2/24")
        device.wait_for("needs a network of its own: --lan")


def hears(device, text, sender):
    device.wait_for(f"received {len(text)} bytes from {sender}: {text}")


def udp_multicast(name, groups):
    """What is said to each of its groups is heard, and it says something itself, with the TTL that it chose; for all that it has
    joined, and nothing else."""
    run("sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
    link_local = "fe80::99"
    run("ip", "link", "set", "dev", name, "addrgenmode", "none")
    run("ip", "-6", "address", "add", f"{link_local}/64", "dev", name, "nodad")
    index = socket.if_nametoindex(name)
    for kind, families in groups.items():
        with case(f"udp_multicast, {kind}"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
                for one in (four, six):
                    one.settimeout(10)
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                four.bind(("", 3333))
                six.bind(("", 3333))
                mreq = struct.pack("4s4s", socket.inet_aton("239.7.7.7"), socket.inet_aton(KERNEL))
                four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq)
                four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(KERNEL))
                four.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
                mreq = struct.pack("16sI", socket.inet_pton(socket.AF_INET6, "ff02::fc"), index)
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, mreq)
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
                device = app(f"udp_multicast_{kind}", "--tap", name, "--ip", "10.99.0.2/24").wait_for("listening")
                mapped = "::ffff:" if kind == "ipv4_v6" else ""
                for number, family, to, sender in ((four, 4, ("239.7.7.7", 3333), mapped + KERNEL),
                                                   (six, 6, ("ff02::fc", 3333, 0, index), link_local)):
                    if family not in families:
                        number.sendto(b"to nobody", to)
                        continue
                    number.sendto(b"hello", to)
                    hears(device, "hello", sender)
                    while True:  # until it is the device's, and not our own
                        data, ancillary, _, peer = number.recvmsg(100, 100)
                        if data.startswith(b"Multicast #"):
                            break
                    require(peer[0].split("%")[0] != sender, "the device said it")
                    equal(struct.unpack("i", ancillary[0][2])[0], 7, "its TTL")
                require("to nobody" not in device.output(), "nothing of other groups")
                require(" E (" not in device.output() and "\nE (" not in device.output(), "no errors")
                device.stop()


def nvs_and_console():
    with case("NVS stays in its file, and commands come from standard input"):
        file = LOGS / "nvs"
        commands = 'help set\nset name "two words"\nset wrong\nnothing\nlist\n'
        first = run(APPS / "esp_nvs_console", "--nvs", file, "--until-idle", input=commands)
        for words in ("not initialized yet", "Sets a value", "0x102 (ESP_ERR_INVALID_ARG)", "Unrecognized command",
                      "namespace 'console', key 'name', type 0x21", "namespace 'storage', key 'restart_counter', type 0x14"):
            require(words in first, f"{words}: {first}")
        second = run(APPS / "esp_nvs_console_v4", "--nvs", file, "--until-idle", input="list\n")
        require("Restart counter = 1" in second and "key 'name', type 0x21" in second, second)
        without = run(APPS / "esp_nvs_console", "--until-idle", input="list\n")
        require("not initialized yet" in without and "console" not in without.replace("nvs_console", ""), without)
        file.write_text("notes of mine\n")
        failed = app("nvs_console", "--nvs", file).wait(1)
        require("ESP_ERR_NVS_INVALID_STATE" in failed.errors(), "a file of somebody else")
        equal(file.read_text(), "notes of mine\n", "and it stays")


def main():
    start("dnsmasq", "udhcpc", "ping")
    if not os.access(APPS / "esp_static_ip", os.X_OK):
        skip(f"needs {APPS}")
    outside = Namespace()
    outside.enter()
    static_addresses()
    run("ip", "link", "del", "tapA")
    udp_multicast(tap("tapE"), {"ipv4_only": (4,), "ipv6_only": (6,), "ipv4_v6": (4, 6)})
    run("ip", "link", "del", "tapE")
    nvs_and_console()
    access_point()
    access_point_and_station(outside)
    finish()


main()
