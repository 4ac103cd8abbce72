#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a device of ours tells a DHCP server of itself, and what of its answers are settings: the address of the run before, asked for
by INIT-REBOOT, with dnsmasq and ISC's dhcpd; client id, vendor class, routes, rapid commit and IPv6-only preferred with dnsmasq; client
id and class with Kea."""
import json
import os
import re
import time

from lib_interop import LOGS, Linnet, Process, case, equal, eventually, finish, require, run, start, status
from tap_dhcp_client import Network, dhcpd

MAC = "02:00:00:00:00:51"  # as Network.begin has it


def dnsmasq(network, *options):
    net, wire = network.net, network.wire
    return Process("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", f"--interface={wire.tap}",
                   "--bind-interfaces", "--no-ping", "--user=root", "--pid-file=", f"--dhcp-range={net}.10,{net}.20,1h",
                   f"--dhcp-leasefile={LOGS / wire.tap}.leases", "--dhcp-authoritative", "--log-dhcp", "--log-facility=-",
                   *options).wait_for("DHCP")


def begin(network, *options):
    return Linnet("up", "--tap", network.wire.tap, "--mac", MAC, "--no-ipv6", *options)


def up(network, *options):
    device = begin(network, *options)
    network.got(device)
    return device


def said(process):
    return process.output() + process.errors()


def count(process, word):
    return len(re.findall(rf"\b{word}\b", said(process)))


def by_lease_file(name, server):
    network = Network()
    process, file = server(network), LOGS / f"{name}.lease"
    with case(f"{name}: RFC 2131 3.2: an address that was kept is asked for without DHCPDISCOVER"):
        first = up(network, "--lease", file)
        address = network.wire.stack
        equal(file.read_text(), f"{address}\n", "the file")
        eventually(lambda: count(process, "DHCPACK"), "the server's word")
        discovers = count(process, "DHCPDISCOVER")
        require(discovers > 0, "it asked for any address")
        first.stop()
        equal(count(process, "DHCPRELEASE"), 0, "given up")
        acks = count(process, "DHCPACK")
        again = up(network, "--lease", file)
        equal(network.wire.stack, address, "address")
        equal(count(process, "DHCPDISCOVER"), discovers, "DHCPDISCOVERs")
        eventually(lambda: count(process, "DHCPACK") > acks, "granted")
        again.stop()
    with case(f"{name}: an address of another network is refused, and another one taken and kept"):
        file.write_text("10.200.0.7\n")
        device = up(network, "--lease", file)
        equal(file.read_text(), f"{network.wire.stack}\n", "the file")
        require(network.wire.stack.startswith(network.net), network.wire.stack)
        equal(count(process, "DHCPNAK"), 1, "refusals")
        device.stop()
    with case(f"{name}: without --lease the address is given up"):
        up(network).stop()
        eventually(lambda: count(process, "DHCPRELEASE"), "released")
    process.process.terminate()


def lease_file_that_is_none():
    network = Network()
    file = LOGS / "wrong.lease"
    with case("a file that has no address is named, and not written"):
        file.write_text("an address\n")
        told = begin(network, "--lease", file).wait(2).errors()
        require("--lease" in told and str(file) in told, told)
        equal(file.read_text(), "an address\n", "the file")


def routes_of(network):
    return {(row["destination"], row["gateway"]) for row in status(network.wire)["routes"] if row["gateway"] != "on link"}


def told_to_dnsmasq():
    network = Network()
    net, wire = network.net, network.wire
    process = dnsmasq(network, f"--dhcp-host=id:01:{MAC},{net}.77", "--dhcp-vendorclass=set:kitchen,a kitchen device",
                      f"--dhcp-option=tag:kitchen,option:ntp-server,{net}.99",
                      f"--dhcp-option=121,198.51.100.0/24,{net}.3,0.0.0.0/0,{net}.4", "--dhcp-rapid-commit", "--dhcp-option=108,0:0:1:2c")
    with case("dnsmasq: RFC 2132 9.14: the client id is the MAC address, and has an address of its own"):
        device = up(network)
        equal(wire.stack, f"{net}.77", "address")
        equal(status(wire)["dhcp"]["ntp"], [], "nothing for a class that it is not of")
        equal(routes_of(network), {("default", wire.kernel)}, "routes: no option 121 unless it is wished for")
        require("DHCPOFFER" in said(process), "no rapid commit unless it is wished for")
        device.stop()
    with case("dnsmasq: RFC 2132 9.13: a vendor class brings what is for its members"):
        device = up(network, "--dhcp-class", "a kitchen device")
        equal(status(wire)["dhcp"]["ntp"], [f"{net}.99"], "time servers")
        require("vendor class: a kitchen device" in said(process), "its word")
        device.stop()
    with case("dnsmasq: RFC 3442: --dhcp-routes takes the routes over, in the router's place"):
        device = up(network, "--dhcp-routes")
        equal(routes_of(network), {("198.51.100.0/24", f"{net}.3"), ("default", f"{net}.4")}, "routes")
        device.stop()
    with case("dnsmasq: RFC 4039: --dhcp-rapid-commit: two messages instead of four"):
        offers = count(process, "DHCPOFFER")
        device = up(network, "--dhcp-rapid-commit")
        equal(count(process, "DHCPOFFER"), offers, "offers")
        require("rapid-commit" in said(process), "its word")
        device.stop()
    with case("dnsmasq: RFC 8925: --dhcp-ipv6-only: no address where the network prefers that"):
        acks = count(process, "DHCPACK")
        device = begin(network, "--dhcp-ipv6-only")
        eventually(lambda: re.search(r"option: *4 108", said(process)) or "108" in said(process), "it was told")
        time.sleep(3)
        equal(count(process, "DHCPACK"), acks, "addresses granted")
        require("address" not in device.output(), device.output())
        device.process.kill()


def told_to_kea():
    network = Network()
    net, wire, file = network.net, network.wire, LOGS / "kea-options.json"
    file.write_text(json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": [wire.tap]},
        "lease-database": {"type": "memfile", "name": str(LOGS / "kea-options.csv"), "lfc-interval": 0},
        "valid-lifetime": 600,
        "client-classes": [{"name": "kitchen", "test": "option[60].text == 'a kitchen device'",
                            "option-data": [{"name": "ntp-servers", "data": f"{net}.99"}]}],
        "option-data": [{"name": "routers", "data": wire.kernel}],
        "subnet4": [{"subnet": f"{net}.0/24", "interface": wire.tap, "pools": [{"pool": f"{net}.10 - {net}.20"}],
                     "reservations": [{"client-id": f"01:{MAC}", "ip-address": f"{net}.77"}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}}))
    for name in ("KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR"):
        os.environ[name] = str(LOGS)
    device = begin(network, "--dhcp-class", "a kitchen device")
    # Kea does not listen on a tap that nobody has opened.
    eventually(lambda: "LOWER_UP" in run("ip", "link", "show", wire.tap), "the link")
    Process("kea-dhcp4", "-c", file).wait_for("DHCP4_STARTED")
    with case("Kea: the address that is reserved for the client id, and what is for members of the vendor class"):
        network.got(device)
        equal(wire.stack, f"{net}.77", "address")
        equal(status(wire)["dhcp"]["ntp"], [f"{net}.99"], "time servers")
        device.stop()


def main():
    start("kea-dhcp4", "dnsmasq", "dhcpd")
    by_lease_file("dnsmasq", dnsmasq)
    by_lease_file("dhcpd", dhcpd)
    lease_file_that_is_none()
    told_to_dnsmasq()
    told_to_kea()
    finish()


if __name__ == "__main__":
    main()
