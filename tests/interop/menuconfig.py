#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""linnet menuconfig on a terminal: what is changed and saved is in the file, in the headers made of it, and in the menu when it
is opened again. Each key waits for what the one before it shows."""
import contextlib
import os
import pty
import re
import select
import signal
import subprocess

from lib_interop import LINNET, LOGS, ROOT, case, equal, finish, require, start

PATIENCE = 60
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal:
    """A program on a terminal of 40 lines and 120 columns."""

    def __init__(self, *command):
        self.shown = b""
        self.child, self.leader = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm", LINES="40", COLUMNS="120")
            os.execv(command[0], [str(word) for word in command])

    def see(self, words):
        """Waits until the program has written this; what comes after it is not lost."""
        while (at := (text := ESCAPES.sub(b"", self.shown)).find(words.encode())) < 0:
            readable, _, _ = select.select([self.leader], [], [], PATIENCE)
            require(readable, f"{words!r} on the screen, which has {text!r}")
            try:
                more = os.read(self.leader, 65536)
            except OSError:  # EIO: the other end is closed
                more = b""
            require(more, f"{words!r} before the end, after {text!r}")
            self.shown += more
        self.shown = text[at + len(words):]

    def press(self, keys):
        os.write(self.leader, keys.encode())

    def ended(self):
        with contextlib.suppress(OSError):
            while os.read(self.leader, 65536):
                pass
        _, status = os.waitpid(self.child, 0)
        self.child = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.leader)


@contextlib.contextmanager
def menu(file):
    terminal = Terminal(LINNET, "menuconfig", "--config", file)
    try:
        terminal.see("Jump to symbol")  # the last lines of its first page
        terminal.see("advanced)")
        yield terminal
    finally:
        terminal.close()


def go_to(terminal, name, shown):
    """By the menu's search; `shown` is how its list of what was found has it."""
    terminal.press("/")
    terminal.see("Type text to narrow the search")
    terminal.press(name)
    terminal.see(shown)
    terminal.press("\n")
    terminal.see("Save minimal config")  # the menu again


def save(terminal):
    terminal.press("s")
    terminal.see("Filename to save configuration to")
    terminal.press("\n")
    terminal.see("saved to")
    terminal.press(" ")


def quit_menu(terminal):
    terminal.press("q")
    equal(terminal.ended(), 0, "its exit code")


def header(file):
    folder = LOGS / "headers"
    subprocess.run([ROOT / "tools/settings", "generate", "--output", folder, "--config", file], check=True)
    return (folder / "sdkconfig.h").read_text(), (folder / "linnet_settings.hpp").read_text()


def a_number():
    file = LOGS / "number"
    with menu(file) as terminal:
        go_to(terminal, "LWIP_MAX_SOCKETS", "LWIP_MAX_SOCKETS(=10)")
        terminal.press("\n")
        terminal.see("Max number of open sockets")
        terminal.press("\x7f\x7f300\n")
        terminal.see("outside the range 1-253")
        terminal.press(" ")
        terminal.press("\x7f\x7f\x7f7\n")
        terminal.see("7) Max number of open sockets")  # what stands there already is not written again
        save(terminal)
        quit_menu(terminal)
    require("CONFIG_LWIP_MAX_SOCKETS=7\n" in file.read_text(), "the number in the file")
    macros, members = header(file)
    require("#define CONFIG_LWIP_MAX_SOCKETS 7\n" in macros, "the macro")
    require("std::uint32_t lwip_max_sockets = 7;" in members, "the member")
    with menu(file) as terminal:
        go_to(terminal, "LWIP_MAX_SOCKETS", "LWIP_MAX_SOCKETS(=7)")
        quit_menu(terminal)


def a_switch():
    """Off: what depends on it is gone, too."""
    file = LOGS / "switch"
    with menu(file) as terminal:
        go_to(terminal, "^LWIP_IPV6$", "LWIP_IPV6(=y)")
        terminal.press("n")
        save(terminal)
        quit_menu(terminal)
    require("# CONFIG_LWIP_IPV6 is not set\n" in file.read_text(), "the switch in the file")
    macros, members = header(file)
    require("CONFIG_LWIP_IPV6" not in macros, "no macro of it or of what it hides")
    require("bool lwip_ipv6 = false;" in members, "the member")


def nothing_is_written_unasked():
    file = LOGS / "unchanged"
    with menu(file) as terminal:
        go_to(terminal, "LWIP_SO_LINGER", "LWIP_SO_LINGER(=n)")
        terminal.press("y")
        terminal.press("q")
        terminal.see("Save configuration?")
        terminal.press("n")
        equal(terminal.ended(), 0, "its exit code")
    require(not file.exists(), "no file")


def main():
    start(root=False)
    with case("a number is changed, saved and found again; one out of range is refused"):
        a_number()
    with case("a switch is set off"):
        a_switch()
    with case("what is not saved is not written"):
        nothing_is_written_unasked()
    finish()


main()
