# SPDX-License-Identifier: Apache-2.0
"""tools/check-hostile finds each kind of wrong row, and only those."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/check-hostile"
HEADER = "row,what,tests,mutant,state,reason\n"
TESTS = """
TEST(Ip, C03_01_lengths) {}
TEST_F(UdpTest, lengths) {}
TEST(Ip, DISABLED_later) {}
"""
MUTANTS = """
[[mutant]]
name = 'C03_01'
tests = ['Ip.C03_01_lengths', 'tests/drill/a/b.pkt']
[[mutant]]
name = 'other'
tests = ['UdpTest.lengths']
"""


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("check_hostile", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_hostile", loader))
    loader.exec_module(module)
    return module


ROWS = load().ROWS


class CheckHostile(unittest.TestCase):
    def check(self, changed, header=HEADER):
        """A table that is whole but for the row C03-01, which is `changed`."""
        rest = "".join(f"{row},what,,,later TLS,\n" for row in ROWS if row != "C03-01")
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"docs/hostile-packets.csv": header + changed + rest, "core/ip/a_test.cpp": TESTS,
                               "tests/drill/a/b.pkt": "", "tests/mutants/m.toml": MUTANTS}.items():
                place = Path(root) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
            run = subprocess.run([TOOL, root], capture_output=True, text=True, check=False)
            return run.returncode, run.stdout

    def assert_clean(self, changed):
        code, output = self.check(changed)
        self.assertEqual(code, 0, output)
        return output

    def assert_finds(self, finding, changed, **more):
        code, output = self.check(changed, **more)
        self.assertEqual(code, 1, output)
        self.assertIn(finding, output)
        return output

    def test_every_state_is_clean(self):
        output = self.assert_clean("C03-01,what,Ip.C03_01_lengths tests/drill/a/b.pkt,C03_01,tested,\n")
        self.assertIn("240 rows: 1 tested, 239 later, 0 not applicable; 1 mutants, 0 tested rows without one; "
                      "0 findings", output)
        self.assert_clean("C03-01,what,Ip.C03_01_lengths UdpTest.lengths,C03_01 other,tested,\n")
        output = self.assert_clean("C03-01,what,Ip.C03_01_lengths,,tested,the code does not exist\n")
        self.assertIn("1 tested rows without one", output)
        self.assert_clean("C03-01,what,,,not applicable,there are no callbacks\n")
        self.assert_clean("C03-01,what,Ip.C03_01_lengths,,later IPv6,\n")

    def test_rows_are_there_once(self):
        self.assert_finds("C03-01 is missing", "")
        good = "C03-01,what,Ip.C03_01_lengths,C03_01,tested,\n"
        self.assert_finds("C03-01 was there before, at docs/hostile-packets.csv:2", good * 2)
        self.assert_finds("'C03-08' is no row of the catalogue", good + good.replace("C03-01", "C03-08"))
        self.assertEqual(len(ROWS), 240)
        self.assertEqual((ROWS[0], ROWS[-1]), ("C01-01", "C27-05"))

    def test_tests_and_mutants_must_be_there(self):
        for name in ("Ip.other", "Ip.DISABLED_later", "tests/drill/a/c.pkt"):
            self.assert_finds(f"C03-01: there is no test '{name}'",
                              f"C03-01,what,Ip.C03_01_lengths {name},C03_01,tested,\n")
        self.assert_finds("'core/a_test.cpp' is neither Suite.Name",
                          "C03-01,what,Ip.C03_01_lengths core/a_test.cpp,C03_01,tested,\n")
        self.assert_finds("named twice",
                          "C03-01,what,Ip.C03_01_lengths Ip.C03_01_lengths,C03_01,tested,\n")
        self.assert_finds("C03-01: there is no mutant 'C03_02'", "C03-01,what,Ip.C03_01_lengths,C03_02,tested,\n")
        self.assert_finds("no test of the row is one of the mutant 'other'",
                          "C03-01,what,Ip.C03_01_lengths,other,tested,\n")

    def test_states(self):
        self.assert_finds("C03-01 is tested, but names no test", "C03-01,what,,,tested,because\n")
        self.assert_finds("C03-01 has no mutant, and no reason", "C03-01,what,Ip.C03_01_lengths,,tested,\n")
        self.assert_finds("'not applicable' needs a reason", "C03-01,what,,,not applicable,\n")
        self.assert_finds("is not tested, but names a mutant", "C03-01,what,,C03_01,later IPv6,\n")
        for state in ("done", "later", "later ", ""):
            self.assert_finds("is neither tested, nor later PROTOCOL", f"C03-01,what,,,{state},\n")

    def test_form(self):
        self.assert_finds("the first line is not row,what", "C03-01,what,,,later TLS,\n", header="row,what\n")
        self.assert_finds("5 columns, not 6", "C03-01,what,,,later TLS\n")
        self.assert_finds("not CSV", 'C03-01,"what"x,,,later TLS,\n')
        self.assert_finds("not one line of 1 to 160", f"C03-01,{'x' * 161},,,later TLS,\n")
        self.assert_finds("not one line of 1 to 160", "C03-01,,,,later TLS,\n")

    def test_no_table(self):
        with tempfile.TemporaryDirectory() as root:
            run = subprocess.run([TOOL, root], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("there is no table", run.stdout)

    def test_wrong_usage(self):
        for arguments in (["--fast"], ["a", "b"]):
            self.assertEqual(subprocess.run([TOOL, *arguments], capture_output=True, check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
