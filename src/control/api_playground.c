/*
 * Trying the data plane from a page of the console, which may talk to its own origin only: the request is
 * checked here and passed on by who serves the API. It is an ordinary request there, with a consumer's key.
 */
#include "base/str.h"
#include "control/api_int.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static bool is_method(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(methods); i++) {
        if (sl_str_eq(name, sl_cstr(methods[i])))
            return true;
    }
    return false;
}

/* What may stand in a request line; the parser of the data plane decides about the rest. */
static bool is_target(sl_str path)
{
    for (size_t i = 0; i < path.n; i++) {
        if ((unsigned char)path.p[i] <= ' ' || (unsigned char)path.p[i] >= 0x7f || path.p[i] == '#')
            return false;
    }
    return path.n != 0 && path.p[0] == '/';
}

static bool is_host(sl_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        if ((unsigned char)host.p[i] <= ' ' ||
            sl_str_find(SL_STR("/?#@\\"), host.p[i], 0) != SIZE_MAX)
            return false;
    }
    return sl_header_is_valid(SL_STR("host"), host);
}

bool sl_call_relay(struct sl_call *c, struct sl_api_relay *ret)
{
    const struct sl_publish_ops *ops = c->control->config.ops;
    struct sl_api_relay relay = {.target = sl_call_query(c, "path"),
                                 .method = sl_call_query(c, "method"),
                                 .host = sl_call_query(c, "host"),
                                 .for_whom = c->rq->remote};
    bool is_good = false;
    if (relay.method.p == NULL)
        relay.method = SL_STR("POST");
    if (!is_target(relay.target))
        sl_call_fail(c, SL_E_BAD_REQUEST, "path must begin with '/', encoded as in a request line");
    else if (!is_method(relay.method))
        sl_call_fail(c, SL_E_BAD_REQUEST,
                     "method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
    else if (!is_host(relay.host))
        sl_call_fail(c, SL_E_BAD_REQUEST, "host must be a name, with a port if wanted");
    else if (ops == NULL || ops->data_plane == NULL ||
             ops->data_plane(c->control->config.ctx, c->a, &relay.address, &relay.is_tls) != SL_OK)
        sl_call_fail(c, SL_E_NO_TARGET, "this node has no listener");
    else
        is_good = true;
    if (is_good)
        *ret = relay;
    return is_good;
}

void sl_api_playground(struct sl_call *c)
{
    struct sl_api_relay relay;
    if (sl_call_relay(c, &relay))
        c->answer->relay = relay;
}
