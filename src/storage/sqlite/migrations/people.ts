import { fillPersonNames } from '../person-names.ts'
import type { Migration } from './migration.ts'

/** What was said of persons, what persons have besides a name, and the history. Released entries never change. */
export const peopleMigrations: readonly Migration[] = [
  // A statement of a stored face has the embeddings of the face. `source` tells which face of which
  // image it is about. A search reads statements only where a collection has rejections, so these are
  // counted, as faces are.
  `
  CREATE TABLE statements (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    face_id TEXT REFERENCES faces (id) ON DELETE CASCADE,
    image_hash TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX statements_by_collection ON statements (collection_id, id);
  CREATE UNIQUE INDEX statements_by_person ON statements (person_id, source);
  CREATE INDEX statements_by_face ON statements (face_id) WHERE face_id IS NOT NULL;

  CREATE TABLE statement_embeddings (
    statement_id TEXT NOT NULL REFERENCES statements (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    embedding BLOB NOT NULL,
    PRIMARY KEY (statement_id, model_id)
  ) STRICT;

  ALTER TABLE collections ADD COLUMN rejections INTEGER NOT NULL DEFAULT 0;
  CREATE TRIGGER rejection_added AFTER INSERT ON statements WHEN NEW.kind = 'rejection' BEGIN
    UPDATE collections SET rejections = rejections + 1 WHERE id = NEW.collection_id;
  END;
  CREATE TRIGGER rejection_removed AFTER DELETE ON statements WHEN OLD.kind = 'rejection' BEGIN
    UPDATE collections SET rejections = rejections - 1 WHERE id = OLD.collection_id;
  END;
  `,
  // `words` and `aliases` are lists in JSON; see [Note: Words of names] in person-words.ts. Triggers keep
  // a row for each word, and see what a cascade removes, too. A face says itself whether it is still
  // the cover's: the cover is kept when the face goes, and read only while the face is the person's.
  `
  ALTER TABLE persons ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE persons ADD COLUMN external_id TEXT;
  ALTER TABLE persons ADD COLUMN notes TEXT;
  ALTER TABLE persons ADD COLUMN cover_face_id TEXT;
  ALTER TABLE persons ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE persons ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE persons ADD COLUMN face_count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE persons ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE persons ADD COLUMN last_seen_at TEXT NOT NULL DEFAULT '';
  ALTER TABLE persons ADD COLUMN words TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE persons ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
  UPDATE persons SET face_count = (SELECT count(*) FROM faces WHERE person_id = persons.id);

  CREATE TABLE person_words (
    collection_id TEXT NOT NULL,
    word TEXT NOT NULL,
    person_id TEXT NOT NULL,
    PRIMARY KEY (collection_id, word, person_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER words_of_person_added AFTER INSERT ON persons BEGIN
    INSERT INTO person_words (collection_id, word, person_id)
    SELECT NEW.collection_id, value, NEW.id FROM json_each(NEW.words);
  END;
  CREATE TRIGGER words_of_person_changed AFTER UPDATE OF words ON persons
  WHEN OLD.words <> NEW.words BEGIN
    DELETE FROM person_words WHERE (collection_id, word, person_id) IN
      (SELECT OLD.collection_id, value, OLD.id FROM json_each(OLD.words));
    INSERT INTO person_words (collection_id, word, person_id)
    SELECT NEW.collection_id, value, NEW.id FROM json_each(NEW.words);
  END;
  CREATE TRIGGER words_of_person_removed AFTER DELETE ON persons BEGIN
    DELETE FROM person_words WHERE (collection_id, word, person_id) IN
      (SELECT OLD.collection_id, value, OLD.id FROM json_each(OLD.words));
  END;
  CREATE TRIGGER face_of_person_added AFTER INSERT ON faces BEGIN
    UPDATE persons SET face_count = face_count + 1 WHERE id = NEW.person_id;
  END;
  CREATE TRIGGER face_of_person_removed AFTER DELETE ON faces BEGIN
    UPDATE persons SET face_count = face_count - 1 WHERE id = OLD.person_id;
  END;
  CREATE TRIGGER face_of_person_moved AFTER UPDATE OF person_id ON faces BEGIN
    UPDATE persons SET face_count = face_count - 1 WHERE id = OLD.person_id;
    UPDATE persons SET face_count = face_count + 1 WHERE id = NEW.person_id;
  END;

  CREATE UNIQUE INDEX persons_by_external_id ON persons (collection_id, external_id)
    WHERE external_id IS NOT NULL;
  CREATE INDEX persons_by_sort_name ON persons (collection_id, sort_name, id);
  CREATE INDEX persons_by_face_count ON persons (collection_id, face_count, id);
  CREATE INDEX persons_by_last_seen ON persons (collection_id, last_seen_at, id);
  CREATE INDEX persons_by_change ON persons (collection_id, updated_at, id);
  CREATE INDEX persons_hidden ON persons (collection_id, id) WHERE hidden = 1;
  CREATE INDEX persons_favourite ON persons (collection_id, id) WHERE favourite = 1;
  `,
  fillPersonNames,
  // Of an entry, the actor, the persons and the transitions are JSON. A row of the trash is the removed
  // row as JSON, by column; see [Note: Trash] in history.ts.
  `
  CREATE TABLE history (
    id TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    person_ids TEXT NOT NULL,
    faces INTEGER NOT NULL,
    undoes TEXT,
    undone_by TEXT,
    transitions TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_by_collection ON history (collection_id, id);
  CREATE INDEX history_by_age ON history (at);

  CREATE TABLE history_persons (
    person_id TEXT NOT NULL,
    entry_id TEXT NOT NULL REFERENCES history (id) ON DELETE CASCADE,
    PRIMARY KEY (person_id, entry_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX history_persons_by_entry ON history_persons (entry_id);

  CREATE TABLE trash (
    id TEXT PRIMARY KEY,
    entry_id TEXT NOT NULL REFERENCES history (id) ON DELETE CASCADE,
    collection_id TEXT NOT NULL,
    record TEXT NOT NULL,
    person_id TEXT NOT NULL,
    removed_at TEXT NOT NULL,
    stored TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trash_by_entry ON trash (entry_id);
  CREATE INDEX trash_by_person ON trash (person_id);
  CREATE INDEX trash_by_age ON trash (removed_at);

  CREATE TABLE trashed_embeddings (
    record_id TEXT NOT NULL REFERENCES trash (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    embedding BLOB NOT NULL,
    PRIMARY KEY (record_id, model_id)
  ) STRICT;
  CREATE TABLE trashed_crops (
    face_id TEXT PRIMARY KEY REFERENCES trash (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL,
    place TEXT
  ) STRICT;
  `,
  // See [Note: Statements in the trash] in trashed-statements.ts.
  `
  ALTER TABLE statements ADD COLUMN copy_of TEXT;
  CREATE INDEX statements_by_original ON statements (copy_of) WHERE copy_of IS NOT NULL;
  CREATE INDEX trash_statements_by_face ON trash (json_extract(stored, '$.face_id'))
    WHERE record = 'statement';
  `,
]
