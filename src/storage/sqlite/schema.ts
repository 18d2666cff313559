import { randomBytes } from 'node:crypto'
import { FaceError } from '../../core/errors.ts'
import type { Connection } from './libsql.ts'
import { fillPersonNames } from './person-names.ts'
import { readNumber } from './rows.ts'
import { fillWordBits } from './word-bits.ts'

// Entry i brings the schema from version i to i + 1. Released entries never change.
const migrations: readonly (string | ((db: Connection) => void))[] = [
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
  // Input, progress, checkpoint, result, failure, the actor and the body of an item are JSON.
  `
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    collection_id TEXT REFERENCES collections (id) ON DELETE CASCADE,
    input TEXT NOT NULL,
    state TEXT NOT NULL,
    wanted TEXT,
    progress TEXT,
    checkpoint TEXT,
    result TEXT,
    failure TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    lapses INTEGER NOT NULL DEFAULT 0,
    lease_until_ms INTEGER,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    revision INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs (state, id);
  CREATE INDEX jobs_by_collection ON jobs (collection_id, id);
  CREATE INDEX jobs_by_end ON jobs (ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE job_items (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    rejected INTEGER NOT NULL,
    person_id TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX job_items_by_job ON job_items (job_id, id);
  CREATE INDEX job_items_by_person ON job_items (person_id) WHERE person_id IS NOT NULL;

  CREATE TABLE job_parts (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (job_id, part)
  ) STRICT;

  CREATE TRIGGER job_items_of_person_removed AFTER DELETE ON persons BEGIN
    DELETE FROM job_items WHERE person_id = OLD.id;
  END;
  `,
  // An embedding belongs to a face and a model. The index of a collection's first model keeps its name,
  // the collection's id. The second model and the place of the face in its crop are JSON.
  `
  CREATE TABLE embeddings (
    face_id TEXT NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    embedding BLOB NOT NULL,
    PRIMARY KEY (face_id, model_id)
  ) STRICT;
  INSERT INTO embeddings (face_id, model_id, embedding)
    SELECT id, model_id, embedding FROM faces ORDER BY id;

  ALTER TABLE changes ADD COLUMN model_id TEXT;
  UPDATE changes SET model_id = (SELECT model_id FROM faces WHERE id = face_id)
    WHERE kind = 'faceAdded';

  ALTER TABLE faces DROP COLUMN embedding;
  ALTER TABLE faces DROP COLUMN model_id;
  ALTER TABLE crops ADD COLUMN place TEXT;
  ALTER TABLE collections ADD COLUMN index_id TEXT NOT NULL DEFAULT '';
  ALTER TABLE collections ADD COLUMN second_model TEXT;
  UPDATE collections SET index_id = id;
  `,
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
  // See [Note: Bits of words] in word-bits.ts.
  'ALTER TABLE persons ADD COLUMN word_bits INTEGER NOT NULL DEFAULT 0',
  fillWordBits,
  `
  ALTER TABLE person_words ADD COLUMN word_bits INTEGER NOT NULL DEFAULT 0;
  UPDATE person_words SET word_bits = (SELECT word_bits FROM persons WHERE id = person_id);
  DROP TRIGGER words_of_person_added;
  DROP TRIGGER words_of_person_changed;
  CREATE TRIGGER words_of_person_added AFTER INSERT ON persons BEGIN
    INSERT INTO person_words (collection_id, word, person_id, word_bits)
    SELECT NEW.collection_id, value, NEW.id, NEW.word_bits FROM json_each(NEW.words);
  END;
  CREATE TRIGGER words_of_person_changed AFTER UPDATE OF words ON persons
  WHEN OLD.words <> NEW.words BEGIN
    DELETE FROM person_words WHERE (collection_id, word, person_id) IN
      (SELECT OLD.collection_id, value, OLD.id FROM json_each(OLD.words));
    INSERT INTO person_words (collection_id, word, person_id, word_bits)
    SELECT NEW.collection_id, value, NEW.id, NEW.word_bits FROM json_each(NEW.words);
  END;

  DROP INDEX IF EXISTS persons_by_collection;
  DROP INDEX persons_by_sort_name;
  DROP INDEX persons_by_face_count;
  DROP INDEX persons_by_last_seen;
  DROP INDEX persons_by_change;
  CREATE INDEX persons_by_collection
    ON persons (collection_id, id, word_bits, hidden, favourite);
  CREATE INDEX persons_by_sort_name
    ON persons (collection_id, sort_name, id, word_bits, hidden, favourite);
  CREATE INDEX persons_by_face_count
    ON persons (collection_id, face_count, id, word_bits, hidden, favourite);
  CREATE INDEX persons_by_last_seen
    ON persons (collection_id, last_seen_at, id, word_bits, hidden, favourite);
  CREATE INDEX persons_by_change
    ON persons (collection_id, updated_at, id, word_bits, hidden, favourite);
  `,
  // The same of those that were revoked.
  `
  CREATE INDEX trash_revoked_by_face ON trash (json_extract(stored, '$.face_id'))
    WHERE record = 'revoked';
  `,
  // JSON: the strangers that an entry gave to another person, see [Note: Assigned strangers] in
  // stranger-persons.ts.
  'ALTER TABLE history ADD COLUMN strangers TEXT',
  // What is set aside is in the trash, too, and no time erases it.
  `
  DROP INDEX trash_by_age;
  CREATE INDEX trash_by_age ON trash (removed_at, id) WHERE record <> 'setAside';
  CREATE INDEX set_aside_by_person ON trash (person_id, id) WHERE record = 'setAside';
  CREATE INDEX set_aside_by_image ON trash (collection_id, json_extract(stored, '$.image_hash'))
    WHERE record = 'setAside';
  `,
]

/** The schema version that this program writes. */
export const schemaVersion: number = migrations.length

/**
 * Brings the schema up to date in one transaction; safe when several processes start at once.
 *
 * @throws {FaceError} `storeTooNew` when a newer program wrote the file; `dataDirUnusable` when the
 *   file is another program's database
 */
export function migrate(db: Connection): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const version = readNumber(db.get('PRAGMA user_version'), 'user_version')
    if (version > schemaVersion) {
      throw new FaceError('storeTooNew', {
        detail: `Its schema is version ${version}; this program knows up to ${schemaVersion}.`,
      })
    }
    if (version === 0 && db.get('SELECT name FROM sqlite_master LIMIT 1')) {
      throw new FaceError('dataDirUnusable', { detail: "The file is another program's database." })
    }
    for (const migration of migrations.slice(version)) {
      if (typeof migration === 'string') db.exec(migration)
      else migration(db)
    }
    if (version === 0) {
      // Tells this database's cursors from another's.
      const id = randomBytes(8).toString('hex')
      db.run("INSERT INTO meta (key, value) VALUES ('databaseId', ?)", [id])
    }
    if (version < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}
