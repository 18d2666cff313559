import type { FuzzTarget } from './target.ts'

type Loader = () => Promise<readonly FuzzTarget[]>

/** Which file has the targets: each is loaded alone, so that a child has no more than it needs. */
const loaders: readonly { readonly names: readonly string[]; readonly load: Loader }[] = [
  {
    names: ['npy', 'npz', 'hdf5', 'face-api-weights', 'model-manifest', 'own-record', 'onnx'],
    load: async () => (await import('./targets/models.ts')).modelTargets,
  },
  {
    names: ['pickle', 'seed-document'],
    load: async () => (await import('./targets/seed.ts')).seedTargets,
  },
  {
    names: ['snapshot-exact', 'snapshot-projected', 'snapshot-faiss'],
    load: async () => (await import('./targets/snapshots.ts')).snapshotTargets,
  },
  {
    names: ['zip', 'tar', 'people-table', 'photo-list'],
    load: async () => (await import('./targets/archives.ts')).archiveTargets,
  },
  {
    names: ['export'],
    load: async () => (await import('./targets/exports.ts')).exportTargets,
  },
  {
    names: ['json-scanner', 'base64'],
    load: async () => (await import('./targets/bodies.ts')).bodyTargets,
  },
  {
    names: ['multipart', 'json-body', 'address'],
    load: async () => (await import('./targets/requests.ts')).requestTargets,
  },
  {
    names: [
      'cursor',
      'headers',
      'config-file',
      'config-text',
      'mongodb-url',
      'stored-text',
      'pairs',
    ],
    load: async () => (await import('./targets/texts.ts')).textTargets,
  },
  {
    names: ['image-header', 'image'],
    load: async () => (await import('./targets/images.ts')).imageTargets,
  },
]

export const targetNames: readonly string[] = loaders.flatMap(({ names }) => names)

/** @param name  one of {@link targetNames} */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const loader = loaders.find(({ names }) => names.includes(name))
  const target = (await loader?.load())?.find((own) => own.name === name)
  if (target === undefined) throw new Error(`There is no parser ${name}.`)
  return target
}
