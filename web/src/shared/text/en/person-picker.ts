/** The field that asks for a person. */
export const personPicker = {
  name: 'Name',
  nameOrNew: 'Name of somebody known or new',
  persons: 'People of this name',
  nobody: 'Nobody has such a name.',
  newPerson: 'New person: {name}',
  newNamesake: 'Another person called {name}',
} as const
