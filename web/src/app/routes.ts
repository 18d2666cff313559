import { createRoute, redirect } from '@tanstack/react-router'
import { parseAddManySearch } from '../features/add-many/search.ts'
import { parseAddPhotosSearch } from '../features/add-photos/search.ts'
import { parseLiveSearch } from '../features/live/search.ts'
import { parseHistorySearch } from '../features/people/history/search.ts'
import { parsePersonSearch } from '../features/people/person/search.ts'
import { parsePeopleSearch } from '../features/people/search.ts'
import { parseConfigurationSearch, parseJobsSearch } from '../features/system/search.ts'
import { parseFindFaceSearch, parseUnknownSearch } from '../features/unknown/search.ts'
import { lazyScreen, loadSentences } from './lazy-screen.ts'
import { oldAddresses } from './old-addresses.ts'
import { rootRoute } from './root-route.ts'
import { screenCode } from './screen-code.ts'
import { startScreen } from './screens.ts'

const getParentRoute = () => rootRoute

const start = createRoute({
  getParentRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: startScreen, replace: true })
  },
})

const identify = createRoute({
  getParentRoute,
  path: '/identify',
  component: lazyScreen(async () => (await screenCode['/identify']()).IdentifyView),
})

const live = createRoute({
  getParentRoute,
  path: '/live',
  validateSearch: parseLiveSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/live']()).LiveView),
})

const people = createRoute({
  getParentRoute,
  path: '/people',
  validateSearch: parsePeopleSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/people']()).PeopleView),
})

const person = createRoute({
  getParentRoute,
  path: '/people/$person',
  validateSearch: parsePersonSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/people/$person']()).PersonView),
})

const twice = createRoute({
  getParentRoute,
  path: '/people/twice',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/people/twice']()).TwiceView),
})

const history = createRoute({
  getParentRoute,
  path: '/history',
  validateSearch: parseHistorySearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/history']()).HistoryView),
})

const addPhotos = createRoute({
  getParentRoute,
  path: '/add-photos',
  validateSearch: parseAddPhotosSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/add-photos']()).AddPhotosView),
})

const collections = createRoute({
  getParentRoute,
  path: '/collections',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/collections']()).CollectionsView),
})

const collectionSettings = createRoute({
  getParentRoute,
  path: '/collections/settings',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/collections/settings']()).SettingsView),
})

const collectionModel = createRoute({
  getParentRoute,
  path: '/collections/model',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/collections/model']()).ModelView),
})

const collectionExamination = createRoute({
  getParentRoute,
  path: '/collections/examination',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await screenCode['/collections/examination']()).ExaminationView,
  ),
})

const evaluation = createRoute({
  getParentRoute,
  path: '/evaluation',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/evaluation']()).EvaluationView),
})

const system = createRoute({
  getParentRoute,
  path: '/system',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/system']()).HealthView),
})

const systemModels = createRoute({
  getParentRoute,
  path: '/system/models',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/system/models']()).ModelsView),
})

const systemJobs = createRoute({
  getParentRoute,
  path: '/system/jobs',
  validateSearch: parseJobsSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/system/jobs']()).JobsView),
})

const systemKeys = createRoute({
  getParentRoute,
  path: '/system/keys',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/system/keys']()).KeysView),
})

const unknown = createRoute({
  getParentRoute,
  path: '/unknown',
  validateSearch: parseUnknownSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/unknown']()).UnknownView),
})

const findFace = createRoute({
  getParentRoute,
  path: '/unknown/find',
  validateSearch: parseFindFaceSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/unknown/find']()).FindFaceView),
})

const addMany = createRoute({
  getParentRoute,
  path: '/add-photos/many',
  validateSearch: parseAddManySearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/add-photos/many']()).AddManyView),
})

const systemProblems = createRoute({
  getParentRoute,
  path: '/system/problems',
  loader: loadSentences,
  component: lazyScreen(async () => (await screenCode['/system/problems']()).ProblemsView),
})

const systemConfiguration = createRoute({
  getParentRoute,
  path: '/system/configuration',
  validateSearch: parseConfigurationSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await screenCode['/system/configuration']()).ConfigurationView,
  ),
})

/** All addresses. A screen loads its code when it is first opened, or when a link is pointed at. */
export const routeTree = rootRoute.addChildren([
  start,
  identify,
  live,
  people,
  unknown,
  findFace,
  addPhotos,
  addMany,
  collections,
  collectionSettings,
  collectionModel,
  collectionExamination,
  evaluation,
  system,
  systemModels,
  systemJobs,
  systemKeys,
  person,
  twice,
  history,
  systemProblems,
  systemConfiguration,
  ...oldAddresses,
])
