import { createCipheriv, createHmac, hkdfSync } from 'node:crypto'
import { FaceError } from '../../core/errors.ts'
import { createRotation, type Rotation } from '../../core/rotation.ts'

/** The rotations of one model's embeddings in one collection are kept so long as others are not used more. */
const maxRotations = 16

/** What the secrets of a deployment are used for. */
export interface TemplateSecrets {
  /** Tells which secret protects new collections; nobody can make the secret from it. */
  readonly newestId: string
  has(secretId: string): boolean
  /**
   * How the embeddings that a model makes are rotated in a collection; the same on every node.
   *
   * @throws {FaceError} `templateSecretMissing`
   */
  rotation(of: {
    readonly secretId: string
    readonly collectionId: string
    readonly modelId: string
    readonly dimension: number
  }): Rotation
}

/**
 * Creates what is made of the secrets.
 *
 * @param secrets  at least one, the newest first
 */
export function createTemplateSecrets(secrets: readonly string[]): TemplateSecrets {
  const byId = new Map(secrets.map((secret) => [toSecretId(secret), secret]))
  const [newestId] = byId.keys()
  if (newestId === undefined) throw new RangeError('No secret.')
  /** In the order of their last use. */
  const rotations = new Map<string, Rotation>()

  return {
    newestId,
    has: (secretId) => byId.has(secretId),
    rotation({ secretId, collectionId, modelId, dimension }) {
      const secret = byId.get(secretId)
      if (secret === undefined) throw templateSecretMissing(secretId)
      // Ids of collections and secrets have no space.
      const name = `${secretId} ${collectionId} ${dimension} ${modelId}`
      const rotation =
        rotations.get(name) ??
        createRotation(dimension, createDeviates(secret, collectionId, `${dimension} ${modelId}`))
      rotations.delete(name)
      rotations.set(name, rotation)
      const [oldest] = rotations.keys()
      if (rotations.size > maxRotations && oldest !== undefined) rotations.delete(oldest)
      return rotation
    },
  }
}

/** The refusal of embeddings that nobody here can read. */
export function templateSecretMissing(secretId: string): FaceError {
  return new FaceError('templateSecretMissing', {
    detail: `Its id is ${secretId}. Add it to store.templateSecrets.`,
  })
}

function toSecretId(secret: string): string {
  return createHmac('sha256', secret)
    .update('face-watcher template secret')
    .digest('hex')
    .slice(0, 16)
}

/**
 * Standard normal deviates that only the secret tells: a key derived by HKDF-SHA256, whose AES-256-CTR
 * key stream gives 53-bit numbers in (0, 1], and of these, by Box and Muller, two deviates each pair.
 */
function createDeviates(secret: string, collectionId: string, purpose: string): () => number {
  const info = `face-watcher template rotation 1 ${purpose}`
  const key = Buffer.from(hkdfSync('sha256', secret, collectionId, info, 32))
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const zeros = Buffer.alloc(8 * 1024)
  let numbers = Buffer.alloc(0)
  let at = 0
  const draw = (): number => {
    if (at === numbers.length) {
      numbers = stream.update(zeros)
      at = 0
    }
    const number = numbers.readBigUInt64LE(at) >> 11n
    at += 8
    return (Number(number) + 1) / 2 ** 53
  }
  let second: number | undefined
  return () => {
    if (second !== undefined) {
      const deviate = second
      second = undefined
      return deviate
    }
    const radius = Math.sqrt(-2 * Math.log(draw()))
    const angle = 2 * Math.PI * draw()
    second = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
