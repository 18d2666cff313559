import type { Migration } from './migration.ts'

/** Callers who have signed in with a browser. Released entries never change. */
export const sessionsMigrations: readonly Migration[] = [
  // The actor, roles, scopes and collections are JSON.
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    key_hash TEXT,
    roles TEXT,
    scopes TEXT,
    collection_ids TEXT,
    created_at TEXT NOT NULL,
    idle_ends_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_subject ON sessions (subject);
  CREATE INDEX sessions_by_end ON sessions (ends_at);
  CREATE INDEX sessions_by_idle_end ON sessions (idle_ends_at);
  `,
]
