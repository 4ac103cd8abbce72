#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each function and macro that the headers of compat/openssl declare is called by a test."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = re.compile(r"\b((?:SSL|TLS|SSLv\d+|TLSv1(?:_\d)?|X509|EVP|BIO|PEM|ERR|d2i|OPENSSL)_\w+)\s*\(")


class Header(unittest.TestCase):
    def test_each_function_is_called(self):
        declared = set()
        for header in (ROOT / "compat/openssl/include/openssl").glob("*.h"):
            declared.update(NAME.findall(re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)))
        self.assertGreater(len(declared), 200)
        tests = [*(ROOT / "compat/openssl").glob("*test*.?pp"), ROOT / "tests/openssl_peer/main.cpp"]
        text = "".join(path.read_text(encoding="utf-8") for path in tests)
        called = set(re.findall(r"\b\w+\b", text))
        self.assertEqual(sorted(declared - called), [])


if __name__ == "__main__":
    unittest.main()
