import type { personPicker as en } from '../en/person-picker.ts'
import type { TranslationOf } from '../translation.ts'

export const personPicker: TranslationOf<typeof en> = {
  name: 'Name',
  nameOrNew: 'Name von jemand Bekanntem oder Neuem',
  persons: 'Menschen dieses Namens',
  nobody: 'So heißt niemand.',
  newPerson: 'Neue Person: {name}',
  newNamesake: 'Noch jemand namens {name}',
}
