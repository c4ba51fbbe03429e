-- The statements of this store, each under its name. Rows come in the order of the fields that rows.py reads.
-- Each has one sensible plan, by index: `= ANY(array)` and ARRAY(subquery) rather than joins the planner could turn
-- round, because plans are made once per connection, maybe while a table is still empty.

-- name: be patient
SET LOCAL lock_timeout = '10s'

-- name: be quick
SELECT set_config('lock_timeout', $1::text, true)

-- name: claim
INSERT INTO harken.seen (id, day) SELECT unnest($1::text[]), $2::integer ON CONFLICT DO NOTHING RETURNING id

-- name: forget seen
DELETE FROM harken.seen
WHERE id = ANY(ARRAY(SELECT id FROM harken.seen WHERE day >= 0 AND day < $1::integer ORDER BY day LIMIT $2))

-- ------------------------------------------------------------------ identity

-- name: known
SELECT id, kind, value, pid, first, learned, established, quarantined, degree, claims
FROM harken.known WHERE id = ANY($1::text[])

-- name: known of
SELECT id, kind, value, pid, first, learned, established, quarantined, degree, claims
FROM harken.known WHERE pid = ANY($1::text[]) ORDER BY id

-- name: known like
SELECT id, kind, value, pid, first, learned, established, quarantined, degree, claims
FROM harken.known
WHERE left(value, 64) >= left($1::text, 64) AND left(value, 64) < $2::text AND starts_with(value, $1::text)
ORDER BY left(value, 64), value, kind COLLATE "C" LIMIT $3

-- name: quarantined
SELECT id, kind, value, pid, first, learned, established, quarantined, degree, claims
FROM harken.known WHERE quarantined ORDER BY degree DESC, id LIMIT $1

-- Profiles by id, and those that these identifiers belong to.
-- name: hold
SELECT pid, anchor, created, segments, judged FROM harken.profiles
WHERE pid = ANY($1::text[] || ARRAY(SELECT pid FROM harken.known WHERE id = ANY($2::text[]))) ORDER BY pid FOR UPDATE

-- What belongs to profiles without a row.
-- name: hold loose known
SELECT id FROM harken.known WHERE pid = ANY($1::text[]) ORDER BY id FOR UPDATE

-- name: hold loose trails
SELECT tid FROM harken.trails WHERE pid = ANY($1::text[]) ORDER BY tid FOR UPDATE

-- name: meet
INSERT INTO harken.meetings (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING

-- name: part
DELETE FROM harken.meetings WHERE id = ANY($1::text[])

-- name: write known
INSERT INTO harken.known (id, kind, value, pid, first, learned, established, quarantined, degree, claims)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
    $8::boolean[], $9::bigint[], $10::bytea[])
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, value = excluded.value, pid = excluded.pid,
    first = excluded.first, learned = excluded.learned, established = excluded.established,
    quarantined = excluded.quarantined, degree = excluded.degree, claims = excluded.claims

-- name: erase known
DELETE FROM harken.known WHERE id = ANY($1::text[])

-- name: evidence
SELECT a, b, how, occurred, learned, event_id, source, verified, who, reason
FROM harken.evidence WHERE a = ANY($1::text[])
UNION ALL
SELECT a, b, how, occurred, learned, event_id, source, verified, who, reason
FROM harken.evidence WHERE b = ANY($1::text[]) AND NOT a IN (SELECT unnest($1::text[]))

-- Joins as `stores.joined` does: what the earliest event (by time, then id) says, the earliest learned, any proof.
-- name: write evidence
INSERT INTO harken.evidence AS old (a, b, how, occurred, learned, event_id, source, verified, who, reason)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
    $8::boolean[], $9::text[], $10::text[])
