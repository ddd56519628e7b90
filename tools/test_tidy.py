"""Tests of tools/tidy.py: each rule finds what it should and leaves alone what it should."""

import unittest

import tidy

HEADER = "/** x: a thing. */\n#pragma once\n"


def findings(*files):
    """Run every rule on files given as (path, text); what it says as "path:line" -> message."""
    sources = [tidy.Source(path, text) for path, text in files]
    listed = [tidy.Source(folder + "/meson.build", "\n".join(f"'{s.stem.removeprefix('fuzz_')}'" for s in sources) + "\n")
              for folder in {s.folder for s in sources}]
    return {f"{path}:{line}": message for path, line, message in tidy.check_tree(sources + listed)}


def messages(path, text):
    """The messages on one .c file that has its header beside it."""
    return [m for m in findings((path, text), (path[:-1] + "h", HEADER)).values()]


class Includes(unittest.TestCase):
    def test_an_arrow_of_the_table_may_be_followed(self):
        self.assertEqual([], messages("src/codec/a.c", '#include "base/str.h"\n#include "codec/a.h"\n'))

    def test_an_arrow_that_is_not_there_is_found(self):
        for path, include in [("src/base/a.c", "codec/json.h"), ("src/gate/a.c", "control/http.h"),
                              ("src/policy/a.c", "gate/phase.h"), ("src/control/a.c", "gate/exchange.h"),
                              ("src/store/a.c", "net/loop.h")]:
            found = findings((path, f'\n#include "{include}"\n'), (path[:-1] + "h", HEADER))
            self.assertIn("may not include", found.get(path + ":2", ""), path)

    def test_a_policy_may_include_the_exchange_and_nothing_else_of_gate(self):
        self.assertEqual([], messages("src/policy/a.c", '#include "gate/exchange.h"\n'))

    def test_an_include_names_its_layer(self):
        self.assertEqual(['write "a.h" as "layer/file.h"'], messages("src/base/a.c", '#include "a.h"\n'))

    def test_an_include_inside_a_comment_does_not_count(self):
        self.assertEqual([], messages("src/base/a.c", '/*\n#include "gate/x.h"\n*/\n'))

    def test_a_private_header_stays_in_its_folder_and_its_tests(self):
        line = '#include "net/server_int.h"\n'
        self.assertEqual([], messages("src/net/server_h1.c", line))
        self.assertIn("private", messages("src/gate/a.c", line)[0])
        test = line + "TEST(a, is_a_test)\n"
        self.assertEqual({}, findings(("tests/unit/net/test_a.c", test)))

    def test_a_third_party_header_has_one_owner(self):
        line = "#include <yyjson.h>\n"
        found = findings(("src/codec/a.c", line), ("src/codec/a.h", HEADER),
                         ("src/codec/b.c", line), ("src/codec/b.h", HEADER))
        self.assertEqual({"src/codec/b.c:1": "<yyjson.h> is already wrapped by src/codec/a.c; use that"}, found)

    def test_a_third_party_header_stays_out_of_headers(self):
        self.assertIn("src/codec/a.h:3", findings(("src/codec/a.h", HEADER + "#include <yyjson.h>\n")))

    def test_system_headers_are_nobodys(self):
        for header in ("stdio.h", "sys/uio.h", "netinet/in.h", "immintrin.h", "arm_neon.h"):
            self.assertFalse(tidy.is_third_party(header), header)
        for header in ("openssl/ssl.h", "ares.h", "zlib.h", "xxhash.h", "cmocka.h"):
            self.assertTrue(tidy.is_third_party(header), header)

    def test_codec_does_no_io(self):
        self.assertIn("does no I/O", messages("src/codec/a.c", "#include <sys/socket.h>\n")[0])
        self.assertEqual([], messages("src/net/a.c", "#include <sys/socket.h>\n"))


class Calls(unittest.TestCase):
    def test_a_poisoned_call_is_found_at_its_line(self):
        found = findings(("src/net/a.c", "void f(void)\n{\n    strcpy(a, b);\n}\n"), ("src/net/a.h", HEADER))
        self.assertEqual(["src/net/a.c:3"], list(found))

    def test_names_in_comments_literals_and_members_are_no_calls(self):
        text = ('// strcpy(a, b)\n/* system("x") */\nconst char *const s = "atoi(\\"1\\")";\n'
                "void f(void)\n{\n    x->time(0);\n    y.rand();\n    my_strcpy(a);\n}\n")
        self.assertEqual([], messages("src/net/a.c", text))

    def test_numbers_have_one_home(self):
        text = "void f(void)\n{\n    strtol(a, b, 10);\n}\n"
        self.assertEqual([], messages("src/base/num.c", text))
        self.assertIn("base/num.h", messages("src/base/units.c", text)[0])

    def test_the_clock_and_epoll_have_one_home(self):
        text = "void f(void)\n{\n    clock_gettime(0, &t);\n    epoll_wait(1, e, 2, 3);\n}\n"
        self.assertEqual(2, len(messages("src/gate/a.c", text)))
        self.assertEqual([], messages("src/net/loop.c", text))


