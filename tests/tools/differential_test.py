# SPDX-License-Identifier: Apache-2.0
"""tools/differential: wrong usage is told, and what two builds say differently is found."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/differential"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("differential", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("differential", loader))
    loader.exec_module(module)
    return module


differential = load()


class Usage(unittest.TestCase):
    def test_wrong_usage_is_told(self):
        for arguments in (["--count", "0"], ["--length", "tiny"], ["msvc"], ["g++"], ["g++", "g++"], ["--first", "-1"], ["--unknown"]):
            done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("accepted are", done.stderr, arguments)

    def test_there_are_two_compilers_two_widths_and_two_levels(self):
        done = subprocess.run([TOOL, "--list"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        for word in ("g++ -O2", "clang++-14", "-m32", "-O0"):
            self.assertIn(word, done.stdout)


class Builds(unittest.TestCase):
    def test_all_of_core_services_and_sim_is_compiled_but_no_test(self):
        sources = differential.sources()
        self.assertIn("core/tcp/output.cpp", sources)
        self.assertIn("services/dns/resolver.cpp", sources)
        self.assertIn("sim/run.cpp", sources)
        self.assertFalse([source for source in sources if "_test" in source or "/test_" in source])
        self.assertTrue((ROOT / differential.MAIN).is_file())

    def test_only_the_core_is_compiled_without_exceptions(self):
        text = differential.ninja_text("g++ -O2", "u32")
        rules = dict(part.split("\n  flags = ") for part in text.split("\nbuild ")[1:] if "\n  flags" in part)
        flags = {head.split(".o: ")[0]: rest.strip() for head, rest in rules.items()}
        self.assertIn("-fno-exceptions", flags["core/stack.cpp"])
        self.assertEqual(flags["sim/run.cpp"], "")
        self.assertIn("-DLINNET_CHECKSUM_U32", flags["core/base/checksum.cpp"])


class Differences(unittest.TestCase):
    def test_builds_that_say_the_same(self):
        self.assertEqual(list(differential.differences({"a": ["1", "2"], "b": ["1", "2"]})), [])

    def test_another_line_a_missing_one_and_one_too_many(self):
        found = list(differential.differences({"a": ["1", "2"], "b": ["1", "3"], "c": ["1"], "d": ["1", "2", "4"]}))
        self.assertEqual(found, [("b", "3", "2"), ("c", "(nothing)", "2"), ("d", "4", "(nothing)")])


if __name__ == "__main__":
    unittest.main()
