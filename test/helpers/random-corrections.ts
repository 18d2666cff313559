import { isFaceError } from '../../src/core/errors.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import type { Person } from '../../src/storage/ports/persons.ts'
import { addedFaces, createWorld, invert, type World, type WorldChange } from './changing-world.ts'
import { toUnit } from './strangers.ts'

export const loadModelId = 'fake'
/** One axis for each of the people, and axes for what differs between photographs. */
export const loadDimension = 96
const noiseAxes = 24

/** A photograph: two of one of the people have a similarity of 0.62 to 1, of two people of 0.19 at most. */
export function takePhotograph(human: number, random: () => number): Float32Array {
  const noise = toUnit(Array.from({ length: noiseAxes }, () => 2 * random() - 1))
  const values = new Float32Array(loadDimension)
  values[human] = 0.9
  for (const [i, value] of noise.entries()) {
    values[loadDimension - noiseAxes + i] = value * Math.sqrt(1 - 0.9 ** 2)
  }
  return toUnit(values)
}

/** A face that was enrolled at some time. */
export interface KnownFace {
  readonly id: string
  readonly human: number
  readonly embedding: Float32Array
}

export interface Corrector {
  readonly world: World
  /** Makes one change at random, at a node at random, and waits until each node has to show it. */
  step(): Promise<void>
  /** Ids of the faces that the change concerns which is being made: where a wrong answer is likeliest. */
  concerned(): readonly string[]
  /** How often each kind of change was made. */
  readonly made: Readonly<Record<string, number>>
  /**
   * Takes back what is in force of the changes after an entry of the history, the newest first, and does
   * again what was taken back since.
   */
  undoSince(entryId: string): Promise<void>
}

/** A change that was made. */
interface Made {
  readonly entryId: string
  readonly change: WorldChange
  /** The entry that it takes back, or does again, at the end of a chain of undos. */
  readonly root?: string
  /** How many undos there are in this chain: with an odd number it is taken back. */
  readonly undos?: number
}

/** Tries again, as a client does, what the database refused because others wrote at the same time. */
async function persist<T>(make: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await make()
    } catch (error) {
      if (!isFaceError(error, 'storeBusy') || tries === 10) throw error
    }
  }
}

