// Shows offline.html when the page is opened and the server cannot be reached. Nothing else is
// answered or kept here: requests to the API do not pass this worker.
const cacheName = 'offline-page'
const { scope } = self.registration
const page = new URL('offline.html', scope).href
const files = ['offline.html', 'offline.css', 'offline.js', 'icon.svg'].map(
  (name) => new URL(name, scope).href,
)
/** What a proxy answers while the server behind it is stopped. */
const goneStatuses = [502, 503, 504]

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  // The page does not wait until this worker runs.
  event.waitUntil(self.registration.navigationPreload?.enable() ?? Promise.resolve())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  const address = origin + pathname
  const opensPage = address === scope || address === `${scope}index.html`
  if (request.mode === 'navigate' && opensPage) {
    const answer = openPage(event)
    event.respondWith(answer)
    // As new as the page: a later version may say it better.
    event.waitUntil(answer.then(keepFiles).catch(() => undefined))
  } else if (files.includes(address)) {
    event.respondWith(reach(fetch(request)).catch(() => findKept(address)))
  }
})

async function openPage({ request, preloadResponse }) {
  const answer = preloadResponse.then((response) => response ?? fetch(request))
  return reach(answer).catch(() => findKept(page))
}

/** Throws when there is no answer, or only the proxy's. */
async function reach(answer) {
  const response = await answer
  if (goneStatuses.includes(response.status)) throw new Error(`status ${response.status}`)
  return response
}

async function findKept(address) {
  return (await caches.match(address)) ?? Response.error()
}

/** All or none. */
async function keepFiles() {
  const cache = await caches.open(cacheName)
  await cache.addAll(files.map((url) => new Request(url, { cache: 'no-cache' })))
}
