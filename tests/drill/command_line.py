#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `linnet drill` says and how it ends: exit codes, messages, options, folders. LINNET names the program."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOCKET = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
PASSES = SOCKET + "+0 close(3) = 0\n"
FAILS = SOCKET + "+.5 > S 0:0(0) <...>\n"
UNSUPPORTED = SOCKET + "+0 pipe([4, 5]) = 0\n"
WRONG = "0 close(3 = 0\n"


def drill(*arguments):
    return subprocess.run([os.environ["LINNET"], "drill", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)


def cases(folder):
    """(name, arguments, exit code, words of the output)"""
    script = {}
    for name, text in (("passes", PASSES), ("fails", FAILS), ("unsupported", UNSUPPORTED), ("wrong", WRONG)):
        script[name] = folder / "scripts" / f"{name}.pkt"
        script[name].parent.mkdir(exist_ok=True)
        script[name].write_text(text)
    script["fails_first"] = folder / "fails_first.pkt"
    script["fails_first"].write_text(FAILS + "+0 pipe([4, 5]) = 0\n")
    (folder / "scripts" / "README").write_text("no script")
    (folder / "empty").mkdir()
    quiet = ["--capture", ""]
    yield "all pass", [script["passes"]], 0, ["1 passed, 0 failed, 0 unsupported ("]
    yield "one fails", [script["passes"], script["fails"], *quiet], 1, ["1 passed, 1 failed", "fails.pkt:2: expected > S"]
    yield "only unsupported", [script["passes"], script["unsupported"]], 3, [
        "1 passed, 0 failed, 1 unsupported", "unsupported.pkt:2: not supported: the system call pipe"]
    yield "failed before unsupported", [script["fails"], script["unsupported"], *quiet], 1, ["0 passed, 1 failed, 1 unsupp"]
    yield "wrong script", [script["wrong"]], 1, ["wrong.pkt:1: syntax: expected ')'"]
    yield "a folder", [folder / "scripts", *quiet], 1, ["1 passed, 2 failed, 1 unsupported"]
    yield "several at once", [folder / "scripts", "--jobs", "4", *quiet], 1, ["1 passed, 2 failed, 1 unsupported"]
    yield "verbose", [script["passes"], "--verbose"], 0, ["passes.pkt: passed"]
    yield "capture in a folder", [script["fails"], "--capture", folder / "captures"], 1, [f"capture: {folder}/captures/"]
    yield "capture in a file", [script["fails"], "--capture", folder / "a.pcapng"], 1, [f"capture: {folder}/a.pcapng"]
    yield "unsupported behind a failure", [script["fails_first"], *quiet], 3, [
        "fails_first.pkt:3: not supported: the system call pipe"]
    yield "scripts behind an option", ["-D", "A=1", script["passes"], script["passes"]], 0, ["2 passed"]
    yield "definitions", [script["passes"], "-D", "A=1", "-D", "B=2", "--define=C=3"], 0, ["1 passed"]
    yield "options of the original", [script["passes"], "--tolerance_usecs=9000", "--ip_version=ipv4", "--mtu=1400",
                                      "--local_ip=10.0.0.1", "--remote_ip=10.1.0.1", "--netmask_ip=255.0.0.0",
                                      "--gateway_ip=10.0.0.2", "--non_fatal=packet,syscall",
                                      "--init_scripts=sysctl -q net.ipv4.tcp_sack=0"], 0, ["1 passed"]
    yield "IPv6", [script["passes"], "--ip_version=ipv6"], 0, ["1 passed"]
    yield "IPv4-mapped IPv6", [script["passes"], "--ip_version=ipv4-mapped-ipv6"], 0, ["1 passed"]
    yield "dry run", [script["fails"], "--dry_run"], 0, ["1 passed"]
    yield "no argument", [], 2, ["PATH"]
    yield "no such file", ["/nowhere.pkt"], 2, ["/nowhere.pkt"]
    yield "empty folder", [folder / "empty"], 2, ["holds no *.pkt"]
    yield "unknown option", [script["passes"], "--fly"], 2, ["--fly", "--tolerance_usecs"]
    for option, value in (("tolerance_usecs", "x"), ("tolerance_percent", "-1"), ("ip_version", "ipv5"), ("mtu", "5"),
                          ("personality", "mac"), ("local_ip", "x"), ("remote_ip", "1.2.3"), ("gateway_ip", "x"),
                          ("netmask_ip", "255.0.255.0"), ("bind_port", "0"), ("connect_port", "70000"),
                          ("tcp_ts_tick_usecs", "-1"), ("define", "x"), ("jobs", "0")):
        yield f"wrong {option}", [script["passes"], f"--{option}={value}"], 2, [f"--{option}"]
    yield "not possible here", [script["passes"], "--so_filename=x"], 2, ["--so_filename", "not supported"]


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as path:
        for name, arguments, code, words in cases(Path(path)):
            result = drill(*arguments)
            output = result.stdout + result.stderr
            good = result.returncode == code and all(word in output for word in words)
            failed += not good
            print(f"{'PASS' if good else 'FAIL'} {name}" + ("" if good else f": exit {result.returncode}: {output!r}"))
    return 1 if failed else 0


sys.exit(main())
