#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/settings: headers out of Kconfig, a profile and a file; wrong ones are refused."""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools/settings"


def run(*arguments):
    done = subprocess.run([TOOL, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Generate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.here = Path(self.folder.name)

    def macros(self, *arguments):
        code, _, error = run("generate", "--output", self.here, *arguments)
        self.assertEqual(code, 0, error)
        return dict(re.findall(r"#define CONFIG_(\w+) (.+)", (self.here / "sdkconfig.h").read_text()))

    def test_macros_are_those_of_esp_idf(self):
        macros = self.macros()
        self.assertEqual(macros["LWIP_MAX_SOCKETS"], "10")
        self.assertEqual(macros["LWIP_SO_REUSE"], "1")
        self.assertEqual(macros["LWIP_LOCAL_HOSTNAME"], '"espressif"')
        self.assertNotIn("LWIP_SO_LINGER", macros)  # a switch that is off is not defined

    def test_profiles_differ(self):
        self.assertEqual(self.macros("--profile", "esp32-seed")["LWIP_MAX_SOCKETS"], "4")
        self.assertEqual(self.macros("--profile", "linux")["LWIP_MAX_SOCKETS"], "253")

    def test_a_file_wins_over_its_profile(self):
        file = self.here / "sdkconfig"
        file.write_text("CONFIG_LWIP_MAX_SOCKETS=7\n# CONFIG_LWIP_IPV6 is not set\n")
        macros = self.macros("--profile", "esp32-seed", "--config", file)
        self.assertEqual(macros["LWIP_MAX_SOCKETS"], "7")
        self.assertNotIn("LWIP_IPV6", macros)
        self.assertNotIn("LWIP_IPV6_NUM_ADDRESSES", macros)

    def test_the_header_for_cpp_has_the_same(self):
        self.macros("--profile", "esp32-seed")
        text = (self.here / "linnet_settings.hpp").read_text()
        self.assertIn("std::uint32_t lwip_max_sockets = 4;", text)
        self.assertIn("bool lwip_so_reuse = false;", text)

    def test_nothing_is_written_when_nothing_changed(self):
        self.macros()
        before = {path: path.stat().st_mtime_ns for path in self.here.iterdir()}
        self.macros()
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in self.here.iterdir()})

    def test_lines_that_cannot_be_are_refused(self):
        for line in ("CONFIG_LWIP_MAX_SOCKETS=900", "CONFIG_LWIP_MAX_SOCKETS=x", "CONFIG_NO_SUCH_SETTING=y"):
            file = self.here / "sdkconfig"
            file.write_text(line + "\n")
            code, _, error = run("generate", "--output", self.here, "--config", file)
            self.assertEqual(code, 1, line)
            self.assertIn(line.split("=")[0].removeprefix("CONFIG_"), error)

    def test_wrong_usage(self):
        for arguments in ((), ("generate",), ("generate", "--output", "x", "--profile", "huge"), ("fly",)):
            code, _, error = run(*arguments)
            self.assertEqual(code, 2)
            self.assertTrue(error.startswith("settings: "), error)
        code, _, error = run("generate", "--output", self.here, "--config", "/no/such/file")
        self.assertEqual(code, 1)
        self.assertIn("/no/such/file", error)

    def test_every_setting_is_in_the_docs(self):
        text = (ROOT / "docs/settings.md").read_text()
        for name in re.findall(r"^config (\w+)", (ROOT / "Kconfig").read_text(), re.MULTILINE):
            self.assertIn(f"`{name}`", text, name)

    # Read by nobody, on purpose.
    WITHOUT_READER = {
        "LWIP_IPV4": "always on; the others depend on it",
    }

    def test_every_setting_has_a_reader(self):
        """In C++ (or in what CMake writes of it), beside the tests: a setting that nobody reads has no effect."""
        sources = [ROOT / "settings/settings.hpp", ROOT / "cmake/linnet_esp_app.cmake"]
        text = "".join(re.sub(r"//.*|^#.*", "", source.read_text(), flags=re.MULTILINE) for source in sources)
        text += "".join(re.sub(r"//.*", "", source.read_text()) for source in (ROOT / "settings").glob("*.hpp"))
        names = re.findall(r"^ *config (\w+)", (ROOT / "Kconfig").read_text(), re.MULTILINE)
        self.assertGreater(len(names), 60)
        dead = [name for name in names if not re.search(rf"[.]{name.lower()}\b", text)]
        # A choice's last alternative is what is left when the others are off.
        self.assertEqual(sorted(dead), sorted([*self.WITHOUT_READER, "LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP"]))



    # Numbers that size no memory, or not beyond a few.
    SIZE_NOTHING = {
        "LWIP_IP_DEFAULT_TTL": "a field of packets",
        "LWIP_IPV6_DUP_DETECT_ATTEMPTS": "how often",
        "LWIP_DHCPS_LEASE_UNIT": "seconds",
        "LWIP_AUTOIP_TRIES": "how often",
        "LWIP_TCP_MAXRTX": "how often",
        "LWIP_TCP_SYNMAXRTX": "how often",
        "LWIP_TCP_MSS": "a field of packets; blocks hold any frame",
        "LWIP_TCP_MSL": "milliseconds",
        "LWIP_TCP_FIN_WAIT_TIMEOUT": "milliseconds",
        "LWIP_TCP_RTO_TIME": "milliseconds",
        "LWIP_TCP_SND_BUF_DEFAULT": "a limit; the bytes are in LINNET_SMALL_BLOCKS",
        "LWIP_TCP_WND_DEFAULT": "a limit; the bytes are in LINNET_SMALL_BLOCKS",
        "LWIP_TCP_OOSEQ_MAX_PBUFS": "a limit; the buffers are LINNET_SMALL_BLOCKS",
        "LWIP_IPV6_MEMP_NUM_ND6_QUEUE": "a limit; the packets are in LINNET_SMALL_BLOCKS",
        "LWIP_SNTP_MAX_SERVERS": "more than 8 are 8: the_time_client_is_as_said",
        "LWIP_DHCP_MAX_NTP_SERVERS": "more than 8 are 8: the_time_client_is_as_said",
        "LWIP_SNTP_UPDATE_DELAY": "milliseconds",
        "LWIP_SNTP_MAXIMUM_STARTUP_DELAY": "milliseconds",
        "LWIP_DNS_MAX_SERVERS": "four addresses are there in any case",
        "MDNS_MAX_SERVICES": "of programs that announce themselves, whose agent is beside memory_needed",
    }

    def test_every_number_that_sizes_memory_is_tested_to_show_in_memory_needed(self):
        tested = set(re.findall(r'\{"(\w+)", &Settings::', (ROOT / "settings/settings_test.cpp").read_text()))
        blocks = re.split(r"^ *config ", (ROOT / "Kconfig").read_text(), flags=re.MULTILINE)[1:]
        numbers = {block.split()[0] for block in blocks if re.search(r"^ +int\b", block, re.MULTILINE)}
        self.assertGreater(len(numbers), 35)
        self.assertEqual(sorted(numbers - tested), sorted(self.SIZE_NOTHING), "neither tested nor an exception with its reason")


