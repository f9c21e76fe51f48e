// Chooses between the forms that a resource can be had in (RFC 9110 12.5.1).

interface Preference {
  quality: number
  /** How exactly the header names the type: 2 by name, 1 by its main type, 0 by a wildcard. */
  exactness: number
}

/** The type of `offered` that the client likes best; the first at equal liking; undefined where it takes none. */
export function chooseType(accept: string | undefined, offered: string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').map(readRange)
  const liked = offered
    .map(type => ({ type, ...preferenceFor(type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || b.exactness - a.exactness)
  return liked[0]?.type
}

function readRange(text: string): { range: string; quality: number } {
  const [range = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const given = parameters.find(parameter => parameter.startsWith('q='))
  const quality = given === undefined ? 1 : Number(given.slice(2))
  return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}

/** The most exact range that covers the type decides. */
function preferenceFor(type: string, ranges: { range: string; quality: number }[]): Preference {
  const covers = [`*/*`, `${type.split('/')[0]}/*`, type]
  const matching = ranges
    .map(({ range, quality }) => ({ quality, exactness: covers.indexOf(range) }))
    .filter(({ exactness }) => exactness >= 0)
    .sort((a, b) => b.exactness - a.exactness || b.quality - a.quality)
  return matching[0] ?? { quality: 0, exactness: 0 }
}
