import type { Gallery } from '../gallery/gallery.ts'

/** Creates what finds the id of a collection by its name; the use cases know names, and stores know ids. */
export function createIdOf({
  collections,
}: Pick<Gallery, 'collections'>): (name: string) => Promise<string> {
  return async (name) => (await collections.get(name)).id
}
