import type { SendOptions } from './client.ts'
import { modelId, otherModelId, toEmbedding } from './services.ts'

/** What the paths and bodies of the calls name; all of it exists in the collection `door`. */
export interface Named {
  readonly person: string
  readonly face: string
  readonly job: string
  readonly key: string
}

/** How an operation is called, and what its caller gets. */
export interface AccessCall {
  readonly query?: string
  /** The body for a collection; where the path names it, the same for each. */
  readonly send?: (named: Named, collection: string) => SendOptions
  /**
   * The status, and the code of an error, that a caller gets who may: 2xx, or what is wrong with the
   * call beyond access, such as an id of nothing.
   */
  readonly right: string
  /**
   * What a caller gets whose key is for another collection, where the path does not name the
   * collection: an error, or a 2xx answer that says nothing of a collection.
   */
  readonly elsewhere?: string
}

const image = { form: [['image', 'face:ann', 'a.jpg']] } as const
const photos = { form: [['photos', 'face:ann', 'Ann/a.jpg']] } as const
const json = (body: object) => (): SendOptions => ({ json: body })
const form = (options: SendOptions) => (): SendOptions => options
const embedding = { embedding: Array.from(toEmbedding('ann')), modelId }

const forbidden = '403 forbidden'
/** An id that is nobody's is refused as one that is there and not reached. */
const noJob = '404 jobNotFound'

