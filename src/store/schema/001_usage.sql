-- One row per request that reached the gateway. Token columns are disjoint classes; with model,
-- tier and price_as_of they are what a cost can be derived from again.
CREATE TABLE usage (
    request_id      TEXT PRIMARY KEY,
    wall_us         INTEGER NOT NULL, -- start, Unix microseconds
    client_ip       TEXT NOT NULL,
    service         TEXT NOT NULL,
    service_version TEXT NOT NULL,
    route           TEXT NOT NULL,
    consumer        TEXT NOT NULL,
    credential      TEXT NOT NULL,
    method          TEXT NOT NULL,
    status          INTEGER NOT NULL,
    outcome         TEXT NOT NULL,
    error           TEXT NOT NULL,    -- a label, empty: none
    request_bytes   INTEGER NOT NULL,
    response_bytes  INTEGER NOT NULL,
    took_us         INTEGER NOT NULL,
    upstream_us     INTEGER NOT NULL,
    first_byte_us   INTEGER NOT NULL,
    is_ai           INTEGER NOT NULL,
    is_stream       INTEGER NOT NULL,
    model_asked     TEXT NOT NULL,
    model_route     TEXT NOT NULL,
    vendor          TEXT NOT NULL,
    account         TEXT NOT NULL,
    model           TEXT NOT NULL,
    vendor_model    TEXT NOT NULL,
    key_label       TEXT NOT NULL,
    stop            TEXT NOT NULL,
    service_tier    TEXT NOT NULL,
    usage_source    TEXT NOT NULL,    -- none, reported, estimated
    is_inconsistent INTEGER NOT NULL,
    cost_nusd       INTEGER,          -- NULL: not known, which is not nothing
    reserved_nusd   INTEGER NOT NULL,
    reported_nusd   INTEGER,          -- the vendor's own figure
    price_as_of     INTEGER NOT NULL, -- Unix seconds
    wasted_nusd     INTEGER NOT NULL, -- of failed attempts; charged to nobody
    attempt_count   INTEGER NOT NULL,
    attempts        TEXT,             -- JSON: what is known of each; NULL: one, and no AI
    tokens_input          INTEGER NOT NULL,
    tokens_cache_read     INTEGER NOT NULL,
    tokens_cache_write_5m INTEGER NOT NULL,
    tokens_cache_write_1h INTEGER NOT NULL,
    tokens_output         INTEGER NOT NULL,
    tokens_reasoning      INTEGER NOT NULL,
    tokens_input_audio    INTEGER NOT NULL,
    tokens_output_audio   INTEGER NOT NULL,
    tokens_input_image    INTEGER NOT NULL,
    tokens_output_image   INTEGER NOT NULL,
    units_requests        INTEGER NOT NULL,
    units_searches        INTEGER NOT NULL,
    units_images          INTEGER NOT NULL,
    units_pages           INTEGER NOT NULL,
    units_seconds_milli   INTEGER NOT NULL,
    units_characters      INTEGER NOT NULL
) STRICT;

CREATE INDEX usage_by_time ON usage (wall_us);

-- What a budget's subject has spent in a window: the sum of its requests' charges.
CREATE TABLE budget_spent (
    budget         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    window_start_s INTEGER NOT NULL, -- Unix seconds
    cost_nusd      INTEGER NOT NULL,
    tokens         INTEGER NOT NULL,
    PRIMARY KEY (budget, subject, window_start_s)
) STRICT, WITHOUT ROWID;

-- How far each of the workers' journal files has been read: moves in the transaction that has its
-- records.
CREATE TABLE journal_file (
    name         TEXT PRIMARY KEY,
    offset_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
