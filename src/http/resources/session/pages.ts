import type { FastifyRequest } from 'fastify'

type Language = 'en' | 'de'

const texts = {
  en: {
    onward: 'You are signed in',
    onwardText: 'The page opens by itself.',
    open: 'Open Face Watcher',
    back: 'Back to Face Watcher',
    failed: 'The sign-in did not succeed',
    failedText:
      'It was broken off, took too long, or was begun in another browser. Begin again from the page.',
    noRole: 'Nothing has been allowed to you',
    noRoleText:
      'You are signed in at your provider, but have no role in Face Watcher. Ask who runs it for one.',
    away: 'The sign-in service cannot be reached',
    awayText: 'Try again in some minutes, or sign in with an API key.',
  },
  de: {
    onward: 'Sie sind angemeldet',
    onwardText: 'Die Seite öffnet sich von selbst.',
    open: 'Face Watcher öffnen',
    back: 'Zurück zu Face Watcher',
    failed: 'Die Anmeldung ist nicht gelungen',
    failedText:
      'Sie wurde abgebrochen, hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Beginnen Sie auf der Seite neu.',
    noRole: 'Ihnen ist hier nichts erlaubt',
    noRoleText:
      'Sie sind bei Ihrem Anmeldedienst angemeldet, haben in Face Watcher aber keine Rolle. Bitten Sie den Betreiber um eine.',
    away: 'Der Anmeldedienst ist nicht erreichbar',
    awayText:
      'Versuchen Sie es in einigen Minuten noch einmal, oder melden Sie sich mit einem API-Schlüssel an.',
  },
} as const

/** The language that a browser asks for first, of those that the page has. */
export function languageOf({ headers }: FastifyRequest): Language {
  return /^\s*de\b/i.test(headers['accept-language'] ?? '') ? 'de' : 'en'
}

/** Where these pages stand, and for whom. */
interface PageOptions {
  readonly baseUrl: string
  readonly language: Language
}

/** A page that goes on by itself. @param url  of the page, whole */
export function onwardPage(url: string, { baseUrl, language }: PageOptions): string {
  const t = texts[language]
  return toHtml({
    ...{ baseUrl, language, title: t.onward, text: t.onwardText, url, link: t.open },
    head: `<meta http-equiv="refresh" content="0;url=${escapeHtml(url)}">`,
  })
}

/** What a person is told whose sign-in did not succeed. */
export function failurePage(code: string, { baseUrl, language }: PageOptions): string {
  const t = texts[language]
  const [title, text] =
    code === 'noRole'
      ? [t.noRole, t.noRoleText]
      : code === 'signInUnavailable' || code === 'storeUnavailable' || code === 'storeBusy'
        ? [t.away, t.awayText]
        : [t.failed, t.failedText]
  return toHtml({ baseUrl, language, title, text, url: baseUrl, link: t.back })
}

interface Page extends PageOptions {
  readonly title: string
  readonly text: string
  readonly url: string
  readonly link: string
  readonly head?: string
}

/** The styles are those of the page that is shown while the server is gone: they need no script. */
function toHtml(page: Page): string {
  const { baseUrl, language, title, text, url, link, head = '' } = page
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${escapeHtml(new URL('offline.css', baseUrl).href)}">
${head}
<title>${escapeHtml(title)} – Face Watcher</title>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<p><a href="${escapeHtml(url)}">${escapeHtml(link)}</a></p>
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
