/**
 * Searches by a part of a name that wait, each of which reads all persons of a collection. More would
 * only wait for so long that whoever asked has gone.
 */
export const maxScans = 64

/** Why a further one is refused. */
export const tooManyScans = 'Too many searches by name are waiting.'
