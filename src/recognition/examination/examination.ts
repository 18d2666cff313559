import type { LongOptions } from '../../gallery/gallery.ts'
import type { RecognitionDependencies } from '../dependencies.ts'
import { examineGallery, type GalleryReport } from './gallery-report.ts'
import { findMerges, type MergeOptions, type MergeSuggestions } from './merge-suggestions.ts'
import { examinePerson, type PersonQuality, type PersonQualityOptions } from './person-quality.ts'

/** How good a gallery is, by its own faces. Nothing is changed by it. */
export interface Examination {
  /**
   * How well a person's faces serve to find the person: outliers, copies, what can be done without, and
   * which photograph would help most.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`; `invalidOption` for a cap out of range
   */
  person(
    collection: string,
    personId: string,
    options?: PersonQualityOptions,
  ): Promise<PersonQuality>
  /**
   * Examines a whole collection, which may take minutes: each face is searched for without itself.
   * The job `galleryReport` keeps the result.
   *
   * @throws {FaceError} `collectionNotFound`, `aborted`
   */
  gallery(collection: string, options?: LongOptions): Promise<GalleryReport>
  /**
   * Finds pairs of persons who may be one, which may take minutes. The job `mergeSuggestions` keeps
   * them.
   *
   * @throws {FaceError} `collectionNotFound`, `aborted`; `invalidOption` for a model without a curve, and
   *   for `maxWrong` out of range
   */
  merges(collection: string, options?: MergeOptions): Promise<MergeSuggestions>
}

/** Creates the use cases that examine galleries. */
export function createExamination(deps: RecognitionDependencies): Examination {
  return {
    person: (name, personId, options) => examinePerson(deps, { name, personId }, options),
    gallery: (name, options) => examineGallery(deps, name, options),
    merges: (name, options) => findMerges(deps, name, options),
  }
}
