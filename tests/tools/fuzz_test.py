# SPDX-License-Identifier: Apache-2.0
"""fuzz/run: wrong usage is told, results are read from what libFuzzer says, and every target is described."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "fuzz/run"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("fuzz", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fuzz", loader))
    loader.exec_module(module)
    return module


fuzz = load()
ENDED = """#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb
#20000\tDONE   cov: 25 ft: 40 corp: 7/90b lim: 512 exec/s: 4000 rss: 40Mb
stat::number_of_executed_units: 20000
"""
CRASHED = """#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb
#512\tNEW    cov: 12 ft: 14 corp: 2/9b lim: 4 exec/s: 100 rss: 30Mb
artifact_prefix='/x/'; Test unit written to /x/url-crash-1
"""


class Usage(unittest.TestCase):
    def run_tool(self, *arguments):
        return subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)

    def test_wrong_usage_is_told(self):
        for arguments in (["nothing"], ["10x"], ["0s"], ["--runs", "0"], ["--runs", "9", "5s"], ["--minimize", "5s"],
                          ["--minimize", "--runs", "9"], ["--unknown"], ["url", "5s"]):
            done = self.run_tool(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("accepted are", done.stderr, arguments)

    def test_every_target_is_listed_and_described(self):
        done = self.run_tool("--list")
        self.assertEqual(done.returncode, 0)
        documented = (ROOT / "docs/fuzzing.md").read_text()
        for line in done.stdout.splitlines():
            name, _, what = line.partition(" ")
            self.assertGreater(len(what.strip()), 20, name)
            self.assertRegex(documented, rf"\| (.*, )?{name}(,.*)? \|", name)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], fuzz.targets())


class Results(unittest.TestCase):
    def test_a_run_that_ended(self):
        result = fuzz.Result("url", 0, ENDED, 10, Path("/nowhere"))
        self.assertEqual((result.executions, result.rate, result.edges, result.new_edges), (20000, 4000, 25, 15))
        self.assertTrue(result.line().startswith("PASS url: 20000 executions"))

    def test_a_run_that_crashed(self):
        result = fuzz.Result("url", 77, CRASHED, 10, Path("/nowhere"))
        self.assertEqual((result.executions, result.edges, result.reproducer), (512, 12, "/x/url-crash-1"))
        self.assertTrue(result.line().startswith("FAIL url"))


class Corpora(unittest.TestCase):
    def test_what_is_committed_is_small(self):
        for folder in (ROOT / "fuzz/corpus").iterdir():
            self.assertIn(folder.name, fuzz.targets())
            sizes = [path.stat().st_size for path in folder.iterdir()]
            self.assertLessEqual(sum(sizes), fuzz.CORPUS_BYTES, folder.name)
            self.assertLessEqual(len(sizes), fuzz.CORPUS_FILES, folder.name)

    def test_a_large_corpus_is_spread_over_its_sizes(self):
        with tempfile.TemporaryDirectory() as name:
            for size in range(fuzz.CORPUS_FILES * 3):
                (Path(name) / f"{size:04}").write_bytes(b"x" * (size // 8))
            kept = fuzz.spread(Path(name))
        self.assertEqual(len(kept), fuzz.CORPUS_FILES)
        self.assertEqual(kept[-1].name, f"{fuzz.CORPUS_FILES * 3 - 1:04}")


if __name__ == "__main__":
    unittest.main()
