/** How well a collection and its model recognise. */
export const evaluation = {
  title: 'Evaluation',
  lead: 'What the model promises for a collection of this size, and what the collection says of itself.',
  det: {
    title: 'Errors of {model} with {count, plural, one {# face} other {# faces}}',
    text: 'Each point is a policy: how many strangers get a name, and how many searches for enrolled people miss them. Counted on the photographs that the model was measured with, one photograph a person.',
    x: 'Strangers with a name, in 1,000',
    y: 'Missed searches, in 1,000',
    now: 'In force: {strangers} in 1,000 strangers get a name, {missed} in 1,000 searches miss',
    settings: 'Change the policy',
  },
  own: {
    title: 'What the collection says of itself',
    none: 'It was not examined yet.',
    examine: 'Examine it',
    sentence:
      'Of {faces, plural, one {# face} other {# faces}} searched for without themselves, {found, number} were found, {missed, number} missed and {misnamed, number} got another name.',
    noOne: 'Nobody has two faces yet, so that nothing can be left out.',
    strangers:
      'Of strangers in front of the same camera, about {percent} % would get a name without the shift of the threshold.',
    histogram: 'How similar different persons are, from the threshold on',
    similarity: 'Similarity',
    nearest: 'How similar the nearest face of those is that are missed',
    noPairs: 'No two persons are as similar as a match.',
  },
  confusions: {
    title: 'Worst confusions',
    text: 'The most similar persons who are enrolled as different ones.',
    similarity: 'Similarity {value}',
    decide: 'Decide them',
  },
  runs: {
    title: 'Evaluations on labelled photographs',
    text: 'They take all processors, so that they are run on the server’s command line and listed here: {command}',
    none: 'None was run with this database yet.',
    when: 'When',
    protocol: 'Protocol',
    model: 'Model',
    data: 'Photographs',
    outcome: 'Outcome',
  },
} as const
