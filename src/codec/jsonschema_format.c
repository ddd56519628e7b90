#include "base/cidr.h"
#include "base/fmt.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonschema_int.h"

static const struct {
    const char *name, *text;
} formats[] = {
    [SL_SCHEMA_FORMAT_NONE] = {"", ""},
#define X(ID, name, text) [SL_SCHEMA_FORMAT_##ID] = {name, text},
#include "codec/jsonschema_format.def"
#undef X
};

enum sl_schema_format sl_schema_format_of(sl_str name)
{
    for (size_t i = 1; i < SL_LEN(formats); i++) {
        if (sl_str_eq(name, sl_cstr(formats[i].name)))
            return (enum sl_schema_format)i;
    }
    return SL_SCHEMA_FORMAT_NONE;
}

sl_str sl_schema_format_text(enum sl_schema_format f)
{
    return sl_cstr(formats[f].text);
}

static bool is_date_time(sl_str s)
{
    int64_t us;
    return sl_parse_rfc3339(s, &us);
}

static bool is_date(sl_str s)
{
    char whole[] = "2000-01-01T00:00:00Z";
    int64_t us;
    if (s.n != 10)
        return false;
    memcpy(whole, s.p, s.n);
    return sl_parse_rfc3339(sl_cstr(whole), &us);
}

static bool is_uuid(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? s.p[i] != '-' : sl_num_hex_digit(s.p[i]) < 0)
            return false;
    }
    return s.n == 36;
}

static bool is_email(sl_str s)
{
    size_t at = sl_str_rfind(s, '@');
    bool has_both = at != SIZE_MAX && at > 0 && at + 1 < s.n && s.n <= 254;
    for (size_t i = 0; i < s.n && has_both; i++)
        has_both = (uint8_t)s.p[i] > ' ' && s.p[i] != 0x7f;
    return has_both;
}

static bool is_ip(sl_str s, bool is_v4)
{
    struct sl_ip ip;
    bool has_dots_only = sl_str_find(s, ':', 0) == SIZE_MAX;
    return sl_ip_parse(s, &ip) && has_dots_only == is_v4;
}

/* RFC 3986: a scheme, a colon, and no space. */
static bool is_uri(sl_str s)
{
    size_t colon = sl_str_find(s, ':', 0);
    if (colon == SIZE_MAX || colon == 0 || sl_lower(s.p[0]) < 'a' || sl_lower(s.p[0]) > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)s.p[i] <= ' ' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"')
            return false;
    }
    return true;
}

static bool is_within(sl_str s, const char *min, const char *max)
{
    return sl_json_number_cmp(s, sl_cstr(min)) >= 0 && sl_json_number_cmp(s, sl_cstr(max)) <= 0;
}

bool sl_schema_format_fits(enum sl_schema_format f, sl_str s)
{
    switch (f) {
    case SL_SCHEMA_FORMAT_NONE:
        return true;
    case SL_SCHEMA_FORMAT_DATE_TIME:
        return is_date_time(s);
    case SL_SCHEMA_FORMAT_DATE:
        return is_date(s);
    case SL_SCHEMA_FORMAT_UUID:
        return is_uuid(s);
    case SL_SCHEMA_FORMAT_EMAIL:
        return is_email(s);
    case SL_SCHEMA_FORMAT_IPV4:
    case SL_SCHEMA_FORMAT_IPV6:
        return is_ip(s, f == SL_SCHEMA_FORMAT_IPV4);
    case SL_SCHEMA_FORMAT_URI:
        return is_uri(s);
    case SL_SCHEMA_FORMAT_INT32:
        return is_within(s, "-2147483648", "2147483647");
    case SL_SCHEMA_FORMAT_INT64:
        return is_within(s, "-9223372036854775808", "9223372036854775807");
    }
    return true;
}
