#include "ai/think.h"

enum { AT_BEGINNING = 0, IN_THOUGHT, BEHIND_IT, IN_TEXT };

static const sl_str opening = SL_STR_INIT("<think>"), closing = SL_STR_INIT("</think>");

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_spaces(sl_str *s)
{
    size_t n = 0;
    while (n < s->n && is_space(s->p[n]))
        n++;
    *s = sl_str_from(*s, n);
}

/* Go on with the tag; true when it is whole. *ret_is_over: the next byte is not of it. */
static bool match(struct sl_ai_think *t, sl_str tag, sl_str *rest, bool *ret_is_over)
{
    *ret_is_over = false;
    while (rest->n != 0 && t->held < tag.n) {
        if (rest->p[0] != tag.p[t->held]) {
            *ret_is_over = true;
            return false;
        }
        t->held++;
        *rest = sl_str_from(*rest, 1);
    }
    return t->held == tag.n;
}

static sl_str take_held(struct sl_ai_think *t, sl_str tag)
{
    sl_str held = sl_str_head(tag, t->held);
    t->held = 0;
    return held;
}

static sl_str begin(struct sl_ai_think *t, sl_str *rest)
{
    bool is_over;
    if (t->held == 0)
        skip_spaces(rest);
    if (match(t, opening, rest, &is_over)) {
        t->held = 0;
        t->state = IN_THOUGHT;
    } else if (is_over) {
        t->state = IN_TEXT;
        return take_held(t, opening);
    }
    return (sl_str){0};
}

/* The thought up to where its end may be. */
static sl_str think(struct sl_ai_think *t, sl_str *rest)
{
    sl_str piece = {0};
    bool is_over;
    if (t->held == 0) {
        piece = sl_str_head(*rest, sl_str_find(*rest, '<', 0));
        *rest = sl_str_from(*rest, piece.n);
    }
    if (piece.n != 0)
        return piece;
    if (match(t, closing, rest, &is_over)) {
        t->held = 0;
        t->state = BEHIND_IT;
    } else if (is_over) {
        return take_held(t, closing);
    }
    return (sl_str){0};
}

static sl_str pass(struct sl_ai_think *t, sl_str *rest)
{
    sl_str piece = *rest;
    t->state = IN_TEXT;
    *rest = (sl_str){0};
    return piece;
}

bool sl_ai_think_next(struct sl_ai_think *t, sl_str *rest, sl_str *ret, bool *ret_is_thought)
{
    *ret = (sl_str){0};
    while (rest->n != 0 && ret->n == 0) {
        *ret_is_thought = t->state == IN_THOUGHT;
        if (t->state == AT_BEGINNING) {
            *ret = begin(t, rest);
        } else if (t->state == IN_THOUGHT) {
            *ret = think(t, rest);
        } else {
            if (t->state == BEHIND_IT)
                skip_spaces(rest);
            if (rest->n != 0)
                *ret = pass(t, rest);
        }
    }
    return ret->n != 0;
}

sl_str sl_ai_think_finish(struct sl_ai_think *t, bool *ret_is_thought)
{
    *ret_is_thought = t->state == IN_THOUGHT;
    return take_held(t, t->state == IN_THOUGHT ? closing : opening);
}
