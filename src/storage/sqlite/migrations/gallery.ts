import type { Migration } from './migration.ts'

/** Collections, persons, faces, their changes, and kept answers. Released entries never change. */
export const galleryMigrations: readonly Migration[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE collections (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    model_id TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    policy TEXT NOT NULL,
    store_crops INTEGER NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE persons (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX persons_by_collection ON persons (collection_id, id);
  CREATE INDEX persons_by_name ON persons (collection_id, name, id);

  CREATE TABLE faces (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    quality TEXT NOT NULL,
    box TEXT NOT NULL,
    landmarks TEXT NOT NULL,
    image_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    embedding BLOB NOT NULL
  ) STRICT;
  CREATE INDEX faces_by_collection ON faces (collection_id, id);
  CREATE UNIQUE INDEX faces_by_source ON faces (person_id, image_hash, box);
  CREATE INDEX faces_by_image ON faces (collection_id, image_hash, id);

  CREATE TABLE crops (
    face_id TEXT PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL,
    kind TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    face_id TEXT
  ) STRICT;

  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    status INTEGER,
    body TEXT
  ) STRICT;
  CREATE INDEX idempotency_by_age ON idempotency (created_at_ms);
  `,
  // Counting the rows of a million faces takes 35 ms, and every identification asks for the count.
  // Triggers also see what a cascade removes. They assume that no row changes its collection.
  `
  ALTER TABLE collections ADD COLUMN persons INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE collections ADD COLUMN faces INTEGER NOT NULL DEFAULT 0;
  UPDATE collections SET
    persons = (SELECT count(*) FROM persons WHERE collection_id = collections.id),
    faces = (SELECT count(*) FROM faces WHERE collection_id = collections.id);

  CREATE TRIGGER person_added AFTER INSERT ON persons BEGIN
    UPDATE collections SET persons = persons + 1 WHERE id = NEW.collection_id;
  END;
  CREATE TRIGGER person_removed AFTER DELETE ON persons BEGIN
    UPDATE collections SET persons = persons - 1 WHERE id = OLD.collection_id;
  END;
  CREATE TRIGGER face_added AFTER INSERT ON faces BEGIN
    UPDATE collections SET faces = faces + 1 WHERE id = NEW.collection_id;
  END;
  CREATE TRIGGER face_removed AFTER DELETE ON faces BEGIN
    UPDATE collections SET faces = faces - 1 WHERE id = OLD.collection_id;
  END;
  `,
  // The persons and faces that a kept answer names, so that it is removed with them. For answers from
  // before this version that is not known.
  `
  DELETE FROM idempotency WHERE body IS NOT NULL;
  CREATE TABLE idempotency_subjects (
    subject TEXT NOT NULL,
    key TEXT NOT NULL REFERENCES idempotency (key) ON DELETE CASCADE,
    PRIMARY KEY (subject, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_subjects_by_key ON idempotency_subjects (key);

  CREATE TRIGGER answer_of_person_removed AFTER DELETE ON persons BEGIN
    DELETE FROM idempotency
    WHERE key IN (SELECT key FROM idempotency_subjects WHERE subject = OLD.id);
  END;
  CREATE TRIGGER answer_of_face_removed AFTER DELETE ON faces BEGIN
    DELETE FROM idempotency
    WHERE key IN (SELECT key FROM idempotency_subjects WHERE subject = OLD.id);
  END;
  `,
  // Lists and the actor are JSON; times are ISO 8601, UTC, of one length, so that text orders them.
  `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    scopes TEXT NOT NULL,
    collection_ids TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT
  ) STRICT;
  `,
  // JSON; without a value the collection has no gates of its own.
  'ALTER TABLE collections ADD COLUMN quality_gates TEXT',
  // A search asks whose twenty faces are. Their rows, with embeddings, are a page each.
  'CREATE INDEX faces_by_id ON faces (id, person_id, collection_id)',
]
