-- Everything the Store contract keeps. What is written for every event lies in rows that grow at the end, because each
-- page of the file that a commit touches is written whole: rows scattered by a random key cost a page each.

-- Numbers that go on rising: seq, claims, rows, memberships, config; and counts of big tables. One small page.
CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- How fast what is put off moves to its place (claims.py, late.py). Fixed for the life of a file: what the logs still
-- hold follows from it.
INSERT INTO marks VALUES ('claim step', 2000), ('claim slices', 128);
INSERT INTO marks VALUES ('late step', 524288), ('late slices', 64), ('late span', 256);

-- Event ids heard (12 bytes each). `claim` is the log of them, n = how many had been claimed after it; day = days since
-- 1970 when they may be forgotten, -1 = never. `seen` is the same ids by id, filled from the log bit by bit: see claims.py.
CREATE TABLE claim (n INTEGER PRIMARY KEY, day INTEGER NOT NULL, ids BLOB NOT NULL);
CREATE INDEX claim_by_day ON claim (day);
CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID;

-- Trails. `head` is the newest event of the trail in the tail; each event names the one before it in `prev`. The numbers
-- and the state of a trail are those of the newest row of `late` that has it, else these: see late.py.
CREATE TABLE trail (
    row INTEGER PRIMARY KEY,
    tid TEXT UNIQUE,
    source TEXT, device TEXT, account TEXT, owner TEXT, pid TEXT,
    first INTEGER, last INTEGER, events INTEGER, head INTEGER, state BLOB
);
CREATE TABLE late (n INTEGER PRIMARY KEY, step INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX trail_by_device ON trail (device) WHERE device <> '';
CREATE INDEX trail_by_account ON trail (account) WHERE account <> '';
CREATE INDEX trail_by_pid ON trail (pid);

-- The tail. `home` is the trail through whose chain an event is reached when that is no longer `trail`; 0 = none.
-- What was erased but holds a chain together has trail 0.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    prev INTEGER NOT NULL,
    trail INTEGER NOT NULL,
    home INTEGER,
    id TEXT NOT NULL, message_id TEXT NOT NULL,
    source TEXT NOT NULL, dialect TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
    occurred INTEGER NOT NULL, received INTEGER NOT NULL,
    channel TEXT NOT NULL, touchpoint TEXT NOT NULL,
    verified INTEGER NOT NULL,
    raw BLOB NOT NULL
);
-- Events that are on a trail but not in its chain.
CREATE TABLE moved (trail INTEGER, seq INTEGER, PRIMARY KEY (trail, seq)) WITHOUT ROWID;

-- Identifiers.
CREATE TABLE known (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, value TEXT NOT NULL, pid TEXT NOT NULL,
    first INTEGER NOT NULL, learned INTEGER NOT NULL,
    established INTEGER NOT NULL, quarantined INTEGER NOT NULL, degree INTEGER NOT NULL,
    claims BLOB NOT NULL  -- JSON
);
CREATE INDEX known_by_pid ON known (pid);
CREATE INDEX known_by_value ON known (value, kind);
CREATE INDEX known_quarantined ON known (degree DESC, id) WHERE quarantined;

CREATE TABLE evidence (
    a TEXT NOT NULL, b TEXT NOT NULL, how TEXT NOT NULL,
    occurred INTEGER NOT NULL, learned INTEGER NOT NULL, event_id TEXT NOT NULL, source TEXT NOT NULL,
    verified INTEGER NOT NULL, "by" TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (a, b, how)
) WITHOUT ROWID;
CREATE INDEX evidence_by_b ON evidence (b);

-- Profiles and the segments they are in (`segments` is JSON; `member` has one row for each).
CREATE TABLE profile (
    pid TEXT PRIMARY KEY,
    anchor TEXT NOT NULL, created INTEGER NOT NULL, segments BLOB NOT NULL, judged INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE member (segment TEXT, pid TEXT, PRIMARY KEY (segment, pid)) WITHOUT ROWID;
CREATE TABLE membership (
    seq INTEGER PRIMARY KEY,
    pid TEXT NOT NULL, segment TEXT NOT NULL, entered INTEGER NOT NULL, at INTEGER NOT NULL
);

CREATE TABLE timer (
    pid TEXT NOT NULL, kind TEXT NOT NULL, due INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (pid, kind)
) WITHOUT ROWID;
CREATE INDEX timer_by_due ON timer (due);

CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL, source TEXT NOT NULL, dialect TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
    "where" TEXT NOT NULL, state TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX dead_letter_by_state ON dead_letter (state);

-- The small things.
CREATE TABLE document (
    kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
    body BLOB NOT NULL, at INTEGER NOT NULL, "by" TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (kind, id, version)
);
CREATE TABLE access_key (id TEXT PRIMARY KEY, created INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE manifest (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL);

-- Always empty: filled with zeros for a moment to overwrite free pages after something was erased.
CREATE TABLE wiping (zeros BLOB);
