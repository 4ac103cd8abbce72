# SPDX-License-Identifier: Apache-2.0
"""What the stages of ./test are made of: commands with a log, builds, GoogleTest executables, and the count of all."""
import os
import signal
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
JOBS = os.cpu_count() or 1


class Report:
    """What passed, failed and was skipped, over all stages."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], []

    def counts(self):
        return len(self.passed), len(self.failed), len(self.skipped)

    def check(self, name, ok):
        (self.passed if ok else self.failed).append(name)
        return ok


RUNNING = set()  # process groups


def end(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def call(command, log, append=False, env=None, timeout=None):
    """Runs a command with its output in the log; gives its exit code, or -9 when its time was over."""
    with log.open("ab" if append else "wb") as file:
        file.write(("$ " + " ".join(map(str, command)) + "\n").encode())
        file.flush()
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, start_new_session=True,
                                   env={**os.environ, **(env or {})})
        RUNNING.add(process.pid)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            file.write(f"\ntime is over after {timeout} seconds\n".encode())
            return -9
        finally:
            # Whatever a test left behind ends with it, also when we are the one interrupted.
            RUNNING.discard(process.pid)
            end(process.pid)


def show(log):
    # In one piece: tests run beside each other.
    print(f"---- {log.relative_to(ROOT)}\n{log.read_text(errors='replace').rstrip()}\n----", flush=True)


def run_check(report, name, command, closing_line=True, env=None):
    """A check that is one command: its last line when it passes, all it said when it fails."""
    log = LOGS / f"{name.replace('/', '-').replace(' ', '-')}.log"
    if report.check(name, call(command, log, env=env) == 0):
        if closing_line:
            print(f"   {name}: {log.read_text(errors='replace').rstrip().splitlines()[-1]}", flush=True)
        return True
    show(log)
    return False


def run_step(report, name, command, log, append=False):
    """A step that is no test of its own: it counts only when it fails."""
    if call(command, log, append=append) == 0:
        return True
    report.failed.append(name)
    show(log)
    return False


def configure(report, preset, *definitions):
    return run_step(report, f"configure {preset}", ["cmake", "--preset", preset, *definitions],
                    LOGS / f"build-{preset}.log")


def build(report, preset, targets=()):
    return run_step(report, f"build {preset}",
                    ["cmake", "--build", f"build/{preset}", "-j", str(JOBS),
                     *(["--target", *targets] if targets else []), "--", "-k", "0"],
                    LOGS / f"build-{preset}.log", append=True)


def configure_and_build(report, preset):
    return configure(report, preset) and build(report, preset)


def gtest_results(folder):
    """(suite.case, state, reason) of every case in the XML files of a folder; state as gtest says."""
    for file in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            if case.get("status") == "notrun":
                yield file.stem, name, "skipped", ["disabled"]
            elif case.find("failure") is not None:
                yield file.stem, name, "failed", ""
            elif (skip := case.find("skipped")) is not None:
                yield file.stem, name, "skipped", (skip.get("message") or "").strip().splitlines()[-1:]
            else:
                yield file.stem, name, "passed", ""


def registered_tests(preset):
    listing = subprocess.run(["ctest", "--test-dir", f"build/{preset}", "-N"], cwd=ROOT, text=True,
                             capture_output=True, check=False).stdout
    return [line.split(": ", 1)[1].strip() for line in listing.splitlines() if " Test " in line and ": " in line]


def run_ctest(report, preset, chosen):
    """Every GoogleTest executable of a build, or the chosen ones; one test counted per case."""
    wanted = [name for name in registered_tests(preset) if chosen is None or name in chosen]
    if not wanted:
        # Of chosen tests, one build may have none: tests_threads has its own sanitizer.
        return chosen is not None or report.check(f"{preset}: no test executable was built", False)
    if not build(report, preset, wanted):
        return False
    results = LOGS / f"gtest-{preset}"
    results.mkdir(exist_ok=True)
    for old in results.glob("*.xml"):
        old.unlink()
    log = LOGS / f"ctest-{preset}.log"
    # The sanitizers' options are ours: nothing is suppressed, and a report ends the test with its exit code.
    ok = call(["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "-j", str(JOBS),
               "-R", "^(" + "|".join(wanted) + ")$"], log,
              env={"GTEST_OUTPUT": f"xml:{results}/", "GTEST_COLOR": "no",
                   "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
                   "UBSAN_OPTIONS": "print_stacktrace=1"}) == 0
    seen, broken = set(), False
    for executable, case, state, reason in gtest_results(results):
        seen.add(executable)
        name = f"{preset}/{executable} {case}"
        if state == "skipped":
            report.skipped.append((name, " ".join(reason) or "no reason given"))
        else:
            broken |= not report.check(name, state == "passed")
    # An executable that crashed wrote no results.
    for executable in wanted:
        if executable not in seen:
            broken = True
            report.failed.append(f"{preset}/{executable} (ended without a result)")
    if not ok and not broken:
        report.failed.append(f"ctest {preset}")
    if not ok or broken:
        show(log)
    return ok and not broken


def count_lines(report, name, lines):
    """A script may say PASS, FAIL or SKIP of parts of itself, one a line; gives how many it named and failed."""
    named = failed = 0
    for line in lines:
        word, _, rest = line.partition(" ")
        if word not in ("PASS", "FAIL", "SKIP") or not rest.strip():
            continue
        named += 1
        part, _, reason = rest.partition(": ")
        if word == "SKIP":
            report.skipped.append((f"{name} {part}", reason.strip() or "no reason given"))
        else:
            failed += not report.check(f"{name} {rest.strip()}", word == "PASS")
    return named, failed
