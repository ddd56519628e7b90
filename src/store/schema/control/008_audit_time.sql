-- What was done when: the trail is long, and clocks of nodes differ, so that its numbers do not tell.
CREATE INDEX audit_by_time ON audit (at_us, seq);
