import { type Command, Option } from 'commander'
import { type ConsentState, consentStates } from '../core/consent.ts'
import {
  type FacesFilter,
  facesFilters,
  type PersonListOptions,
  type PersonSort,
  personSorts,
  type SortOrder,
  sortOrders,
} from '../storage/ports/persons.ts'

type YesNo = 'yes' | 'no'

/** Flags that say which persons are meant, and in which order. */
export interface PersonFilterOptions {
  readonly query?: string
  readonly name?: string
  readonly externalId?: string
  readonly hidden?: YesNo
  readonly favourite?: YesNo
  readonly faces?: FacesFilter
  readonly consent?: ConsentState
  readonly changedSince?: string
  readonly sort?: PersonSort
  readonly order?: SortOrder
}

export function yesNoOption(flag: string, description: string): Option {
  return new Option(`${flag} <yes|no>`, description).choices(['yes', 'no'])
}

/** @param command  that lists persons */
export function addPersonFilters(command: Command): Command {
  return command
    .option('--query <words>', 'only persons of whose names and aliases these words begin words')
    .option('--name <text>', 'only persons whose name contains this')
    .option('--external-id <id>', 'only the person of this external id')
    .addOption(yesNoOption('--hidden', 'only persons who are hidden, or who are not'))
    .addOption(yesNoOption('--favourite', 'only favourites, or only others'))
    .addOption(
      new Option('--faces <how-many>', 'only persons without a face, or with one').choices(
        facesFilters,
      ),
    )
    .addOption(
      new Option('--consent <state>', 'only persons whose consent is so').choices(consentStates),
    )
    .option('--changed-since <time>', 'only persons changed at this time (ISO 8601) or later')
    .addOption(new Option('--sort <by>', 'default: created').choices(personSorts))
    .addOption(new Option('--order <order>', 'default: asc').choices(sortOrders))
}

export function toPersonFilters(options: PersonFilterOptions): PersonListOptions {
  const { query, name, externalId, hidden, favourite, faces, changedSince, sort, order } = options
  const { consent } = options
  return {
    ...(query === undefined ? {} : { query }),
    ...(name === undefined ? {} : { name }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(hidden === undefined ? {} : { hidden: hidden === 'yes' }),
    ...(favourite === undefined ? {} : { favourite: favourite === 'yes' }),
    ...(faces === undefined ? {} : { faces }),
    ...(consent === undefined ? {} : { consent }),
    ...(changedSince === undefined ? {} : { changedSince }),
    ...(sort === undefined ? {} : { sort }),
    ...(order === undefined ? {} : { order }),
  }
}
