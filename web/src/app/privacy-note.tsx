import type { ReactNode } from 'react'
import { Icon } from '../shared/icons.tsx'

/** Says what leaves the device and what is kept. */
export function PrivacyNote({ storeCrops }: { readonly storeCrops: boolean }): ReactNode {
  return (
    <details className="privacy">
      <summary>
        <Icon name="shield" /> What happens to the pictures
      </summary>
      <ul>
        <li>
          <strong>Recognising:</strong> frames and photos are sent to this server only. They are
          compared and then forgotten; nothing is stored.
        </li>
        <li>
          <strong>Registering:</strong> the name and, for each face, its numeric embedding, its
          position, its quality and a fingerprint of the file are stored on this server
          {storeCrops
            ? ', together with a small picture of the face, since this collection keeps crops.'
            : '. The photo itself is not stored.'}
        </li>
        <li>
          <strong>Deleting</strong> a person removes their faces at once. Register people only with
          their consent.
        </li>
      </ul>
    </details>
  )
}
