import type { Connection } from '../libsql.ts'

/** Brings the schema from one version to the next: statements, or what runs in the transaction. */
export type Migration = string | ((db: Connection) => void)
