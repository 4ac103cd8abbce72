# SPDX-License-Identifier: Apache-2.0
"""bench/goodput's cells, how it judges figures, and what it says to wrong arguments."""
import contextlib
import io
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/goodput"))
import cells  # noqa: E402  pylint: disable=wrong-import-position
import report  # noqa: E402  pylint: disable=wrong-import-position


def run(cell, row, mbit):
    return {"cell": cell.name, "row": row, "mbit": mbit, "spurious": 0, "timeouts": 0}


class Cells(unittest.TestCase):
    def test_every_cell_has_a_name_of_its_own(self):
        names = [cell.name for cell in cells.all_cells()]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len(names), 2 * (4 * (4 + 2 + 3) + 3))

    def test_loss_leaves_other_kinds_out(self):
        chosen = list(cells.chosen(rtt=[20], loss=[1], size=[1]))
        self.assertEqual([cell.forward for cell in chosen], ["loss=1%,delay=10000us"])

    def test_burst_share_is_that_of_the_model(self):
        # Mean good time 400 frames, mean bad time 4.
        burst = next(cells.bursty(20, 1))
        self.assertAlmostEqual(burst.percent, 4 / 404 * 100, 2)


class Judgement(unittest.TestCase):
    def judge(self, cell, **mbit):
        runs = [run(cell, row, value) for row, values in mbit.items() for value in values]
        with contextlib.redirect_stdout(io.StringIO()):
            return report.print_goodput([cell], list(mbit), runs)

    def test_ratios_are_of_medians(self):
        cell = next(cells.chosen(loss=[1]))
        self.assertEqual(self.judge(cell, ours=[9, 1, 90], linux=[10, 10, 1]), 0)
        self.assertEqual(self.judge(cell, ours=[8.9], linux=[10]), 1)

    def test_lwip_counts_from_one_percent_on(self):
        low, high = next(cells.chosen(loss=[0.1])), next(cells.chosen(loss=[1]))
        self.assertEqual(self.judge(low, ours64=[1], lwip=[1]), 0)
        self.assertEqual(self.judge(high, ours64=[2.9], lwip=[1]), 1)
        self.assertEqual(self.judge(high, ours64=[3], lwip=[1]), 0)

    def test_shares_are_of_the_time_that_both_were_there(self):
        first = (100.0, [10 * n for n in range(50)])
        second = (101.0, [30 * n for n in range(40)])
        (whole, mbit), (later, _) = report.shares([first, second])
        self.assertAlmostEqual(whole[0], 0.25, 2)
        self.assertAlmostEqual(later[0], 0.25, 2)
        self.assertGreater(mbit, 0)


class WrongArguments(unittest.TestCase):
    def refused(self, *arguments):
        done = subprocess.run([sys.executable, str(ROOT / "bench/goodput/goodput.py"), *arguments], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 2)
        return done.stderr

    def test_wrong_word_is_named_with_what_is_accepted(self):
        error = self.refused("real", "--rows", "ours,bsd")
        self.assertIn("bsd", error)
        self.assertIn("lwip", error)

    def test_wrong_number_is_named(self):
        self.assertIn("'0'", self.refused("virtual", "--seeds", "0"))
        self.assertIn("no cell", self.refused("virtual", "--rtt", "22"))
        self.assertIn("ms", self.refused("virtual", "--rtt", "20ms"))


if __name__ == "__main__":
    unittest.main()
