/** What is done in a stage of a job, and what is counted, plural. */
type StageText = readonly [label: string, unit: string]

/** Stages by kind of job. */
const stageTexts: Readonly<Record<string, Readonly<Record<string, StageText>>>> = {
  galleryReport: { faces: ['Examining', 'faces'] },
  mergeSuggestions: { faces: ['Comparing', 'faces'] },
  indexRebuild: { faces: ['Rebuilding', 'faces'] },
  indexVerify: { faces: ['Comparing', 'faces'] },
  bulkEnroll: { photographs: ['Enrolling', 'images'] },
  modelMigration: { faces: ['Embedding', 'faces'], comparisons: ['Comparing', 'searches'] },
  modelErasure: { embeddings: ['Erasing', 'embeddings'] },
  modelInstall: { percent: ['Installing', 'percent'] },
  backupCreate: {
    copy: ['Copying', 'bytes'],
    pack: ['Packing', 'bytes'],
    compare: ['Comparing', 'bytes'],
  },
  backupVerify: { compare: ['Comparing', 'bytes'], unpack: ['Unpacking', 'bytes'] },
  backupRestore: { compare: ['Comparing', 'bytes'], unpack: ['Unpacking', 'bytes'] },
  retention: { persons: ['Looking', 'persons'] },
  galleryExport: { export: ['Exporting', 'records'] },
  galleryImport: {
    check: ['Checking', 'records'],
    import: ['Importing', 'records'],
    compare: ['Comparing', 'records'],
  },
  galleryCopy: { copy: ['Copying', 'records'], compare: ['Comparing', 'records'] },
  seedImport: { import: ['Importing', 'documents'] },
  photographEvaluation: {
    photographs: ['Embedding', 'images'],
    comparisons: ['Comparing', 'steps'],
  },
  evaluation: { embed: ['Embedding', 'images'], compare: ['Comparing', 'steps'] },
}

/** The words for a stage; its own name, and `steps`, where there are none. */
export function toStageText(kind: string, stage: string): StageText {
  return stageTexts[kind]?.[stage] ?? [stage, 'steps']
}
