/**
 * oauth: keys of an account that are no keys themselves, but get access tokens that last a while: Google's
 * service accounts and users (their JSON files as they are), OAuth's client credentials (Microsoft Entra ID),
 * SAP's service keys, GitHub's tokens for Copilot. The kinds are rows of ai/oauth_grant.def.
 *
 * This says what to ask a token endpoint and what its answer means; asking is gate/token_keeper's. Pure, any thread;
 * texts are in the arena given. What is in here is secret but for the name.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/header.h"

enum sl_ai_oauth_grant {
#define X(ID, type, url, id, secret, scope, fields, header) SL_AI_OAUTH_##ID,
#include "ai/oauth_grant.def"
#undef X
    SL_AI_OAUTH_COUNT
};

enum {
    SL_AI_OAUTH_TOKEN_BYTES_MAX = 8192, /* Entra's may have some thousand */
    SL_AI_OAUTH_ERROR_BYTES_MAX = 256
};

struct sl_json;

struct sl_ai_oauth {
    enum sl_ai_oauth_grant grant;
    sl_str url;  /* of the token endpoint */
    sl_str name; /* who asks: for people */
    const struct sl_json *members;
};

/** Is this key such a credential: a JSON object? */
bool sl_ai_oauth_is(sl_str key);
/** False with a static reason in *ret_why: "has no client_email". */
bool sl_ai_oauth_parse(sl_str key, struct sl_arena *a, struct sl_ai_oauth *ret,
                       const char **ret_why) SL_CHECKED;
/** The body of the request: a form. Empty when there is none, or the private key cannot sign. */
sl_str sl_ai_oauth_form(const struct sl_ai_oauth *c, int64_t now_unix_s, struct sl_arena *a);
/**
 * The head of the request around `form`, but for where it goes: target and authority are the caller's. A field
 * that would be no valid one is left out.
 */
struct sl_head sl_ai_oauth_head(const struct sl_ai_oauth *c, sl_str form, struct sl_arena *a);

struct sl_ai_oauth_answer {
    sl_str token;      /* empty: none, then: */
    sl_str error;      /* what the endpoint said about it; no secrets */
    bool is_refused;   /* the credential is not good: asking again does not help soon */
    int64_t expires_s; /* from now */
};

/** What a token endpoint answered. Any bytes. */
struct sl_ai_oauth_answer sl_ai_oauth_read(uint16_t status, sl_str body, struct sl_arena *a);
