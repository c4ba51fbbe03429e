-- Each time a trail comes to another profile. Who remembers the owners of trails asks for these, not for all trails again.
CREATE TABLE trail_move (number INTEGER PRIMARY KEY AUTOINCREMENT, tid TEXT NOT NULL);
