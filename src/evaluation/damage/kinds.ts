import { blurDefocus, blurGaussian, blurMotion, paintLike, pixelate } from './blur.ts'
import {
  barEyes,
  coverByBars,
  coverByHand,
  coverHalf,
  coverLowerHalf,
  eraseParts,
  wearHat,
  wearMask,
  wearScarf,
  wearSunglasses,
  writeOver,
} from './cover.ts'
import { at, type Damage, kind } from './damage.ts'
import {
  bulge,
  cutOff,
  flip,
  mirrorHalf,
  shear,
  shrinkAndEnlarge,
  shrinkTo,
  stretch,
  swirl,
  tilt,
  turn,
  wave,
} from './geometry.ts'
import { compressJpeg } from './jpeg.ts'
import {
  addBands,
  addGrain,
  addNoise,
  addSaltAndPepper,
  addSpeckle,
  degradeNight,
  dropRows,
} from './noise.ts'
import { notFaceDamages } from './not-face-kinds.ts'
import {
  addMoire,
  addScanLines,
  addStripedShadow,
  exposeTwice,
  moveColours,
  printColourDots,
  printDots,
} from './print.ts'
import {
  addGlare,
  addHaze,
  dither,
  emboss,
  exposeBy,
  falseColours,
  invert,
  lightFromBehind,
  lightFromSide,
  oversharpen,
  posterise,
  reduceContrast,
  saturate,
  sketch,
  solarise,
  swapChannels,
  tint,
  toBlackAndWhite,
  toGrey,
} from './tone.ts'

const cutShares = [0.2, 0.35, 0.5]

