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
  component: lazyScreen(
    async () => (await import('../features/identify/identify-view.tsx')).IdentifyView,
  ),
})

const live = createRoute({
  getParentRoute,
  path: '/live',
  validateSearch: parseLiveSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await import('../features/live/live-view.tsx')).LiveView),
})

const people = createRoute({
  getParentRoute,
  path: '/people',
  validateSearch: parsePeopleSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/people/people-view.tsx')).PeopleView,
  ),
})

const person = createRoute({
  getParentRoute,
  path: '/people/$person',
  validateSearch: parsePersonSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/people/person/person-view.tsx')).PersonView,
  ),
})

const twice = createRoute({
  getParentRoute,
  path: '/people/twice',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/people/merge/twice-view.tsx')).TwiceView,
  ),
})

const history = createRoute({
  getParentRoute,
  path: '/history',
  validateSearch: parseHistorySearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/people/history/history-view.tsx')).HistoryView,
  ),
})

const addPhotos = createRoute({
  getParentRoute,
  path: '/add-photos',
  validateSearch: parseAddPhotosSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/add-photos/add-photos-view.tsx')).AddPhotosView,
  ),
})

const collections = createRoute({
  getParentRoute,
  path: '/collections',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/collections/collections-view.tsx')).CollectionsView,
  ),
})

const collectionSettings = createRoute({
  getParentRoute,
  path: '/collections/settings',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/collections/settings-view.tsx')).SettingsView,
  ),
})

const collectionModel = createRoute({
  getParentRoute,
  path: '/collections/model',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/collections/model-view.tsx')).ModelView,
  ),
})

const collectionExamination = createRoute({
  getParentRoute,
  path: '/collections/examination',
  loader: loadSentences,
  component: lazyScreen(
    async () =>
      (await import('../features/collections/examination/examination-view.tsx')).ExaminationView,
  ),
})

const evaluation = createRoute({
  getParentRoute,
  path: '/evaluation',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/evaluation/evaluation-view.tsx')).EvaluationView,
  ),
})

const system = createRoute({
  getParentRoute,
  path: '/system',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/system/health-view.tsx')).HealthView,
  ),
})

const systemModels = createRoute({
  getParentRoute,
  path: '/system/models',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/system/models-view.tsx')).ModelsView,
  ),
})

const systemJobs = createRoute({
  getParentRoute,
  path: '/system/jobs',
  validateSearch: parseJobsSearch,
  loader: loadSentences,
  component: lazyScreen(async () => (await import('../features/system/jobs-view.tsx')).JobsView),
})

const systemKeys = createRoute({
  getParentRoute,
  path: '/system/keys',
  loader: loadSentences,
  component: lazyScreen(async () => (await import('../features/system/keys-view.tsx')).KeysView),
})

const unknown = createRoute({
  getParentRoute,
  path: '/unknown',
  validateSearch: parseUnknownSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/unknown/unknown-view.tsx')).UnknownView,
  ),
})

const findFace = createRoute({
  getParentRoute,
  path: '/unknown/find',
  validateSearch: parseFindFaceSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/unknown/find-face-view.tsx')).FindFaceView,
  ),
})

const addMany = createRoute({
  getParentRoute,
  path: '/add-photos/many',
  validateSearch: parseAddManySearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/add-many/add-many-view.tsx')).AddManyView,
  ),
})

const systemProblems = createRoute({
  getParentRoute,
  path: '/system/problems',
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/system/problems-view.tsx')).ProblemsView,
  ),
})

const systemConfiguration = createRoute({
  getParentRoute,
  path: '/system/configuration',
  validateSearch: parseConfigurationSearch,
  loader: loadSentences,
  component: lazyScreen(
    async () => (await import('../features/system/configuration-view.tsx')).ConfigurationView,
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
