#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1 GiB each way by TCP between the Linux kernel and the stack over a link that loses, reorders and doubles frames, put
in by `linnet link` between two network namespaces."""
import re

from lib_interop import GIB, LOGS, MIB, Content, ImpairedWire, case, check_captures, finish, require, start
from tap_tcp import PORT, to_kernel, to_stack

# Frames that are held back arrive after some ten others at the speed that the loss leaves.
FAULTS = ["--loss", "1%", "--reorder", "1%", "--reorder-delay", "300us", "--duplicate", "1%", "--seed", "2"]
WORSE = ["--loss", "2%", "--reorder", "5%", "--reorder-delay", "5ms", "--duplicate", "5%", "--corrupt", "0.5%",
         "--delay", "2ms", "--jitter", "1ms", "--seed", "3"]


def faults_were_real(wire, least):
    """In both directions, so many of each kind."""
    for line in wire.summary():
        print(f"  {line}")
        for kind in ("lost", "reordered", "duplicated"):
            count = re.search(rf"(\d+) {kind}", line)
            require(count and int(count[1]) >= least, f"{kind} frames: {line}")


def main():
    start("tshark", "capinfos", "mergecap")
    wire = ImpairedWire(*FAULTS)
    with case("link: kernel to stack, 1 GiB with 1 % loss, reordering and duplication"):
        to_stack(wire, Content(GIB))
    with case("link: stack to kernel, 1 GiB with 1 % loss, reordering and duplication"):
        to_kernel(wire, Content(GIB))
    with case("link: the faults were there"):
        faults_were_real(wire, 2000)

    # 2 GiB of capture take longer than all the rest: the same with less, every packet looked at.
    wire = ImpairedWire(*FAULTS)
    with case("link: kernel to stack, 16 MiB with a capture"):
        to_stack(wire, Content(16 * MIB), "--capture", LOGS / "listen.pcapng")
    with case("link: stack to kernel, 16 MiB with a capture"):
        to_kernel(wire, Content(16 * MIB), "--capture", LOGS / "connect.pcapng")
    with case("tshark: captures of the link"):
        check_captures({LOGS / "listen.pcapng": 12000, LOGS / "connect.pcapng": 12000}, [PORT])

    wire = ImpairedWire(*WORSE)
    with case("link: kernel to stack, 4 MiB over a worse link"):
        to_stack(wire, Content(4 * MIB), "--capture", LOGS / "worse-listen.pcapng")
    with case("link: stack to kernel, 4 MiB over a worse link"):
        to_kernel(wire, Content(4 * MIB), "--capture", LOGS / "worse-connect.pcapng")
    with case("link: the worse faults were there"):
        faults_were_real(wire, 30)
    with case("tshark: captures of the worse link"):
        # What the link corrupted came in with a wrong checksum; what the stack sent must be right.
        check_captures({LOGS / "worse-listen.pcapng": 3000, LOGS / "worse-connect.pcapng": 3000}, [PORT],
                       only="frame.packet_flags_direction == 2")
    finish()


if __name__ == "__main__":
    main()
