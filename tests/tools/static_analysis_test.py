# SPDX-License-Identifier: Apache-2.0
"""tools/static-analysis reads what clang-tidy and g++ say, and lets through only what the exceptions name."""
import contextlib
import io
import subprocess
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/static-analysis"
loader = SourceFileLoader("static_analysis", str(TOOL))
analysis = module_from_spec(spec_from_loader("static_analysis", loader))
import sys  # noqa: E402
sys.modules["static_analysis"] = analysis
sys.dont_write_bytecode = True
loader.exec_module(analysis)

TIDY = f"""{analysis.ROOT}/core/base/byte_queue.cpp:13:31: warning: performing an implicit widening conversion [bugprone-implicit-widening]
    const bool large = left > 2;
                       ^
{analysis.ROOT}/core/base/byte_queue.cpp:13:31: note: make conversion explicit
{analysis.ROOT}/core/base/arena.hpp:27:38: warning: suspicious usage of 'sizeof(A*)' [bugprone-sizeof-expression,cert-x]
{analysis.ROOT}/core/base/arena.hpp:27:38: warning: suspicious usage of 'sizeof(A*)' [bugprone-sizeof-expression,cert-x]
"""
GCC = """In file included from core/tcp/a.cpp:2:
./core/base/block.hpp:22:39: warning: dereference of NULL 'block' [CWE-476] [-Wanalyzer-null-dereference]
cc1plus: warning: use of something [CWE-457] [-Wanalyzer-other]
"""


class StaticAnalysis(unittest.TestCase):
    def report(self, findings, exceptions, everything=True):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = analysis.report(["a.cpp"], findings, analysis.read_exceptions(exceptions), everything, 1, ["gcc"])
        return code, output.getvalue()

    def test_what_clang_tidy_says_is_found_once_a_place(self):
        found = analysis.findings_of(TIDY, "core/base/byte_queue.cpp")
        self.assertEqual([(f.file, f.line, f.check) for f in found],
                         [("core/base/byte_queue.cpp", 13, "bugprone-implicit-widening"),
                          ("core/base/arena.hpp", 27, "bugprone-sizeof-expression,cert-x")])

    def test_what_gcc_says_is_found_with_or_without_a_place(self):
        found = analysis.findings_of(GCC, "core/tcp/a.cpp")
        self.assertEqual([(f.source, f.file, f.line, f.check) for f in found],
                         [("core/tcp/a.cpp", "core/base/block.hpp", 22, "-Wanalyzer-null-dereference"),
                          ("core/tcp/a.cpp", "core/tcp/a.cpp", 0, "-Wanalyzer-other")])

    def test_an_exception_lets_through_what_it_names_and_nothing_else(self):
        found = analysis.findings_of(GCC, "core/tcp/a.cpp")
        named = "core/tcp/a.cpp | -Wanalyzer-null-dereference | 'block' | never null\n"
        code, output = self.report(found, named)
        self.assertEqual(code, 1)
        self.assertIn("core/tcp/a.cpp:0: use of something", output)
        self.assertNotIn("dereference", output)
        for other in ("core/tcp/b.cpp | -Wanalyzer-null-dereference | 'block' | x",
                      "core/tcp/a.cpp | -Wanalyzer-null | 'block' | x", "core/tcp/a.cpp | -Wanalyzer-other | 'at' | x"):
            self.assertIn("dereference of NULL", self.report(found, other, False)[1], other)

    def test_all_exceptions_used_is_clean(self):
        code, output = self.report(analysis.findings_of(GCC, "core/tcp/a.cpp"),
                                   "# why\n\ncore/base/block.hpp | -Wanalyzer-null-dereference | 'block' | x\n"
                                   "core/tcp/a.cpp | -Wanalyzer-other | something | x\n")
        self.assertEqual(code, 0, output)

    def test_an_exception_that_nothing_matches_is_found_when_everything_was_looked_at(self):
        stale = "core/tcp/a.cpp | -Wanalyzer-x | y | z\n"
        self.assertEqual(self.report([], stale)[0], 1)
        self.assertEqual(self.report([], stale, everything=False)[0], 0)

    def test_an_exception_without_a_reason_is_wrong(self):
        with self.assertRaises(analysis.Wrong):
            analysis.read_exceptions("core/tcp/a.cpp | -Wanalyzer-x | y |\n")

    def test_the_exceptions_of_the_tree_can_be_read_and_name_files_that_are_there(self):
        for exempt in analysis.read_exceptions(analysis.EXCEPTIONS.read_text()):
            self.assertTrue((analysis.ROOT / exempt.file).is_file(), exempt.file)

    def test_tests_are_not_looked_at(self):
        self.assertTrue(analysis.is_looked_at("core/tcp/rtt.cpp"))
        for path in ("core/tcp/rack_test.cpp", "core/base/test_checksum_u32.cpp", "sim/world.cpp", "core/tcp/rtt.hpp"):
            self.assertFalse(analysis.is_looked_at(path), path)

    def test_gcc_gets_the_language_and_the_definitions_but_not_clang_s_output(self):
        command = analysis.gcc_command(["ccache", "clang++-14", "-DX=1", "-I/r", "-O2", "-Wall", "-fno-rtti", "-std=c++20",
                                        "-o", "a.o", "-c", "a.cpp"])
        self.assertEqual(command[:5], ["g++", "-DX=1", "-I/r", "-fno-rtti", "-std=c++20"])
        self.assertNotIn("a.o", command)

    def test_slices_part_the_names(self):
        names = [str(n) for n in range(10)]
        parts = [analysis.slice_of(f"{k}/3", names) for k in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, [])), names)
        for text in ("0/3", "4/3", "a/b", "1"):
            with self.assertRaises(analysis.Wrong):
                analysis.slice_of(text, names)

    def test_wrong_usage_ends_with_2(self):
        for arguments in (["--nonsense"], ["--slice", "1/2", "--since", "HEAD"], ["-j", "0"]):
            run = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertIn("static-analysis: ", run.stderr)


if __name__ == "__main__":
    unittest.main()
