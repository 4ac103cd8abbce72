# SPDX-License-Identifier: Apache-2.0
"""tools/stack-depth adds up frames along calls, and finds recursion and what it does not know."""
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/stack-depth"
sys.dont_write_bytecode = True
loader = SourceFileLoader("stack_depth", str(TOOL))
stack_depth = module_from_spec(spec_from_loader("stack_depth", loader))
sys.modules["stack_depth"] = stack_depth
loader.exec_module(stack_depth)


def node(name, size=None, text=None, kind="static"):
    shape = f'\\n{size} bytes ({kind})" }}' if size is not None else '" shape : ellipse }'
    return f'node: {{ title: "{name}" label: "{text or name}()\\na.cpp:1:1{shape}\n'


def edge(caller, callee, place="core/stack.cpp:1:2"):
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "{place}" }}\n'


def depth_of(text, extra=0):
    return stack_depth.Depth(stack_depth.read_graph(text, "core/stack.cpp", {}), extra)


class StackDepth(unittest.TestCase):
    def test_the_deepest_way_counts(self):
        depth = depth_of(node("a", 16) + node("b", 32) + node("c", 8) + node("d", 100) + edge("a", "b") + edge("a", "c") + edge("c", "d"))
        self.assertEqual(depth.below("a"), (124, ["a", "c", "d"], ()))
        self.assertEqual(depth.findings, [])

    def test_return_addresses_are_added_where_calls_push_them(self):
        self.assertEqual(depth_of(node("a", 16) + node("b", 32) + edge("a", "b"), extra=8).below("a")[0], 64)

    def test_sources_are_joined_and_the_largest_frame_counts(self):
        functions = stack_depth.read_graph(node("a", 16) + node("b") + edge("a", "b") + node("i", 8), "x.cpp", {})
        stack_depth.read_graph(node("b", 40) + node("i", 24) + edge("b", "i"), "y.cpp", functions)
        self.assertEqual(stack_depth.Depth(functions).below("a")[0], 80)

    def test_recursion_is_found(self):
        depth = depth_of(node("a", 16) + node("b", 32) + edge("a", "b") + edge("b", "a"))
        self.assertEqual(depth.findings, ["recursion: a() -> b()"])
        self.assertEqual(depth_of(node("a", 16) + edge("a", "a")).findings, ["recursion: a()"])

    def test_a_named_cycle_counts_as_often_as_it_may_go_round(self):
        name = "linnet::Capture::settle"
        depth = depth_of(node("r", 4) + node("a", 16, name) + node("b", 32) + node("c", 8) +
                         edge("r", "a") + edge("a", "b") + edge("b", "a") + edge("b", "c"))
        self.assertEqual(depth.findings, [])
        self.assertEqual(depth.below("r")[0], 4 + 2 * 48 + 8)

    def test_a_frame_without_a_bound_is_found(self):
        self.assertIn("unbounded", depth_of(node("a", 16, kind="dynamic")).findings[0])
        self.assertEqual(depth_of(node("a", 16, kind="dynamic,bounded")).findings, [])

    def test_an_indirect_call_is_answered_or_found(self):
        call = node("a", 16) + edge("a", "__indirect_call", "core/stack.cpp:3:4")
        answered = depth_of(call + node("l", 64, "linnet::Loopback::receive"))
        self.assertEqual((answered.below("a"), answered.findings), ((80, ["a", "l"], ("+ device",)), []))
        self.assertIn("nothing is named linnet::Loopback::", depth_of(call).findings[0])
        self.assertIn("does not name", depth_of(node("a", 16) + edge("a", "__indirect_call", "core/tcp/x.cpp:3:4")).findings[0])

    def test_what_is_neither_compiled_nor_supplied_is_found(self):
        depth = depth_of(node("a", 16) + node("malloc") + edge("a", "malloc"))
        depth.below("a")
        self.assertIn("malloc: called", depth.findings[0])
        depth = depth_of(node("a", 16) + edge("a", "memcpy"))
        self.assertEqual((depth.below("a")[0], depth.findings), (16 + stack_depth.SUPPLIED_BYTES, []))

    def test_a_constructor_is_called_by_its_other_name(self):
        depth = depth_of(node("a", 16) + node("x.cpp:_ZN1TC2Ev", 24) + edge("a", "x.cpp:_ZN1TC1Ev"))
        self.assertEqual((depth.below("a")[0], depth.findings), (40, []))

    def test_only_public_functions_are_calls(self):
        header = "class Other;\nclass A final : public B {\n public:\n  /// not this(\n  int one(int x);\n private:\n  void two();\n public:\n  void three();\n};\nclass C {\n public:\n  void four();\n};\n"
        self.assertEqual(stack_depth.public_names(header, "A"), {"one", "three"})
        with self.assertRaises(stack_depth.Wrong):
            stack_depth.public_names(header, "D")

    def test_names_are_told_from_results_and_parameters(self):
        for text, name in (("std::optional<unsigned char> linnet::Stack::add(std::span<int>)", "linnet::Stack::add"),
                           ("linnet::Result<a, b<c> > linnet::udp::Udp::send(x)", "linnet::udp::Udp::send"),
                           ("linnet::T* linnet::P::find(int) const", "linnet::P::find")):
            self.assertEqual(stack_depth.qualified(text), name)

    def test_what_g_plus_plus_writes_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "a.cpp"
            source.write_text("int down(int n) { volatile char big[400]; big[n] = 1; return n > 0 ? down(n - 1) + big[0] : 0; }\n")
            subprocess.run(["g++", "-O0", "-c", "-fcallgraph-info=su", source, "-o", Path(folder) / "a.o"], check=True)
            text = next(Path(folder).glob("*.ci")).read_text()
        depth = depth_of(text)
        self.assertEqual(depth.findings, ["recursion: int down(int)"])
        self.assertGreaterEqual(depth.below("_Z4downi")[0], 400)

    def test_wrong_usage_ends_with_2(self):
        for arguments in ([], ["--nonsense"], ["/nowhere"]):
            run = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertIn("stack-depth: ", run.stderr)


if __name__ == "__main__":
    unittest.main()
