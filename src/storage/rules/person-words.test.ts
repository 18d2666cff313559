import { describe, expect, it } from 'vitest'
import { afterPrefix, toQueryWords, toSortName, toWords } from './person-words.ts'

/** Whether a search for `query` finds a person of these names. */
function finds(query: string, ...names: readonly string[]): boolean {
  const words = toWords(names)
  return toQueryWords(query).every((wanted) => words.some((word) => word.startsWith(wanted)))
}

describe('words of names', () => {
  it.each([
    ['istanbul', 'İstanbul'],
    ['istanbul', 'ISTANBUL'],
    ['İSTANBUL', 'istanbul'],
    ['ISIK', 'Işık'],
    ['ışık', 'ISIK'],
    ['strasse', 'Straße'],
    ['STRAẞE', 'strasse'],
    ['soren', 'Søren'],
    ['Łukasz', 'lukasz'],
    ['dorde', 'Đorđe'],
    ['aethel', 'Æthelred'],
    ['oeuvre', 'Œuvre'],
    ['thor', 'Þór'],
    ['Ödüss', 'ODUSSEUS'],
    ['ΟΔΥΣΣΕΥΣ', 'Οδυσσεύς'],
    ['οδυσ', 'ΟΔΥΣΣΕΥΣ'],
    ['zoe', 'Zoë'],
    ['Zoe\u0308', 'ZOË'],
    ['nguyen', 'Nguyễn Văn'],
    ['ольга', 'ОЛЬГА'],
    ['елка', 'Ёлка'],
    ['full', 'ｆｕｌｌ'],
    ['ｆｕ', 'full'],
    ['fi', 'ﬁnn'],
    ['محمد', 'مُحَمَّد'],
    ['احمد', 'أحمد'],
    ['علي', 'على'],
    ['محـــمد', 'محمد'],
    ['שלום', 'שָׁלוֹם'],
    ['\u1100\u1175\u11b7', '김철수'],
    ['김철수', '\u1100\u1175\u11b7\u110e\u1165\u11af\u1109\u116e'],
    ['철수', '김철수'],
    ['太郎', '山田太郎'],
    ['田太', '山田太郎'],
    ['ﾔﾏﾀﾞ', 'ヤマダ'],
    ['がくせい', 'か\u3099くせい'],
    ['ชาย', 'สมชาย'],
    ['क', 'कमल'],
    ['obrien', "O'Brien"],
    ["o'brien", 'O’Brien'],
    ['brien', "O'Brien"],
    ['jeanluc', 'Jean-Luc Picard'],
    ['jean pic', 'Jean-Luc Picard'],
    ['pic jean', 'Jean-Luc Picard'],
    ['jr', 'J.R. Ewing'],
    ['😀', '😀 Ann'],
    ['x1', 'Robot X100'],
    ['ann', '名ann前'],
    ['  ', 'Ann'],
    ['"%_', 'Ann'],
  ])('finds %j in %j', (query, name) => {
    expect(finds(query, name)).toBe(true)
  })

  it.each([
    ['nn', 'Ann'],
    ['ann smith', 'Ann'],
    ['ann bob', 'Anna'],
    ['が', 'かん'],
    ['कि', 'कमल'],
    ['nn', '名ann前'],
    ['田郎', '山田太郎'],
    ['김청', '김철수'],
  ])('does not find %j in %j', (query, name) => {
    expect(finds(query, name)).toBe(false)
  })

  it('finds words of the name and of aliases together', () => {
    expect(finds('bob smi', 'Robert Smith', 'Bob')).toBe(true)
  })

  it('finds a long part of a name without spaces', () => {
    const name = '山田太郎花子次郎三郎四郎五郎六郎七郎八郎九郎'
    expect(finds(name, name)).toBe(true)
    expect(finds(name.slice(2), name)).toBe(true)
  })

  it('asks for the longest of words that begin alike', () => {
    expect(toQueryWords('a an Ann b')).toEqual(['ann', 'b'])
  })

  it('bounds the words of one person', () => {
    const names = Array.from({ length: 51 }, (_, i) => `${'山'.repeat(100)}${i}${'田'.repeat(90)}`)
    expect(toWords(names).length).toBeLessThanOrEqual(1000)
  })

  it('keeps what separates values of JSON out of words', () => {
    for (const word of toWords(['a"b\\c d', "“x” {[,]} 'y'"])) expect(word).toMatch(/^[a-z]+$/)
  })

  it('has an end of all words that begin alike', () => {
    const isBefore = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
    for (const word of ['ann', 'ann😀', 'annz', 'ann\u{10fffd}']) {
      expect(isBefore(word, afterPrefix('ann'))).toBe(true)
    }
    expect(isBefore('ano', afterPrefix('ann'))).toBe(false)
  })

  it('sorts names without regard to case and accents', () => {
    const names = ['zoë', 'Ångström', 'Álvaro Ruiz', 'alvaro Gil', 'Øyvind']
    const sorted = [...names].sort((a, b) => (toSortName(a) < toSortName(b) ? -1 : 1))
    expect(sorted).toEqual(['alvaro Gil', 'Álvaro Ruiz', 'Ångström', 'Øyvind', 'zoë'])
  })
})
