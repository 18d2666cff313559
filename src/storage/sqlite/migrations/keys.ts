import type { Migration } from './migration.ts'

/** What follows a key, and its limits. Released entries never change. */
export const keyMigrations: readonly Migration[] = [
  `
  ALTER TABLE keys ADD COLUMN replaced_by TEXT;
  ALTER TABLE keys ADD COLUMN rate_per_minute INTEGER;
  ALTER TABLE keys ADD COLUMN quota_per_day INTEGER;
  `,
]
