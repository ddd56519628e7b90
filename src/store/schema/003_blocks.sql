-- Requests in blocks, as the journal has them: one row and one search tree for hundreds of requests. The
-- table `usage` that statements name is made from them (store/sqlite_usage).
CREATE TABLE usage_block (
    first_row INTEGER PRIMARY KEY, -- requests are numbered in the order of coming
    requests  INTEGER NOT NULL,
    first_us  INTEGER NOT NULL,    -- the earliest start in it, Unix microseconds
    last_us   INTEGER NOT NULL,    -- the latest
    form      INTEGER NOT NULL,    -- 0: frames of the journal; 1: one JSON object
    filter    BLOB NOT NULL,       -- which values of some columns are in it (store/usage_filter.def); empty: any
    data      BLOB NOT NULL
) STRICT;

CREATE INDEX usage_block_by_time ON usage_block (last_us, first_us);

INSERT INTO usage_block (first_row, requests, first_us, last_us, form, filter, data)
SELECT rowid, 1, wall_us, wall_us, 1, x'', CAST(json_object(
    'request_id', request_id, 'wall_us', wall_us, 'client_ip', client_ip, 'service', service,
    'service_version', service_version, 'route', route, 'consumer', consumer, 'credential', credential,
    'method', method, 'status', status, 'outcome', outcome, 'error', error, 'request_bytes', request_bytes,
    'response_bytes', response_bytes, 'took_us', took_us, 'upstream_us', upstream_us,
    'first_byte_us', first_byte_us, 'is_ai', is_ai, 'is_stream', is_stream, 'model_asked', model_asked,
    'model_route', model_route, 'vendor', vendor, 'account', account, 'model', model,
    'vendor_model', vendor_model, 'key_label', key_label, 'stop', stop, 'service_tier', service_tier,
    'usage_source', usage_source, 'is_inconsistent', is_inconsistent, 'cost_nusd', cost_nusd,
    'reserved_nusd', reserved_nusd, 'reported_nusd', reported_nusd, 'price_as_of', price_as_of,
    'wasted_nusd', wasted_nusd, 'attempt_count', attempt_count, 'attempts', attempts,
    'tokens_input', tokens_input, 'tokens_cache_read', tokens_cache_read,
    'tokens_cache_write_5m', tokens_cache_write_5m, 'tokens_cache_write_1h', tokens_cache_write_1h,
    'tokens_output', tokens_output, 'tokens_reasoning', tokens_reasoning,
    'tokens_input_audio', tokens_input_audio, 'tokens_output_audio', tokens_output_audio,
    'tokens_input_image', tokens_input_image, 'tokens_output_image', tokens_output_image,
    'units_requests', units_requests, 'units_searches', units_searches, 'units_images', units_images,
    'units_pages', units_pages, 'units_seconds_milli', units_seconds_milli,
    'units_characters', units_characters, 'host', host, 'path', path, 'user_agent', user_agent,
    'reason', reason, 'team', team, 'phases_us', phases_us) AS BLOB)
FROM usage;

DROP TABLE usage;
