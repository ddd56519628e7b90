-- What each node that shares this store said of itself last.
CREATE TABLE node (
    id      TEXT NOT NULL PRIMARY KEY, -- a ULID, kept in its data directory
    hash    TEXT NOT NULL,             -- of the configuration that it serves
    change  BIGINT NOT NULL,           -- the number of the store's change that it serves
    seen_us BIGINT NOT NULL,
    detail  TEXT NOT NULL              -- JSON: what GET /nodes shows of it
);
