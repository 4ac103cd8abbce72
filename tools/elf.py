# SPDX-License-Identifier: Apache-2.0
"""Sections and symbols of object files, read with readelf (which reads those of every processor)."""
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SECTION = re.compile(r"^\s*\[\s*(\d+)\]\s+(\S*)\s+(\S+)\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+[0-9a-f]+\s(.{3})")
SYMBOL = re.compile(r"^\s*\d+:\s+[0-9a-f]+\s+(\S+)\s+(\S+)\s+(\S+)\s+\S+\s+(?:\[.*?\]\s+)?(\S+)\s*(\S*)")


@dataclass
class Section:
    name: str
    type: str
    size: int
    flags: str

    @property
    def writable_data(self):
        """Mutable at run time: tables of addresses that only the linker fills in are not."""
        return "W" in self.flags and not self.name.startswith(".data.rel.ro")


@dataclass
class Symbol:
    size: int
    type: str
    binding: str
    section: str  # its index, UND, ABS or COM
    name: str


@dataclass
class Object:
    path: Path
    sections: dict = field(default_factory=dict)  # index as text: Section
    symbols: list = field(default_factory=list)


def read(path):
    output = subprocess.run(["readelf", "-SsW", path], capture_output=True, text=True, check=True).stdout
    result = Object(Path(path))
    for line in output.splitlines():
        if match := SECTION.match(line):
            result.sections[match[1]] = Section(match[2], match[3], int(match[4], 16), match[5].strip())
        elif (match := SYMBOL.match(line)) and match[1] != "Size":
            result.symbols.append(Symbol(int(match[1], 0), match[2], match[3], match[4], match[5]))
    if not result.sections:
        raise ValueError(f"readelf showed no sections of {path}")
    return result


def module_objects(build):
    """{module: [object files]} of core and services in a CMake build folder."""
    modules = {}
    for folder in sorted(Path(build).glob("CMakeFiles/*.dir")):
        module = folder.name.removesuffix(".dir")
        if re.match(r"(core|services)(_|$)", module) and not module.endswith(("_test", "_headers")):
            objects = sorted(path for path in folder.rglob("*") if path.suffix in (".o", ".obj"))
            # An object whose source is gone stays in the build folder; its library no longer holds it.
            objects = [path for path in objects if source_of(path, folder).exists()]
            if objects:
                modules[module] = objects
    return modules


def source_of(path, folder):
    root = Path(__file__).resolve().parent.parent
    return root / path.relative_to(folder).with_suffix("")
