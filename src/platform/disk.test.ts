import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { syncFolder, systemCodeOf, toDiskRefusal } from './disk.ts'

const failWith = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' })

it('tells a full disk and a protected one from other failures', () => {
  expect(['ENOSPC', 'EDQUOT'].map((code) => toDiskRefusal(failWith(code)))).toEqual([
    'full',
    'full',
  ])
  expect(['EROFS', 'EACCES', 'EPERM'].map((code) => toDiskRefusal(failWith(code)))).toEqual([
    'readOnly',
    'readOnly',
    'readOnly',
  ])
  expect(toDiskRefusal(failWith('EIO'))).toBeUndefined()
})

it('knows the code of a system call, and none of other errors', async () => {
  const missing: unknown = await readFile('/nowhere/at/all').catch((error: unknown) => error)
  expect(systemCodeOf(missing)).toBe('ENOENT')
  expect(systemCodeOf(Object.assign(new Error('no'), { code: 'ENOSPC' }))).toBeUndefined()
  expect(systemCodeOf('ENOENT')).toBeUndefined()
})

it('makes the names of a folder durable, and says when there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'face-watcher-disk-'))
  await syncFolder(folder)
  await rm(folder, { recursive: true })
  if (process.platform !== 'win32') await expect(syncFolder(folder)).rejects.toThrow('ENOENT')
})
