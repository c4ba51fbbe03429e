-- The same dead letter once: `key` says which are the same, `count`, `at` and `last` how often and when they came. What
-- its replay needs: `line` of a row of a file, `trusted`. `size` is that of raw, so that room is counted without reading it.
ALTER TABLE harken.dead_letters
    ADD COLUMN key text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN last bigint NOT NULL DEFAULT 0,
    ADD COLUMN count bigint NOT NULL DEFAULT 1,
    ADD COLUMN size bigint NOT NULL DEFAULT 0,
    ADD COLUMN line bigint NOT NULL DEFAULT 0,
    ADD COLUMN trusted boolean NOT NULL DEFAULT false;
UPDATE harken.dead_letters SET last = at, size = length(raw);
CREATE INDEX dead_letters_by_key ON harken.dead_letters (key, id) WHERE state = 'open';
CREATE INDEX dead_letters_by_source ON harken.dead_letters (md5(source), size) WHERE state = 'open';

-- Erasing a customer removes them from the log of segment changes too.
CREATE INDEX memberships_by_profile ON harken.memberships (pid);
