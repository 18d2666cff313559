import type { Migration } from './migration.ts'

/** Jobs, and embeddings of several models. Released entries never change. */
export const jobsMigrations: readonly Migration[] = [
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
]
