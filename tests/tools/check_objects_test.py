# SPDX-License-Identifier: Apache-2.0
"""tools/check-objects finds what the core may not hold, in objects compiled with the core's own flags."""
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/check-objects"
FLAGS = ["-std=c++20", "-O2", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-c"]


class CheckObjects(unittest.TestCase):
    def check(self, source, flags=()):
        with tempfile.TemporaryDirectory() as folder:
            code = Path(folder) / "a.cpp"
            code.write_text(source)
            subprocess.run(["g++", *FLAGS, *flags, code, "-o", Path(folder) / "a.o"], check=True)
            run = subprocess.run([TOOL, Path(folder) / "a.o"], capture_output=True, text=True, check=False)
            return run.returncode, run.stdout

    def assert_finds(self, finding, source, flags=()):
        code, output = self.check(source, flags)
        self.assertEqual(code, 1, output)
        self.assertIn(finding, output)

    def test_constants_tables_and_vtables_are_clean(self):
        code, output = self.check("""
            namespace linnet {
            struct Device { virtual int mtu() const = 0; protected: ~Device() = default; };
            struct Loopback : Device { int mtu() const override; };
            int Loopback::mtu() const { return 65535; }
            int transmit(Device&);
            const char* const names[] = {"one", "two"};
            const char* name(int i) { return names[i]; }
            int call(Device& d) { return transmit(d) + d.mtu(); }
            Loopback make() { return {}; }
            }""")
        self.assertEqual(code, 0, output)

    def test_the_four_memory_functions_are_clean(self):
        code, output = self.check("#include <cstring>\nvoid f(char* a, const char* b, unsigned long n)"
                                  "{ memcpy(a, b, n); memmove(a + 1, a, n); memset(b[0] ? a : a + 9, 7, n); }")
        self.assertEqual(code, 0, output)

    def test_mutable_globals(self):
        self.assert_finds("mutable global counter", "int counter = 3; int next() { return ++counter; }")
        self.assert_finds("mutable global", "static int counter; int next() { return ++counter; }")
        self.assert_finds("mutable global", "int next() { static int counter = 7; return ++counter; }")

    def test_thread_local(self):
        self.assert_finds("global", "thread_local int counter; int next() { return ++counter; }")

    def test_initialisation_at_start(self):
        self.assert_finds("initialisation at start", "int f(); const int x = f(); int g() { return x; }")

    def test_function_local_static_with_guard(self):
        self.assert_finds("__cxa_guard_acquire: a function-local static",
                          "int f(); int g() { static int x = f(); return x; }", ["-fthreadsafe-statics"])

    def test_heap(self):
        self.assert_finds("heap", "int* f() { return new int(3); }")
        self.assert_finds("heap", "void f(int* p) { delete p; }")
        self.assert_finds("malloc: heap", "#include <cstdlib>\nvoid* f() { return std::malloc(9); }")

    def test_a_virtual_destructor_needs_the_heap(self):
        self.assert_finds("heap", "struct A { virtual ~A(); }; A::~A() {}")

    def test_exceptions_floating_point_and_strangers(self):
        self.assert_finds("exceptions", "#include <string_view>\n"
                          "auto f(std::string_view s, std::size_t n) { return s.substr(n); }")
        self.assert_finds("not linnet's", 'extern "C" int puts(const char*); int f() { return puts("a"); }')

    def test_a_folder_without_objects_is_no_success(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([TOOL, folder], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("was it built?", run.stdout)


if __name__ == "__main__":
    unittest.main()
