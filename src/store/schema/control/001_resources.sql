-- The control plane's store. Portable SQL: TEXT and BIGINT, no engine's own types or functions.
-- Times are Unix microseconds; JSON is text; secrets in it are sealed (store/vault.h).

-- Every noun is a row here. `spec` is what people wrote, `status` what the program knows about it.
CREATE TABLE resource (
    id         TEXT NOT NULL PRIMARY KEY, -- a ULID
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,             -- unique in its kind
    workspace  TEXT NOT NULL,             -- empty: of the whole installation
    team       TEXT NOT NULL,             -- the owner; empty: none
    revision   BIGINT NOT NULL,           -- rises by one with each change: the ETag
    spec       TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    updated_us BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE UNIQUE INDEX resource_by_name ON resource (kind, name);
CREATE INDEX resource_by_created ON resource (kind, created_us, id);
CREATE INDEX resource_by_updated ON resource (kind, updated_us, id);

-- What a resource's spec refers to, so that a deletion can say what depends on its subject.
CREATE TABLE reference (
    from_id TEXT NOT NULL,
    to_kind TEXT NOT NULL,
    to_name TEXT NOT NULL,
    PRIMARY KEY (from_id, to_kind, to_name)
);
CREATE INDEX reference_by_target ON reference (to_kind, to_name, from_id);

-- One row per mutation. `hash` covers the row and the hash before it: a row that was changed or
-- taken out afterwards breaks the chain.
CREATE TABLE audit (
    seq        BIGINT NOT NULL PRIMARY KEY, -- from 1, without gaps
    at_us      BIGINT NOT NULL,
    actor      TEXT NOT NULL, -- "user:alice", "token:ci", "local", "system"
    remote     TEXT NOT NULL, -- IP
    request_id TEXT NOT NULL,
    action     TEXT NOT NULL, -- "service.publish"
    kind       TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject    TEXT NOT NULL, -- its name then
    workspace  TEXT NOT NULL,
    before     TEXT NOT NULL, -- JSON, secrets masked; empty: there was nothing
    after      TEXT NOT NULL,
    hash       TEXT NOT NULL  -- SHA-256, hexadecimal
);
CREATE INDEX audit_by_subject ON audit (subject_id, seq);

-- Passwords (argon2id) and the hashes of tokens, by the resource that they belong to.
CREATE TABLE password (
    user_id    TEXT NOT NULL PRIMARY KEY,
    hash       TEXT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE TABLE token_hash (
    hash     TEXT NOT NULL PRIMARY KEY, -- SHA-256, hexadecimal
    token_id TEXT NOT NULL
);
CREATE UNIQUE INDEX token_hash_by_token ON token_hash (token_id);

CREATE TABLE session (
    hash       TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the cookie
    user_id    TEXT NOT NULL,
    csrf       TEXT NOT NULL,
    remote     TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    seen_us    BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_us);

-- Answers to creations that carried an Idempotency-Key, for a day.
CREATE TABLE idempotency (
    actor       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL, -- of method, path and body
    status      BIGINT NOT NULL,
    subject_id  TEXT NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_us);

-- Single values: 'change' counts the commits, which is how nodes learn of them.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO setting (name, value) VALUES ('change', '0');
