import type { Migration } from './migration.ts'

/** The audit log. Released entries never change. */
export const auditMigrations: readonly Migration[] = [
  // `body` is what is hashed; the other columns are read from it, to be found by.
  `
  CREATE TABLE audit (
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    collection_id TEXT,
    request_id TEXT,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, sequence)
  ) STRICT;
  CREATE UNIQUE INDEX audit_by_id ON audit (id);
  CREATE INDEX audit_by_kind ON audit (kind, id);
  CREATE INDEX audit_by_actor ON audit (actor, id);
  CREATE INDEX audit_by_collection ON audit (collection_id, id) WHERE collection_id IS NOT NULL;
  CREATE INDEX audit_by_request ON audit (request_id, id) WHERE request_id IS NOT NULL;

  CREATE TABLE audit_subjects (
    subject TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (subject, entry_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_subjects_by_entry ON audit_subjects (entry_id);
  `,
]
