import { expect, it } from 'vitest'
import { findSubjects, retellPerson } from './kept-answers.ts'

const ann = '01ARZ3NDEKTSV4RRFFQ69G5FA0'
const bob = '01ARZ3NDEKTSV4RRFFQ69G5FA1'
const face = '01ARZ3NDEKTSV4RRFFQ69G5FA2'
const other = '01ARZ3NDEKTSV4RRFFQ69G5FA3'

const answer = {
  ...{ id: ann, name: 'Ann', metadata: { id: other, personId: other } },
  faces: [
    {
      fileName: other,
      face: { id: face, personId: ann },
      warnings: [{ reason: 'duplicateOfOtherPerson', personId: bob, personName: 'Bob' }],
    },
  ],
}
const body = JSON.stringify(answer)
const person = { aliases: [], revision: 1 }

it('finds the persons and faces of an answer, those of warnings included', () => {
  expect(findSubjects(body)).toEqual([ann, face, bob])
  expect(findSubjects(JSON.stringify({ person: { id: ann } }))).toEqual([ann])
})

it('finds nobody in what is no answer', () => {
  for (const text of ['', 'null', '3', '{', '"01ARZ3NDEKTSV4RRFFQ69G5FA0"', '{"id":"x"}']) {
    expect(findSubjects(text)).toEqual([])
    expect(retellPerson(text, { ...person, id: ann, name: 'A', metadata: {} })).toBe(text)
  }
})

it('replaces a name and metadata wherever the person is told of', () => {
  const told = JSON.parse(
    retellPerson(body, { ...person, id: ann, name: 'Anna', metadata: { a: 1 } }),
  )
  expect(told).toEqual({ ...answer, name: 'Anna', metadata: { a: 1 } })
  const warned = retellPerson(body, { ...person, id: bob, name: 'Rob', metadata: {} })
  expect(warned).toBe(body.replace('"Bob"', '"Rob"'))
})

it('leaves an answer as it is when nothing in it changed', () => {
  expect(retellPerson(body, { ...person, id: ann, name: 'Ann', metadata: answer.metadata })).toBe(
    body,
  )
})

it('takes what a person was called before out of an answer', () => {
  const before = {
    id: ann,
    name: 'Ann',
    aliases: ['A'],
    notes: 'old',
    externalId: '1',
    revision: 1,
  }
  const now = { id: ann, name: 'Ann', aliases: [], externalId: '2', metadata: {}, revision: 2 }
  const told = JSON.parse(retellPerson(JSON.stringify({ person: before }), now))
  expect(told.person).toEqual({ id: ann, name: 'Ann', aliases: [], externalId: '2', revision: 2 })
})
