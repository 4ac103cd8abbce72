# SPDX-License-Identifier: Apache-2.0
"""Names of the GoogleTest cases in the sources, and of the executables that hold them: nothing need be built."""
import re

TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
NAME = re.compile(r"[A-Za-z]\w*\.\w+")
FOLDERS = ("core", "services", "sockets", "platform", "sim", "drill", "apps", "tests", "tls", "compat")
SCENARIOS = "tests_scenario"


def executable_of(source):
    """The test executable that a foo_test.cpp is compiled into (cmake/linnet_module.cmake); a path below the root."""
    folder = source.parent
    return SCENARIOS if folder.as_posix() == "tests" else "_".join(folder.parts) + "_test"


def places(root):
    """{Suite.Name: executables} of every test in the sources; a disabled one is none."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*_test.cpp")):
            for suite, name in TEST.findall(path.read_text(encoding="utf-8", errors="replace")):
                if not name.startswith("DISABLED_") and not suite.startswith("DISABLED_"):
                    found.setdefault(f"{suite}.{name}", set()).add(executable_of(path.relative_to(root)))
    return found


def names(root):
    return set(places(root))