/** Changes at random that one writer makes to people of its own, and what follows from them. */
export function createCorrector(options: {
  readonly nodes: readonly FaceWatcher[]
  readonly collection: string
  /** People of whom nobody else enrols photographs. */
  readonly humans: readonly number[]
  readonly random: () => number
  /** Grows. */
  readonly known: Map<string, KnownFace>
  /** Milliseconds that other nodes took to show what was added. */
  readonly lagsMs: number[]
}): Corrector {
  const { nodes, collection, humans, random, known, lagsMs } = options
  const world = createWorld()
  const entries: Made[] = []
  /** Those that were taken back; each can be once. */
  const undone = new Set<string>()
  const made: Record<string, number> = {}
  const below = (count: number) => Math.floor(random() * count)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  const probe = (embedding: Float32Array) => ({ embedding, modelId: loadModelId })
  const enrolled = humans.slice(humans.length / 3)
  /** Seen as strangers before anybody enrols them. */
  const newcomers = humans.slice(0, humans.length / 3)
  let concerned: readonly string[] = []
  let names = 0

  const persons = () => [...world.now().names.keys()]
  const faces = () => [...world.now().owners.keys()]
  const ownerOf = (faceId: string) => world.now().owners.get(faceId) as string
  const facesOf = (personId: string) => faces().filter((id) => ownerOf(id) === personId)

  /** Since when each node has to show a change: additions come to other nodes by the feed. */
  async function settle(change: WorldChange, node: number): Promise<readonly number[]> {
    const answeredAt = performance.now()
    const until = nodes.map(() => answeredAt)
    const added = addedFaces(change).map((id) => known.get(id) as KnownFace)
    for (const [i, other] of nodes.entries()) {
      if (i === node || other === nodes[node]) continue
      for (const { id, embedding } of added) {
        for (;;) {
          const { faces: found } = await other.identify(collection, probe(embedding))
          if (found[0]?.candidates.some(({ faceId }) => faceId === id)) break
          if (performance.now() - answeredAt > 30_000) throw new Error(`${id} never came to ${i}.`)
        }
      }
      if (added.length > 0) {
        until[i] = performance.now()
        lagsMs.push(until[i] - answeredAt)
      }
    }
    return until
  }

  /** Makes a change and tells of it. @param make  answers what it did, and its entry */
  async function note(
    kind: string,
    make: (node: FaceWatcher) => Promise<Made | undefined>,
  ): Promise<void> {
    const node = below(nodes.length)
    const from = performance.now()
    const done = await persist(() => make(nodes[node] as FaceWatcher))
    if (done === undefined) return
    made[kind] = (made[kind] ?? 0) + 1
    world.add(done.change, { from, until: await settle(done.change, node) })
    entries.push(done)
  }

  const newest = async (node: FaceWatcher, personId: string): Promise<string> =>
    (await node.history.list(collection, { personId, limit: 1 })).items[0]?.id ?? ''

  async function enroll(node: FaceWatcher): Promise<Made> {
    const human = pick(enrolled)
    const photographs = [takePhotograph(human, random), takePhotograph(human, random)]
    const target = persons().length < 6 || random() < 0.4 ? undefined : pick(persons())
    const name = `Person ${humans[0]} ${names++}`
    const images = photographs.map((one) => ({ fileName: 'made up', ...probe(one) }))
    const options = { duplicates: 'ignore' } as const
    const answer = await node.enroll(collection, target ?? { name }, images, options)
    const { id } = answer.person as Person
    const added = answer.faces.map(({ face }) => face.id)
    for (const [i, face] of added.entries()) {
      known.set(face, { id: face, human, embedding: photographs[i] as Float32Array })
    }
    const change = {
      owners: new Map(added.map((face) => [face, [undefined, id] as const])),
      names: new Map(target === undefined ? [[id, [undefined, name] as const]] : []),
    }
    return { entryId: await newest(node, id), change }
  }

  async function merge(node: FaceWatcher): Promise<Made | undefined> {
    const [into, from] = [pick(persons()), pick(persons())]
    if (into === from) return undefined
    const change = {
      owners: new Map(facesOf(from).map((id) => [id, [from, into] as const])),
      names: new Map([[from, [world.now().names.get(from), undefined] as const]]),
    }
    concerned = facesOf(from)
    const { entryId } = await node.persons.merge(collection, { into, from: [from] })
    return { entryId, change }
  }

  async function give(node: FaceWatcher, isSplit: boolean): Promise<Made | undefined> {
    const all = faces()
    const target = isSplit ? { name: `Split ${humans[0]} ${names++}` } : pick(persons())
    const chosen = [...new Set([pick(all), pick(all)])].filter((id) => ownerOf(id) !== target)
    if (chosen.length === 0) return undefined
    const before = chosen.map((id) => [id, ownerOf(id)] as const)
    concerned = chosen
    const { person, entryId = '' } = await node.faces.move(collection, chosen, target)
    const change = {
      owners: new Map(before.map(([id, owner]) => [id, [owner, person.id] as const])),
      names: new Map(isSplit ? [[person.id, [undefined, person.name] as const]] : []),
    }
    return { entryId, change }
  }

  async function rename(node: FaceWatcher): Promise<Made> {
    const id = pick(persons())
    const name = `Renamed ${humans[0]} ${names++}`
    concerned = facesOf(id)
    const names_ = new Map([[id, [world.now().names.get(id), name] as const]])
    await node.persons.update(collection, id, { name })
    return { entryId: await newest(node, id), change: { owners: new Map(), names: names_ } }
  }

  async function remove(node: FaceWatcher, isFace: boolean): Promise<Made | undefined> {
    if (faces().length < 8) return undefined
    const faceId = pick(faces())
    const id = ownerOf(faceId)
    const gone = isFace ? [faceId] : facesOf(id)
    const change = {
      owners: new Map(gone.map((face) => [face, [id, undefined] as const])),
      names: new Map(isFace ? [] : [[id, [world.now().names.get(id), undefined] as const]]),
    }
    concerned = gone
    if (isFace) await node.faces.delete(collection, faceId)
    else await node.persons.delete(collection, id)
    return { entryId: await newest(node, id), change }
  }

  /** Somebody new is seen twice, becomes a stranger, and is assigned. */
  async function assign(node: FaceWatcher): Promise<Made | undefined> {
    const human = newcomers.pop()
    if (human === undefined) return undefined
    const seen: string[] = []
    for (let i = 0; i < 2; i++) {
      const answer = await node.identify(collection, probe(takePhotograph(human, random)))
      seen.push(answer.faces[0]?.sightingId ?? '')
    }
    let stranger: string | undefined
    while (stranger === undefined) {
      stranger = (await node.strangers.sighting(collection, seen[0] as string)).strangerId
    }
    const name = `Stranger ${humans[0]} ${names++}`
    const answer = await node.strangers.assign(collection, stranger, { name })
    const { person } = answer
    const ids = [...new Set(answer.faces.map(({ id }) => id))]
    for (const id of ids) {
      const { embedding } = await node.faces.embedding(collection, id)
      known.set(id, { id, human, embedding })
    }
    const change = {
      owners: new Map(ids.map((id) => [id, [undefined, person.id] as const])),
      names: new Map([[person.id, [undefined, name] as const]]),
    }
    return { entryId: await newest(node, person.id), change }
  }

  const undoOne = (entry: Made) => async (node: FaceWatcher) => {
    const { entryId, change, root = entryId, undos = 0 } = entry
    concerned = [...change.owners.keys()]
    const undoing = await node.history.undo(collection, entryId)
    undone.add(entryId)
    return { entryId: undoing.id, change: invert(change), root, undos: undos + 1 }
  }

  async function step(): Promise<void> {
    const kind = faces().length < 10 ? 0 : below(16)
    if (kind <= 1) return note('enroll', enroll)
    if (kind <= 5) return note('merge', merge)
    if (kind <= 7) return note('split', (node) => give(node, true))
    if (kind === 8) return note('move', (node) => give(node, false))
    if (kind === 9) return note('rename', rename)
    if (kind <= 11) return note('delete', (node) => remove(node, random() < 0.5))
    if (kind === 12) return note('assign', assign)
    const entry = pick(entries)
    await note('undo', async (node) => {
      try {
        return await undoOne(entry)(node)
      } catch (error) {
        // What it needs is not there (any more), or it was undone: that is no fault.
        if (!isFaceError(error, 'undoRefused')) throw error
        return undefined
      }
    })
  }

  return {
    world,
    made,
    concerned: () => concerned,
    step,
    async undoSince(begin) {
      const newestFirst = entries
        .filter(({ entryId }) => entryId > begin && !undone.has(entryId))
        .sort((a, b) => (a.entryId < b.entryId ? 1 : -1))
      for (const entry of newestFirst) {
        const { root = entry.entryId, undos = 0 } = entry
        const before = entries.filter((one) => (one.root ?? one.entryId) === root)
        const then = before.filter((one) => one.entryId <= begin).map((one) => one.undos ?? 0)
        const wasInForce = then.length > 0 && Math.max(...then) % 2 === 0
        if ((undos % 2 === 0) !== wasInForce) await note('undo', undoOne(entry))
      }
    },
  }
}
