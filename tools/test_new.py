"""Tests of tools/new: it writes what it says, in order, and never over something."""

import importlib.machinery
import importlib.util
import os
import tempfile
import unittest

import tidy

_PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "new")
_LOADER = importlib.machinery.SourceFileLoader("new", _PATH)
new = importlib.util.module_from_spec(importlib.util.spec_from_loader("new", _LOADER))
_LOADER.exec_module(new)

LIST = "x = files(\n  'a.c',\n  'c.c',\n)\ny = files(\n  'z.c',\n)\n"


class AddLine(unittest.TestCase):
    def test_a_line_goes_to_its_place_in_the_first_list(self):
        self.assertEqual(LIST.replace("'c.c'", "'b.c',\n  'c.c'"), new.add_line(LIST, "'b.c',"))
        self.assertEqual(LIST.replace("'c.c',", "'c.c',\n  'd.c',"), new.add_line(LIST, "'d.c',"))

    def test_a_line_that_is_there_stays_one(self):
        self.assertEqual(LIST, new.add_line(LIST, "'c.c',"))

    def test_an_empty_table_gets_its_first_row(self):
        self.assertEqual("t = {\n  'a': codec,\n}\n", new.add_line("t = {\n}\n", "'a': codec,"))


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = new.Tree(folder.name)
        for path, text in {"src/codec/meson.build": LIST, "tests/unit/codec/meson.build": LIST,
                           "src/policy/meson.build": "p = [\n  'cors',\n]\n",
                           "tests/unit/policy/meson.build": LIST, "tests/fuzz/meson.build": "f = {\n}\n",
                           "src/policy/skeleton.c": "sl_policy_skeleton",
                           "tests/unit/policy/test_skeleton.c": "TEST(skeleton, passes_it_on)"}.items():
            self.tree.write(path, text)

    def run_new(self, *arguments):
        return new.run(self.tree.root, list(arguments))

    def test_a_policy_comes_from_the_skeleton(self):
        self.run_new("policy", "retire")
        self.assertEqual("sl_policy_retire", self.tree.read("src/policy/retire.c"))
        self.assertIn("'retire',", self.tree.read("src/policy/meson.build"))
        self.assertIn("'test_retire.c',", self.tree.read("tests/unit/policy/meson.build"))

    def test_what_it_writes_is_tidy(self):
        wrote = self.run_new("file", "codec", "media") + self.run_new("fuzz", "codec", "media")
        sources = [tidy.Source(path, self.tree.read(path)) for path in wrote]
        self.assertEqual([], tidy.check_tree(sources))

    def test_a_file_that_is_there_is_left_alone(self):
        self.tree.write("src/codec/media.c", "mine")
        with self.assertRaises(new.Refused):
            self.run_new("file", "codec", "media")
        self.assertEqual("mine", self.tree.read("src/codec/media.c"))
        self.assertFalse(self.tree.exists("src/codec/media.h"))

    def test_names_and_layers_are_checked(self):
        for arguments in (["policy", "Foo"], ["policy", "../x"], ["test", "nowhere", "a"], ["policy"], []):
            with self.assertRaises(new.Refused):
                self.run_new(*arguments)


if __name__ == "__main__":
    unittest.main()
