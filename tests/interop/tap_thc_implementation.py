#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What implementation6 of thc-ipv6 finds out about a device's IPv6: each of its packets, and what comes back."""
import re

from lib_interop import InThread, LOGS, case, equal, finish, start
from lib_ipv6 import Device6, Radvd, Wire6, enter_namespace, still_answers, thc

DEVICES = 8  # implementation6 waits 2 seconds for each answer that does not come

# What it sends, and what comes back: an echo reply, an error as type and code, or nothing. It calls all but an echo reply
# a failure.
ANSWERED, SILENT = "reply", "none"
EXPECTED = {
    1: ("a hop-by-hop option that may be ignored", ANSWERED),
    2: ("2 KiB of them: more than eight (RFC 8504 5.3)", SILENT),
    3: ("two hop-by-hop headers", "4:1"),
    4: ("128 of them", "4:1"),
    5: ("a destination option that may be ignored", ANSWERED),
    6: ("2 KiB of them", SILENT),
    7: ("two destination headers", ANSWERED),
    8: ("128 of them", SILENT),
    9: ("2000 of them, in fragments", SILENT),
    10: ("8172 of them", SILENT),
    11: ("fragments as they should be", ANSWERED),
    12: ("an atomic fragment (RFC 6946)", ANSWERED),
    13: ("fragments that make more than 65,535 bytes", SILENT),
    14: ("overlapping fragments, hop-by-hop behind the fragment header", "4:1"),
    15: ("the same the other way round", "4:1"),
    16: ("overlapping fragments (RFC 5722)", SILENT),
    17: ("the same the other way round", SILENT),
    18: ("a source route that is done", ANSWERED),
    19: ("one that is not (RFC 5095)", "4:0"),
    20: ("one of mobile IPv6", "4:0"),
    21: ("both", "4:0"),
    22: ("one that is done, in fragments", ANSWERED),
    23: ("one that is not, in fragments", "4:0"),
    24: ("done, behind hop-by-hop and a fragment", ANSWERED),
    25: ("done, behind destination options and a fragment", ANSWERED),
    26: ("hop-by-hop behind a fragment header", "4:1"),
    27: ("done, destination options behind a fragment header", ANSWERED),
    28: ("a query for the node's information (RFC 4620)", SILENT),
    29: ("inverse neighbour discovery", SILENT),
    30: ("a home address option of mobile IPv6", "4:2"),
    31: ("a certificate solicitation (RFC 3971)", SILENT),
    32: ("an authentication header", "4:1"),
    34: ("an extension header that ends inside of ICMPv6", SILENT),
    35: ("an encapsulated payload", "4:1"),
    36: ("a group as source", SILENT),
    37: ("a source route to a link-local address", "4:0"),
    38: ("a source route to a group", "4:0"),
    40: ("a group as source, in fragments with a source route", SILENT),
    41: ("a solicitation by unicast", ANSWERED),
    42: ("a solicitation from off the link", SILENT),
    43: ("a hop-by-hop header full of options", SILENT),
    44: ("one full of padding", SILENT),
    45: ("a destination header full of options", SILENT),
    46: ("one full of padding", SILENT),
    47: ("a jumbo option beside a length", "4:2"),
    48: ("a jumbogram of less than 64 KiB", SILENT),
    49: ("an unknown hop-by-hop option that is to be reported", "4:2"),
    50: ("such a destination option", "4:2"),
    51: ("a payload length of zero", SILENT),
    52: ("one beyond the frame", SILENT),
    53: ("one short of the message", SILENT),
    54: ("a bad checksum", SILENT),
    55: ("a checksum of zero", SILENT),
    56: ("a hop limit of zero (RFC 8200 3)", ANSWERED),
    57: ("a fragment that never comes", SILENT),
}


def what_came_back(text):
    """{case: answer} of implementation6's table."""
    found = {}
    for number, verdict in re.findall(r"^Test +(\d+):.*?\t+(\S.*)$", text, re.MULTILINE):
        error = re.search(r"error reply \[(\d+:\d+)\]", verdict)
        found[int(number)] = error[1] if error else ANSWERED if "got a reply" in verdict else SILENT
    return found


def implementation():
    """One device for each part, so that the waits are at the same time."""
    wires = [Wire6() for _ in range(DEVICES)]
    devices = []
    for wire in wires:
        Radvd(wire, f"prefix {wire.prefix} {{ AdvOnLink on; AdvAutonomous on; }};")
        devices.append(Device6(wire))
    addresses = [device.slaac() for device in devices]

    def part(index):
        return {number: thc(10, "implementation6", "-p", wires[index].tap, addresses[index], number)
                for number in range(1 + index, 59, DEVICES)}

    parts = [InThread(part, index) for index in range(DEVICES)]
    found = {}
    for thread in parts:
        for text in thread.result(120).values():
            found |= what_came_back(text)
    (LOGS / "implementation6.txt").write_text("\n".join(f"{number}: {found[number]}" for number in sorted(found)))
    for number, (what, answer) in sorted(EXPECTED.items()):
        with case(f"implementation6, {number}: {what}"):
            equal(found.get(number), answer, "what came back")
    for device, address in zip(devices, addresses):
        still_answers(address)
        device.stop()


def main():
    start("radvd", "ping", "atk6-implementation6")
    enter_namespace()
    implementation()
    finish()


if __name__ == "__main__":
    main()
