-- What was done, and on what by its name then: the trail is long.
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_subject_name ON audit (subject, seq);