ON CONFLICT (a, b, how) DO UPDATE SET
    occurred = CASE WHEN (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
        THEN excluded.occurred ELSE old.occurred END,
    event_id = CASE WHEN (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
        THEN excluded.event_id ELSE old.event_id END,
    source = CASE WHEN (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
        THEN excluded.source ELSE old.source END,
    who = CASE WHEN (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
        THEN excluded.who ELSE old.who END,
    reason = CASE WHEN (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
        THEN excluded.reason ELSE old.reason END,
    learned = least(old.learned, excluded.learned),
    verified = old.verified OR excluded.verified
WHERE (excluded.occurred, excluded.event_id) < (old.occurred, old.event_id)
    OR excluded.learned < old.learned OR (excluded.verified AND NOT old.verified)

-- name: drop evidence
DELETE FROM harken.evidence AS old USING unnest($1::text[], $2::text[], $3::text[]) AS gone (a, b, how)
WHERE old.a = gone.a AND old.b = gone.b AND old.how = gone.how

-- name: erase evidence from a
DELETE FROM harken.evidence WHERE a = ANY($1::text[])

-- name: erase evidence from b
DELETE FROM harken.evidence WHERE b = ANY($1::text[])

-- ------------------------------------------------------------------ trails

-- name: trails
SELECT tid, source, device, account, owner, pid, first, last, events, state, number
FROM harken.trails WHERE tid = ANY($1::text[])

-- name: trails of
SELECT tid, source, device, account, owner, pid, first, last, events, state, number
FROM harken.trails WHERE pid = ANY($1::text[]) ORDER BY tid

-- name: trails owned
SELECT tid, source, device, account, owner, pid, first, last, events, state, number
FROM harken.trails WHERE tid = ANY(ARRAY(
    SELECT tid FROM harken.trails WHERE account = ANY($1::text[])
    UNION SELECT tid FROM harken.trails WHERE device = ANY($1::text[])
)) ORDER BY tid

-- name: owners
SELECT tid, pid FROM harken.trails WHERE tid > $1::text ORDER BY tid LIMIT $2

-- name: trails moved
SELECT number, tid FROM harken.trail_moves WHERE number > $1::bigint ORDER BY number LIMIT $2

-- name: last trail move
SELECT move FROM harken.log_ends WHERE one

-- name: add trail moves
INSERT INTO harken.trail_moves (number, tid) SELECT * FROM unnest($1::bigint[], $2::text[])

-- name: lasts
SELECT tid, pid, last FROM harken.trails WHERE tid > $1::text ORDER BY tid LIMIT $2

-- name: add trails
INSERT INTO harken.trails (tid, source, device, account, owner, pid, first, last, events, state)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bytea[])

-- With the number they have: an upsert without would use up a number each time.
-- name: change trails
INSERT INTO harken.trails (tid, source, device, account, owner, pid, first, last, events, state, number)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bytea[], $11::bigint[])
ON CONFLICT (tid) DO UPDATE SET source = excluded.source, device = excluded.device, account = excluded.account,
    owner = excluded.owner, pid = excluded.pid, first = excluded.first, last = excluded.last,
    events = excluded.events, state = excluded.state

-- name: hold trails
SELECT tid, number, pid FROM harken.trails WHERE tid = ANY($1::text[]) ORDER BY tid FOR UPDATE

-- name: drop trails
DELETE FROM harken.trails WHERE tid = ANY($1::text[])

-- ------------------------------------------------------------------ events

-- name: events
SELECT id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified, raw, seq
FROM harken.events WHERE tid = ANY($1::text[]) AND seq < $2::bigint ORDER BY seq DESC

-- The newest of each trail first, so that one page of a long history costs a page.
-- name: newest events
SELECT e.id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified, raw, seq
FROM unnest($1::text[]) AS asked (trail)
CROSS JOIN LATERAL (SELECT * FROM harken.events WHERE tid = asked.trail AND seq < $2::bigint ORDER BY seq DESC LIMIT $3) AS e
ORDER BY seq DESC LIMIT $3

-- name: tail
SELECT id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified, raw, seq
FROM harken.events WHERE seq > $1::bigint ORDER BY seq LIMIT $2

-- name: tail columns
SELECT id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified, raw, seq,
    coalesce((SELECT pid FROM harken.trails WHERE trails.tid = events.tid), '')
FROM harken.events WHERE seq > $1::bigint ORDER BY seq LIMIT $2

-- name: tail marks
SELECT seq, tid, touchpoint FROM harken.events WHERE seq > $1::bigint ORDER BY seq LIMIT $2

-- name: add events
COPY harken.events (id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified,
    raw, seq) FROM STDIN (FORMAT BINARY)

-- name: refile
UPDATE harken.events AS old SET tid = new.tid FROM unnest($1::bigint[], $2::text[]) AS new (seq, tid)
WHERE old.seq = new.seq

-- name: relabel
UPDATE harken.events AS old SET touchpoint = new.touchpoint
FROM unnest($1::bigint[], $2::text[]) AS new (seq, touchpoint) WHERE old.seq = new.seq

-- name: trail with events
SELECT tid FROM harken.events WHERE tid = ANY($1::text[]) LIMIT 1

-- name: erase events
DELETE FROM harken.events WHERE tid = ANY($1::text[])

-- name: settle events
DELETE FROM harken.events WHERE seq <= $1::bigint

-- The last numbers given. Its row stays locked until commit, so a later number is never seen before an earlier one.
-- name: take numbers
UPDATE harken.log_ends SET event = event + $1::bigint, membership = membership + $2::bigint,
    dead_letter = dead_letter + $3::bigint, move = move + $4::bigint
WHERE one RETURNING event, membership, dead_letter, move

-- name: hold numbers
SELECT event FROM harken.log_ends WHERE one FOR UPDATE

-- name: last seq
SELECT event FROM harken.log_ends WHERE one

-- ------------------------------------------------------------------ profiles, segments, timers

-- name: profiles
SELECT pid, anchor, created, segments, judged FROM harken.profiles WHERE pid = ANY($1::text[])

-- name: list profiles
SELECT pid, anchor, created, segments, judged FROM harken.profiles WHERE pid > $1::text ORDER BY pid LIMIT $2

-- name: list members
SELECT p.pid, anchor, created, segments, judged FROM harken.members AS m JOIN harken.profiles AS p ON p.pid = m.pid
WHERE m.segment = $1::text AND m.pid > $2::text ORDER BY m.pid LIMIT $3

-- name: write profiles
INSERT INTO harken.profiles (pid, anchor, created, segments, judged)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
ON CONFLICT (pid) DO UPDATE SET anchor = excluded.anchor, created = excluded.created, segments = excluded.segments,
    judged = excluded.judged

-- name: drop profiles
DELETE FROM harken.profiles WHERE pid = ANY($1::text[])

-- name: add members
INSERT INTO harken.members (segment, pid) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING

-- name: drop members
DELETE FROM harken.members AS old USING unnest($1::text[], $2::text[]) AS gone (segment, pid)
WHERE old.segment = gone.segment AND old.pid = gone.pid

-- name: drop memberships of
DELETE FROM harken.members WHERE pid = ANY($1::text[])

-- name: memberships
SELECT pid, segment, entered, at, seq FROM harken.memberships WHERE seq > $1::bigint ORDER BY seq LIMIT $2

-- name: add memberships
INSERT INTO harken.memberships (seq, pid, segment, entered, at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::bigint[])

-- name: erase memberships
DELETE FROM harken.memberships WHERE pid = ANY($1::text[])

-- name: due
SELECT pid, kind, due, data FROM harken.timers WHERE due <= $1::bigint ORDER BY due, pid, kind LIMIT $2

-- name: write timers
INSERT INTO harken.timers (key, pid, kind, due, data)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
ON CONFLICT (key) DO UPDATE SET due = excluded.due, data = excluded.data

-- name: drop timers
DELETE FROM harken.timers WHERE key = ANY($1::text[])

-- ------------------------------------------------------------------ dead letters

-- name: dead letters
SELECT id, at, source, dialect, reason, detail, place, raw, state, last, count, line, trusted FROM harken.dead_letters
WHERE id > $1::bigint AND state = $3::text ORDER BY id LIMIT $2

-- name: all dead letters
SELECT id, at, source, dialect, reason, detail, place, raw, state, last, count, line, trusted FROM harken.dead_letters
WHERE id > $1::bigint ORDER BY id LIMIT $2

-- name: letters counted
SELECT source, reason, count(*), sum(count)::bigint FROM harken.dead_letters WHERE state = $1::text
GROUP BY source, reason

-- name: letters open
SELECT DISTINCT key FROM harken.dead_letters WHERE key = ANY($1::text[]) AND state = 'open'

-- name: letters held
SELECT count(*), coalesce(sum(size), 0)::bigint FROM harken.dead_letters
WHERE md5(source) = md5($1::text) AND source = $1::text AND state = 'open'

-- name: count dead letters again
UPDATE harken.dead_letters AS there SET count = there.count + new.count, at = least(there.at, new.at),
    last = greatest(there.last, new.last)
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS new (key, count, at, last)
WHERE there.state = 'open' AND there.id = (
    SELECT min(same.id) FROM harken.dead_letters AS same WHERE same.key = new.key AND same.state = 'open')
RETURNING there.key

-- name: add dead letters
INSERT INTO harken.dead_letters
    (id, key, count, at, last, source, dialect, reason, detail, place, raw, size, line, trusted, state)
SELECT new.*, 'open' FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::bigint[], $13::bigint[], $14::boolean[]) AS new

-- name: mark dead letters
UPDATE harken.dead_letters SET state = $2::text WHERE id = ANY($1::bigint[])

-- name: erase dead letters
DELETE FROM harken.dead_letters
WHERE EXISTS (SELECT 1 FROM unnest($1::bytea[]) AS n (needle) WHERE position(n.needle IN raw) > 0)

-- ------------------------------------------------------------------ configuration and small things

-- name: documents
SELECT kind, id, version, state, body, at, who, reason FROM harken.documents
WHERE ($1::text = '' OR kind = $1::text) AND ($2::text = '' OR id = $2::text) AND ($3::text = '' OR state = $3::text)
ORDER BY kind, id, version

-- name: write documents
INSERT INTO harken.documents (key, kind, id, version, state, body, at, who, reason)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::bigint[],
    $8::text[], $9::text[])
ON CONFLICT (key, version) DO UPDATE SET state = excluded.state, body = excluded.body, at = excluded.at,
    who = excluded.who, reason = excluded.reason

-- name: config version
SELECT version FROM harken.configuration WHERE one

-- name: raise config version
UPDATE harken.configuration SET version = version + 1 WHERE one AND (version = $1::bigint OR $1::bigint < 0)

-- name: manifest
SELECT manifest FROM harken.lake WHERE one

-- Nobody settles while we read the log: manifest and tail belong together.
-- name: share manifest
SELECT manifest FROM harken.lake WHERE one FOR SHARE

-- Nobody reads the log to write until we are done.
-- name: hold manifest
SELECT manifest FROM harken.lake WHERE one FOR UPDATE

-- name: swap manifest
UPDATE harken.lake SET manifest = $1::bytea WHERE one AND manifest = $2::bytea

-- name: keys
SELECT body FROM harken.access_keys

-- name: write keys
INSERT INTO harken.access_keys (id, body) SELECT * FROM unnest($1::text[], $2::bytea[])
ON CONFLICT (id) DO UPDATE SET body = excluded.body

-- name: note
SELECT value FROM harken.notes WHERE key = $1::text

-- name: hold note
SELECT value FROM harken.notes WHERE key = $1::text FOR UPDATE

-- name: notes
SELECT name, value FROM harken.notes
WHERE left(name, 64) >= left($1::text, 64) AND left(name, 64) < $2::text AND starts_with(name, $1::text)
ORDER BY left(name, 64), name

-- name: write note
INSERT INTO harken.notes (key, name, value) VALUES ($1::text, $2::text, $3::bytea)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: drop note
DELETE FROM harken.notes WHERE key = $1::text

-- name: lease
INSERT INTO harken.leases (name, holder, until)
VALUES ($1::text, $2::text, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3::bigint)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE leases.holder = excluded.holder OR leases.until <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint

-- name: give back lease
DELETE FROM harken.leases WHERE name = $1::text AND holder = $2::text

-- name: give back leases
DELETE FROM harken.leases WHERE holder = $1::text

-- name: proof event
SELECT 1 FROM harken.events WHERE seq = $1::bigint AND id = $2::text

-- name: proof dead letter
SELECT 1 FROM harken.dead_letters WHERE id = $1::bigint AND at = $2::bigint AND raw = $3::bytea

-- name: proof membership
SELECT 1 FROM harken.memberships WHERE seq = $1::bigint AND pid = $2::text AND segment = $3::text AND at = $4::bigint
