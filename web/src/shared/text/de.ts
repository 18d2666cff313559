import { screens } from './de-screens.ts'
import { start } from './de-start.ts'

/** All texts of the page. It loads them in two parts. */
export const de = { ...start, ...screens }
