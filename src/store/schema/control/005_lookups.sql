-- Each three characters that follow each other in a name, so that rows whose name has a rare text in it are found
-- without looking at all names. Filled with each row of `resource` (store/rows).
CREATE TABLE name_part (
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, part, name)
) WITHOUT ROWID;
WITH RECURSIVE piece (kind, name, i) AS (
    SELECT kind, name, 1 FROM resource WHERE length(name) >= 3
    UNION ALL
    SELECT kind, name, i + 1 FROM piece WHERE i < length(name) - 2)
INSERT INTO name_part (kind, part, name) SELECT DISTINCT kind, substr(name, i, 3), name FROM piece;

-- Which state each row has, without reading its texts.
CREATE INDEX resource_by_head ON resource (kind, name, id, revision, updated_us);
