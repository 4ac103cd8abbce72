# SPDX-License-Identifier: Apache-2.0
"""tools/check-folders finds each kind of wrong include, and only those."""
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/check-folders"
BYTES = "#pragma once\n#include <span>\n"


class CheckFolders(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            run = subprocess.run([TOOL, root], capture_output=True, text=True, check=False)
            return run.returncode, run.stdout

    def assert_clean(self, files):
        code, output = self.check(files)
        self.assertEqual(code, 0, output)

    def assert_finds(self, finding, files):
        code, output = self.check(files)
        self.assertEqual(code, 1, output)
        self.assertIn(finding, output)

    def test_downward_includes_are_clean(self):
        self.assert_clean({
            "core/base/bytes.hpp": BYTES,
            "core/ip/ip.hpp": '#pragma once\n#include "core/base/bytes.hpp"\n',
            "core/tcp/tcp.cpp": '#include "core/ip/ip.hpp"\n#include <array>\n',
            "core/stack.hpp": '#pragma once\n#include "core/ip/ip.hpp"\n',
            "services/dns/dns.cpp": '#include "core/stack.hpp"\n',
            "apps/main.cpp": '#include "core/stack.hpp"\n#include <string>\n',
        })

    def test_upward_include_is_found(self):
        self.assert_finds('core/base/bytes.hpp:2: core/base may not include "core/ip/ip.hpp"', {
            "core/base/bytes.hpp": '#pragma once\n#include "core/ip/ip.hpp"\n',
            "core/ip/ip.hpp": "#pragma once\n"})

    def test_tcp_and_udp_never_include_each_other(self):
        self.assert_finds('core/tcp may not include "core/udp/udp.hpp"', {
            "core/tcp/tcp.cpp": '#include "core/udp/udp.hpp"\n', "core/udp/udp.hpp": "#pragma once\n"})
        self.assert_finds('core/udp may not include "core/tcp/tcp.hpp"', {
            "core/udp/udp.cpp": '#include "core/tcp/tcp.hpp"\n', "core/tcp/tcp.hpp": "#pragma once\n"})

    def test_services_do_not_include_each_other_nor_the_sockets(self):
        self.assert_finds("services may not include", {
            "services/dns/dns.cpp": '#include "services/dhcp/dhcp.hpp"\n',
            "services/dhcp/dhcp.hpp": "#pragma once\n"})
        self.assert_finds("services may not include", {
            "services/dns/dns.cpp": '#include "sockets/sockets.hpp"\n',
            "sockets/sockets.hpp": "#pragma once\n"})

    def test_platform_does_not_include_the_stack(self):
        self.assert_finds("platform may not include", {
            "platform/linux/tap.cpp": '#include "core/stack.hpp"\n', "core/stack.hpp": "#pragma once\n"})

    def test_core_includes_only_the_freestanding_subset(self):
        for header in ("string", "vector", "chrono", "memory", "iostream", "sys/socket.h"):
            self.assert_finds(f"<{header}> is not of the freestanding subset",
                              {"core/base/bytes.cpp": f"#include <{header}>\n"})

    def test_spaces_do_not_hide_an_include(self):
        self.assert_finds("<vector>", {"core/base/bytes.cpp": "  #  include  <vector>\n"})

    def test_the_tests_of_core_may_use_the_standard_library(self):
        self.assert_clean({"core/base/bytes.hpp": BYTES,
                           "core/base/bytes_test.cpp": '#include "core/base/bytes.hpp"\n#include <vector>\n'})

    def test_relative_include_is_found(self):
        self.assert_finds("is no file from the root", {
            "core/base/bytes.hpp": BYTES, "core/base/reader.hpp": '#pragma once\n#include "bytes.hpp"\n'})

    def test_macro_in_core_is_found(self):
        self.assert_finds("macro MAXIMUM", {"core/base/bytes.cpp": "#define MAXIMUM 3\n"})

    def test_header_without_pragma_once_is_found(self):
        self.assert_finds("no #pragma once", {"sim/wire.hpp": "int wire();\n"})

    def test_folder_without_a_rule_is_found(self):
        self.assert_finds("no rule", {"misc/a.cpp": "int a();\n"})


if __name__ == "__main__":
    unittest.main()
