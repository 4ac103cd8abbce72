#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every wrong option is named together with what is accepted, exit 2; what cannot be had is said, with what to do; and
Ctrl-C ends everything cleanly."""
import os
import re
import signal
import socket
import time

from lib_interop import ROOT, case, equal, eventually, finish, require, run, start
from lib_user_network import HOST, World, curl, free_port

# Arguments, and words that the answer must have.
WRONG = [
    ([], ["command", "up", "ping", "get", "resolve", "browse", "connect", "listen", "link", "drill"]),
    (["fly"], ["fly", "up", "ping"]),
    (["--fly"], ["--fly", "up"]),
    (["up", "--fly"], ["--fly", "--user", "--tap", "--capture"]),
    (["up", "stray"], ["stray"]),
    (["up", "--tap"], ["--tap"]),
    (["up", "--tap", "a", "--packet", "b"], ["--tap", "--packet"]),
    (["up", "--tap", "a", "--user"], ["--tap", "--user"]),
    (["up", "--tap", "sixteencharacter"], ["--tap", "1 to 15"]),
    (["up", "--packet", "a/b"], ["--packet", "a/b"]),
    (["up", "--forward", "8080"], ["--forward", "8080", "HOST_PORT:PORT"]),
    (["up", "--forward", "0:80"], ["--forward", "'0'", "1 to 65535"]),
    (["up", "--forward", "sctp:1:2"], ["--forward", "sctp", "tcp:"]),
    (["up", "--forward", "a.b:1:2"], ["--forward", "a.b", "IPv4"]),
    (["up", "--tap", "a", "--forward", "1:2"], ["--forward", "--user"]),
    (["up", "--ip", "10.0.0.1"], ["--ip", "10.0.0.1", "prefix length"]),
    (["up", "--ip", "10.0.0.300/24"], ["--ip", "10.0.0.300/24"]),
    (["up", "--ip", "10.0.0.1/33"], ["--ip", "10.0.0.1/33"]),
    (["up", "--ip", "224.0.0.1/24"], ["--ip", "224.0.0.1/24"]),
    (["up", "--gateway", "10.0.0.1"], ["--gateway", "--ip"]),
    (["up", "--ip", "10.0.0.1/24", "--gateway", "10.0.1.1"], ["--gateway", "network"]),
    (["up", "--ip", "10.0.0.1/24", "--gateway", "x"], ["--gateway", "'x'", "address"]),
    (["up", "--ip6", "10.0.0.1/24"], ["--ip6", "'10.0.0.1/24'", "IPv6"]),
    (["up", "--ip6", "fd00::1"], ["--ip6", "'fd00::1'", "prefix length"]),
    (["up", "--nts"], ["--nts", "--ntp"]),
    (["up", "--cacert", "/does/not/exist", "--cacert"], ["--cacert"]),
    (["up", "--dhcp-inform"], ["--dhcp-inform", "--ip"]),
    (["up", "--dhcp-inform", "--ip", "10.0.0.1/24"], ["--dhcp-inform", "--tap"]),
    (["up", "--gateway6", "ff02::1"], ["--gateway6", "'ff02::1'", "IPv6 address"]),
    (["up", "--no-ipv6", "--ip6", "fd00::1/64"], ["--ip6", "--no-ipv6"]),
    (["listen", "7", "--udp", "--join", "10.0.0.1"], ["--join", "'10.0.0.1'", "multicast"]),
    (["listen", "7", "--join", "239.1.2.3"], ["--join", "--udp"]),
    (["listen", "7", "--udp", "--join", "239.1.2.3", "--leave-after", "soon"], ["--leave-after", "'soon'", "time"]),
    (["listen", "7", "--udp", "--leave-after", "1"], ["--leave-after", "--join"]),
    (["up", "--no-ipv6", "--clat"], ["--clat", "--no-ipv6"]),
    (["up", "--dns", "10.0.0.1,x"], ["--dns", "addresses"]),
    (["up", "--dns-cacert"], ["--dns-cacert"]),
    (["up", "--dns-cacert", "/etc/ssl/certs/ca-certificates.crt"], ["--dns-cacert", "--dns-over-tls NAME@ADDR"]),
    (["up", "--dns-over-tls", "opportunistic", "--dns-cacert", "/does/not/exist"], ["--dns-cacert", "--dns-over-tls NAME@ADDR"]),
    (["nslookup", "a.test", "10.0.0.1", "--dns-cacert", "/does/not/exist"], ["--dns-cacert", "--tls NAME"]),
    (["up", "--tap", "tap0", "--ip", "10.0.0.2/24", "--lease", "/does/not/exist"], ["--lease", "--ip"]),
    (["up", "--dhcp-class", "x" * 64], ["--dhcp-class", "1 to 63 characters"]),
    (["up", "--dns-over-tls", "dns.example"], ["--dns-over-tls", "'dns.example'", "NAME@ADDR", "opportunistic"]),
    (["up", "--dns-over-tls", "dns.example@10.0.0.1#53"], ["--dns-over-tls", "not 53"]),
    (["up", "--dns-over-tls", "sha256/AAAA@10.0.0.1"], ["--dns-over-tls", "sha256/PIN"]),
    (["nslookup", "a.example", "10.0.0.1", "--tls", "10.0.0.1"], ["--tls", "'10.0.0.1'", "host name"]),
    (["nslookup", "a.example", "--tls", "dns.example"], ["--tls", "SERVER"]),
    (["up", "--search", "lan,a..b"], ["--search", "'lan,a..b'", "domain names"]),
    (["up", "--host", "printer"], ["--host", "'printer'", "host name and an address"]),
    (["up", "--host", "b\u00fccher=10.0.0.1"], ["--host", "host name"]),
    (["up", "--hosts", "/does/not/exist"], ["--hosts", "/does/not/exist"]),
    (["up", "--service", "Printer;ipp;631"], ["--service", "'Printer;ipp;631'", "NAME;TYPE;PORT"]),
    (["up", "--service", "Printer;_ipp._tcp;0"], ["--service"]),
    (["up", "--services", "/does/not/exist"], ["--services", "/does/not/exist"]),
    (["up", "--mac", "01:00:00:00:00:00"], ["--mac", "unicast"]),
    (["up", "--mac", "02:00"], ["--mac", "02:00"]),
    (["up", "--hostname", "a b"], ["--hostname", "letters"]),
    (["up", "--hostname", "x" * 64], ["--hostname", "63"]),
    (["up", "--mtu", "575"], ["--mtu", "575", "576 to 65521"]),
    (["up", "--mtu", "1500x"], ["--mtu", "1500x"]),
    (["up", "--tap", "a", "--mtu", "1500"], ["--mtu", "--user"]),
    (["up", "--tap", "a", "--vlan", "4095"], ["--vlan", "1 to 4094"]),
    (["up", "--vlan", "7"], ["--vlan", "--tap"]),
    (["up", "--impair", "loss=150%"], ["--impair", "loss"]),
    (["up", "--impair", "colour=red"], ["--impair", "colour", "delay"]),
    (["up", "--seed", "-1"], ["--seed", "'-1'", "decimal"]),
    (["up", "--profile", "huge"], ["--profile", "huge", "linux", "device"]),
    (["up", "--backlog-policy", "x"], ["--backlog-policy", "refuse", "drop"]),
    (["up", "--backlog", "0"], ["--backlog", "1 to 4096"]),
    (["up", "--lan", "sixteencharacter"], ["--lan", "1 to 15"]),
    (["up", "--lan", "a"], ["--lan", "--lan-ip"]),
    (["up", "--lan-ip", "10.0.0.1/24"], ["--lan-ip", "--lan NAME"]),
    (["up", "--lan", "a", "--lan-ip", "fd00::1/64"], ["--lan-ip", "'fd00::1/64'", "IPv4"]),
    (["up", "--lan", "a", "--lan-ip6", "10.0.0.1/24"], ["--lan-ip6", "'10.0.0.1/24'", "IPv6"]),
    (["up", "--lan", "a", "--lan-ip6", "fd00::1/64", "--nat"], ["--nat", "--lan-ip"]),
    (["up", "--port-map", "80:10.0.0.2"], ["--port-map", "'80:10.0.0.2'", "PORT:ADDR:PORT"]),
    (["up", "--lan", "a", "--lan-ip", "10.0.0.1/24", "--port-map", "80:10.0.0.2:80"], ["--port-map", "--nat"]),
    (["up", "--lan", "a", "--lan-ip", "10.0.0.1/24", "--nat", "--port-map", "80:10.0.0.2:80", "--port-map", "x"],
     ["--port-map", "'x'"]),
    (["up", "--lan", "a", "--lan-ip", "10.0.0.1/24", "--nat", "--port-map", "80:10.1.0.2:80"], ["--port-map", "network"]),
    (["up", "--ip6", "fd00::1/64", "--ip6", "x"], ["--ip6", "'x'"]),
    (["up", "--dhcp-server", "10.0.0.5"], ["--dhcp-server", "'10.0.0.5'", "two IPv4 addresses"]),
    (["up", "--dhcp-server", "10.0.0.5-10.0.0.9"], ["--dhcp-server", "--ip"]),
    (["up", "--lease-time", "5"], ["--lease-time", "60 to 86400"]),
    (["up", "--serve", "/no/such/directory"], ["--serve", "/no/such/directory"]),
    (["up", "--capture", "/no/such/file"], ["--capture", "/no/such/file"]),
    (["ping"], ["HOST"]),
    (["ping", HOST, "-c", "0"], ["--count", "1 to"]),
    (["ping", HOST, "-i", "0"], ["--interval", "0.001"]),
    (["ping", HOST, "-s", "65508"], ["--size", "0 to 65507"]),
    (["ping", HOST, "-W", "x"], ["--wait", "'x'", "time"]),
    (["get"], ["URL"]),
    (["get", "ftp://example.com/"], ["URL", "ftp", "http://", "https://"]),
    (["get", "https://example.com/", "--cacert"], ["--cacert"]),
    (["up", "--https-port", "0"], ["--https-port", "'0'", "1 to 65535"]),
    (["up", "--tls-cert", "a"], ["--tls-cert", "--tls-key"]),
    (["get", "http://a:99999/"], ["URL", "port"]),
    (["get", "http://a/", "--header", "x"], ["--header", "'x'", "Name: value"]),
    (["get", "http://a/", "--timeout", "0"], ["--timeout", "'0'"]),
    (["resolve"], ["NAME"]),
    (["nslookup"], ["NAME"]),
    (["nslookup", "a", "--type", "B"], ["--type", "'B'", "AAAA", "SRV"]),
    (["browse", "http"], ["TYPE", "'http'", "_http._tcp"]),
    (["browse", "--time", "0"], ["--time", "'0'"]),
    (["listen"], ["PORT"]),
    (["listen", "0"], ["PORT", "1 to 65535"]),
    (["listen", "1", "--bytes", "x"], ["--bytes", "'x'"]),
    (["listen", "1", "--count", "5"], ["--count", "--udp"]),
    (["listen", "1", "--udp", "--count", "0"], ["--count", "'0'"]),
    (["listen", "1", "--udp", "--quiet-time", "x"], ["--quiet-time", "'x'", "time"]),
    (["listen", "1", "--backlog", "5000"], ["--backlog", "1 to 4096"]),
    (["connect", HOST], ["PORT"]),
    (["connect", HOST, "70000"], ["PORT", "70000", "1 to 65535"]),
    (["connect", HOST, "1", "--echo", "--bytes", "1"], ["--echo", "--bytes"]),
    (["connect", HOST, "1", "--udp", "--bytes", "65508"], ["--bytes", "65507"]),
    (["connect", HOST, "1", "--timeout", "soon"], ["--timeout", "soon"]),
    (["drill"], ["PATH"]),
    (["link"], ["TAP-A"]),
    (["link", "a", "b", "--loss", "x"], ["--loss", "'x'"]),
    (["version", "--fly"], ["--fly"]),
]


def wrong_options():
    for arguments, words in WRONG:
        result = WORLD.run(*arguments)
        what = f"linnet {' '.join(arguments)}: {result.stderr!r}"
        equal(result.returncode, 2, what)
        for word in words:
            require(word in result.stderr, f"{what} has no '{word}'")


def help_of_every_option():
    """What --help of a command lists has a wrong value in WRONG, or takes none: no option is forgotten."""
    takes_anything = {"output", "a-to-b", "b-to-a", "ntp"}
    for command in ("up", "ping", "get", "resolve", "nslookup", "browse", "listen", "connect"):
        text = WORLD.run(command, "--help").stdout
        require(f"linnet {command}" in text, f"help of {command}")
        for name in re.findall(r"^\s+(?:-\w,)?--([a-z0-9-]+) [^ ]*[A-Z]", text, re.MULTILINE):
            listed = any(f"--{name}" in words or any(f"--{name}" in argument for argument in arguments)
                         for arguments, words in WRONG)
            require(listed or name in takes_anything, f"no wrong value is tried for --{name} of {command}")


def no_privileges():
    tried = [(["up", "--tap", "tapx"], ["tapx", "root"])]
    if os.geteuid() == 0:  # an Ethernet for sure; it goes with the namespace that tools/run-tests gives us
        run("ip", "tuntap", "add", "dev", "probe0", "mode", "tap")
        tried.append((["up", "--packet", "probe0"], ["probe0", "root"]))
    for arguments, words in tried:
        result = WORLD.run(*arguments)
        equal(result.returncode, 1, f"{arguments}: {result.stderr!r}")
        for word in words:
            require(word in result.stderr, f"{arguments}: {result.stderr!r} has no '{word}'")


def ports_in_use():
    for options, udp in (("{}:80", False), ("udp:{}:7", True)):
        with socket.socket(type=socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as holder:
            holder.bind(("127.0.0.1", 0))
            if not udp:
                holder.listen()
            port = holder.getsockname()[1]
            result = WORLD.run("up", "--forward", options.format(port))
            equal(result.returncode, 1, f"a port in use: {result.stderr!r}")
            for words in (str(port), "in use", "--forward"):
                require(words in result.stderr, f"a port in use: {result.stderr!r} has no '{words}'")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 8080))
        holder.listen()
        result = WORLD.run("up")
        equal(result.returncode, 1, result.stderr)
        require("8080" in result.stderr and "--forward" in result.stderr, f"the default port: {result.stderr!r}")


def ctrl_c(number):
    capture = WORLD.path / f"signal-{number}.pcapng"
    device, http, echo = WORLD.up("--capture", capture)
    curl(f"http://localhost:{http}/")
    idle = [socket.create_connection(("127.0.0.1", echo), timeout=10) for _ in range(20)]
    idle[0].sendall(b"held")
    equal(idle[0].recv(10), b"held", "echo")
    device.process.send_signal(number)
    device.wait(0, seconds=10)
    require("linnet is down" in device.output(), "says that it is down")
    equal(device.errors(), "", "nothing to complain about")
    for connection in idle:
        equal(connection.recv(10), b"", "our connections were closed, not forgotten")
        connection.close()
    releases = run("tshark", "-n", "-r", capture, "-Y", "dhcp.option.dhcp == 7").splitlines()
    equal(len(releases), 1, "DHCPRELEASE in the capture")


def ctrl_c_while_waiting():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for arguments, code, ready in ((["listen", "99"], 130, "listening"), (["connect", HOST, port], 130, ""),
                                       (["ping", HOST], 0, "icmp_seq=1"), (["get", f"http://{HOST}:{port}/"], 130, "")):
            process = WORLD.start(*arguments)
            if ready:
                process.wait_for(ready)
            else:
                silent.settimeout(20)
                connection, _ = silent.accept()
                time.sleep(0.2)
            process.process.send_signal(signal.SIGINT)
            process.wait(code, seconds=10)
            if not ready:
                connection.close()
        ping = WORLD.start("ping", "10.0.2.99", "-i", "0.1")
        eventually(lambda: "PING" in ping.output() or True, "ping began")
        time.sleep(1)
        ping.process.send_signal(signal.SIGINT)
        ping.wait(1, seconds=10)
        require("100% packet loss" in ping.output(), f"statistics: {ping.output()!r}")


def ctrl_c_in_a_campaign():
    process = WORLD.start("sim", "--campaign", "10m", "--jobs", "2", "--failures", "", "--regressions",
                          ROOT / "tests/sim/regressions.txt")
    process.wait_for("regressions, 0 failed")
    process.process.send_signal(signal.SIGINT)
    process.wait(0, seconds=60)
    require(re.search(r"[0-9]+ scenarios .* 0 failed", process.output()), f"totals: {process.output()!r}")


def main():
    start("curl", "setpriv", "tshark", root=False)
    with case("wrong options are named, with what is accepted, exit 2"):
        wrong_options()
    with case("every option that takes a value is among them"):
        help_of_every_option()
    with case("no privileges for tap and packet socket: says what to do, exit 1"):
        no_privileges()
    with case("a port in use is named, exit 1"):
        ports_in_use()
    for number in (signal.SIGINT, signal.SIGTERM):
        with case(f"{number.name} ends the device cleanly: connections closed, lease released, capture whole"):
            ctrl_c(number)
    with case("SIGINT ends what waits"):
        ctrl_c_while_waiting()
    with case("SIGINT ends a campaign with what it has seen"):
        ctrl_c_in_a_campaign()
    with case("version"):
        equal(WORLD.run("version").stdout, WORLD.run("--version").stdout, "both ways to ask")
    finish()


WORLD = World()
main()
