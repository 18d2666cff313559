import { expect, test } from 'vitest'
import { extend, keepOnly, nothingSelected, selectionOf, toggle } from './selection.ts'

const order = ['a', 'b', 'c', 'd', 'e', 'f']
const ids = ({ ids: chosen }: { readonly ids: ReadonlySet<string> }) => [...chosen].sort().join('')

test('one is chosen and left out again', () => {
  const one = toggle(nothingSelected, 'b')
  expect(ids(one)).toBe('b')
  expect(ids(toggle(one, 'b'))).toBe('')
})

test('a range goes from the one that was chosen last, in both directions', () => {
  const one = toggle(nothingSelected, 'c')
  expect(ids(extend(one, order, { to: 'e' }))).toBe('cde')
  expect(ids(extend(one, order, { to: 'a' }))).toBe('abc')
})

test('a second range takes the place of the first and leaves the rest', () => {
  const two = toggle(toggle(nothingSelected, 'a'), 'c')
  const wide = extend(two, order, { to: 'f' })
  expect(ids(wide)).toBe('acdef')
  expect(ids(extend(wide, order, { to: 'd' }))).toBe('acd')
})

test('a range without a beginning begins where the focus was', () => {
  expect(ids(extend(nothingSelected, order, { from: 'b', to: 'c' }))).toBe('bc')
  expect(ids(extend(nothingSelected, order, { to: 'c' }))).toBe('c')
  // The one that was chosen last is gone from the list.
  const gone = toggle(nothingSelected, 'x')
  expect(ids(extend(gone, order, { from: 'd', to: 'e' }))).toBe('dex')
})

test('what is gone is not chosen any more', () => {
  const all = selectionOf(['a', 'x'])
  expect(ids(keepOnly(all, (id) => id !== 'x'))).toBe('a')
  expect(keepOnly(all, () => true)).toBe(all)
})