class App(unittest.TestCase):
    """The settings of a program of ESP-IDF."""

    PROJECT = """menu "Example Configuration"
config EXAMPLE_PORT
    int "Port"
    range 1 65535
    default 3333
config EXAMPLE_IPV4
    bool "IPv4"
    default y
config EXAMPLE_IPV4_ADDR
    string "IPV4 Address"
    default "192.168.0.165"
    depends on EXAMPLE_IPV4
endmenu
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.here = Path(self.folder.name)
        self.kconfig = self.here / "Kconfig.projbuild"
        self.kconfig.write_text(self.PROJECT)

    def app(self, *texts):
        arguments = ["app", "--output", self.here / "out", "--kconfig", self.kconfig]
        for number, text in enumerate(texts):
            path = self.here / f"config{number}"
            path.write_text(text)
            arguments += ["--config", path]
        return run(*arguments)

    def macros(self, *texts):
        code, _, error = self.app(*texts)
        self.assertEqual(code, 0, error)
        return dict(re.findall(r"#define CONFIG_(\w+) (.+)", (self.here / "out/sdkconfig.h").read_text()))

    def test_a_projects_own_options_have_their_defaults(self):
        macros = self.macros()
        self.assertEqual(macros["EXAMPLE_PORT"], "3333")
        self.assertEqual(macros["EXAMPLE_IPV4_ADDR"], '"192.168.0.165"')
        self.assertEqual(macros["LWIP_MAX_SOCKETS"], "10")

    def test_later_files_win(self):
        macros = self.macros("CONFIG_EXAMPLE_PORT=1\nCONFIG_LWIP_MAX_SOCKETS=4\n", "CONFIG_EXAMPLE_PORT=2\n")
        self.assertEqual(macros["EXAMPLE_PORT"], "2")
        self.assertEqual(macros["LWIP_MAX_SOCKETS"], "4")
        structure = (self.here / "out/linnet_settings.hpp").read_text()
        self.assertIn("lwip_max_sockets = 4;", structure)
        self.assertNotIn("example_port", structure)

    def test_old_names_are_those_of_today(self):
        macros = self.macros("CONFIG_TCP_MSS=1000\nCONFIG_LWIP_IP_REASSEMBLY=y\nCONFIG_TCP_SND_BUF_DEFAULT=4000\n")
        self.assertEqual((macros["TCP_MSS"], macros["LWIP_TCP_MSS"]), ("1000", "1000"))
        self.assertEqual(macros["LWIP_TCP_SND_BUF_DEFAULT"], "4000")
        self.assertEqual(macros["LWIP_IP4_REASSEMBLY"], "1")
        self.assertIn("lwip_tcp_mss = 1000;", (self.here / "out/linnet_settings.hpp").read_text())
        code, _, error = self.app("CONFIG_TCP_MSS=9\n")
        self.assertEqual(code, 1)
        self.assertIn("LWIP_TCP_MSS", error)

    def test_components_find_their_settings_in_cmake(self):
        self.macros("CONFIG_EXAMPLE_IPV4=n\nCONFIG_BT_ENABLED=y\n")
        text = (self.here / "out/sdkconfig.cmake").read_text()
        self.assertIn("set(CONFIG_EXAMPLE_PORT [==[3333]==])", text)
        self.assertIn("set(CONFIG_BT_ENABLED [==[y]==])", text)
        self.assertIn("set(CONFIG_IDF_TARGET [==[esp32]==])", text)
        self.assertNotIn("EXAMPLE_IPV4", text)  # what is off is not there

    def test_switches_hide_what_depends_on_them(self):
        macros = self.macros("# CONFIG_EXAMPLE_IPV4 is not set\n")
        self.assertNotIn("EXAMPLE_IPV4", macros)
        self.assertNotIn("EXAMPLE_IPV4_ADDR", macros)

    def test_settings_of_other_components_are_passed_on(self):
        macros = self.macros('CONFIG_FREERTOS_HZ=100\nCONFIG_IDF_TARGET="esp32"\nCONFIG_ESP_CONSOLE_UART=y\n')
        self.assertEqual(macros["FREERTOS_HZ"], "100")
        self.assertEqual(macros["IDF_TARGET"], '"esp32"')
        self.assertEqual(macros["ESP_CONSOLE_UART"], "1")

    def test_wrong_values_say_what_is_accepted(self):
        for line, accepted in (("CONFIG_LWIP_MAX_SOCKETS=300", "[1, 253]"), ("CONFIG_EXAMPLE_PORT=0", "[1, 65535]"),
                               ("CONFIG_EXAMPLE_PORT=many", "int"), ("CONFIG_EXAMPLE_IPV4=7", "bool")):
            code, _, error = self.app(line + "\n")
            self.assertEqual(code, 1, line)
            self.assertIn(accepted, error)
            self.assertIn(line[len("CONFIG_"):].partition("=")[0], error)

    def test_files_that_are_not_there(self):
        code, _, error = run("app", "--output", self.here / "out", "--config", self.here / "nothing")
        self.assertEqual(code, 1)
        self.assertIn("no such file", error)
        code, _, error = run("app", "--output", self.here / "out", "--kconfig", self.here / "nothing")
        self.assertEqual(code, 1)

    def test_a_kconfig_that_is_none(self):
        self.kconfig.write_text("config\n")
        code, _, error = self.app()
        self.assertEqual(code, 1)
        self.assertIn("Kconfig.projbuild", error)


if __name__ == "__main__":
    unittest.main()
