-- What this node knows of its alerts, and what it told to whom: DATA_DIR/alerts.db.

CREATE TABLE alert_state (
    alert    TEXT PRIMARY KEY,  -- its name
    state    TEXT NOT NULL,     -- ok, pending, firing
    since_us INTEGER NOT NULL,  -- when it became so; Unix microseconds
    value    INTEGER NOT NULL,  -- the last one, in millionths
    seen_us  INTEGER NOT NULL   -- when it was looked at last
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    id           TEXT PRIMARY KEY, -- a ULID; the receiver gets it as webhook-id
    webhook      TEXT NOT NULL,
    event        TEXT NOT NULL,
    body         TEXT NOT NULL,    -- JSON
    state        TEXT NOT NULL,    -- pending, delivered, failed
    attempts     INTEGER NOT NULL,
    created_us   INTEGER NOT NULL,
    next_us      INTEGER NOT NULL, -- of the next attempt
    delivered_us INTEGER NOT NULL, -- 0: not yet
    status       INTEGER NOT NULL, -- of the last answer; 0: none
    error        TEXT NOT NULL     -- why the last attempt failed
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (next_us) WHERE state = 'pending';
