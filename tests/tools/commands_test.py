# SPDX-License-Identifier: Apache-2.0
"""What ./test and its tools say to wrong arguments, and how they count."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "tools" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class WrongArguments(unittest.TestCase):
    def test_wrong_option_is_named_with_what_is_accepted(self):
        code, _, error = run("./test", "--fast")
        self.assertEqual(code, 2)
        self.assertIn("--fast", error)
        self.assertIn("--quick", error)

    def test_wrong_name_is_named_with_what_is_accepted(self):
        code, _, error = run("./tools/run-tests", "no-such-test")
        self.assertEqual(code, 2)
        self.assertIn("no-such-test", error)
        self.assertIn("interop", error)

    def test_quick_takes_no_name(self):
        code, _, error = run("./tools/run-tests", "--quick", "unit")
        self.assertEqual(code, 2)
        self.assertIn("--quick takes no NAME", error)

    def test_wrong_group_is_named_with_what_is_accepted(self):
        code, _, error = run("tools/install-deps", "everything")
        self.assertEqual(code, 2)
        self.assertIn("'everything': it may be run, test, bench, gates, cross or all", error)


class Counting(unittest.TestCase):
    def setUp(self):
        self.runner = load("run-tests")
        self.steps = sys.modules["steps"]
        self.report = self.runner.Report()

    def test_a_script_may_name_its_parts(self):
        named, failed = self.runner.count_lines(
            self.report, "interop/x", ["PASS ping", "noise", "FAIL udp", "SKIP java: no java here"])
        self.assertEqual((named, failed), (3, 1))
        self.assertEqual(self.report.passed, ["interop/x ping"])
        self.assertEqual(self.report.failed, ["interop/x udp"])
        self.assertEqual(self.report.skipped, [("interop/x java", "no java here")])

    def run_script(self, text):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("LOGS", "ROOT"):
                self.addCleanup(setattr, self.steps, name, getattr(self.steps, name))
                setattr(self.steps, name, Path(folder))
            script = Path(folder) / "case.sh"
            script.write_text("#!/bin/sh\n" + text)
            script.chmod(0o755)
            return sys.modules["interop"].run_interop(self.report, script, [])

    def test_exit_0_passes(self):
        self.assertTrue(self.run_script("exit 0"))
        self.assertEqual(self.report.passed, ["interop/case"])

    def test_exit_77_skips_with_the_last_line_as_reason(self):
        self.run_script("echo one; echo no tap here; exit 77")
        self.assertEqual(self.report.skipped, [("interop/case", "no tap here")])

    def test_another_exit_fails(self):
        self.assertFalse(self.run_script("exit 3"))
        self.assertEqual(self.report.failed, ["interop/case (exit 3)"])

    def test_a_failed_part_fails_though_the_script_exits_0(self):
        self.assertFalse(self.run_script("echo FAIL ping"))
        self.assertEqual(self.report.failed, ["interop/case ping"])

    def test_no_test_at_all_is_no_success(self):
        self.assertEqual(self.runner.summary(self.report, 0), 1)


class Licence(unittest.TestCase):
    def test_a_file_without_its_line_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "good.cpp").write_text("// SPDX-License-Identifier: Apache-2.0\n")
            (Path(folder) / "good").write_text("#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")
            self.assertEqual(run("tools/check-spdx", folder)[0], 0)
            (Path(folder) / "bad.hpp").write_text("#pragma once\n// SPDX-License-Identifier: Apache-2.0\n")
            code, output, _ = run("tools/check-spdx", folder)
            self.assertEqual(code, 1)
            self.assertIn("bad.hpp:1", output)


class CodeSize(unittest.TestCase):
    def test_a_folder_without_objects_is_no_success(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run("tools/code-size", folder)[0], 1)


if __name__ == "__main__":
    unittest.main()
