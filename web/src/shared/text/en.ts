import { screens } from './en-screens.ts'
import { start } from './en-start.ts'

/** All texts of the page. It loads them in two parts. */
export const en = { ...start, ...screens }
