import { expect } from 'vitest'

/** @param code  of the catalogue, that the promise must reject with */
export async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'FaceError', code })
}