/** Every operation that `openapi.json` has; one that is missing here fails the matrix. */
export const accessCalls: Readonly<Record<string, AccessCall>> = {
  getHealth: { right: '200', elsewhere: '200' },
  getReadiness: { right: '200', elsewhere: '200' },
  registerFace: {
    query: 'name=Ann',
    send: form({ form: [['refImage', 'face:ann', 'a.jpg']] }),
    ...{ right: '200', elsewhere: forbidden },
  },
  recognizeFace: {
    send: form({ form: [['mainImage', 'face:ann', 'a.jpg']] }),
    ...{ right: '200', elsewhere: forbidden },
  },
  // An image and no collection.
  detect: { send: form(image), right: '200', elsewhere: '200' },
  embed: { send: form(image), right: '200', elsewhere: '200' },
  verify: {
    send: ({ person }, collection) => ({
      form: [...image.form, ['collection', collection], ['personId', person]],
    }),
    ...{ right: '200', elsewhere: forbidden },
  },
  identify: { send: form(image), right: '200' },
  listCollections: { right: '200', elsewhere: '200' },
  createCollection: { send: json({ name: 'new' }), right: '201', elsewhere: forbidden },
  getCollection: { right: '200' },
  updateCollection: { send: json({ storeCrops: true }), right: '200' },
  deleteCollection: { right: '204' },
  getThresholds: { query: 'maxFpir=0.1', right: '200' },
  migrateCollection: { send: json({ modelId: otherModelId }), right: '202' },
  switchModel: { send: json({ modelId }), right: '200' },
  deleteSecondModel: { query: `modelId=${otherModelId}`, right: '202' },
  listPersons: { right: '200' },
  createPerson: { send: json({ name: 'Bob' }), right: '201' },
  getPerson: { right: '200' },
  updatePerson: { send: json({ notes: 'n' }), right: '200' },
  deletePerson: { right: '204' },
  changePersons: {
    send: ({ person }) => ({
      json: { ids: [person], operation: { kind: 'update', addTags: ['a'] } },
    }),
    right: '200',
  },
  exportPersonsCsv: { right: '200' },
  exportPersonsJson: { right: '200' },
  exportFaceCrops: { right: '200' },
  listCollectionFaces: { right: '200' },
  listFaces: { right: '200' },
  enrollFaces: { send: form(image), right: '200' },
  getFace: { right: '200' },
  deleteFace: { right: '204' },
  getFaceCrop: { right: '200' },
  getFaceEmbedding: { right: '200' },
  moveFaces: {
    send: ({ person }) => ({ json: { faceIds: ['x'], personId: person } }),
    right: '404 faceNotFound',
  },
  splitPerson: {
    send: json({ faceIds: ['x'], newPerson: { name: 'New' } }),
    right: '404 faceNotFound',
  },
  mergePersons: { send: json({ from: ['x'] }), right: '404 personNotFound' },
  setFacesAside: { send: json({ faceIds: ['x'] }), right: '200' },
  listFacesSetAside: { right: '200' },
  restoreFacesSetAside: { send: json({ faceIds: ['x'] }), right: '200' },
  getSetAsideCrop: { right: '404 faceNotFound' },
  listHistory: { right: '200' },
  getHistoryEntry: { right: '404 historyEntryNotFound' },
  undoHistoryEntry: { right: '404 historyEntryNotFound' },
  listRejections: { right: '200' },
  rejectPerson: { send: json(embedding), right: '201' },
  getRejection: { right: '404 statementNotFound' },
  deleteRejection: { right: '404 statementNotFound' },
  listConfirmations: { right: '200' },
  confirmPerson: { send: json(embedding), right: '201' },
  getConfirmation: { right: '404 statementNotFound' },
  deleteConfirmation: { right: '404 statementNotFound' },
  listStrangers: { right: '200' },
  getStranger: { right: '404 strangerNotFound' },
  listStrangerSightings: { right: '404 strangerNotFound' },
  suggestPersonsOfStranger: { right: '404 strangerNotFound' },
  listSightings: { right: '200' },
  getSighting: { right: '404 sightingNotFound' },
  getSightingCrop: { right: '404 sightingNotFound' },
  assignStranger: { send: json({ name: 'New' }), right: '404 strangerNotFound' },
  unassignStranger: { right: '404 strangerNotFound' },
  ignoreStranger: { right: '404 strangerNotFound' },
  showStranger: { right: '404 strangerNotFound' },
  discardStranger: { right: '404 strangerNotFound' },
  changeStrangers: { send: json({ ids: ['x'], action: 'ignore' }), right: '200' },
  searchSightings: { send: form(image), right: '200' },
  eraseSightings: { send: form(image), right: '200' },
  getPersonQuality: { right: '200' },
  getReport: { right: '404 notFound' },
  startReport: { right: '202' },
  getMergeSuggestions: { right: '404 notFound' },
  suggestMerges: { right: '202' },
  bulkEnroll: { send: form(photos), right: '202' },
  evaluatePhotographs: { send: form(photos), right: '202', elsewhere: forbidden },
  listKeys: { right: '200', elsewhere: forbidden },
  createKey: { send: json({ name: 'a', scopes: ['watch'] }), right: '201', elsewhere: forbidden },
  rotateKey: { right: '201', elsewhere: forbidden },
  revokeKey: { right: '204', elsewhere: forbidden },
  getSession: { right: '200' },
  // With a key it would be slow after five callers.
  signIn: { right: '400 invalidRequest' },
  signOut: { right: '200' },
  listJobs: { right: '200', elsewhere: '200' },
  getJob: { right: '200', elsewhere: noJob },
  deleteJob: { right: '204', elsewhere: noJob },
  listJobItems: { right: '200', elsewhere: noJob },
  exportJobItems: { right: '200', elsewhere: noJob },
  watchJob: { right: '200', elsewhere: noJob },
  pauseJob: { right: '409 jobConflict', elsewhere: noJob },
  resumeJob: { right: '409 jobConflict', elsewhere: noJob },
  cancelJob: { right: '409 jobConflict', elsewhere: noJob },
  // Of the collections that the key reaches.
  listAudit: { right: '200', elsewhere: '200' },
  exportAudit: { right: '200', elsewhere: '200' },
  verifyAudit: { right: '200', elsewhere: forbidden },
  getAuditVerification: { right: '404 notFound', elsewhere: forbidden },
  withdrawConsent: { send: json({}), right: '409 consentRequired' },
  runRetention: { send: json({}), right: '202' },
  indexVerify: { right: '202' },
  indexRebuild: { right: '202' },
  listModels: { right: '200', elsewhere: '200' },
  getIndex: { right: '200' },
  getMetrics: { right: '200', elsewhere: forbidden },
  installModel: { right: '202', elsewhere: forbidden },
  getStatus: { right: '200', elsewhere: '200' },
  getConfiguration: { right: '200', elsewhere: forbidden },
  listRecentProblems: { right: '200', elsewhere: forbidden },
}
