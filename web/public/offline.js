// The page that is shown while the server cannot be reached. What the user chose in the settings is
// read as app/preferences.ts writes it.
const restMs = 4_000

const sections = [...document.querySelectorAll('section')]
const wanted = [read('faceWatcherLanguage'), ...navigator.languages].map(
  (tag) => tag?.split('-')[0],
)
const language = wanted.find((tag) => sections.some(({ lang }) => lang === tag)) ?? 'en'
for (const section of sections) section.hidden = section.lang !== language
document.documentElement.lang = language
document.documentElement.dataset.theme = read('faceWatcherTheme') ?? 'system'
document.title = document.querySelector('section:not([hidden]) h1').textContent

for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', () => location.reload())
}
setTimeout(lookForServer, restMs)

/** Loads the address again when the server answers, which shows the page that was wanted. */
async function lookForServer() {
  const isBack = await fetch('./healthz', { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (isBack) location.reload()
  else setTimeout(lookForServer, restMs)
}

function read(key) {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}
