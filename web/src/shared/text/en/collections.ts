/** Collections: what there is, how one decides, what it keeps, and which model it has. */
export const collections = {
  title: 'Collections',
  lead: 'A collection is a gallery of people with one model and one way to decide.',
  list: 'All collections',
  current: 'Shown now',
  create: 'New collection',
  counts:
    '{persons, plural, one {# person} other {# people}}, {faces, plural, one {# face} other {# faces}}',
  columns: { name: 'Name', people: 'People', model: 'Model', policy: 'Decides', keeps: 'Keeps' },
  byRate: 'by error rate: a name for {count} in 1,000 strangers',
  byHand: 'by a similarity of {threshold}, set by hand',
  keepsCrops: 'photographs of faces',
  keepsUnknown: 'unknown people',
  keepsNothing: 'numbers only',
  open: 'Settings',
  openOf: 'Settings of {name}',
  parts: {
    label: 'Parts of the collection',
    settings: 'Settings',
    model: 'Model',
    examination: 'Examination',
  },
  back: 'All collections',
  createForm: {
    name: 'Name',
    nameHint: 'Lower-case letters, digits, “_” and “-”. It is part of addresses.',
    model: 'Model',
    policy: 'How careful should it be?',
    lenient: 'Finds as many as possible',
    lenientText:
      'For your own photographs, where a wrong name is corrected with a click. 30 in 1,000 strangers get a name.',
    standard: 'Balanced',
    standardText:
      'For guests, when somebody looks at the answer. 10 in 1,000 strangers get a name.',
    strict: 'Careful',
    strictText:
      'For attendance, when nobody looks. 1 in 1,000 strangers gets a name; more people are missed.',
    crops: 'Keep photographs of faces',
    cropsHint: 'To recognise people here and to move to another model later. You can change it.',
    send: 'Create',
  },
  created: '{name} was created.',
  settingsTitle: 'Settings of {name}',
  decisions: {
    title: 'How it decides',
    text: 'A face gets a name when it is similar enough. The similarity follows from the error that you can bear, the model and the number of faces.',
    slider: 'Strangers who get a name, in 1,000',
    sliderValue: '{count} in 1,000',
    field: 'Or type a number',
    similarity: 'Similarity that is needed',
    strangers: 'Of 1,000 strangers get a name',
    missed: 'Of 1,000 searches for enrolled people miss them',
    missedHint:
      'Expected with one photograph a person, counted on the photographs that the model was measured with. A second photograph about halves it.',
    now: 'now {value}',
    empty: 'The collection has no face yet; the similarity rises as it grows.',
    extrapolated:
      'So rare an error was never counted: the similarity is an estimate from the model’s curve.',
    saturated:
      'With so few faces a larger number changes nothing: one comparison is never more lenient than 1 in 10,000.',
    byHand:
      'A similarity of {threshold} was set by hand. It does not rise as the collection grows; applying a rate replaces it.',
    byHandForm: {
      title: 'Or set the similarity by hand',
      text: 'For a model without a curve, or to bring back the rule of another program. It does not rise as the collection grows.',
      field: 'Similarity of a match, 0 to 1',
      apply: 'Use this similarity',
      applied:
        'A face gets a name from a similarity of {threshold}: it holds from the next search.',
    },
    chart: 'What {model} misses in a collection of {count, plural, one {# face} other {# faces}}',
    chartX: 'Strangers with a name, in 1,000',
    chartY: 'Missed searches, in 1,000',
    chartMark:
      'Your choice: {strangers} in 1,000 strangers get a name, {missed} in 1,000 searches miss',
    tableSimilarity: 'Similarity',
    apply: 'Apply',
    unchanged: 'In force',
    applied: 'A name for {count} in 1,000 strangers: it holds from the next search.',
  },
  crops: {
    title: 'Photographs of faces',
    first:
      'A small photograph of each face lets you recognise people here, and lets the collection move to another model later. It is personal data: it stays on this server and is erased with the face.',
    on: 'Photographs of faces that are enrolled from now on are kept.',
    off: 'Only numbers are kept, and people are shown by their initials.',
    turnOn: 'Keep photographs of faces',
    turnOff: 'Stop keeping photographs',
    turnedOn: 'Photographs of faces are kept from now on.',
    turnedOff: 'No more photographs are kept; those that are there stay.',
  },
  unknown: {
    title: 'Unknown people',
    first:
      'People who are seen and are not enrolled can be kept for some days, so that you can say who they are. Keep them only where you may.',
    off: 'Nothing is kept of people who are not enrolled.',
  },
  remove: {
    title: 'Delete the collection',
    text: '{counts} with their photographs and history, unknown people and jobs are erased. This cannot be undone.',
    default: 'The collection “default” cannot be deleted. Delete its people instead.',
    button: 'Delete {name} …',
    dialogTitle: 'Delete {name} for good?',
    typeName: 'Type {name} to confirm',
    confirm: 'Delete for good',
    deleted: '{name} was deleted.',
  },
  model: {
    title: 'Model of {name}',
    answers: '{model} answers.',
    second: '{model} stands beside it and is kept up to date. Every face takes the room of two.',
    text: 'Another model looks at the kept photographs of faces again. Searches go on meanwhile, and you see how decisions would change before anything is switched.',
    noCrops:
      'This collection keeps no photographs of faces, so that faces cannot be moved to another model. Turn them on in the settings: that holds for faces enrolled from then on.',
    choose: 'Another model',
    none: 'No other model is installed. Install one on the server: {command}',
    begin: 'Prepare and compare',
    again: 'Compare again',
    progress: 'Moving to {model}',
    failed: 'It failed: {message}',
    comparison: 'Comparison',
    compared:
      'Compared on {faces, plural, one {# face} other {# faces}} of {persons, plural, one {# person} other {# people}}: {percent} % of searches end alike.',
    filled:
      '{count, plural, one {# face was} other {# faces were}} embedded; {missing, plural, =0 {all have an embedding} one {# has none} other {# have none}}.',
    columns: {
      model: 'Model',
      named: 'Enrolled faces named',
      misnamed: 'With a wrong name',
      strangers: 'Strangers named',
    },
    ofProbes: '{count, number} of {probes, number}',
    chart: 'What each model misses among your own people',
    chartX: 'Rate of false matches',
    chartY: 'Rate of misses',
    switchTo: 'Let {model} answer',
    switched: '{model} answers now.',
    missingTitle: 'Switch although faces are missing?',
    missingText:
      '{count, plural, one {# face has} other {# faces have}} no embedding of {model}: no search finds {count, plural, one {it} other {them}} until you go back.',
    switchAnyway: 'Switch all the same',
    erase: 'Erase {model}',
    eraseTitle: 'Erase what {model} keeps?',
    eraseText:
      'The embeddings of {model} are erased, and there is no way back without computing them again.',
    erasing: '{model} is being erased.',
  },
} as const
