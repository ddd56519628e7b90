-- Answers of /v1/responses that clients go on from, for some hours: written by gateways, not by the admin API.
CREATE TABLE kept_response (
    seq        BIGINT NOT NULL PRIMARY KEY, -- rises with every commit: what is above the last one seen is new
    owner      TEXT NOT NULL,               -- who may find it
    id         TEXT NOT NULL,
    writer     TEXT NOT NULL,               -- the process, which knows it already
    written_us BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,             -- what it counts against the limit
    sealed     TEXT NOT NULL                -- what is kept of it, sealed; empty: it was deleted
);
CREATE UNIQUE INDEX kept_response_by_id ON kept_response (owner, id);
INSERT INTO setting (name, value) VALUES ('kept_response_seq', '0');
