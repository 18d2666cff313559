import { fillWordBits } from '../word-bits.ts'
import type { Migration } from './migration.ts'

/** What searches by words that many have are answered by. Released entries never change. */
export const wordBitsMigrations: readonly Migration[] = [
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
]
