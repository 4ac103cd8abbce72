#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs for ESP-IDF that get the time (tests/esp_apps/sntp*.c) from chrony, and from the servers of a lease: what POSIX' calls
tell them is the time within 5 ms, and the machine's own clock stays as it is."""
import os
import re
import subprocess
import time
from pathlib import Path

from lib_interop import LINNET, LOGS, Process, case, equal, finish, require, run, skip, start
from lib_ipv6 import Wire6, enter_namespace, require_in
from tap_time import MOST, Chrony

APPS = Path(LINNET).parent.parent / "esp_apps"


def lines_of(wire, name, *options):
    """What a program writes until it ends, each line with the moment at which it came."""
    command = [APPS / f"esp_{name}", "--tap", wire.tap, *options, "--until-idle"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [(time.time(), line) for line in process.stdout]
    equal(process.returncode, 0, "exit code")
    return lines


def check_now(lines):
    """The line with the time that the program sees."""
    came, line = next((came, line) for came, line in lines if " now " in line)
    told = [float(number) for number in re.search(r" now ([\d.]+)(?: ([\d.]+))?", line).groups() if number]
    for one in told:
        print(f"  {(one - came) * 1e6:.0f} us with the way of a line")
        require(abs(one - came) <= MOST, f"{line!r} came at {came}")
    return "".join(line for _, line in lines)


def by_address(wire):
    fixed = ["--ip", f"{wire.stack4}/24"]
    before = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    with case("esp_netif_sntp: gettimeofday and clock_gettime have chrony's time"):
        text = check_now(lines_of(wire, "sntp", *fixed))
        for words in ("Time is not set yet", "Notification of a time synchronization event", f"server 1: {wire.kernel4}",
                      "server 2: 192.0.2.1", "reachability of 1: 1"):
            require_in(words, text, "lines")
        hours = [int(re.search(rf"in {city} is: .* (\d\d):\d\d:\d\d ", text)[1]) for city in ("New York", "Shanghai")]
        require((hours[1] - hours[0]) % 24 in (12, 13), f"the zones of TZ: {text}")
    with case("ESP-IDF 4: sntp_init and a status to be polled; settimeofday"):
        text = check_now(lines_of(wire, "sntp_v4", *fixed))
        require_in("set 1000000000", text, "settimeofday")
    with case("ESP-IDF 2: an address by inet_pton, a name, sntp_get_real_time"):
        text = check_now(lines_of(wire, "sntp_era2", *fixed))
        stamp = int(re.search(r"stamp (\d+), (.*)", text)[1])
        equal(re.search(r"stamp \d+, (.*)", text)[1], time.asctime(time.gmtime(stamp - 5 * 3600)), "sntp_get_real_time")
        require(abs(stamp - time.time()) < 20, "the stamp")
    with case("the machine's clock is what it was"):
        after = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
        require(abs(after - before) < 0.05, f"{after - before} s")


def by_lease(wire):
    leases = LOGS / "leases"
    names = Process("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--interface={wire.tap}", "--bind-interfaces",
                    "--no-resolv", "--no-hosts", "--dhcp-authoritative", "--no-ping", "--user=root", "--port=0",
                    f"--dhcp-range={wire.kernel4.rsplit('.', 1)[0]}.50,{wire.kernel4.rsplit('.', 1)[0]}.60,600",
                    f"--dhcp-option=42,{wire.kernel4}", f"--dhcp-leasefile={leases}", f"--pid-file={LOGS}/dnsmasq.pid")
    with case("the servers of a lease are asked beside those that were set, and show where none is set"):
        text = check_now(lines_of(wire, "sntp"))
        for words in (f"server 0: {wire.kernel4}", f"server 1: {wire.kernel4}", "server 2: 192.0.2.1"):
            require_in(words, text, "lines")
    names.stop()


def main():
    start("chronyd", "dnsmasq")
    if not os.access(APPS / "esp_sntp", os.X_OK):
        skip(f"needs {APPS}")
    enter_namespace(forwarding=False)
    wire = Wire6()
    run("ip", "link", "set", wire.tap, "up")
    chrony = Chrony(wire.kernel4)
    by_address(wire)
    by_lease(wire)
    chrony.stop()
    finish()


if __name__ == "__main__":
    main()
