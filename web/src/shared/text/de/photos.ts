import type { photos as en } from '../en/photos.ts'
import type { TranslationOf } from '../translation.ts'

export const photos: TranslationOf<typeof en> = {
  faults: {
    notAFace: 'Es ist nicht klar, ob das ein Gesicht ist.',
    rotated: 'Das Gesicht liegt auf der Seite oder steht auf dem Kopf.',
    cutOff: 'Der Bildrand schneidet das Gesicht ab.',
    occluded: 'Etwas verdeckt das Gesicht.',
    tooSmall: 'Das Gesicht ist zu klein.',
    tooBlurred: 'Das Gesicht ist zu unscharf.',
    tooNoisy: 'Das Bild ist zu körnig.',
    tooDark: 'Das Gesicht ist zu dunkel.',
    tooBright: 'Das Gesicht ist zu hell.',
    extremePose: 'Das Gesicht ist zu weit abgewandt.',
    damaged: 'Das Bild des Gesichts ist beschädigt.',
  },
  advice: {
    notAFace: 'Nehmen Sie ein Foto, auf dem das Gesicht deutlich zu sehen ist.',
    rotated: 'Drehen Sie das Foto richtig herum.',
    cutOff: 'Nehmen Sie ein Foto des ganzen Gesichts.',
    occluded: 'Nehmen Sie Maske oder Sonnenbrille ab und Haare oder Hände weg.',
    tooSmall: 'Kommen Sie näher, oder nehmen Sie ein näheres oder größeres Foto.',
    tooBlurred: 'Halten Sie still, oder nehmen Sie ein schärferes Foto.',
    tooNoisy: 'Sorgen Sie für Licht, oder nehmen Sie das Original des Fotos.',
    tooDark: 'Sorgen Sie für Licht von vorn.',
    tooBright: 'Vermeiden Sie direktes Licht.',
    extremePose: 'Schauen Sie zur Kamera.',
    damaged: 'Nehmen Sie ein anderes Foto.',
  },
  rejections: {
    unsupportedImage:
      'Diese Datei ist kein Bild, das der Server lesen kann. Nehmen Sie JPEG, PNG oder WebP.',
    corruptImage: 'Die Datei ist beschädigt oder unvollständig.',
    imageTooLarge: 'Das Bild ist größer, als der Server erlaubt.',
    emptyImage: 'Die Datei ist leer.',
    noFace:
      'Es wurde kein Gesicht gefunden. Nehmen Sie ein Foto, auf dem das Gesicht sichtbar und nicht zu klein ist.',
    multipleFaces:
      'Auf diesem Foto sind mehrere Gesichter. Nehmen Sie ein Foto, das nur diese Person zeigt.',
    faceTooSmall:
      'Das Gesicht ist zu klein. Kommen Sie näher, oder nehmen Sie ein näheres oder größeres Foto.',
    lowConfidence:
      'Es ist nicht klar, ob das ein Gesicht ist. Nehmen Sie ein Foto, auf dem das Gesicht deutlich zu sehen ist.',
    duplicateOfOtherPerson: 'Dieses Gesicht ist schon unter einem anderen Namen erfasst.',
    alreadyEnrolled: 'Dieses Foto wurde schon erfasst.',
    fault: 'Der Server konnte dieses Foto nicht auswerten. Versuchen Sie es erneut.',
  },
  looksLike:
    'Dieses Gesicht ähnelt {name}, schon erfasst (Ähnlichkeit {similarity, number, ::.00}).',
  weak: 'Das Foto ist schwach (unscharf, dunkel, abgewandt oder teilweise verdeckt): Diese Person wird vielleicht öfter nicht erkannt. Fügen Sie ein besseres hinzu.',
  second: 'Ein zweites Foto halbiert etwa, wie oft diese Person nicht erkannt wird.',
  onItsSide: 'Das Foto liegt auf der Seite; es wurde aufrecht gelesen.',
  onItsHead: 'Das Foto steht auf dem Kopf; es wurde aufrecht gelesen.',
  cannotCompare: 'Das Gesicht lässt sich nicht vergleichen.',
}
