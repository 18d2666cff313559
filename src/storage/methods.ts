import type { Aggregates } from './database.ts'

/**
 * What a method does. `write`: it takes effect as a whole or not at all, and is never done again for
 * a caller that had no answer. `erase`: a write after which what was there before has to leave logs, too.
 */
export type Effect = 'read' | 'write' | 'erase'

/**
 * All methods of the ports. Adapters, proxies and the contract suites derive from this table what
 * they need to know of a method.
 */
const methods: {
  readonly [A in keyof Aggregates]: { readonly [K in keyof Aggregates[A]]: Effect }
} = {
  collections: {
    create: 'write',
    get: 'read',
    list: 'read',
    update: 'write',
    delete: 'erase',
    counts: 'read',
    totals: 'read',
  },
  persons: {
    create: 'write',
    get: 'read',
    list: 'read',
    // The name and the metadata before have to go.
    update: 'erase',
    delete: 'erase',
    seen: 'write',
    mergeConsequences: 'read',
    merge: 'erase',
  },
  faces: {
    add: 'write',
    get: 'read',
    list: 'read',
    getCrop: 'read',
    // It may remove the persons who had them.
    move: 'erase',
    delete: 'erase',
    getOwners: 'read',
    getEmbeddings: 'read',
    lookUpNearest: 'read',
    findByImage: 'read',
  },
  setAside: { add: 'write', list: 'read', getCrop: 'read', restore: 'write' },
  statements: {
    // It may take the place of an older one.
    add: 'erase',
    get: 'read',
    list: 'read',
    embeddings: 'read',
    revoke: 'erase',
  },
  history: {
    list: 'read',
    get: 'read',
    // It may remove what the entry added.
    undo: 'erase',
    eraseTrash: 'erase',
    // They name people.
    expire: 'erase',
  },
  secondModels: {
    begin: 'write',
    lacking: 'read',
    countLacking: 'read',
    fill: 'write',
    switchTo: 'write',
    end: 'write',
    erase: 'erase',
  },
  feed: { latestCursor: 'read', changes: 'read', embeddings: 'read' },
  transfer: {
    readFaces: 'read',
    restoreCollection: 'write',
    restorePersons: 'write',
    restoreFaces: 'write',
    readStatements: 'read',
    restoreStatements: 'write',
  },
  answers: { claim: 'write', complete: 'write' },
  keys: {
    create: 'write',
    list: 'read',
    findByHash: 'read',
    touch: 'write',
    revoke: 'write',
    rotate: 'write',
    // Its name may be a person's.
    remove: 'erase',
  },
  sessions: {
    create: 'write',
    findByHash: 'read',
    touch: 'write',
    // They name who signed in.
    end: 'erase',
    endAll: 'erase',
    expire: 'erase',
  },
  jobs: {
    create: 'write',
    get: 'read',
    list: 'read',
    isDue: 'read',
    claim: 'write',
    save: 'write',
    putPart: 'write',
    getPart: 'read',
    // Its file may show people.
    end: 'erase',
    ask: 'erase',
    items: 'read',
    // What they worked on may name people.
    remove: 'erase',
    expire: 'erase',
  },
  strangers: {
    record: 'write',
    collections: 'read',
    claim: 'write',
    waiting: 'read',
    records: 'read',
    ids: 'read',
    place: 'write',
    get: 'read',
    list: 'read',
    sightings: 'read',
    embedded: 'read',
    scan: 'read',
    getCrop: 'read',
    setIgnored: 'write',
    assign: 'write',
    unassign: 'write',
    discard: 'erase',
    forget: 'erase',
    expire: 'erase',
    counts: 'read',
  },
}

/** A method of a port by its name, such as `faces.add`. */
export type MethodName = {
  [A in keyof Aggregates]: `${A}.${keyof Aggregates[A] & string}`
}[keyof Aggregates]

const effects: ReadonlyMap<string, Effect> = new Map(
  Object.entries(methods).flatMap(([aggregate, itsMethods]) =>
    Object.entries(itsMethods).map(([method, effect]) => [`${aggregate}.${method}`, effect]),
  ),
)

/** Names of all methods of all ports. */
export const methodNames: readonly MethodName[] = [...effects.keys()] as MethodName[]

/** @returns `read` for what is in no port, such as `ping` */
export function effectOf(name: string): Effect {
  return effects.get(name) ?? 'read'
}

type Method = (...parameters: unknown[]) => unknown

/** Ports are made for each request, so names are taken apart once. */
const parts: ReadonlyMap<MethodName, readonly [aggregate: string, method: string]> = new Map(
  methodNames.map((name) => [name, name.split('.') as [string, string]]),
)

/** All ports, each method of which is `make(name)`. */
export function makePorts(make: (name: MethodName) => Method): Aggregates {
  const ports: Record<string, Record<string, Method>> = {}
  for (const [name, [aggregate, method]] of parts) {
    ports[aggregate] ??= {}
    ports[aggregate][method] = make(name)
  }
  return ports as unknown as Aggregates
}

/** The method of this name; of ports or of their synchronous forms. */
export function findMethod(ports: object, name: MethodName): Method {
  const [aggregate, method] = parts.get(name) as readonly [string, string]
  return (ports as Record<string, Record<string, Method>>)[aggregate]?.[method] as Method
}

/** The same ports, each method called through `around`. */
export function wrapMethods(
  ports: Aggregates,
  around: (name: MethodName, body: () => Promise<unknown>) => Promise<unknown>,
): Aggregates {
  return makePorts((name) => {
    const method = findMethod(ports, name)
    return (...parameters) => around(name, async () => method(...parameters))
  })
}
