-- From when until when the rows of a tier and a view have all requests: rows of before `since_s` are not complete, those
-- of `until_s` and later are not made yet. A tier is made of the rows of the one before it, when its time is over.
CREATE TABLE rollup_extent (
    tier    INTEGER NOT NULL,
    view    INTEGER NOT NULL,
    since_s INTEGER NOT NULL, -- Unix seconds
    until_s INTEGER NOT NULL,
    PRIMARY KEY (tier, view)
) STRICT, WITHOUT ROWID;

-- Until now each request was added to all of them.
INSERT INTO rollup_extent (tier, view, since_s, until_s)
SELECT t.value, v.value, 0, 9223372036854775807
FROM json_each('[0, 1, 2]') AS t, json_each('[0, 1, 2, 3, 4]') AS v;

INSERT INTO rollup_state (name, value) VALUES ('keep_quarter_s', 0);
