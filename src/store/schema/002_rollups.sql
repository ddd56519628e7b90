-- Sums of the requests by time and by who, what and how: what reports read, kept longer than the
-- requests themselves.

-- What a row of sums is of: one combination of the dimensions that its view tells apart. The others are
-- empty.
CREATE TABLE rollup_series (
    id       INTEGER PRIMARY KEY,
    view     INTEGER NOT NULL,
    last_day INTEGER NOT NULL, -- days since 1970 when a request was added to it last
    service  TEXT NOT NULL,
    version  TEXT NOT NULL,
    route    TEXT NOT NULL,
    consumer TEXT NOT NULL,
    team     TEXT NOT NULL,
    model    TEXT NOT NULL,
    target   TEXT NOT NULL,
    vendor   TEXT NOT NULL,
    status   TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    UNIQUE (view, service, version, route, consumer, team, model, target, vendor, status, outcome)
) STRICT;

-- Written in the transaction that has the requests.
CREATE TABLE rollup (
    tier       INTEGER NOT NULL, -- 0 minute, 1 hour, 2 day (UTC)
    view       INTEGER NOT NULL,
    start_s    INTEGER NOT NULL, -- Unix seconds
    series     INTEGER NOT NULL,
    requests       INTEGER NOT NULL,
    errors         INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    request_bytes  INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    took_us        INTEGER NOT NULL,
    cost_nusd      INTEGER NOT NULL,
    cost_unknown   INTEGER NOT NULL,
    wasted_nusd    INTEGER NOT NULL,
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
    took       TEXT NOT NULL, -- histograms, as base/hist_lazy writes them
    first_byte TEXT NOT NULL,
    PRIMARY KEY (tier, view, start_s, series)
) STRICT, WITHOUT ROWID;

-- How far requests from before this table were added, and how long (in seconds, 0: for ever) each tier is kept.
CREATE TABLE rollup_state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO rollup_state (name, value) VALUES
    ('added_rowid', 0), ('last_rowid', (SELECT coalesce(max(rowid), 0) FROM usage)),
    ('keep_minute_s', 0), ('keep_hour_s', 0), ('keep_day_s', 0);

-- What the look into a single request shows.
ALTER TABLE usage ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN phases_us TEXT; -- JSON: the phases that took time
CREATE INDEX usage_by_consumer ON usage (consumer, wall_us);
