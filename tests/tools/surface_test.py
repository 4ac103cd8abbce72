#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The surface: every function and function-like macro that a header of compat/ declares is used by a test or a program of the tests."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEADERS = sorted(ROOT.glob("compat/*/include/**/*.h"))
USERS = ("compat/**/*_test.cpp", "compat/**/test_*", "tests/**/*.c", "tests/**/*.cpp", "tests/**/*.h", "tests/**/*.hpp",
         "apps/seed/**/*.c", "apps/seed/**/*.h", "apps/seed/**/*.cpp")
NO_NAMES = {"if", "while", "for", "switch", "return", "sizeof", "defined", "static_assert", "__attribute__", "__asm__"}

# Used by nobody, on purpose.
EXCEPTIONS = {
    "esp_console_new_repl_usb_cdc": "there is one console, standard input; the same call as esp_console_new_repl_uart",
    "esp_console_new_repl_usb_serial_jtag": "likewise",
    "ESP_CONSOLE_DEV_CDC_CONFIG_DEFAULT": "likewise: its settings",
    "ESP_CONSOLE_DEV_USB_SERIAL_JTAG_CONFIG_DEFAULT": "likewise",
    "esp_console_stop_repl": "ends the thread that reads standard input, which a test shares with others",
}


def without_comments(text):
    return re.sub(r"//.*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).replace("\\\n", " ")


def at_file_scope(text):
    """Declarations without bodies, and no preprocessor lines."""
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#")).replace('extern "C" {', "")
    depth, out = 0, []
    for letter in text:
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth = max(0, depth - 1)
            out.append(";" if depth == 0 else "")
        elif depth == 0:
            out.append(letter)
    return "".join(out).split(";")


def functions(text):
    found = set()
    for declaration in map(" ".join, map(str.split, at_file_scope(text))):
        match = re.match(r"(?!typedef)(?:[\w*]+[ *]+)+?\**(\w+) ?\(", declaration)
        if match and match[1] not in NO_NAMES:
            found.add(match[1])
    return found


def macros(text):
    """Function-like ones, and other names of functions: the name and what it stands for."""
    found = dict(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+\b(?=\())(.*)$", text, re.MULTILINE))
    found |= dict(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+([a-z]\w*_\w+)[ \t]*$", text, re.MULTILINE))
    return found


def bodies(text):
    """Of inline functions: the name and what is between its braces."""
    return re.findall(r"static inline [\w *]+?\b(\w+)\([^)]*\)\s*(\{.*?\n?\})\s*\n", text, re.DOTALL)


class Surface(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.declared = {}
        cls.leads_to = {}
        for header in HEADERS:
            text = without_comments(header.read_text())
            names = macros(text)
            for name in functions(text) | set(names):
                cls.declared.setdefault(name, str(header.relative_to(ROOT)))
            for name, body in [*names.items(), *bodies(text)]:
                cls.leads_to.setdefault(name, set()).update(re.findall(r"\w+", body))
        cls.used = set()
        for pattern in USERS:
            for path in ROOT.glob(pattern):
                if path.is_file():
                    cls.used |= set(re.findall(r"\w+", without_comments(path.read_text(errors="replace"))))
        fresh = set(cls.used)
        while fresh:  # what a used name stands for is used, too
            fresh = set().union(*(cls.leads_to.get(name, set()) for name in fresh)) - cls.used
            cls.used |= fresh

    def test_the_headers_are_read(self):
        for name in ("lwip_accept", "lwip_accept_r", "ESP_LOGI", "xTaskCreate", "tcpip_adapter_get_ip_info", "mdns_init", "esp_tls_init",
                     "SSL_read", "ip4_addr_cmp", "htons", "esp_netif_init"):
            self.assertIn(name, self.declared)
        self.assertGreater(len(self.declared), 1100)

    def test_every_name_is_used(self):
        unused = {name: header for name, header in self.declared.items()
                  if name not in self.used and not name.lower().startswith(("linnet", "_"))}
        self.assertEqual({name: unused[name] for name in sorted(unused) if name not in EXCEPTIONS}, {})
        self.assertEqual(sorted(EXCEPTIONS), sorted(name for name in unused if name in EXCEPTIONS), "an exception without need")


if __name__ == "__main__":
    unittest.main()
