# SPDX-License-Identifier: Apache-2.0
"""tools/coverage: wrong usage is told, and what gcov says of lines, branches and templates is put together right."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/coverage"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("coverage", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("coverage", loader))
    loader.exec_module(module)
    return module


coverage = load()


def entry(count, taken=(), function="f", throws=()):
    return {"count": count, "function_name": function,
            "branches": [{"count": n, "throw": False} for n in taken] + [{"count": n, "throw": True} for n in throws]}


def line_of(*entries):
    line = coverage.Line()
    for one in entries:
        line.add(one)
    return line


class Lines(unittest.TestCase):
    def test_counts_of_several_objects_are_added(self):
        line = line_of(entry(1, [1, 0]), entry(2, [0, 2]))
        self.assertEqual((line.count, line.branches()), (3, [1, 2]))

    def test_a_call_that_may_throw_has_no_ways_out(self):
        self.assertEqual(line_of(entry(1, [1], throws=[0])).branches(), [])

    def test_instances_of_a_template_are_one(self):
        self.assertEqual(line_of(entry(1, [1, 0], "f<int>"), entry(1, [0, 1], "f<char>")).branches(), [1, 1])

    def test_a_line_without_branches(self):
        self.assertEqual(line_of(entry(0)).branches(), [])


class Exceptions(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "coverage-exceptions.txt"
            path.write_text(text)
            return coverage.Exceptions(path)

    def test_a_row_is_of_its_file_and_text_only_and_is_missed_when_it_matches_nothing(self):
        rows = self.read("# why\n\ncore/a.cpp | never(); | nobody calls it\ncore/b.cpp | other(); | as well\n")
        self.assertTrue(rows.has("core/a.cpp", "if (x) never();"))
        self.assertFalse(rows.has("core/c.cpp", "if (x) never();"))
        self.assertEqual(rows.unused(), [("core/b.cpp", "other();")])

    def test_a_row_without_a_reason_is_wrong(self):
        with self.assertRaises(coverage.Wrong):
            self.read("core/a.cpp | never();\n")


class Sums(unittest.TestCase):
    def test_missing_lines_and_branches_are_named_and_exceptions_are_left_out(self):
        path = "core/stack.cpp"
        text = (ROOT / path).read_text().splitlines()
        number = next(i for i, one in enumerate(text, 1) if one.strip() == "return digest.value();")
        files = {path: {1: line_of(entry(1)), 2: line_of(entry(1, [1, 0])), number: line_of(entry(0))}}
        none = self.sums(files, [])
        self.assertEqual(none[0], {"core": [3, 2, 2, 1]})
        self.assertEqual([(row[1], row[2]) for row in none[1]], [(2, "1 of 2 branches"), (number, "line")])
        self.assertEqual(self.sums(files, [(path, "digest.value()")])[0], {"core": [2, 2, 2, 1]})

    def sums(self, files, rows):
        exceptions = coverage.Exceptions(Path("/nowhere"))
        exceptions.rows = rows
        sums, missing = coverage.judge(files, exceptions)
        return dict(sums), missing


class Usage(unittest.TestCase):
    def test_wrong_usage_is_told(self):
        for arguments in (["--jobs", "x"], ["--unknown"], ["core"]):
            done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("accepted are", done.stderr, arguments)


if __name__ == "__main__":
    unittest.main()
