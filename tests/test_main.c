#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct test_case *first, **last = &first;
static size_t count;

void test_register(struct test_case *t)
{
    *last = t;
    last = &t->next;
    count++;
}

static void print_escaped(const char *label, sl_str s)
{
    print_error("  %s (%zu bytes): ", label, s.n);
    for (size_t i = 0; i < s.n && i < 2000; i++) {
        unsigned char c = (unsigned char)s.p[i];
        print_error(c >= 32 && c < 127 ? "%c" : "\\x%02x", c);
    }
    print_error("\n");
}

void test_expect_str(sl_str want, sl_str got, const char *file, int line)
{
    if (sl_str_eq(want, got))
        return;
    print_error("%s:%d: texts differ\n", file, line);
    print_escaped("wanted", want);
    print_escaped("got   ", got);
    _fail(file, line);
}

static int is_chosen(const struct test_case *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strstr(t->name, argv[i]) != NULL)
            return 1;
    }
    return argc <= 1;
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(count + 1, sizeof(*tests));
    size_t n = 0;
    for (struct test_case *t = first; t != NULL; t = t->next) {
        if (is_chosen(t, argc, argv))
            tests[n++] = (struct CMUnitTest){.name = t->name, .test_func = t->run};
    }
    int failed = _cmocka_run_group_tests("unit", tests, n, NULL, NULL);
    free(tests);
    return failed != 0 || n == 0;
}
