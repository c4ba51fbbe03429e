-- The same dead letter once: `key` says which are the same, `count`, `at` and `last` how often and when they came. What
-- its replay needs: `line` of a row of a file, `trusted`. `size` is that of raw, so that room is counted without reading it.
ALTER TABLE dead_letter ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letter ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dead_letter ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN trusted INTEGER NOT NULL DEFAULT 0;
UPDATE dead_letter SET last = at, size = length(raw);
CREATE INDEX dead_letter_by_key ON dead_letter (key, id) WHERE state = 'open';
CREATE INDEX dead_letter_by_source ON dead_letter (source, size) WHERE state = 'open';
