import { type ReactNode, useId } from 'react'
import './file-field.css'

interface FileFieldProps {
  /** `webkitdirectory` is an attribute that all browsers know and no type lists. */
  readonly attributes: Readonly<Record<string, string | boolean>>
  readonly labelClass?: string
  /** Of the label, which is what one sees of the field. */
  readonly children: ReactNode
  /** Called with at least one file. */
  readonly onFiles: (files: readonly File[]) => void
}

/** A field for files that looks like its label, and is reached by the keyboard all the same. */
export function FileField({
  attributes,
  labelClass,
  children,
  onFiles,
}: FileFieldProps): ReactNode {
  const id = useId()
  return (
    <>
      <input
        id={id}
        className="file-field"
        type="file"
        {...attributes}
        onKeyDown={(event) => {
          // Enter would send the form around it; what looks like a button opens by both keys.
          if (event.key !== 'Enter') return
          event.preventDefault()
          event.currentTarget.click()
        }}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same files may be chosen twice in a row.
          event.target.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
      <label htmlFor={id} className={labelClass}>
        {children}
      </label>
    </>
  )
}