/** Every kind and strength, in a fixed order; `clean 0` is the photograph as it is. */
export const damages: readonly Damage[] = [
  ...kind('clean', 'clean', { 0: (image, face) => ({ image, box: face.box }) }),

  ...kind('blur', 'blur', at(blurGaussian, 2, 3, 4, 6, 8)),
  ...kind(
    'blur',
    'motion',
    at((length) => blurMotion(length, 0), 9, 17, 25),
  ),
  ...kind(
    'blur',
    'motionDown',
    at((length) => blurMotion(length, 90), 9, 17, 25),
  ),
  ...kind(
    'blur',
    'motionSlant',
    at((length) => blurMotion(length, 40), 17),
  ),
  ...kind('blur', 'defocus', at(blurDefocus, 4, 7, 10)),
  ...kind('blur', 'paint', at(paintLike, 3, 5)),

  ...kind('resolution', 'small', at(shrinkTo, 32, 24, 20, 16, 12)),
  ...kind('resolution', 'enlarged', at(shrinkAndEnlarge, 32, 24, 20, 16, 12)),
  ...kind('resolution', 'pixelate', at(pixelate, 24, 16, 12, 8)),

  ...kind('noise', 'noise', at(addNoise, 25, 50, 75)),
  ...kind(
    'noise',
    'grain',
    at((sigma) => addGrain(sigma, 2.5), 30, 50),
  ),
  ...kind('noise', 'saltPepper', at(addSaltAndPepper, 0.05, 0.15, 0.3)),
  ...kind('noise', 'speckle', at(addSpeckle, 0.4, 0.8)),
  ...kind('noise', 'bands', at(addBands, 30, 60)),
  ...kind('noise', 'lostRows', at(dropRows, 0.25, 0.5)),
  ...kind('noise', 'night', at(degradeNight, 0.5, 0.25)),
  ...kind('compression', 'jpeg', at(compressJpeg, 10, 5, 2)),

  ...kind('light', 'contrast', at(reduceContrast, 0.3, 0.1)),
  ...kind('light', 'dark', at(exposeBy, 0.3, 0.15, 0.05)),
  ...kind('light', 'over', at(exposeBy, 2.5, 5)),
  ...kind('light', 'haze', at(addHaze, 0.7, 0.85)),
  ...kind(
    'light',
    'lightLeft',
    at((darkest) => lightFromSide(darkest, 'left'), 0.2, 0.02),
  ),
  ...kind(
    'light',
    'lightRight',
    at((darkest) => lightFromSide(darkest, 'right'), 0.2, 0.02),
  ),
  ...kind(
    'light',
    'lightAbove',
    at((darkest) => lightFromSide(darkest, 'above'), 0.1),
  ),
  ...kind('light', 'backlight', at(lightFromBehind, 0.3, 0.12)),
  ...kind('light', 'glare', at(addGlare, 0.5, 0.8)),
  ...kind(
    'light',
    'stripes',
    at((count) => addStripedShadow(count, 0.25), 4, 8),
  ),

  ...kind('colour', 'grey', { 1: toGrey() }),
  ...kind('colour', 'cast', {
    1: tint([1.25, 0.75, 0.4]),
    2: tint([0.35, 0.7, 1.3]),
    3: tint([1, 0.15, 0.9]),
  }),
  ...kind('colour', 'swap', { 1: swapChannels() }),
  ...kind('colour', 'saturate', at(saturate, 3)),
  ...kind('colour', 'thermal', { 1: falseColours() }),
  ...kind('colour', 'invert', { 1: invert() }),
  ...kind('colour', 'solarise', { 1: solarise() }),

  ...kind('drawing', 'poster', at(posterise, 2, 3)),
  ...kind('drawing', 'dither', { 1: dither() }),
  ...kind('drawing', 'threshold', { 1: toBlackAndWhite() }),
  ...kind('drawing', 'sketch', { 1: sketch() }),
  ...kind('drawing', 'emboss', { 1: emboss() }),
  ...kind('drawing', 'sharpen', at(oversharpen, 4, 10)),

  ...kind('turn', 'turn', { 90: turn(90), 180: turn(180), 270: turn(270) }),
  ...kind('turn', 'tilt', at(tilt, 20, 30, 45, 60, 120)),

  ...kind('shape', 'flip', { 1: flip() }),
  ...kind(
    'shape',
    'squeeze',
    at((factor) => stretch([factor, 1]), 0.7, 0.5),
  ),
  ...kind(
    'shape',
    'flatten',
    at((factor) => stretch([1, factor]), 0.7, 0.5),
  ),
  ...kind('shape', 'shear', at(shear, 0.3, 0.6)),
  ...kind('shape', 'wave', at(wave, 0.04, 0.08)),
  ...kind('shape', 'swirl', at(swirl, 60, 120)),
  ...kind('shape', 'bulge', at(bulge, 1.4, 0.75)),

  ...kind('cover', 'mask', {
    1: wearMask([150, 190, 215]),
    2: wearMask([25, 25, 28]),
    3: wearMask([235, 235, 232]),
  }),
  ...kind('cover', 'sunglasses', {
    1: wearSunglasses(1, [15, 15, 18]),
    2: wearSunglasses(1.35, [35, 22, 15]),
  }),
  ...kind('cover', 'eyeBar', { 1: barEyes() }),
  ...kind('cover', 'hand', {
    1: coverByHand('mouth'),
    2: coverByHand('cheek'),
    3: coverByHand('eye'),
  }),
  ...kind('cover', 'half', {
    1: coverHalf('left', [0, 0, 0]),
    2: coverHalf('left', [128, 128, 128]),
    3: coverHalf('right', [128, 128, 128]),
  }),
  ...kind('cover', 'lowerHalf', {
    1: coverLowerHalf([0, 0, 0]),
    2: coverLowerHalf([190, 170, 150]),
  }),
  ...kind('cover', 'scarf', { 1: wearScarf([150, 40, 45]), 2: wearScarf([60, 70, 95]) }),
  ...kind('cover', 'hat', { 1: wearHat(0.35, [45, 50, 60]), 2: wearHat(0.15, [60, 50, 40]) }),
  ...kind(
    'cover',
    'bars',
    at((count) => coverByBars(count, 'across'), 5, 9),
  ),
  ...kind(
    'cover',
    'fence',
    at((count) => coverByBars(count, 'down'), 5, 9),
  ),
  ...kind('cover', 'erase', at(eraseParts, 0.2, 0.35, 0.5)),
  ...kind('cover', 'text', at(writeOver, 3, 6)),

  ...kind(
    'cutOff',
    'cutBottom',
    at((share) => cutOff(share, 'bottom'), ...cutShares),
  ),
  ...kind(
    'cutOff',
    'cutTop',
    at((share) => cutOff(share, 'top'), ...cutShares),
  ),
  ...kind(
    'cutOff',
    'cutLeft',
    at((share) => cutOff(share, 'left'), ...cutShares),
  ),
  ...kind(
    'cutOff',
    'cutRight',
    at((share) => cutOff(share, 'right'), ...cutShares),
  ),
  ...kind('mirror', 'mirrorHalf', { 1: mirrorHalf('left'), 2: mirrorHalf('right') }),

  ...kind('print', 'dots', at(printDots, 4, 6)),
  ...kind('print', 'colourDots', at(printColourDots, 4, 6)),
  ...kind('print', 'moire', at(addMoire, 30, 60)),
  ...kind(
    'print',
    'scanLines',
    at((period) => addScanLines(period, 0.25), 4, 8),
  ),
  ...kind('print', 'fringe', at(moveColours, 5)),
  ...kind('print', 'double', at(exposeTwice, 10, 20)),

  ...notFaceDamages,
]
