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

it('finds the persons and faces of an answer, those of warnings included', () => {
  expect(findSubjects(body)).toEqual([ann, face, bob])
  expect(findSubjects(JSON.stringify({ person: { id: ann } }))).toEqual([ann])
})

it('finds nobody in what is no answer', () => {
  for (const text of ['', 'null', '3', '{', '"01ARZ3NDEKTSV4RRFFQ69G5FA0"', '{"id":"x"}']) {
    expect(findSubjects(text)).toEqual([])
    expect(retellPerson(text, { id: ann, name: 'A', metadata: {} })).toBe(text)
  }
})

it('replaces a name and metadata wherever the person is told of', () => {
  const told = JSON.parse(retellPerson(body, { id: ann, name: 'Anna', metadata: { a: 1 } }))
  expect(told).toEqual({ ...answer, name: 'Anna', metadata: { a: 1 } })
  const warned = retellPerson(body, { id: bob, name: 'Rob', metadata: {} })
  expect(warned).toBe(body.replace('"Bob"', '"Rob"'))
})

it('leaves an answer as it is when nothing in it changed', () => {
  expect(retellPerson(body, { id: ann, name: 'Ann', metadata: answer.metadata })).toBe(body)
})
