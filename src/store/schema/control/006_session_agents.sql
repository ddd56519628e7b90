-- What a session was begun with: the User-Agent of its browser, by which people tell their devices.
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

-- Who changed what of a kind: the trail is long.
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_kind ON audit (kind, seq);
