# SPDX-License-Identifier: Apache-2.0
"""tools/mutate: wrong usage is told, the same seed is the same sample, and its operators change what they should."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/mutate"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("mutate", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
    loader.exec_module(module)
    return module


mutate = load()


def changed(line, before="{"):
    """Every text that a line becomes, without its blanks, by operator."""
    code = mutate.code_of(line)
    return {(operator, (line[:begin] + new + line[end:]).strip())
            for operator, begin, end, new in mutate.changes_of(code, before)}


class Usage(unittest.TestCase):
    def run_tool(self, *arguments):
        return subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)

    def test_wrong_usage_is_told(self):
        for arguments in (["--count", "0"], ["--jobs", "0"], ["--score", "101"], ["--unknown"], ["core/nothing"], ["--seed", "x"]):
            done = self.run_tool("--list", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("mutate:", done.stderr, arguments)

    def test_the_same_seed_is_the_same_sample(self):
        lists = [self.run_tool("--list", "--count", "5", "--seed", seed, "core/udp") for seed in ("7", "7", "8")]
        self.assertEqual([done.returncode for done in lists], [0, 0, 0])
        self.assertEqual(lists[0].stdout, lists[1].stdout)
        self.assertNotEqual(lists[0].stdout, lists[2].stdout)
        self.assertEqual(len(lists[0].stdout.splitlines()), 6)


class Operators(unittest.TestCase):
    def test_relations_and_logic(self):
        found = changed("  if (a < b && c == nullptr) return;")
        self.assertIn(("relation", "if (a <= b && c == nullptr) return;"), found)
        self.assertIn(("relation", "if (a < b && c != nullptr) return;"), found)
        self.assertIn(("logic", "if (a < b || c == nullptr) return;"), found)
        self.assertIn(("condition", "if (!(a < b && c == nullptr)) return;"), found)

    def test_numbers(self):
        self.assertIn(("constant", "x = 2u;"), changed("x = 1u;"))
        for line in ("x = 0x10;", "address_v4(a1);", "x = 1'000'000;", "x = 1.5;"):
            self.assertFalse([new for operator, new in changed(line) if operator == "constant"], line)

    def test_arithmetic(self):
        self.assertIn(("arithmetic", "x = a - b;"), changed("x = a + b;"))
        self.assertIn(("arithmetic", "x -= b;"), changed("x += b;"))

    def test_statements(self):
        for line in ("c.snd.una = segment.ack;", "++count;", "send_reset(a);", "c->timer.disarm();", "x[i] |= 1;"):
            self.assertIn(("statement", ";"), changed(line), line)
        for line in ("return send(a);", "const auto x = 1;", "Duration late = now - then;", "break;", "auto& c = d;"):
            self.assertNotIn(("statement", ";"), changed(line), line)
        self.assertNotIn(("statement", ";"), changed("b = c;", before="const int a ="), "the rest of a declaration")

    def test_truth(self):
        self.assertIn(("value", "return false;"), changed("return true;"))

    def test_what_is_no_code_stays(self):
        for line in ("// a < b + 1", "#if X == 1", "static_assert(a == 1);", 'static constexpr const char* x = "a + b";'):
            self.assertFalse(changed(line), line)

    def test_a_mutant_changes_its_line_only(self):
        path = "core/udp/udp.cpp"
        change = next(mutate.candidates([path]))
        mutant = mutate.mutant_of(change)
        before, after = mutant["from"].splitlines(), mutant["to"].splitlines()
        self.assertEqual([i + 1 for i, (a, b) in enumerate(zip(before, after)) if a != b], [change[1]])


class Exceptions(unittest.TestCase):
    def exceptions(self, rows):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "a.cpp").write_text("  if (a < b) {\n    c = a + 1;\n")
        (folder / "rows.txt").write_text("# why\n\n" + rows)
        return mutate.Exceptions(folder / "rows.txt", folder)

    def test_a_row_is_one_mistake(self):
        rows = self.exceptions("a.cpp | (a < b) | (a <= b) | they are never equal.\n")
        self.assertTrue(rows.has("a.cpp", "if (a < b) {", "if (a <= b) {"))
        self.assertFalse(rows.has("a.cpp", "if (a < b) {", "if (!(a < b)) {"))
        self.assertFalse(rows.has("b.cpp", "if (a < b) {", "if (a <= b) {"))
        self.assertEqual(rows.unused(), [])

    def test_a_row_that_is_no_mistake_of_its_file_is_found(self):
        for row in (("a.cpp", "a < c", "a <= c"), ("a.cpp", "a < b", "a > b"), ("b.cpp", "a < b", "a <= b")):
            self.assertEqual(self.exceptions(" | ".join(row) + " | no reason.\n").unused(), [row])

    def test_a_row_without_a_reason_is_wrong(self):
        for row in ("a.cpp | a < b | a <= b\n", "a.cpp | a < b | a <= b | \n"):
            with self.assertRaises(mutate.Wrong):
                self.exceptions(row)

    def test_those_of_the_project_are_mistakes_of_today(self):
        self.assertEqual(mutate.Exceptions(mutate.EXCEPTIONS).unused(), [])


class Trials(unittest.TestCase):
    def test_the_tests_of_the_file_are_first_and_all_others_last(self):
        first, *_, last = mutate.trials("core/tcp/reassembly.cpp")
        self.assertIn("Reassembly.behaves_as_a_map_of_bytes", first[1])
        self.assertEqual({first[0], last[0]}, {"core_tcp_test"})
        self.assertEqual(last[1], [])

    def test_scripts_and_worlds_are_tried_where_they_say_something(self):
        tests = {path: [tests for _, tests in mutate.trials(path)]
                 for path in ("core/ip/napt.cpp", "services/dns/wire.cpp", "sockets/select.cpp")}
        self.assertIn(["tests/drill"], tests["core/ip/napt.cpp"])
        self.assertNotIn(["tests/drill"], tests["services/dns/wire.cpp"])
        self.assertIn(mutate.SEEDS, tests["services/dns/wire.cpp"])
        self.assertNotIn(mutate.SEEDS, tests["sockets/select.cpp"])
        self.assertEqual([unit for unit, _ in mutate.trials("sockets/select.cpp")][-1], mutate.CONFORMANCE)


class SamePrograms(unittest.TestCase):
    TEXT = "int twice(int x) {\n  return x * 2;  // a\n}\n#if 0\nint no = 1;\n#endif\n"

    def is_same(self, old, new):
        with tempfile.TemporaryDirectory() as folder:
            build = mutate.mutants.Build.__new__(mutate.mutants.Build)
            build.folder = Path(folder)
            build.rules = {"some_test": ["g++ -O0 -fsanitize=undefined -o CMakeFiles/some.dir/a/b.cpp.o -c a/b.cpp"]}
            mutant = {"name": "m", "file": "a/b.cpp", "from": self.TEXT, "to": self.TEXT.replace(old, new)}
            (Path(folder) / "a").mkdir()
            (Path(folder) / "a/b.cpp").write_text(self.TEXT)
            return mutate.is_same_program(build, mutant, "some_test", Path(folder))

    def test_what_the_compiler_makes_the_same_of_is_no_mistake(self):
        self.assertTrue(self.is_same("x * 2", "x + x"))
        self.assertTrue(self.is_same("no = 1", "no = 2"))
        self.assertFalse(self.is_same("x * 2", "x * 3"))


if __name__ == "__main__":
    unittest.main()
