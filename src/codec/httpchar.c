#include "codec/httpchar_int.h"

#define VISIBLE (CHAR_VALUE | CHAR_TARGET)
#define TCHAR (VISIBLE | CHAR_TOKEN)
#define NAME (TCHAR | CHAR_HOST | CHAR_UNRESERVED)

const uint8_t sl_httpchar[256] = {
    ['\t'] = CHAR_VALUE,
    [' '] = CHAR_VALUE,
    ['!'] = TCHAR,
    ['"'] = VISIBLE,
    ['#'] = CHAR_VALUE | CHAR_TOKEN,
    ['$' ... '\''] = TCHAR,
    ['(' ... ')'] = VISIBLE,
    ['*' ... '+'] = TCHAR,
    [','] = VISIBLE,
    ['-' ... '.'] = NAME,
    ['/'] = VISIBLE,
    ['0' ... '9'] = NAME | CHAR_HEX,
    [':' ... '@'] = VISIBLE,
    ['A' ... 'F'] = NAME | CHAR_HEX,
    ['G' ... 'Z'] = NAME,
    ['[' ... ']'] = VISIBLE,
    ['^'] = TCHAR,
    ['_'] = NAME | CHAR_UNDERSCORE,
    ['`'] = TCHAR,
    ['a' ... 'f'] = NAME | CHAR_HEX,
    ['g' ... 'z'] = NAME,
    ['{'] = VISIBLE,
    ['|'] = TCHAR,
    ['}'] = VISIBLE,
    ['~'] = NAME,
    [0x80 ... 0xff] = CHAR_VALUE,
};
