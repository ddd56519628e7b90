"""Tests of tools/gen_assets.py."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen_assets.py")


class Assets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.site = os.path.join(self.folder.name, "site")
        self.output = os.path.join(self.folder.name, "out.c")

    def tearDown(self):
        self.folder.cleanup()

    def put(self, name, data):
        path = os.path.join(self.site, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def run_tool(self):
        done = subprocess.run([sys.executable, "-B", TOOL, self.site, self.output], capture_output=True, text=True)
        if done.returncode != 0:
            return None, done.stderr
        with open(self.output, encoding="ascii") as f:
            return f.read(), ""

    def test_without_a_directory_the_table_is_empty(self):
        text, _ = self.run_tool()
        self.assertNotIn("SL_STR_INIT", text)
        self.assertIn("{.path = {NULL, 0}}", text)

    def test_of_a_compressed_file_only_the_compressed_form_goes_in(self):
        self.put("assets/a.js", b"xxxxxxxxxx")
        self.put("assets/a.js.br", b"\x01\x02")
        self.put("index.html", b"<p>")
        text, _ = self.run_tool()
        self.assertIn('SL_STR_INIT("/assets/a.js")', text)
        self.assertIn("data_0[] = {\n1, 2};", text)
        self.assertIn("2}, 10, true}", text)
        self.assertIn("3}, 3, false}", text)
        self.assertNotIn(".br", text)

    def test_an_unknown_kind_of_file_is_refused_with_its_name(self):
        self.put("a.exe", b"")
        _, error = self.run_tool()
        self.assertIn("a.exe", error)

    def test_nothing_is_written_when_nothing_has_changed(self):
        self.put("index.html", b"<p>")
        self.run_tool()
        os.utime(self.output, (1, 1))
        self.run_tool()
        self.assertEqual(os.stat(self.output).st_mtime, 1)


if __name__ == "__main__":
    unittest.main()
