# SPDX-License-Identifier: Apache-2.0
"""tools/mutants: tables are read strictly, mistakes are planted exactly once, and wrong usage is told."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/mutants"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("mutants", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
    loader.exec_module(module)
    return module


mutants = load()
ENTRY = "[[mutant]]\nname = '{}'\nfile = 'a.cpp'\nmistake = 'm'\ntests = ['A.b']\nfrom = '{}'\nto = '{}'\n"


class Tables(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "t.toml").write_text(text)
            return mutants.read_tables(Path(folder))

    def assert_wrong(self, saying, text):
        with self.assertRaisesRegex(mutants.Wrong, saying):
            self.read(text)

    def test_an_entry_is_read(self):
        table = self.read(ENTRY.format("one", "x", ""))
        self.assertEqual(list(table), ["one"])
        self.assertEqual(table["one"]["tests"], ["A.b"])

    def test_what_is_wrong_is_told(self):
        self.assert_wrong("one is there twice", ENTRY.format("one", "x", "y") * 2)
        self.assert_wrong("'from' is missing, empty", ENTRY.format("one", "", "y"))
        self.assert_wrong("'tests' is missing", ENTRY.format("one", "x", "y").replace("tests = ['A.b']", ""))
        self.assert_wrong("'tests' is missing, empty", ENTRY.format("one", "x", "y").replace("['A.b']", "[]"))
        self.assert_wrong("unknown fille", ENTRY.format("one", "x", "y") + "fille = 'a'\n")
        self.assert_wrong("'unit' is empty", ENTRY.format("one", "x", "y") + "unit = ''\n")
        self.assert_wrong("t.toml: ", "[[mutant]\n")
        self.assert_wrong("no mutants", "")


class Filters(unittest.TestCase):
    def test_a_test_with_parameters_is_run_with_each(self):
        self.assertEqual(mutants.filter_of(["A.b", "C.d"]), "A.b:*/A.b/*:C.d:*/C.d/*")
        self.assertEqual(mutants.filter_of([]), "*")


class Planting(unittest.TestCase):
    def plant(self, text, old, new):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "a.cpp").write_text(text)
            path = mutants.write({"name": "one", "file": "a.cpp", "from": old, "to": new}, root / "into", root)
            self.assertEqual((root / "a.cpp").read_text(), text)
            return path.read_text()

    def test_only_the_text_changes(self):
        self.assertEqual(self.plant("if (a < b) c();\n", "a < b", "a <= b"), "if (a <= b) c();\n")

    def test_the_text_must_be_there_exactly_once(self):
        for text, count in (("x", 0), ("a < b; a < b;", 2)):
            with self.assertRaisesRegex(mutants.Wrong, f"{count} times in a.cpp"):
                self.plant(text, "a < b", "a <= b")

    def test_the_file_must_be_there(self):
        with self.assertRaisesRegex(mutants.Wrong, "there is no b.cpp"):
            mutants.planted({"name": "one", "file": "b.cpp", "from": "x", "to": "y"}, ROOT)

    def test_slices_cover_all_once(self):
        parts = [mutants.slice_of(f"{k}/3", list(range(8))) for k in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, [])), list(range(8)))
        for wrong in ("0/3", "4/3", "1/9", "1", "a/b"):
            with self.assertRaises(mutants.Wrong):
                mutants.slice_of(wrong, list(range(8)))


class Units(unittest.TestCase):
    PLACES = {"Send.both": {"core_ip_test", "core_tcp_test"}, "Udp.a": {"core_udp_test"}, "Udp.b": {"core_udp_test"}}

    def units(self, *tests, **more):
        return mutants.units_of({"name": "one", "tests": list(tests), **more}, self.PLACES)

    def test_the_executables_are_found_from_the_tests(self):
        self.assertEqual(self.units("Udp.a", "tests/drill/a.pkt", "Udp.b"), {"core_udp_test": ["Udp.a", "Udp.b"]})
        self.assertEqual(self.units("tests/drill/a.pkt"), {})
        self.assertEqual(self.units("Send.both", unit="core_ip_test"), {"core_ip_test": ["Send.both"]})

    def test_what_is_not_there_or_not_clear_is_told(self):
        for saying, test, more in (("one names a test that is not there: No.such", "No.such", {}),
                                   ("is in core_ip_test, core_tcp_test: 'unit' must say", "Send.both", {}),
                                   ("not there: Udp.a", "Udp.a", {"unit": "core_ip_test"})):
            with self.assertRaisesRegex(mutants.Wrong, saying):
                self.units(test, **more)

    def test_the_sources_say_where_tests_are(self):
        places = mutants.gtests.places(ROOT)
        self.assertEqual(places["Ethernet.C01_01_frames_shorter_than_a_header"], {"core_ethernet_test"})
        self.assertEqual(places["StackHostile.C05_03_ipv6_in_ipv4_is_an_unknown_protocol"], {"core_test"})
        self.assertEqual(places["DnsName.C20_01_at_most_sixteen_jumps"], {"services_dns_test"})
        self.assertEqual(places["TwoHostsTest.close_inside_poll_and_select"], {"tests_scenario"})
        self.assertEqual(mutants.home_of({"file": "core/tcp/output.cpp"}), "core_tcp_test")

    def test_arguments_go_behind_the_launcher(self):
        words = ["ccache", "g++", "-O2", "-c", "a.cpp"]
        mutants.put_first(words, "-Ifirst")
        self.assertEqual(words, ["ccache", "g++", "-Ifirst", "-O2", "-c", "a.cpp"])

    def test_own_objects_are_told_from_those_of_libraries(self):
        for path, own in (("CMakeFiles/core_ip_test.dir/core/ip/a_test.cpp.o", True), ("CMakeFiles/core_ip.dir/core/ip/a.cpp.o", False),
                          ("CMakeFiles/tests_scenario.dir/tests/a.cpp.o", True), ("CMakeFiles/linnet.dir/apps/main.cpp.o", True),
                          ("CMakeFiles/apps.dir/apps/a.cpp.o", False)):
            self.assertEqual(bool(mutants.OWN_OBJECT.search(path)), own, path)


class Running(unittest.TestCase):
    def test_ended_from_outside_is_not_caught(self):
        with self.assertRaisesRegex(mutants.Wrong, "ended by signal 9"):
            mutants.run(["sh", "-c", "kill -9 $$"])
        self.assertEqual(mutants.run(["sh", "-c", "kill -ABRT $$"])[0], -6)


class Command(unittest.TestCase):
    def run_tool(self, *arguments):
        return subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)

    def test_every_mistake_of_the_tables_can_be_planted(self):
        done = self.run_tool("--check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^\d+ mutants can be planted\n$")

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(mutants.read_tables(mutants.TABLES)), 270)

    def test_list_names_file_and_mistake(self):
        done = self.run_tool("--list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^no_karn +core/tcp/\w+\.cpp: Karn")

    def test_wrong_usage_is_2_and_told(self):
        for arguments, saying in (([], "is wanted"), (["no_such"], "no mutant is named no_such"),
                                  (["--slice", "1/2", "no_karn"], "--slice goes with --all"),
                                  (["--all", "--slice", "3/2"], "K-th of N"), (["--alll"], "unrecognized"),
                                  (["--write", "no_karn"], "go together"), (["--all", "no_karn"], "is wanted"),
                                  (["--write", "no_such", "--into", "/nowhere"], "no mutant is named no_such"),
                                  (["no_karn", "--build", "/nowhere"], "is no ninja build")):
            done = self.run_tool(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(saying, done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
