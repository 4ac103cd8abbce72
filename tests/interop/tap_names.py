#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Short names, static names and names of addresses: completed with the search list that dnsmasq gives by DHCP and by router
advertisement; from a table as /etc/hosts is one."""
from lib_interop import LOGS, Linnet, Process, TapWire, case, equal, finish, require, run, start

RECORDS = ("printer.two.example,192.0.2.7,2001:db8::7", "www.two.example,192.0.2.8", "www.other,192.0.2.9",
           "router.six.example,192.0.2.10")


def dnsmasq(wire, *options):
    return Process("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=53", f"--interface={wire.tap}",
                   "--except-interface=lo", "--bind-interfaces", "--no-ping", "--user=root", "--pid-file=", "--no-resolv", "--no-hosts",
                   "--local=/#/", "--dhcp-authoritative", f"--dhcp-leasefile={LOGS / wire.tap}.leases",
                   "--log-queries", "--log-facility=-",
                   *(f"--host-record={record}" for record in RECORDS), *options).wait_for("started")


def ask(wire, *arguments, code=0):
    """The lines of stdout, and stderr."""
    process = Linnet("resolve", "--tap", wire.tap, *arguments).wait(code)
    return process.output().split(), process.errors()


def by_dhcp():
    wire = TapWire()
    net = wire.kernel.rsplit(".", 1)[0]
    server = dnsmasq(wire, f"--dhcp-range={net}.10,{net}.20,1h",
                     "--dhcp-option=option:domain-search,one.example,two.example", "--domain=ignored.example")
    quiet = ("--no-ipv6",)
    with case("RFC 3397: a short name is found within the second domain of the lease's list"):
        equal(ask(wire, *quiet, "printer")[0], ["192.0.2.7"], "addresses")
        text = server.output() + server.errors()
        require("query[A] printer.one.example" in text and "query[A] printer.two.example" in text, "both were asked")
        require("ignored.example" not in text.replace("--domain", ""), "option 119 goes before option 15")
    with case("RFC 1535 6: a name with a dot is asked as it is first; one that ends in a dot, not otherwise"):
        equal(ask(wire, *quiet, "www.other")[0], ["192.0.2.9"], "addresses")
        require("no such name" in ask(wire, *quiet, "printer.", code=1)[1], "printer.")
        text = server.output() + server.errors()
        require("www.other.one.example" not in text, "it was there at once")
    with case("--search goes before what the lease says"):
        require("no such name" in ask(wire, *quiet, "--search", "one.example", "printer", code=1)[1], "one.example alone")
        equal(ask(wire, *quiet, "--search", "example", "printer.two")[0], ["192.0.2.7"], "addresses")
    with case("linnet nslookup completes short names as linnet resolve does, and says of which it speaks"):
        def look_up(*arguments, code=0):
            return Linnet("nslookup", "--tap", wire.tap, *quiet, *arguments).wait(code).output()
        require("Name: printer.two.example" in look_up("printer"), "within the second domain")
        require("Name: www.other" in look_up("www.other"), "as it is, since it has a dot")
        require("can't find printer.: NXDOMAIN" in look_up("printer.", code=1), "not completed")
        require("can't find nobody: NXDOMAIN" in look_up("nobody", code=1), "nobody")
    with case("names that nobody has take all domains and end"):
        require("no such name" in ask(wire, *quiet, "nobody", code=1)[1], "why")
    with case("the name of an address"):
        equal(ask(wire, *quiet, "-x", "192.0.2.7")[0], ["printer.two.example"], "name")
        require("no such name" in ask(wire, *quiet, "-x", "192.0.2.99", code=1)[1], "an address without a name")


def by_domain_name():
    wire = TapWire()
    net = wire.kernel.rsplit(".", 1)[0]
    dnsmasq(wire, f"--dhcp-range={net}.10,{net}.20,1h", "--domain=two.example")
    with case("RFC 2132 3.17: without a list, the domain of the lease completes short names"):
        equal(ask(wire, "--no-ipv6", "printer")[0], ["192.0.2.7"], "addresses")


def by_advertisement():
    wire = TapWire()
    run("sysctl", "-q", "-w", f"net.ipv6.conf.{wire.tap}.disable_ipv6=0")
    run("ip", "address", "add", "fd00:77::1/64", "dev", wire.tap, "nodad")
    dnsmasq(wire, "--enable-ra", f"--dhcp-range=::,constructor:{wire.tap},ra-only", "--domain=ignored.example",
            "--dhcp-option=option6:domain-search,six.example", "--dhcp-option=option6:dns-server,[fd00:77::1]")
    with case("RFC 8106 5.2: a short name is completed with the domain that a router advertises"):
        found, told = ask(wire, "-v", "--ip", f"{wire.stack}/24", "router")
        equal(found, ["192.0.2.10"], told)
        require("search six.example" in told, told)


def static_names():
    wire = TapWire()
    table = LOGS / "hosts"
    table.write_text("# a comment\n127.0.0.1\tlocalhost\n\n192.0.2.50 disk.lan disk # the one with the blue light\n"
                     "2001:db8::50\tdisk.lan\n192.0.2.51 box.local\n")
    fixed = ("--ip", f"{wire.stack}/24")
    hosts = (*fixed, "--hosts", str(table))
    with case("static names of both families need nobody"):
        equal(sorted(ask(wire, *hosts, "disk.lan")[0]), ["192.0.2.50", "2001:db8::50"], "addresses")
        equal(ask(wire, *hosts, "DISK")[0], ["192.0.2.50"], "addresses")
        equal(ask(wire, *hosts, "--host", "extra=192.0.2.52", "extra")[0], ["192.0.2.52"], "addresses")
    with case("a static name goes before Multicast DNS"):
        equal(ask(wire, *hosts, "box.local")[0], ["192.0.2.51"], "addresses")
    with case("RFC 6761 6.3: localhost is this device whatever the table says"):
        equal(sorted(ask(wire, *fixed, "--host", "localhost=192.0.2.1", "localhost")[0]), ["127.0.0.1", "::1"], "addresses")
    with case("the first name of an address"):
        equal(ask(wire, *hosts, "-x", "192.0.2.50")[0], ["disk.lan"], "name")
    with case("a line that is wrong is named"):
        table.write_text("192.0.2.1 good\nprinter 192.0.2.7\n")
        require("hosts:2" in ask(wire, *hosts, "good", code=2)[1], "file and line")
    with case("RFC 5891: letters beyond ASCII are refused, and told how to write them"):
        require("xn--" in ask(wire, *fixed, "--dns", wire.kernel, "b\u00fccher.example", code=1)[1], "why")


def local_names():
    wire = TapWire()
    server = dnsmasq(wire, "--host-record=disk.local,192.0.2.60")
    table = LOGS / "local"
    table.write_text("192.0.2.61 box.local\n")
    where = ("--ip", f"{wire.stack}/24", "--no-ipv6", "--dns", wire.kernel, "--hosts", str(table))
    with case("a name under .local that neither table nor link know is asked of the servers"):
        equal(ask(wire, *where, "disk.local")[0], ["192.0.2.60"], "addresses")
        require("query[A] disk.local" in server.output() + server.errors(), "it was asked")
    with case("one that the table has is asked of nobody"):
        equal(ask(wire, *where, "box.local")[0], ["192.0.2.61"], "addresses")
        require("box.local" not in server.output() + server.errors(), "it was asked")
    with case("one that nobody knows ends with what the link said"):
        require("no such name" in ask(wire, *where, "nobody.local", code=1)[1], "why")


def main():
    start("dnsmasq")
    by_dhcp()
    by_domain_name()
    by_advertisement()
    static_names()
    local_names()
    finish()


if __name__ == "__main__":
    main()
