#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for ESP-IDF that use mdns.h (tests/esp_apps/mdns*.c) against avahi: each finds the other."""
import os
import re
from pathlib import Path

from lib_interop import LINNET, Process, case, equal, eventually, finish, require, run, skip, start
from lib_ipv6 import Wire6, enter_namespace, require_in
from tap_mdns import browse, found, resolve, start_avahi

APPS = Path(LINNET).parent.parent / "esp_apps"


def app(wire, name):
    return Process(APPS / f"esp_{name}", *wire.options, name=f"esp-{name}")


def row(kind, name, version="IPv4"):
    return next(row for row in browse(kind) if row[0] == "=" and row[3] == name and row[2] == version)


def today(wire):
    device = app(wire, "mdns").wait_for("we are esp32-mdns", 40)
    text = device.output()
    with case("mdns_query_a, _aaaa, _ptr, getaddrinfo, gethostbyname find avahi"):
        require_in(f"Query A: peer.local resolved to: {wire.kernel4}", text, "A")
        require_in("nobody was not found", text, "ESP_ERR_NOT_FOUND")
        require(re.search(r"Query AAAA peer.local: [1-9] results", text), text)
        for words in ("PTR : My Printer._ipp._tcp", "SRV : peer.local:631", "TXT : [2] rp=queue(5); note=a b(3);",
                      f"A   : {wire.kernel4}", "Type: V4"):
            require_in(words, text, "PTR")
        require_in(f"getaddrinfo: peer.local resolved to: {wire.kernel4}", text, "getaddrinfo")
        require_in(f"gethostbyname: peer.local resolved to: {wire.kernel4}", text, "gethostbyname")
    with case("avahi finds the host, its services and the delegated one"):
        equal(resolve("esp32-mdns.local", 4), wire.stack4, "address")
        require(resolve("esp32-mdns.local", 6).startswith("fe80::"), "a link-local address")
        equal(resolve("delegated.local", 4), "10.66.1.77", "the delegated host")
        eventually(lambda: found("_http._tcp", "ESP32-WebServer") >= {"IPv4", "IPv6"}, "both versions")
        columns = row("_http._tcp", "ESP32-WebServer")
        equal((columns[6], columns[8]), ("esp32-mdns.local", "80"), "host and port")
        equal(sorted(re.findall(r'"([^"]*)"', columns[9])), ["board=esp32", "path=/foobar", "u=admin"], "TXT")
        equal(row("_arduino._tcp", "ESP32 with mDNS")[8], "3232", "the default instance")
        columns = row("_http._tcp", "test0")
        equal((columns[6], columns[7], columns[8]), ("delegated.local", "10.66.1.77", "1234"), "of the delegated host")
        require(found("_server._sub._http._tcp", "ESP32-WebServer"), "its subtype")
    with case("mdns_browse tells what comes and goes"):
        require_in("browse: + My Printer V4:631", device.output(), "what was there")
        late = Process("avahi-publish", "-s", "Late", "_ipp._tcp", "632").wait_for("Established")
        device.wait_for("browse: + Late V4:632")
        late.process.terminate()
        device.wait_for("browse: - Late V4:632")
    with case("a program that ends says goodbye"):
        device.stop()
        eventually(lambda: not found("_http._tcp", "ESP32-WebServer"), "gone")


def era2(wire):
    device = app(wire, "mdns_era2").wait_for("asked", 40)
    with case("mdns_query of ESP-IDF 2 finds avahi's host and service"):
        require_in(f"peer: host peer, instance -, port 0, txt -, {wire.kernel4}", device.output(), "host")
        require_in(f"_ipp: host peer, instance My Printer, port 631, txt rp=queue&note=a b, {wire.kernel4}", device.output(),
                   "service")
    with case("avahi finds what it announces"):
        equal(resolve("esp32.local", 4), wire.stack4, "address")
        columns = row("_arduino._tcp", "ESP32")
        equal(columns[8], "3232", "port")
        require_in('"board=esp32"', columns[9], "TXT")
        equal(row("_http._tcp", "ESP32 WebServer")[8], "8080", "the port that was set later")
    device.stop()


def main():
    start("avahi-daemon", "avahi-browse", "avahi-resolve", "avahi-publish", "dbus-daemon")
    if not os.access(APPS / "esp_mdns", os.X_OK):
        skip(f"needs {APPS}")
    enter_namespace(forwarding=False)
    wire = Wire6()
    start_avahi(wire.tap)
    Process("avahi-publish", "-s", "My Printer", "_ipp._tcp", "631", "rp=queue", "note=a b").wait_for("Established")
    today(wire)
    era2(wire)
    finish()


if __name__ == "__main__":
    main()
