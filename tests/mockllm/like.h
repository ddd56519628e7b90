/** like: how vendors that call themselves compatible differ, after their documents. */
#pragma once
#include "ask.h"
#include "sse.h"

/** Answer a request that this vendor does not take, or an error in its own shape. False: go on. */
bool like_refuses(const struct request *rq, struct ask *q, struct reply *r, struct buf *fields);
/** The fields that it alone sends, the id of the request among them. */
void like_put_fields(const struct request *rq, const struct scenario *sc, struct buf *fields);
/** What its streams begin with. */
void like_begin_stream(struct sse *s);
/** What comes before a whole body. */
void like_begin_body(const struct scenario *sc, struct buf *out);
