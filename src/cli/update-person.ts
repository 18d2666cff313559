import type { Metadata, Person, PersonPatch } from '../storage/ports/persons.ts'
import { type ConsentOptions, toConsentInput } from './consent-options.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './failures.ts'
import { findPerson } from './find-person.ts'

/** Flags of `persons update`; `false` takes a value away. */
export interface UpdateOptions extends ConsentOptions {
  /** True unless it is taken away, which is the parser's default. */
  readonly consent?: boolean
  readonly collection: string
  readonly json?: boolean
  readonly name?: string
  readonly addAlias?: readonly string[]
  readonly removeAlias?: readonly string[]
  readonly externalId?: string | false
  readonly notes?: string | false
  readonly cover?: string | false
  readonly hidden?: 'yes' | 'no'
  readonly favourite?: 'yes' | 'no'
  readonly metadata?: Metadata
  readonly removeMetadata?: readonly string[]
  readonly ifRevision?: number
}

/** Changes what the flags say of a person. */
export async function updatePerson(
  { output, withFaceWatcher }: CliContext,
  idOrName: string,
  options: UpdateOptions,
): Promise<void> {
  const { collection, ifRevision, json } = options
  if (!asksForChange(options)) {
    throw new UsageError('Say what to change, for instance with --name or --metadata.')
  }
  await withFaceWatcher(async ({ faceWatcher }) => {
    const person = await findPerson(faceWatcher, collection, idOrName)
    const updated = await faceWatcher.persons.update(
      collection,
      person.id,
      toPatch(person, options),
      // Lists are changed as they were read, so that nobody else's change of them is lost.
      { ifRevision: ifRevision ?? person.revision },
    )
    if (json) return output.json(updated)
    output.print(
      `Updated ${updated.name} (${updated.id}): metadata ${JSON.stringify(updated.metadata)}.`,
    )
  })
}

function asksForChange(options: UpdateOptions): boolean {
  const { collection: _, json: _json, ifRevision: _if, consent, ...changes } = options
  return consent === false || Object.values(changes).some((value) => value !== undefined)
}

function toPatch(person: Person, options: UpdateOptions): PersonPatch {
  const { name, addAlias = [], removeAlias = [], metadata, removeMetadata = [] } = options
  const { externalId, notes, cover, hidden, favourite } = options
  const aliases = [...person.aliases, ...addAlias].filter((alias) => !removeAlias.includes(alias))
  const kept = Object.entries(person.metadata).filter(([key]) => !removeMetadata.includes(key))
  const changesMetadata = metadata !== undefined || removeMetadata.length > 0
  return {
    ...(name === undefined ? {} : { name }),
    ...(addAlias.length + removeAlias.length === 0 ? {} : { aliases }),
    ...(externalId === undefined ? {} : { externalId: externalId || null }),
    ...(notes === undefined ? {} : { notes: notes || null }),
    ...(cover === undefined ? {} : { coverFaceId: cover || null }),
    ...(hidden === undefined ? {} : { hidden: hidden === 'yes' }),
    ...(favourite === undefined ? {} : { favourite: favourite === 'yes' }),
    ...toConsentInput(options, person.consent),
    ...(options.consent === false ? { consent: null } : {}),
    ...(changesMetadata ? { metadata: { ...Object.fromEntries(kept), ...metadata } } : {}),
  }
}
