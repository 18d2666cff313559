import type { Migration } from './migration.ts'

/** Strangers and their sightings. Released entries never change. */
export const strangersMigrations: readonly Migration[] = [
  // What is kept of strangers is JSON. A lease is there from the first sighting of a collection on; its
  // revision grows with each change of the collection's strangers. Times of the lease are this machine's.
  `
  ALTER TABLE collections ADD COLUMN keep_unknown TEXT;

  CREATE TABLE stranger_leases (
    collection_id TEXT PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until_ms INTEGER
  ) STRICT;

  CREATE TABLE strangers (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    cover_id TEXT NOT NULL,
    person_id TEXT,
    like_id TEXT,
    anchor_id TEXT,
    sum BLOB NOT NULL,
    members TEXT NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX strangers_by_time ON strangers (collection_id, last_seen_at, id);
  CREATE INDEX strangers_by_count ON strangers (collection_id, count, id);
  CREATE INDEX strangers_by_model ON strangers (collection_id, model_id, id);
  CREATE INDEX strangers_by_person ON strangers (person_id) WHERE person_id IS NOT NULL;
  CREATE INDEX strangers_by_anchor ON strangers (anchor_id) WHERE anchor_id IS NOT NULL;
  CREATE INDEX strangers_by_like ON strangers (like_id) WHERE like_id IS NOT NULL;

  CREATE TABLE stranger_joins (
    from_id TEXT PRIMARY KEY,
    into_id TEXT NOT NULL REFERENCES strangers (id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX stranger_joins_by_into ON stranger_joins (into_id);

  CREATE TABLE sightings (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    stranger_id TEXT REFERENCES strangers (id) ON DELETE CASCADE,
    seen_at TEXT NOT NULL,
    source TEXT,
    quality TEXT NOT NULL,
    box TEXT NOT NULL,
    landmarks TEXT NOT NULL,
    score REAL NOT NULL,
    embedding BLOB NOT NULL
  ) STRICT;
  CREATE INDEX sightings_by_collection ON sightings (collection_id, id);
  CREATE INDEX sightings_by_time ON sightings (collection_id, seen_at, id);
  CREATE INDEX sightings_by_stranger ON sightings (stranger_id, id);
  CREATE INDEX sightings_by_stranger_and_time ON sightings (stranger_id, seen_at);
  CREATE INDEX sightings_by_score ON sightings (stranger_id, score, id);
  CREATE INDEX sightings_waiting ON sightings (collection_id, model_id, id)
    WHERE stranger_id IS NULL;

  CREATE TABLE sighting_crops (
    sighting_id TEXT PRIMARY KEY REFERENCES sightings (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL,
    place TEXT
  ) STRICT;
  `,
]
