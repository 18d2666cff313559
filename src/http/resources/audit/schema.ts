import { Type } from 'typebox'
import type { AuditReport as Report } from '../../../access/audit/verification.ts'
import { auditFaultKinds } from '../../../core/audit/chain.ts'
import { auditSubjectKinds, type AuditEntry as Entry } from '../../../core/audit/entry.ts'
import { auditKinds } from '../../../core/audit/kinds.ts'
import { type Component, component, dateTime } from '../component.ts'

const hash = Type.String({ description: 'Lower-case hex SHA-256.' })

export const AuditEntry: Component<Entry> = component<Entry>('AuditEntry').of(
  Type.Object(
    {
      version: Type.Unsafe<1>({ type: 'integer', const: 1 }),
      id: Type.String({ description: 'ULID.' }),
      stream: Type.Integer({ description: 'Which of the chains of the database.' }),
      sequence: Type.Integer({ description: 'Place in its chain, from 1.' }),
      at: dateTime,
      kind: Type.Enum([...auditKinds], { type: 'string' }),
      actor: Type.Object(
        { kind: Type.String(), id: Type.String() },
        { description: 'Who asked; a name is looked up where it is shown.' },
      ),
      address: Type.Optional(Type.String({ description: 'Of the client.' })),
      requestId: Type.Optional(Type.String()),
      collectionId: Type.Optional(Type.String()),
      subjects: Type.Optional(
        Type.Unsafe<NonNullable<Entry['subjects']>>({
          type: 'object',
          description: 'Ids of those whom it concerns; they need not be there any more.',
          properties: Object.fromEntries(
            auditSubjectKinds.map((kind) => [kind, { type: 'array', items: { type: 'string' } }]),
          ),
        }),
      ),
      details: Type.Optional(
        Type.Unsafe<NonNullable<Entry['details']>>({
          type: 'object',
          description: 'Numbers, codes and hashes; what there is depends on the kind.',
          additionalProperties: true,
        }),
      ),
      sealed: Type.Optional(Type.String({ description: 'What is personal, encrypted.' })),
      previous: hash,
      hash,
    },
    { description: 'An entry of the audit log: ids, never names, pictures or embeddings.' },
  ),
)

export const AuditReport: Component<Report> = component<Report>('AuditReport').of(
  Type.Object(
    {
      verifiedAt: dateTime,
      sound: Type.Boolean({ description: 'Nothing is wrong.' }),
      chains: Type.Integer(),
      entries: Type.Integer(),
      anchors: Type.Integer({ description: 'Signed anchors that it was held against.' }),
      lastAnchorAt: Type.Optional(dateTime),
      faults: Type.Unsafe<Report['faults']>({
        type: 'array',
        description: 'The first fault of each chain, and anchors that cannot be believed.',
        items: {
          type: 'object',
          properties: {
            kind: { type: 'string', enum: [...auditFaultKinds, 'forgedAnchor', 'unknownKey'] },
            stream: { type: 'integer' },
            sequence: { type: 'integer' },
            line: { type: 'integer', description: 'Of the file of anchors.' },
          },
          required: ['kind'],
        },
      }),
    },
    { description: 'What a verification of the audit log found.' },
  ),
)
