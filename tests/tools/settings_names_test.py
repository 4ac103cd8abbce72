#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each setting of ESP-IDF's lwIP, mDNS and OpenSSL mapping is one here, too, or docs/settings.md says why there is none."""
import fnmatch
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def names(part):
    text = (ROOT / "tests/tools/esp_idf_settings.txt").read_text()
    return re.findall(r"^\w+$", text.split("# Until ESP-IDF 3")[part], re.MULTILINE)


def old_names():
    """What tools/settings takes an old name for, read without its libraries."""
    text = (ROOT / "tools/settings").read_text()
    return dict(re.findall(r'"(\w+)": "(\w+)"', re.search(r"^OLD_NAMES = \{(.*)\}", text, re.MULTILINE)[1]))


class Names(unittest.TestCase):
    def setUp(self):
        self.ours = set(re.findall(r"^ *(?:config|choice) (\w+)", (ROOT / "Kconfig").read_text(), re.MULTILINE))
        rows = re.search(r"^## What has none\n(.*?)(?=^## |\Z)", (ROOT / "docs/settings.md").read_text(), re.MULTILINE | re.DOTALL)[1]
        first_columns = re.findall(r"^\| (.*?) \|", rows, re.MULTILINE)
        self.without = {name for column in first_columns for name in re.findall(r"`([A-Z][A-Z0-9_*]+)`", column)}

    def is_without(self, name):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.without)

    def test_the_list_is_read(self):
        self.assertGreater(len(names(0)), 230)
        self.assertGreater(len(names(1)), 15)
        self.assertEqual(len(set(names(0) + names(1))), len(names(0) + names(1)), "each once")

    def test_every_name_is_a_setting_or_says_why_not(self):
        self.assertEqual([name for name in names(0) if name not in self.ours and not self.is_without(name)], [])

    def test_no_name_is_both(self):
        self.assertEqual([name for name in self.ours if self.is_without(name)], [])

    def test_every_setting_of_ours_is_marked_or_esp_idfs(self):
        self.assertEqual([name for name in self.ours if name not in names(0) and not name.startswith("LINNET_")], [])

    def test_every_row_of_the_docs_is_of_a_name(self):
        known = names(0) + names(1)
        self.assertEqual([pattern for pattern in self.without if not fnmatch.filter(known, pattern)], [])

    def test_the_names_of_old_have_one_of_today(self):
        lost = []
        for name in names(1):
            today = old_names().get(name, f"LWIP_{name}")
            if today not in self.ours and not self.is_without(today) and not self.is_without(name):
                lost.append(name)
        self.assertEqual(lost, [])


if __name__ == "__main__":
    unittest.main()
