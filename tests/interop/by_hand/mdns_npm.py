#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multicast DNS with npm's multicast-dns and bonjour-service: each finds the other, a name that is defended, goodbyes, another
address. Debian has no package of them: docs/mdns.md says how to run this by hand. argv: the folder with node_modules."""
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from lib_interop import Linnet, Process, case, eventually, finish, run, start  # noqa: E402
from lib_ipv6 import enter_namespace, require_in  # noqa: E402
from lib_mdns import two_taps  # noqa: E402

PEER = Path(__file__).with_name("mdns_npm.js")


def start_node(wire):
    return Process("node", PEER, wire.kernel4).wait_for("published")


def main():
    os.environ["NODE_PATH"] = str(Path(sys.argv[1]).resolve() / "node_modules")
    start("node")
    enter_namespace(forwarding=False)
    wire = two_taps()
    other = ["--tap", wire.tap2, "--ip", "10.66.1.3/24"]
    device = Linnet("up", *wire.options, "--hostname", "garden").wait_for("garden.local (web site", 20)
    node = start_node(wire)
    with case("multicast-dns resolves linnet's name"):
        node.wait_for(f"a garden.local {wire.stack4} 120")
    with case("bonjour-service finds linnet's web site"):
        node.wait_for('up garden garden.local:80 {"path":"/"}')
    with case("linnet browses bonjour-service's service"):
        text = Linnet("browse", "_ipp._tcp", *other, "--time", "4", "--resolve").wait().output()
        for words in ("node site", "hostname = [node.local]", f"address = [{wire.kernel4}]", "port = [631]", '"rp=queue"'):
            require_in(words, text, "browse")
    with case("linnet resolves node's host"):
        require_in(wire.kernel4, Linnet("resolve", "node.local", *other).wait().output(), "address")
    with case("RFC 6762 9: linnet gives way to a name that multicast-dns defends"):
        Linnet("up", *other, "--hostname", "taken").wait_for("taken-2.local", 30).stop()
    with case("RFC 6762 10.1: linnet hears bonjour-service's goodbye"):
        browser = Linnet("browse", "_ipp._tcp", *other).wait_for("node site")
        node.process.terminate()
        eventually(lambda: re.search(r"^- .*node site", browser.output(), re.M), "the line that takes it back", 15)
        browser.process.terminate()
        browser.process.wait()
    node = start_node(wire).wait_for("up garden")
    with case("RFC 6762 10.1: bonjour-service hears linnet's goodbye"):
        device.stop()
        node.wait_for("down garden")
    with case("RFC 6762 8.4: another address"):
        device = Linnet("up", "--tap", wire.tap, "--ip", "10.66.1.7/24", "--hostname", "garden")
        node.wait_for("a garden.local 10.66.1.7 120")
        device.stop()
    node.process.terminate()
    finish()


if __name__ == "__main__":
    main()
