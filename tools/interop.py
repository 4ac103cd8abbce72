# SPDX-License-Identifier: Apache-2.0
"""The stage "interop" of ./test: tests/interop/*.py, each in namespaces of its own."""
import concurrent.futures
import os
import subprocess
import time

import steps

SKIP_CODE = 77  # what automake calls a skipped test
INTEROP_SECONDS = 900
INTEROP_ALONE = {"tap_time", "esp_time", "tls_nts"}  # they look at clocks to the millisecond
# Every interop test gets network, process and mount namespaces of its own: what it makes (taps, addresses,
# servers, namespaces of `ip netns`) is gone when it ends, however it ends.
ALONE = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
         "mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip link set lo up && { \"$@\"; exit $?; }", "sh"]


def prefix_for_interop():
    """What to put before an interop test, and why there is nothing that could be put there."""
    root = []
    if os.geteuid() != 0:
        try:
            subprocess.run(["sudo", "-n", "true"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None, "needs root (or sudo without a password)"
        root = ["sudo", "-n", "-E"]
    tried = subprocess.run([*root, *ALONE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return None, "needs namespaces: " + " ".join(tried.stderr.split())
    return [*root, *ALONE], ""


def interop_tests():
    files = [path for suffix in ("sh", "py") for path in (steps.ROOT / "tests/interop").glob(f"*.{suffix}")]
    return sorted(path for path in files if os.access(path, os.X_OK) and not path.name.startswith(("_", "lib")))


def run_interop(report, script, prefix):
    name = f"interop/{script.stem}"
    logs = steps.LOGS / "interop" / script.stem
    logs.mkdir(parents=True, exist_ok=True)
    log = steps.LOGS / f"interop-{script.stem}.log"
    began = time.monotonic()
    code = steps.call([*prefix, str(script)], log, timeout=INTEROP_SECONDS,
                      env={"LINNET": str(steps.BUILD / "release/apps/linnet"), "LINNET_LOGS": str(logs)})
    lines = log.read_text(errors="replace").rstrip().splitlines()[1:]
    took = f"({time.monotonic() - began:.1f} s)"
    if code == SKIP_CODE:
        report.skipped.append((name, lines[-1] if lines else "no reason given"))
        print(f"   {name}: skipped {took}", flush=True)
        return True
    named, failed = steps.count_lines(report, name, lines)
    if code != 0 and not failed:
        report.failed.append(f"{name} (exit {code})")
    elif code == 0 and not named:
        report.passed.append(name)
    ok = code == 0 and not failed
    print(f"   {name}: {'ok' if ok else 'FAILED'} {took}", flush=True)
    if not ok:
        steps.show(log)
    return ok


def stage_interop(report, chosen):
    scripts = [script for script in interop_tests() if chosen is None or script.stem in chosen]
    if not scripts:
        return True
    if not steps.configure_and_build(report, "release"):
        return False
    prefix, hindrance = prefix_for_interop()
    if prefix is None:
        report.skipped += [(f"interop/{script.stem}", hindrance) for script in scripts]
        return True
    alone = [script for script in scripts if script.stem in INTEROP_ALONE]
    beside = [script for script in scripts if script.stem not in INTEROP_ALONE]
    ok = True
    for script in alone:
        ok &= run_interop(report, script, prefix)
    # Each has namespaces of its own, and waits for others more than it computes.
    with concurrent.futures.ThreadPoolExecutor(steps.JOBS) as pool:
        tests = [pool.submit(run_interop, report, script, prefix) for script in beside]
        try:
            for test in concurrent.futures.as_completed(tests):
                ok &= test.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for group in list(steps.RUNNING):
                steps.end(group)
            raise
    return ok
