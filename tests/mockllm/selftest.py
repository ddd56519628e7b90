#!/usr/bin/env python3
"""Tests mockllm from outside, with the Python standard library only: selftest.py MOCKLLM"""
import base64
import gzip
import hashlib
import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else "mockllm"
VERSION = {"anthropic-version": "2023-06-01"}


class Mock:
    def __init__(self, *args):
        self.process = subprocess.Popen([BINARY, "--port", "0", *args], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(10)


def setUpModule():
    global mock
    mock = Mock()


def tearDownModule():
    if mock.stop() != 0:
        raise AssertionError("mockllm did not end cleanly")


def call(method, path, body=None, headers=None, port=None):
    c = http.client.HTTPConnection("127.0.0.1", port or mock.port, timeout=10)
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    c.request(method, path, data, headers or {})
    r = c.getresponse()
    try:
        return r, r.read()
    finally:
        c.close()


def chat(scenario="", stream=False, text="hello", headers=None, **more):
    body = {"model": "mock-1" + ("!" + scenario if scenario else ""), "stream": stream,
            "messages": [{"role": "system", "content": "no"}, {"role": "user", "content": text}], **more}
    return call("POST", "/v1/chat/completions", body, headers)


def messages(scenario="", stream=False, text="hello", headers=VERSION, **more):
    body = {"model": "mock-1!" + scenario, "stream": stream, "max_tokens": 1000,
            "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}], **more}
    return call("POST", "/v1/messages", body, headers)


def events(raw):
    """Parses event streams by the WHATWG rules: [(event name, data)]."""
    text = raw.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    out, name, data = [], None, []
    for line in text.split("\n"):
        if line == "":
            if data:
                out.append((name, "\n".join(data)))
            name, data = None, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return out


def chunks(raw):
    return [json.loads(d) for _, d in events(raw) if d != "[DONE]"]


def text_of(raw):
    return "".join(c["delta"].get("content") or "" for e in chunks(raw) for c in e["choices"])


def raw_exchange(request, wait=0.5):
    s = socket.create_connection(("127.0.0.1", mock.port), timeout=wait)
    s.sendall(request)
    got = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return got, "fin"
            got += part
    except ConnectionResetError:
        return got, "rst"
    except TimeoutError:
        return got, "open"
    finally:
        s.close()


def raw_chat(scenario, stream=True, **kw):
    body = json.dumps({"model": "mock-1!" + scenario, "stream": stream,
                       "messages": [{"role": "user", "content": "x"}]}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n" % len(body)
    return raw_exchange(head + body, **kw)


def stats():
    return json.loads(call("GET", "/_mock/stats")[1])


class OpenAI(unittest.TestCase):
    def setUp(self):
        call("POST", "/_mock/reset")

    def test_completion(self):
        r, raw = chat("chunks=3,cached=40,cache_write=2,prompt=10")
        body = json.loads(raw)
        self.assertEqual(200, r.status)
        self.assertTrue(r.headers["x-request-id"].startswith("req_"))
        self.assertEqual("9999", r.headers["x-ratelimit-remaining-requests"])
        self.assertEqual("mock-1", body["model"])
        self.assertEqual("tok1 tok2 tok3 ", body["choices"][0]["message"]["content"])
        self.assertEqual("stop", body["choices"][0]["finish_reason"])
        usage = body["usage"]
        self.assertEqual((52, 3, 55), (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]))
        self.assertEqual(40, usage["prompt_tokens_details"]["cached_tokens"])

    def test_answers_repeat_with_the_request(self):
        self.assertEqual(chat("tools=1")[1], chat("tools=1")[1])

    def test_stream_without_and_with_usage(self):
        _, raw = chat("chunks=4", True)
        self.assertEqual("tok1 tok2 tok3 tok4 ", text_of(raw))
        self.assertNotIn(b"usage", raw)
        self.assertEqual("[DONE]", events(raw)[-1][1])
        _, raw = chat("chunks=4", True, stream_options={"include_usage": True})
        last = chunks(raw)[-1]
        self.assertEqual([], last["choices"])
        self.assertEqual(4, last["usage"]["completion_tokens"])
        self.assertTrue(all(c["usage"] is None for c in chunks(raw)[:-1]))

    def test_every_usage_mode(self):
        def usages(mode):
            raw = chat("chunks=2,usage=" + mode, True, stream_options={"include_usage": True})[1]
            return [c["usage"] for c in chunks(raw) if c.get("usage")]
        counts = {m: len(usages(m)) for m in ("normal", "none", "with_last_choice", "twice", "always", "wrong")}
        self.assertEqual({"normal": 1, "none": 0, "with_last_choice": 1, "twice": 2, "always": 5, "wrong": 1}, counts)
        wrong = usages("wrong")[0]
        self.assertGreater(wrong["prompt_tokens_details"]["cached_tokens"], wrong["prompt_tokens"])

    def test_parallel_tools_interleave(self):
        tools = [{"type": "function", "function": {"name": n}} for n in ("alpha", "beta")]
        _, raw = chat("tools=2,chunks=0", True, tools=tools)
        order, calls = [], {}
        for chunk in chunks(raw):
            for delta in chunk["choices"][0]["delta"].get("tool_calls", []):
                order.append(delta["index"])
                one = calls.setdefault(delta["index"], {"name": "", "arguments": ""})
                one["name"] += delta["function"].get("name", "")
                one["arguments"] += delta["function"]["arguments"]
        self.assertEqual([0, 1] * (len(order) // 2), order)
        self.assertEqual(["alpha", "beta"], [calls[i]["name"] for i in (0, 1)])
        self.assertEqual({"city": "Zürich 😀", "days": 3}, json.loads(calls[1]["arguments"]))
        self.assertEqual("tool_calls", chunks(raw)[-1]["choices"][0]["finish_reason"])

    def test_reasoning_refusal_choices_and_limit(self):
        body = json.loads(chat("reasoning=2,chunks=1")[1])
        self.assertEqual("tok1 tok2 ", body["choices"][0]["message"]["reasoning_content"])
        self.assertEqual(3, body["usage"]["completion_tokens"])
        self.assertIsNone(json.loads(chat("refusal")[1])["choices"][0]["message"]["content"])
        self.assertEqual(3, len(json.loads(chat(n=3)[1])["choices"]))
        body = json.loads(chat("chunks=9", max_tokens=2)[1])
        self.assertEqual(("length", 2), (body["choices"][0]["finish_reason"], body["usage"]["completion_tokens"]))

    def test_marker_is_echoed_and_in_the_ledger(self):
        _, raw = chat("chunks=2,echo", True, text='say marker:m-17 "now"')
        self.assertEqual("m-17.1 m-17.2 ", text_of(raw))
        row = stats()["ledger"][0]
        self.assertEqual(("m-17", "completed", 2), (row["marker"], row["outcome"], row["completion"]))

    def test_embeddings_float_equals_base64(self):
        ask = {"model": "mock-embed", "input": ["a", "b"], "dimensions": 5}
        floats = json.loads(call("POST", "/v1/embeddings", ask)[1])
        packed = json.loads(call("POST", "/v1/embeddings", {**ask, "encoding_format": "base64"})[1])
        for f, p in zip(floats["data"], packed["data"], strict=True):
            self.assertEqual(f["embedding"], list(struct.unpack("<5f", base64.b64decode(p["embedding"]))))
        self.assertNotEqual(floats["data"][0]["embedding"], floats["data"][1]["embedding"])

    def test_models_and_unknown_path(self):
        self.assertEqual("list", json.loads(call("GET", "/v1/models")[1])["object"])
        self.assertEqual(404, call("GET", "/v1/nothing")[0].status)

    def test_errors(self):
        r, raw = chat("status=429,retry_after=7,retry_after_ms=6500,reset=1m2.5s,should_retry=false")
        self.assertEqual((429, "7", "6500", "1m2.5s", "false"),
                         (r.status, r.headers["retry-after"], r.headers["retry-after-ms"],
                          r.headers["x-ratelimit-reset-requests"], r.headers["x-should-retry"]))
        self.assertEqual("rate_limit_exceeded", json.loads(raw)["error"]["code"])
        for scenario, status, code in (("error=insufficient_quota", 429, "insufficient_quota"),
                                       ("status=401", 401, "invalid_api_key"),
                                       ("error=context_length_exceeded", 400, "context_length_exceeded"),
                                       ("error=content_filter", 400, "content_filter"),
                                       ("status=404", 404, "model_not_found")):
            r, raw = chat(scenario)
            self.assertEqual((status, code), (r.status, json.loads(raw)["error"]["code"]), scenario)
        r, raw = chat("status=502")
        self.assertEqual("text/html", r.headers["content-type"])
        r, raw = chat("reject_stream_options", True, stream_options={})
        self.assertEqual((400, True), (r.status, b"unknown field stream_options" in raw))
        self.assertIn("GMT", chat("status=503,retry_date=5")[0].headers["retry-after"])
        self.assertEqual(400, chat("no_such_setting=1")[0].status)
        self.assertEqual(400, call("POST", "/v1/chat/completions", b"not json")[0].status)


class Anthropic(unittest.TestCase):
    def test_message(self):
        r, raw = messages("chunks=2,prompt=100,cached=300,cache_write=10,cache_write_1h=5,tools=1,reasoning=1")
        body = json.loads(raw)
        self.assertEqual((200, True), (r.status, r.headers["request-id"].startswith("req_")))
        self.assertEqual(["thinking", "text", "tool_use"], [b["type"] for b in body["content"]])
        self.assertEqual({"city": "Zürich 😀", "days": 3}, body["content"][2]["input"])
        self.assertEqual("tool_use", body["stop_reason"])
        usage = body["usage"]
        self.assertEqual((100, 300, 15), (usage["input_tokens"], usage["cache_read_input_tokens"],
                                          usage["cache_creation_input_tokens"]))
        self.assertEqual({"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 5}, usage["cache_creation"])

    def test_stream_order(self):
        _, raw = messages("chunks=2,tools=2,reasoning=1", True)
        got = [(n, json.loads(d)) for n, d in events(raw)]
        self.assertTrue(all(n == d["type"] for n, d in got))
        self.assertEqual(("message_start", "message_delta", "message_stop"), (got[0][0], got[-2][0], got[-1][0]))
        starts = [d["index"] for n, d in got if n == "content_block_start"]
        stops = [d["index"] for n, d in got if n == "content_block_stop"]
        self.assertEqual(([0, 1, 2, 3], starts), (starts, stops))
        arguments = "".join(d["delta"]["partial_json"] for n, d in got
                            if n == "content_block_delta" and d["index"] == 3)
        self.assertEqual(3, json.loads(arguments)["days"])
        self.assertEqual(1 + 2 + 2 * 12, got[-2][1]["usage"]["output_tokens"])

    def test_usage_only_in_the_delta(self):
        got = dict(events(messages("usage=with_last_choice,prompt=9", True)[1]))
        self.assertNotIn("usage", json.loads(got["message_start"])["message"])
        self.assertEqual(9, json.loads(got["message_delta"])["usage"]["input_tokens"])

    def test_errors(self):
        r, raw = messages("status=529")
        self.assertEqual((529, "overloaded_error"), (r.status, json.loads(raw)["error"]["type"]))
        self.assertEqual(r.headers["request-id"], json.loads(raw)["request_id"])
        self.assertEqual(400, messages(headers={})[0].status)  # no anthropic-version
        self.assertEqual(400, messages(max_tokens=None)[0].status)
        _, raw = messages("fault=error@3", True)
        name, data = events(raw)[-1]
        self.assertEqual(("error", "overloaded_error", 4),
                         (name, json.loads(data)["error"]["type"], len(events(raw))))


class Cohere(unittest.TestCase):
    def ask(self, scenario, stream=False, **more):
        return call("POST", "/v2/chat", {"model": "mock-1!" + scenario, "stream": stream,
                                         "messages": [{"role": "user", "content": "hello"}], **more})

    def test_chat(self):
        body = json.loads(self.ask("chunks=2,tools=1,reasoning=1,prompt=7,cached=3,citations=1")[1])
        message, usage = body["message"], body["usage"]
        self.assertEqual(("TOOL_CALL", "tok1 ", "tok1 tok2 "),
                         (body["finish_reason"], message["tool_plan"], message["content"][0]["text"]))
        self.assertEqual(3, json.loads(message["tool_calls"][0]["function"]["arguments"])["days"])
        self.assertEqual((7, 210, 3), (usage["billed_units"]["input_tokens"], usage["tokens"]["input_tokens"],
                                       usage["cached_tokens"]))
        self.assertEqual(("tok1", "doc:0"), (message["citations"][0]["text"], message["citations"][0]["sources"][0]["id"]))

    def test_stream_order(self):
        got = [(n, json.loads(d)) for n, d in events(self.ask("chunks=2,tools=2,reasoning=1,arg_bytes=9", True)[1])]
        self.assertTrue(all(n == d["type"] for n, d in got))
        self.assertEqual(["message-start", "tool-plan-delta", "content-start", "content-delta", "content-end",
                          "tool-call-start", "tool-call-delta", "tool-call-end", "message-end"],
                         list(dict.fromkeys(n for n, _ in got)))
        arguments = "".join(d["delta"]["message"]["tool_calls"]["function"]["arguments"]
                            for n, d in got if n == "tool-call-delta" and d["index"] == 1)
        self.assertEqual(3, json.loads(arguments)["days"])

    def test_refusals(self):
        for more in ({"tool_choice": "AUTO"}, {"frequency_penalty": 1.1}, {"top_p": 1}, {"messages": [{"role": "user"}]},
                     {"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]}):
            self.assertEqual(400, self.ask("", **more)[0].status, more)
        r, raw = self.ask("status=429,retry_after=3")
        self.assertEqual((429, "3", True), (r.status, r.headers["retry-after"], "message" in json.loads(raw)))


class Ollama(unittest.TestCase):
    def ask(self, scenario, **more):
        return call("POST", "/api/chat", {"model": "mock-1!" + scenario,
                                          "messages": [{"role": "user", "content": "hello"}], **more})

    def test_streams_unless_told_otherwise(self):
        r, raw = self.ask("chunks=2,tools=2,reasoning=1")
        lines = [json.loads(line) for line in raw.splitlines()]
        self.assertEqual("application/x-ndjson", r.headers["content-type"])
        self.assertEqual([False] * 5 + [True], [line["done"] for line in lines])
        self.assertEqual({"city": "Zürich 😀", "days": 3}, lines[3]["message"]["tool_calls"][0]["function"]["arguments"])
        body = json.loads(self.ask("chunks=2,prompt=7", stream=False)[1])
        self.assertEqual((7, 2, "stop", "tok1 tok2 "), (body["prompt_eval_count"], body["eval_count"],
                                                        body["done_reason"], body["message"]["content"]))
        self.assertEqual("length", json.loads(self.ask("chunks=9", stream=False, options={"num_predict": 2})[1])["done_reason"])

    def test_refusals(self):
        for message in ({"content": [{"type": "text"}]}, {"content": "", "images": ["data:image/png;base64,AA=="]},
                        {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}):
            self.assertEqual(400, self.ask("", messages=[{"role": "user", **message}])[0].status, message)
        self.assertEqual(400, self.ask("", format="xml")[0].status)
        lines = self.ask("chunks=3,fault=error@1")[1].splitlines()
        self.assertEqual((2, True), (len(lines), "error" in json.loads(lines[-1])))

    def test_embed(self):
        body = json.loads(call("POST", "/api/embed", {"model": "m", "input": ["a", "b"], "dimensions": 2})[1])
        self.assertEqual(([[0, 0.5], [1, 0.5]], 10), (body["embeddings"], body["prompt_eval_count"]))


class Wire(unittest.TestCase):
    def test_every_way_to_write_events_means_the_same(self):
        want = [c["choices"] for c in chunks(chat("chunks=5", True)[1])]
        for way in ("line_end=crlf", "line_end=cr", "comments", "bom", "nospace", "multiline", "ids",
                    "split=1", "line_end=crlf,comments,bom,nospace,multiline,ids,split=3"):
            got = [c["choices"] for c in chunks(chat("chunks=5," + way, True)[1])]
            self.assertEqual(want, got, way)

    def test_unasked_coding(self):
        r, raw = chat("coding=gzip", True)
        self.assertEqual(("gzip", 8), (r.headers["content-encoding"], text_of(gzip.decompress(raw)).count("tok")))
        self.assertEqual("br", chat("coding=br")[0].headers["content-encoding"])
        self.assertEqual(b"\x28\xb5\x2f\xfd", chat("coding=zstd", True)[1][:4])

    def test_pacing(self):
        for scenario, least in (("first=60", .06), ("ttft=60", .06), ("chunks=3,delay=20", .08)):
            start = time.monotonic()
            self.assertEqual(200, chat(scenario, True)[0].status)
            self.assertGreaterEqual(time.monotonic() - start, least - .002, scenario)

    def test_big_event(self):
        self.assertEqual(3_000_000 + len("tok2 "), len(text_of(chat("big=3000000,chunks=2", True)[1])))

    def test_pipelined_requests_are_answered_in_order(self):
        got, _ = raw_exchange(b"GET /delay/30 HTTP/1.1\r\nHost: m\r\n\r\nGET /status/404 HTTP/1.1\r\nHost: m\r\n"
                              b"Connection: close\r\n\r\n")
        self.assertEqual([b"200", b"404"], [p.split(b" ")[0] for p in got.split(b"HTTP/1.1 ")[1:]])

    def test_chunked_request_and_continue(self):
        got, _ = raw_exchange(b"POST /echo/x HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n"
                              b"Connection: close\r\n\r\n4\r\nabcd\r\n2;e=1\r\nef\r\n0\r\nT: v\r\n\r\n")
        self.assertEqual("abcdef", json.loads(got.split(b"\r\n\r\n", 1)[1])["body"])
        got, _ = raw_exchange(b"POST /echo/x HTTP/1.1\r\nHost: m\r\nContent-Length: 1\r\n"
                              b"Expect: 100-continue\r\n\r\n", wait=.1)
        self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", got)


class Faults(unittest.TestCase):
    def setUp(self):
        call("POST", "/_mock/reset")

    def test_reset_fin_stall(self):
        for fault, how in (("reset", "rst"), ("fin", "fin"), ("stall", "open")):
            got, end = raw_chat(f"fault={fault}@3")
            self.assertEqual((how, 3), (end, got.count(b"data:")), fault)
            self.assertNotIn(b"0\r\n\r\n", got)
        self.assertEqual(3, stats()["faulted"])
        self.assertEqual("completed", (chat("fault=reset@99"), stats())[1]["ledger"][-1]["outcome"])

    def test_body_cut_in_half(self):
        got, end = raw_chat("fault=fin@1", stream=False)
        head, body = got.split(b"\r\n\r\n", 1)
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        self.assertEqual(("fin", length // 2), (end, len(body)))

    def test_error_as_first_event_and_bad_json(self):
        _, raw = chat("fault=error@0", True)
        self.assertEqual(["error"], list(chunks(raw)[0]))
        r, raw = chat("fault=error,error=content_filter")
        self.assertEqual((200, "content_filter"), (r.status, json.loads(raw)["error"]["code"]))
        data = [d for _, d in events(chat("fault=badjson@3", True)[1])]
        self.assertRaises(ValueError, json.loads, data[2])
        json.loads(data[3])

    def test_no_terminal_and_nodone(self):
        self.assertNotIn(b'"stop"', chat("fault=no_terminal", True)[1])
        raw = chat("nodone", True)[1]
        self.assertTrue(b'"stop"' in raw and b"[DONE]" not in raw)

    def test_silent_and_empty(self):
        self.assertEqual((b"", "open"), raw_chat("fault=silent", wait=.2))
        self.assertEqual((b"", "fin"), raw_chat("fault=empty"))

    def test_truncated_body(self):
        self.assertRaises(http.client.IncompleteRead, chat, "fault=truncated")

    def test_malformed_heads(self):
        self.assertTrue(raw_chat("fault=bad_status")[0].startswith(b"HTTQ"))
        self.assertEqual(2, raw_chat("fault=dup_cl")[0].count(b"Content-Length:"))
        both = raw_chat("fault=cl_te")[0]
        self.assertTrue(b"Content-Length:" in both and b"Transfer-Encoding:" in both)
        self.assertGreater(len(raw_chat("fault=huge_header")[0]), 1 << 20)
        self.assertIn(b"\r\n\r\n0x", raw_chat("fault=bad_chunk")[0])
        start = time.monotonic()
        raw_chat("slow_head=1,close")
        self.assertGreater(time.monotonic() - start, .2)

    def test_reset_of_a_reused_connection(self):
        c = http.client.HTTPConnection("127.0.0.1", mock.port, timeout=5)
        ask = json.dumps({"model": "mock-1!fault=reset_idle", "messages": []})
        c.request("POST", "/v1/chat/completions", ask)
        self.assertEqual(200, (c.getresponse().read(), 200)[1])
        c.auto_open = 0
        with self.assertRaises((ConnectionResetError, http.client.RemoteDisconnected)):
            c.request("POST", "/v1/chat/completions", ask)
            c.getresponse()
        c.close()
        self.assertEqual(["completed", "faulted"], [e["outcome"] for e in stats()["ledger"]])

    def test_idle_connections_are_closed(self):
        self.assertEqual("fin", raw_chat("idle=50")[1])

    def test_client_that_leaves_is_counted(self):
        s = socket.create_connection(("127.0.0.1", mock.port))
        body = b'{"model":"m!chunks=100,delay=20","stream":true,"messages":[{"role":"user","content":"marker:gone"}]}'
        s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        s.recv(1000)
        s.close()
        time.sleep(.05)
        row = stats()["ledger"][0]
        self.assertEqual(("gone", "aborted"), (row["marker"], row["outcome"]))
        self.assertLess(row["events"], 100)


class Control(unittest.TestCase):
    def setUp(self):
        call("POST", "/_mock/reset")

    def tearDown(self):
        call("POST", "/_mock/reset")

    def test_script_per_key(self):
        script = {"key": "k1", "next": ["status=503", "status=429,retry_after=1"], "always": "status=401"}
        self.assertEqual(200, call("POST", "/_mock/script", script)[0].status)
        self.assertEqual(200, chat(headers={"authorization": "Bearer k2"})[0].status)
        got = [chat(headers={"Authorization": "Bearer k1"})[0].status for _ in range(4)]
        self.assertEqual([503, 429, 401, 401], got)
        self.assertEqual({"k1": 4, "k2": 1}, stats()["by_key"])

    def test_script_as_a_form_and_by_path(self):
        call("POST", "/_mock/script?path=/echo/a&next=status%3D503&next=")
        self.assertEqual(200, call("GET", "/echo/b")[0].status)
        self.assertEqual([503, 200, 200], [call("GET", "/echo/a")[0].status for _ in range(3)])

    def test_bad_script_changes_nothing(self):
        self.assertEqual(400, call("POST", "/_mock/script", {"next": ["status=503", "what=1"]})[0].status)
        self.assertEqual(0, stats()["script_left"])

    def test_requests_are_recorded_as_received(self):
        call("POST", "/echo/r?x=%20", b"\x00\xff", {"X-One": "1"})
        last = json.loads(call("GET", "/_mock/requests")[1])[-1]
        self.assertIn("POST /echo/r?x=%20 HTTP/1.1\r\n", last["head"])
        self.assertEqual(b"\x00\xff", base64.b64decode(last["body_base64"]))

    def test_keys_and_ledger_limit(self):
        strict = Mock("--key", "good", "--ledger", "1")
        ask = {"model": "m", "max_tokens": 1, "messages": []}

        def status(path, headers):
            return call("POST", path, ask, headers, strict.port)[0].status
        self.assertEqual(401, status("/v1/chat/completions", {}))
        self.assertEqual(401, status("/v1/messages", {**VERSION, "x-api-key": "bad"}))
        self.assertEqual(200, status("/v1/messages", {**VERSION, "x-api-key": "good"}))
        self.assertEqual(200, status("/v1/messages", {**VERSION, "Authorization": "Bearer good"}))
        got = json.loads(call("GET", "/_mock/stats", port=strict.port)[1])
        self.assertEqual((1, 1, 2), (len(got["ledger"]), got["ledger_dropped"], got["completed"]))
        self.assertEqual(0, strict.stop())


class Rest(unittest.TestCase):
    def test_echo(self):
        body = json.loads(call("PUT", "/echo/a?b=c", b"x" * 5000, {"X-A": "1", "x-a": "2"})[1])
        self.assertEqual(("PUT", "/echo/a?b=c", 5000, 4096),
                         (body["method"], body["target"], body["body_bytes"], len(body["body"])))
        self.assertEqual(hashlib.sha1(b"x" * 5000).hexdigest(), body["body_sha1"])
        self.assertIn(["X-A", "1"], body["headers"])

    def test_sizes_and_framings(self):
        self.assertEqual(1024, len(call("GET", "/bytes/1024")[1]))
        r, raw = call("GET", "/chunked/5/100")
        self.assertEqual(("chunked", 500), (r.headers["transfer-encoding"], len(raw)))
        self.assertEqual(418, call("GET", "/status/418")[0].status)
        self.assertEqual(b"", call("GET", "/status/204")[1])
        self.assertEqual(b"to the close\n", call("GET", "/close")[1])
        self.assertEqual(3, len(events(call("GET", "/sse/3/5")[1])))
        self.assertEqual(b"", call("HEAD", "/bytes/10")[1])
        self.assertIn(b"0\r\nx-checksum: 30\r\n", raw_exchange(b"GET /trailers HTTP/1.1\r\nHost: m\r\n\r\n", .1)[0])

    def test_early_hints(self):
        got, _ = raw_exchange(b"GET /early-hints HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 103"))
        self.assertIn(b"HTTP/1.1 200", got)

    def test_websocket(self):
        s = socket.create_connection(("127.0.0.1", mock.port), timeout=5)
        s.sendall(b"GET /ws HTTP/1.1\r\nHost: m\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", s.recv(1000))
        for first, payload, answer in ((0x81, b"hi", 0x81), (0x89, b"p", 0x8a), (0x82, b"y" * 70000, 0x82),
                                       (0x88, b"\x03\xe8", 0x88)):
            size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xff" + struct.pack(">Q", len(payload))
            s.sendall(bytes([first]) + size + b"\0\0\0\0" + payload)
            got, want = b"", 2 + (8 if len(payload) > 65535 else 0) + len(payload)
            while len(got) < want:
                got += s.recv(want - len(got))
            self.assertEqual((answer, payload), (got[0], got[-len(payload):]))
        self.assertEqual(b"", s.recv(10))
        s.close()


if __name__ == "__main__":
    unittest.main()
