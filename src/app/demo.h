/**
 * demo: a vendor and a service inside the program, so that a machine without internet and without
 * keys can see the gateway work. Clearly labelled, deterministic; never part of a configuration that
 * does not name it.
 *
 * Speaks OpenAI's chat completions (streamed or not, tools, usage), embeddings and model list on a
 * port of the loopback interface that the kernel chooses; every other path echoes the request. The
 * model's name chooses the behaviour: rows of `models` in demo.c ("demo", "demo-slow", "demo-429" ...).
 *
 * Runs on a thread and a loop of its own, like any upstream.
 */
#pragma once
#include "base/base.h"

struct sl_demo;

/** Starts it. SL_E_IO when no port can be had. */
sl_rc sl_demo_start(struct sl_demo **ret, uint16_t *ret_port) SL_CHECKED;
/** Accepts NULL. */
void sl_demo_stop(struct sl_demo *d);
