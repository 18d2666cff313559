/** In which unit a time is said. */
export type TimeUnit = 'hours' | 'days'

const hoursOfDay = 24

/** A time as one would say it: in days where it is whole days. */
export function toKeptTime(hours: number): { readonly value: number; readonly unit: TimeUnit } {
  const days = hours / hoursOfDay
  return Number.isInteger(days) ? { value: days, unit: 'days' } : { value: hours, unit: 'hours' }
}

/** Hours of a time that is said in a unit. */
export function toHours(value: number, unit: TimeUnit): number {
  return unit === 'days' ? value * hoursOfDay : value
}
