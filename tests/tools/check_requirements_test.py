# SPDX-License-Identifier: Apache-2.0
"""tools/check-requirements finds each kind of wrong row, and only those."""
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/check-requirements"
HEADER = "id,level,section,requirement,status,by,reason\n"
TESTS = """
TEST(Send, RFC6298_5_doubles) {}
TEST_F(StreamTest, urgent) {}
  TEST_P(Model, behaves) {}
TEST(Send, DISABLED_later) {}
// TEST(Send, in_a_comment)
"""
GOOD = "RFC6298-5-1,MUST,5,the timer doubles,tested,Send.RFC6298_5_doubles,\n"


class CheckRequirements(unittest.TestCase):
    def check(self, rows, *options, name="rfc6298", files=None):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {f"docs/requirements/{name}.csv": HEADER + rows, "core/tcp/a_test.cpp": TESTS,
                               "tests/drill/rto/doubles.pkt": "", "tests/interop/tap_tcp.py": "", **(files or {})}.items():
                place = Path(root) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
            run = subprocess.run([TOOL, *options, root], capture_output=True, text=True, check=False)
            return run.returncode, run.stdout

    def assert_clean(self, rows, *options, **more):
        code, output = self.check(rows, *options, **more)
        self.assertEqual(code, 0, output)
        return output

    def assert_finds(self, finding, rows, *options, **more):
        code, output = self.check(rows, *options, **more)
        self.assertEqual(code, 1, output)
        self.assertIn(finding, output)
        self.assertIn("; 0 SHOULDs without a test; 1 findings", output, "nothing else")

    def test_every_kind_of_test_and_of_status_is_clean(self):
        output = self.assert_clean(
            GOOD +
            "RFC6298-5-2,MUST NOT,5,not early,tested,StreamTest.urgent;Model.behaves; tests/drill/rto/doubles.pkt,\n"
            'RFC6298-5-3,SHOULD,5,"with, a comma",tested,tests/interop/tap_tcp.py,\n'
            "RFC6298-2.4-1,SHOULD,2.4,one second,departs,Send.RFC6298_5_doubles,200 ms everywhere\n"
            "RFC6298-2.5-1,MAY,2.5,a maximum,untested,,\n"
            "RFC6298-4-1,MUST,4,granularity,not-applicable,,our clock is finer\n"
            "RFC6298-5-4,STEP,5,starts the timer,planned,tests/drill/to/come.pkt,\n")
        self.assertIn("rfc6298: 7 requirements, 3 of them MUST; 3 tested, 1 planned, 1 departs, 1 not-applicable, "
                      "1 untested", output)
        self.assertIn("7 requirements: 3 tested, 1 planned, 1 departs, 1 not-applicable, 1 untested; "
                      "0 SHOULDs without a test; 0 findings", output)

    def test_a_must_without_a_test_and_without_a_reason_is_found(self):
        self.assert_finds("RFC6298-5-1: a MUST has neither a test nor a reason", "RFC6298-5-1,MUST,5,x,untested,,\n")
        self.assert_finds("RFC6298-5-1: a MUST NOT has neither", "RFC6298-5-1,MUST NOT,5,x,untested,,\n")
        self.assert_finds("RFC6298-5-1 is tested, but names no test", "RFC6298-5-1,MUST,5,x,tested,,\n")
        self.assert_finds("RFC6298-5-1: 'departs' needs a reason", "RFC6298-5-1,MUST,5,x,departs,,\n")
        self.assert_finds("RFC6298-5-1: 'not-applicable' needs a reason", "RFC6298-5-1,MUST,5,x,not-applicable,, \n")

    def test_tests_that_do_not_exist_are_found(self):
        for name in ("Send.other", "StreamTest.RFC6298_5_doubles", "Send.DISABLED_later", "Send.in_a_comment",
                     "tests/drill/rto/halves.pkt", "tests/interop/tap_udp.py"):
            self.assert_finds(f"there is no test '{name}'", f"RFC6298-5-1,MUST,5,x,tested,{name},\n")
        self.assert_finds("there is no test 'Send.other'",
                          "RFC6298-5-1,MUST,5,x,tested,Send.RFC6298_5_doubles;Send.other,\n")
        self.assert_finds("there is no test 'Send.other'", "RFC6298-5-1,MUST,5,x,departs,Send.other,a reason\n")

    def test_names_that_are_none_are_found(self):
        for name in ("the unit tests", "core/tcp/a_test.cpp", "tests/drill/rto/doubles.txt", "Send"):
            self.assert_finds(f"'{name}' is neither Suite.Name nor", f"RFC6298-5-1,MUST,5,x,planned,{name},\n")
        self.assert_finds("'Model.behaves' is named twice", "RFC6298-5-1,MUST,5,x,tested,Model.behaves;Model.behaves,\n")
        self.assert_finds("untested, but names a test", "RFC6298-5-1,MAY,5,x,untested,Model.behaves,\n")

    def test_planned_is_counted_and_strictly_a_finding(self):
        planned = "RFC6298-5-2,MUST,5,x,planned,Send.to_come,\n"
        self.assertIn("1 planned", self.assert_clean(GOOD + planned))
        self.assert_finds("RFC6298-5-2 is only planned", GOOD + planned, "--strict")
        self.assert_clean(GOOD, "--strict")
        self.assert_finds("RFC6298-5-2 is planned, but names no test", "RFC6298-5-2,MUST,5,x,planned,,\n")
        there = "RFC6298-5-2,MUST,5,x,planned,Send.RFC6298_5_doubles,\n"
        self.assertIn("planned, and there: RFC6298-5-2", self.assert_clean(there, "--verbose"))

    def test_shoulds_without_a_test_are_listed(self):
        rows = (GOOD + "RFC6298-5-2,SHOULD,5,x,untested,,\nRFC6298-5-3,SHOULD NOT,5,y,departs,,because\n"
                "RFC6298-5-4,MAY,5,z,untested,,\n")
        self.assertIn("2 SHOULDs without a test", self.assert_clean(rows))
        output = self.assert_clean(rows, "--verbose")
        self.assertIn("SHOULD without a test: RFC6298-5-2 (untested): x", output)
        self.assertIn("SHOULD without a test: RFC6298-5-3 (departs): y", output)
        self.assertNotIn("RFC6298-5-4", output)

    def test_form(self):
        self.assert_finds("RFC6298-5-1 was there before", GOOD + GOOD)
        self.assert_finds("'MAYBE' is none of the levels", GOOD.replace("MUST", "MAYBE"))
        self.assert_finds("'done' is none of the states", GOOD.replace("tested", "done"))
        self.assert_finds("'RFC6298-5-1' is not RFC6298-5.1-ORDINAL", GOOD.replace(",5,", ",5.1,"))
        self.assert_finds("'RFC6298-5-0' is not", GOOD.replace("5-1", "5-0"))
        self.assert_finds("'RFC6298-5-1' is not RFC6299-5-ORDINAL", GOOD, name="rfc6299")
        self.assert_finds("'five' is no section", GOOD.replace(",5,", ",five,").replace("-5-", "-five-"))
        self.assert_finds("the requirement is not one line", GOOD.replace("the timer doubles", ""))
        self.assert_finds("the requirement is not one line", GOOD.replace("the timer doubles", "x" * 161))
        self.assert_finds("6 columns, not 7", "RFC6298-5-1,MUST,5,x,tested,Send.RFC6298_5_doubles\n")
        self.assert_finds("not CSV", 'RFC6298-5-1,MUST,5,"x"y,tested,Send.RFC6298_5_doubles,\n')

    def test_other_tables(self):
        self.assert_finds("docs/requirements/rfc1.csv:1: the first line is not id,level,section", GOOD,
                          files={"docs/requirements/rfc1.csv": "id,level\n"})
        with tempfile.TemporaryDirectory() as root:
            run = subprocess.run([TOOL, root], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("there are no tables", run.stdout)

    def whole(self, change=lambda rows: rows):
        rows = {f"{kind}-{i}": f"{kind}-{i},{level},3.1,x,tested,Model.behaves,\n"
                for kind, level, count in (("MUST", "MUST", 69), ("SHLD", "SHOULD", 31), ("MAY", "MAY", 18),
                                           ("REC", "SHOULD", 1)) for i in range(1, count + 1)}
        return "".join(change(rows).values())

    def test_the_numbered_rfc_is_whole(self):
        self.assert_clean(self.whole(), name="rfc9293")

        def without(rows):
            del rows["SHLD-31"]
            return rows
        self.assert_finds("docs/requirements/rfc9293.csv: SHLD-31 is missing", self.whole(without), name="rfc9293")
        more = {"MUST-70": "MUST-70,MUST,3.1,x,tested,Model.behaves,\n"}
        self.assert_finds("RFC9293 has no 'MUST-70'", self.whole(lambda rows: rows | more), name="rfc9293")
        other = {"MAY-18": "MAY-18,SHOULD,3.1,x,tested,Model.behaves,\n"}
        self.assert_finds("'SHOULD' is not the level of MAY-18", self.whole(lambda rows: rows | other), name="rfc9293")

    def test_tests_that_carry_an_id_are_compared_with_its_row(self):
        files = {"core/tcp/b_test.cpp": "TEST(Send, RFC9293_MUST_17_SHLD_7_nagle) {}\n"}

        def named(rows):
            rows["MUST-17"] = rows["MUST-17"].replace("Model.behaves", "Send.RFC9293_MUST_17_SHLD_7_nagle")
            return rows
        output = self.assert_clean(self.whole(named), "--verbose", name="rfc9293", files=files)
        self.assertIn("not named at SHLD-7: Send.RFC9293_MUST_17_SHLD_7_nagle", output)
        self.assertNotIn("not named at MUST-17", output)

    def test_wrong_usage(self):
        for arguments in (["--fast"], ["a", "b"]):
            self.assertEqual(subprocess.run([TOOL, *arguments], capture_output=True, check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