class State(unittest.TestCase):
    def test_a_mutable_variable_in_a_pure_layer_is_found(self):
        for text in ("static int count;\n", "int count = 0;\n", "static struct x table[4] = {{1}};\n",
                     "static _Thread_local char buf[10];\n", "static const char *name;\n"):
            self.assertIn("mutable", "".join(messages("src/codec/a.c", text)), text)

    def test_constants_types_and_functions_are_no_state(self):
        text = ("#define A \\\n    static int x;\nstatic const char *const names[] = {\"a\", \"b\"};\n"
                "struct x {\n    int a;\n};\nenum { A, B };\nenum kind { C };\ntypedef int y;\n"
                "static int f(int a)\n{\n    int b = a;\n    return b;\n}\nstatic const struct x rows[] = {{1}};\n")
        self.assertEqual([], messages("src/codec/a.c", text))

    def test_higher_layers_may_have_it(self):
        self.assertEqual([], messages("src/net/a.c", "static int count;\n"))


class Files(unittest.TestCase):
    def test_a_header_guards_itself_and_says_what_it_is_for(self):
        self.assertEqual(1, len(findings(("src/base/a.h", "/** a: x. */\n"))))
        self.assertEqual(1, len(findings(("src/base/a.h", "#pragma once\n"))))

    def test_a_source_has_its_header_beside_it(self):
        self.assertEqual({"src/base/a.c:1": "a.h is missing beside it"}, findings(("src/base/a.c", "")))
        self.assertEqual({}, findings(("src/policy/a.c", "")))
        self.assertEqual({}, findings(("src/net/server_h1.c", ""), ("src/net/server_int.h", HEADER)))

    def test_a_source_is_listed_in_a_build_file(self):
        sources = [tidy.Source("src/policy/foo.c", ""), tidy.Source("src/policy/meson.build", "'foo',\n"),
                   tidy.Source("src/policy/fo.c", "")]
        self.assertEqual([("src/policy/fo.c", 1, "not listed in src/policy/meson.build")],
                         list(tidy.check_listed(sources)))

    def test_a_test_is_named_by_a_sentence(self):
        path = "tests/unit/base/test_a.c"
        self.assertEqual({}, findings((path, "TEST(a, does_a_thing)\n{\n}\n")))
        for bad in ("TEST(A, does_a_thing)\n", "TEST(a, works)\n", "TEST(a, b_c)\nTEST(a, b_c)\n", "\n"):
            self.assertEqual(1, len(findings((path, bad))), bad)

    def test_text_is_finished_and_clean(self):
        for bad in ("a \n", "a\r\n", "a", "\tint a;\n", "// TO" "DO later\n"):
            self.assertEqual(1, len(findings(("src/app/main.c", bad))), repr(bad))

    def test_a_long_file_is_found(self):
        self.assertEqual({}, findings(("src/app/main.c", "\n" * 1000)))
        self.assertEqual(1, len(findings(("src/app/main.c", "\n" * 1001))))

    def test_the_digest_of_a_header_changes_with_what_it_includes(self):
        below = tidy.Source("src/base/b.h", HEADER)
        above = tidy.Source("src/base/a.h", HEADER + '#include "base/b.h"\n')
        before = tidy.header_digests([above, below], "")["src/base/a.h"]
        changed = tidy.Source("src/base/b.h", HEADER + "int x;\n")
        self.assertNotEqual(before, tidy.header_digests([above, changed], "")["src/base/a.h"])


class Locks(unittest.TestCase):
    PACKAGES = '{"devDependencies": {"a": "1.0.0"}}'

    def lock(self, **more):
        packages = {"": {"devDependencies": {"a": "1.0.0"}}, "node_modules/a": {"version": "1.0.0"}, **more}
        return ("t/package-lock.json", tidy.json.dumps({"packages": packages}))

    def found(self, *files):
        sources = [tidy.Source(path, text) for path, text in files]
        return [message for _, _, message in tidy.check_locks(sources)]

    def test_a_lock_that_fits_is_left_alone(self):
        self.assertEqual([], self.found(("t/package.json", self.PACKAGES), self.lock()))

    def test_a_missing_lock_is_found(self):
        self.assertIn("no package-lock.json", self.found(("t/package.json", self.PACKAGES))[0])

    def test_a_package_that_the_lock_does_not_know_is_found(self):
        packages = '{"devDependencies": {"a": "1.0.0", "b": "2.0.0"}}'
        self.assertIn("not that of package.json", self.found(("t/package.json", packages), self.lock())[0])

    def test_a_registry_in_the_lock_is_found(self):
        lock = self.lock(**{"node_modules/b": {"resolved": "https://registry.example/b.tgz"}})
        self.assertIn("names a registry", self.found(("t/package.json", self.PACKAGES), lock)[0])

    def test_a_lock_of_one_platform_is_found(self):
        lock = self.lock(**{"node_modules/b": {"optionalDependencies": {"b-linux": "1", "b-darwin": "1"}},
                            "node_modules/b-linux": {"optional": True}})
        self.assertIn("other platforms", self.found(("t/package.json", self.PACKAGES), lock)[0])


if __name__ == "__main__":
    unittest.main()
