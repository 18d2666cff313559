import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const built = new URL('../../dist/cli/logger.js', import.meta.url)
const hostile = 'a\u001B[2J\u009B31m\u202E'

it.each(['json', 'pretty'])('writes a log in %s that does not steer a terminal', (format) => {
  const program = `
    const { createLogger } = await import(${JSON.stringify(fileURLToPath(built))})
    const logger = await createLogger({ level: 'info', format: ${JSON.stringify(format)} })
    const hostile = ${JSON.stringify(hostile)}
    logger.info({ url: hostile, nested: { [hostile]: hostile }, err: new Error(hostile) }, hostile)
  `
  const args = ['--input-type=module', '--eval', program]
  const text = execFileSync(process.execPath, args, { encoding: 'utf8' })
  expect(text).toContain('a')
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  if (format === 'json') expect(JSON.parse(text)).toMatchObject({ url: hostile, msg: hostile })
})
