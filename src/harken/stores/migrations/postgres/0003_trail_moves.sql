-- Each time a trail comes to another profile. Who remembers the owners of trails asks for these, not for all trails again.
CREATE TABLE harken.trail_moves (number bigint PRIMARY KEY, tid text COLLATE "C" NOT NULL);
ALTER TABLE harken.log_ends ADD COLUMN move bigint NOT NULL DEFAULT 0;
