import { Type } from 'typebox'
import { type MovedFaces, moveOutcomes } from '../../../storage/ports/faces.ts'
import {
  type HistoryDetails as Details,
  type HistoryEntry as Entry,
  historyKinds,
  historyRecords,
} from '../../../storage/ports/history.ts'
import type { MergeConsequences } from '../../../storage/ports/persons.ts'
import { actorSchema } from '../actor.ts'
import { type Component, component, dateTime, ref } from '../component.ts'
import { Person } from '../gallery-schemas.ts'

const entry = {
  id: Type.String({ description: 'ULID.' }),
  kind: Type.Enum([...historyKinds], { type: 'string' }),
  at: dateTime,
  actor: actorSchema,
  personIds: Type.Array(Type.String(), {
    description: 'Whose records or faces were changed; they need not be there any more.',
  }),
  faceCount: Type.Integer({ description: 'How many faces were added, moved or removed.' }),
  undoes: Type.Optional(Type.String({ description: 'The entry that this one takes back.' })),
  undoneBy: Type.Optional(Type.String({ description: 'The entry that takes this one back.' })),
}

export const HistoryEntry: Component<Entry> = component<Entry>('HistoryEntry').of(
  Type.Object(entry, { description: 'A change of persons and faces.' }),
)

const state = Type.Unsafe<Readonly<Record<string, unknown>> | null>({
  type: ['object', 'null'],
  additionalProperties: true,
  description:
    'Of a person the fields that changed, of a face its `personId`, and `setAside` where it is; `null` where it was not there. Empty once the person was erased.',
})

export const HistoryDetails: Component<Details> = component<Details>('HistoryDetails').of(
  Type.Object(
    {
      ...entry,
      transitions: Type.Array(
        Type.Object({
          record: Type.Enum([...historyRecords], { type: 'string' }),
          id: Type.String(),
          before: state,
          after: state,
        }),
      ),
    },
    { description: 'A change with how everything was before and after.' },
  ),
)

export const FacesMoved: Component<MovedFaces> = component<MovedFaces>('FacesMoved').of(
  Type.Object(
    {
      person: ref(Person),
      newPerson: Type.Boolean({ description: 'The request made the person.' }),
      faces: Type.Array(
        Type.Object({
          faceId: Type.String(),
          outcome: Type.Enum([...moveOutcomes], {
            type: 'string',
            description:
              '`sameImage`: it stays, as the person has a face of the same place in the same photograph.',
          }),
        }),
      ),
      emptied: Type.Array(Type.String(), {
        description:
          'Ids of persons who have no face left; deleted where `removeEmptied` asks for it.',
      }),
      entryId: Type.Optional(
        Type.String({ description: 'In the history; absent when nothing changed.' }),
      ),
    },
    { description: 'Who has the faces now, and what became of each.' },
  ),
)

/** The answer of a merge, and of its dry run. */
export type MergeBody = MergeConsequences & { readonly entryId?: string }

export const PersonsMerged: Component<MergeBody> = component<MergeBody>('PersonsMerged').of(
  Type.Object(
    {
      person: ref(Person),
      merged: Type.Array(ref(Person), { description: 'Who are merged, as they were.' }),
      movedFaces: Type.Integer(),
      sameImageFaces: Type.Array(Type.String(), {
        description:
          'Ids of faces that are deleted, as the person would have the same place of the same photograph twice.',
      }),
      lost: Type.Array(
        Type.Object({
          personId: Type.String(),
          field: Type.String({ examples: ['metadata.department'] }),
          value: Type.Unknown(),
        }),
        { description: 'What is not taken over.' },
      ),
      entryId: Type.Optional(Type.String({ description: 'In the history; absent in a dry run.' })),
    },
    { description: 'What a merge does, or would do: `person` is who survives, as afterwards.' },
  ),
)
