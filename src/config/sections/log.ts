import { Type } from 'typebox'
import { section } from './section.ts'

/** What is logged. */
export const log = Type.Object(
  {
    level: Type.Union(
      [
        Type.Literal('trace'),
        Type.Literal('debug'),
        Type.Literal('info'),
        Type.Literal('warn'),
        Type.Literal('error'),
        Type.Literal('fatal'),
        Type.Literal('silent'),
      ],
      { default: 'info', description: 'Least severe level that is logged.' },
    ),
    format: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('pretty')], {
      default: 'auto',
      description: '`auto` is `pretty` on a terminal and `json` elsewhere.',
    }),
  },
  section,
)
