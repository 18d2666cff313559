// Runs in the page, see accessibility.ts: what axe-core does not look for.

const controls =
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=gridcell], [tabindex="0"]'
const dialogs = '[role=dialog], [role=alertdialog]'

/** What a user meets: what is open above the page, with the messages, or the whole page. */
function findScopes() {
  const open = [...document.querySelectorAll(`${dialogs}, :popover-open`)]
  return open.length === 0 ? [document.body] : [...open, document.querySelector('.toasts')]
}

function isShown(element) {
  return element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true })
}

/** Seen by nobody, and meant so. */
function isForReaders(element) {
  return getComputedStyle(element).clipPath === 'inset(50%)'
}

/** What one sees of a control: a field that is drawn by its label is hidden itself. */
function findSurface(control) {
  return isForReaders(control) ? (control.labels?.[0] ?? undefined) : control
}

function name(element) {
  const { tagName, className, textContent } = element
  const text = (element.getAttribute('aria-label') ?? textContent ?? '').trim().slice(0, 40)
  return `<${tagName.toLowerCase()} class="${className?.baseVal ?? className}"> ${text}`
}

/** Whether text runs over the edge of a box, or is cut off there without a sign of it. */
function isCut(element) {
  const { overflowX, overflowY, textOverflow, display } = getComputedStyle(element)
  if (display === 'inline' || isForReaders(element)) return false
  const clips = (overflow) => overflow === 'hidden' || overflow === 'clip'
  const isButton = element.matches('button, .button')
  const isWide = element.scrollWidth > element.clientWidth + 1
  const isHigh = element.scrollHeight > element.clientHeight + 2
  if (isWide && (isButton || clips(overflowX)) && textOverflow !== 'ellipsis') return true
  return isHigh && clips(overflowY) && textOverflow !== 'ellipsis'
}

const hasText = (element) =>
  [...element.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim() !== '')

function findWidest() {
  const beyond = [...document.body.querySelectorAll('*')].filter(
    (element) => element.getBoundingClientRect().right > window.innerWidth + 1,
  )
  return beyond.slice(-3).map(name).join('; ')
}

/** Where the page is wider than the window, text is cut off, or a control is out of sight or covered. */
function findLayoutFaults() {
  const faults = []
  const { scrollWidth } = document.documentElement
  if (scrollWidth > window.innerWidth) {
    faults.push(`wider than the window: ${scrollWidth} px, ${findWidest()}`)
  }
  for (const scope of findScopes()) {
    for (const element of scope?.querySelectorAll('*') ?? []) {
      if (hasText(element) && isShown(element) && isCut(element)) {
        faults.push(`cut off: ${name(element)}`)
      }
    }
    for (const control of scope?.querySelectorAll(controls) ?? []) {
      if (!isShown(control) || control.matches(':disabled')) continue
      const fault = findControlFault(control)
      if (fault !== undefined) faults.push(`${fault}: ${name(control)}`)
    }
  }
  return faults
}

function findControlFault(control) {
  const surface = findSurface(control)
  if (surface === undefined) return undefined
  control.focus()
  // What the browser does for the key Tab.
  if (document.activeElement === control) surface.scrollIntoView({ block: 'nearest' })
  else surface.scrollIntoView({ block: 'center' })
  const box = surface.getBoundingClientRect()
  if (box.width === 0 || box.height === 0) return 'without a size'
  const left = Math.max(box.left, 0)
  const right = Math.min(box.right, window.innerWidth)
  const top = Math.max(box.top, 0)
  const bottom = Math.min(box.bottom, window.innerHeight)
  if (right - left < Math.min(box.width, window.innerWidth) - 1) return 'out of sight'
  if (bottom <= top) return 'out of sight'
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
  const isFree = hit !== null && (surface.contains(hit) || hit.contains(surface))
  return isFree ? undefined : `covered by ${hit === null ? 'nothing' : name(hit)}`
}

/** Animations and transitions that run although the user wants less motion. */
function findMotion() {
  return document
    .getAnimations()
    .filter(({ playState, effect }) => {
      return playState === 'running' && effect.getComputedTiming().duration > 0
    })
    .map(({ effect }) => `moves: ${name(effect.target)}`)
}

const marks = ['aria-pressed', 'aria-current', 'aria-selected']
const looks = [
  ...['color', 'backgroundColor', 'textDecorationLine', 'outlineStyle', 'outlineColor'],
  ...['borderTopColor', 'borderBottomColor', 'borderLeftColor', 'borderTopWidth', 'borderTopStyle'],
]
const look = (element) => looks.map((key) => getComputedStyle(element)[key]).join()
/** Of an element and what it holds. */
const wholeLook = (element) => [element, ...element.children].map(look).join('; ')

/** What is chosen and looks as if it were not. */
function findLostMarks() {
  const isMarked = (element, mark) => !['false', null].includes(element.getAttribute(mark))
  return marks.flatMap((mark) => {
    const all = [...document.querySelectorAll(`[${mark}]`)].filter(isShown)
    return all
      .filter((element) => isMarked(element, mark))
      .flatMap((element) => {
        const others = [...document.querySelectorAll(`${element.tagName}`)].filter(
          (other) =>
            !isMarked(other, mark) &&
            other.className === element.className &&
            isShown(other) &&
            other.closest('nav, fieldset, ul, section') ===
              element.closest('nav, fieldset, ul, section'),
        )
        const other = others.find((one) => wholeLook(one) === wholeLook(element))
        return other === undefined ? [] : [`looks as if it were not chosen: ${name(element)}`]
      })
  })
}

/** A screen has one heading of the first level, which names the tab, too. */
function findHeadingFaults() {
  if (document.querySelector(dialogs) !== null) return []
  const headings = [...document.querySelectorAll('h1')].filter(isShown)
  if (headings.length !== 1) return [`${headings.length} headings of the first level`]
  const [{ textContent }] = headings
  return document.title.startsWith(textContent) ? [] : [`the tab is called ${document.title}`]
}

globalThis.pageChecks = { findLayoutFaults, findMotion, findLostMarks, findHeadingFaults }
