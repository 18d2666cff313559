/**
 * Most searches by a part of a name that may wait; each reads all persons of a collection. More would
 * wait for so long that the clients have gone.
 */
export const maxScans = 64

/** Why a further one is refused. */
export const tooManyScans = 'Too many searches by name are waiting.'
