import { at, type Damage, kind } from './damage.ts'
import { drawCartoon, drawDoll, drawLines, drawSmiley, drawThing } from './drawn-faces.ts'
import { carveStatue, growAnimal } from './statues.ts'
import {
  makeCheckerboard,
  makeClouds,
  makeEllipses,
  makeNoise,
  makeWall,
  makeWaves,
} from './textures.ts'

/** Pictures without a person, made from nothing but the seed. */
export const notFaceDamages: readonly Damage[] = [
  ...kind('notAFace', 'noisePicture', {
    1: makeNoise('grey', 1),
    2: makeNoise('colour', 1),
    3: makeNoise('colour', 8),
  }),
  ...kind('notAFace', 'waves', at(makeWaves, 3, 8)),
  ...kind('notAFace', 'clouds', at(makeClouds, 20, 60)),
  ...kind('notAFace', 'ellipses', at(makeEllipses, 25, 80)),
  ...kind('notAFace', 'checkerboard', at(makeCheckerboard, 12, 30)),
  ...kind('notAFace', 'wall', at(makeWall, 8, 16)),
  ...kind('notAFace', 'cartoon', {
    1: drawCartoon('human', false),
    2: drawCartoon('any', false),
    3: drawCartoon('human', true),
  }),
  ...kind('notAFace', 'doll', { 1: drawDoll() }),
  ...kind('notAFace', 'lineDrawing', { 1: drawLines(20, 240), 2: drawLines(225, 25) }),
  ...kind('notAFace', 'smiley', { 1: drawSmiley() }),
  ...kind('notAFace', 'statue', {
    1: carveStatue({ colour: [205, 200, 190], grain: 0.5, shine: 0, holes: false }),
    2: carveStatue({ colour: [120, 95, 60], grain: 0.3, shine: 0.6, holes: false }),
    3: carveStatue({ colour: [235, 190, 165], grain: 0.1, shine: 0.15, holes: false }),
  }),
  ...kind('notAFace', 'wornMask', {
    1: carveStatue({ colour: [240, 240, 235], grain: 0.1, shine: 0.2, holes: true }),
    2: carveStatue({ colour: [140, 85, 50], grain: 0.7, shine: 0, holes: true }),
  }),
  ...kind('notAFace', 'animal', { 1: growAnimal() }),
  ...kind('notAFace', 'thing', {
    1: drawThing('socket'),
    2: drawThing('clock'),
    3: drawThing('car'),
    4: drawThing('house'),
  }),
]
