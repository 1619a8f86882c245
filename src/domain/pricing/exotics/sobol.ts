/**
 * The Sobol sequence in up to 1,024 dimensions, with random linear scrambling and a digital shift.
 *
 * A point is a function of (seed, replicate, index): different replicates are independent
 * randomisations of the same net, so their spread measures the error of their mean.
 */
import { joeKuoWords } from "./joeKuo.ts"
import { streamKey, wordAt } from "./randomWords.ts"

/** Dimensions that have direction numbers. */
export const sobolDimensionsMax = 1024
const bits = 32

let tableRead: Uint32Array | undefined

/** 32 direction numbers per dimension, most significant bit first. */
const directionTable = (): Uint32Array => {
  if (tableRead !== undefined) return tableRead
  const table = new Uint32Array(sobolDimensionsMax * bits)
  for (let k = 0; k < bits; k++) table[k] = 2 ** (bits - 1 - k)
  const words = joeKuoWords.trim().split(/\s+/)
  for (const [index, word] of words.entries()) {
    const [polynomial, ...initial] = word.split(".").map((digits) => Number.parseInt(digits, 36))
    fillDirections(table.subarray((index + 1) * bits, (index + 2) * bits), polynomial!, initial)
  }
  tableRead = table
  return table
}

/** Bratley and Fox's recurrence for one dimension: `initial` holds m_2, m_3, ... */
const fillDirections = (
  row: Uint32Array,
  polynomial: number,
  initial: ReadonlyArray<number>
): void => {
  const degree = initial.length + 1
  row[0] = 2 ** (bits - 1)
  for (let k = 1; k < degree; k++) row[k] = initial[k - 1]! * 2 ** (bits - 1 - k)
  for (let k = degree; k < bits; k++) {
    let direction = row[k - degree]! ^ (row[k - degree]! >>> degree)
    for (let j = 1; j < degree; j++) {
      if (((polynomial >>> (degree - j)) & 1) === 1) direction ^= row[k - j]!
    }
    row[k] = direction
  }
}

/** Writes the next point's words (one per dimension, unsigned 32-bit) into `out`. */
export type WordSource = (out: Uint32Array) => void

/** Which points: from index `start`, `count` of them; `start + count` at most 2^31. */
export type SobolRange = {
  /** At most `sobolDimensionsMax`. */
  readonly dimensions: number
  readonly seed: number
  /** "none" gives the bare sequence, a number the scrambled and shifted one. */
  readonly replicate: number | "none"
  readonly start: number
  readonly count: number
}

/**
 * Points in Gray-code order (an aligned block of 2^k indices is the same set of points in any
 * order).
 *
 * Scrambling: Matousek, J. Complexity 14 (1998): lower-triangular random bit matrices, so the
 * first n bits of a point depend on its first n alone.
 */
export const sobolWords = (range: SobolRange): WordSource => {
  const { dimensions, start } = range
  const { directions, point } = randomised(range)
  const gray = start ^ (start >>> 1)
  for (let k = 0; gray >>> k !== 0; k++) {
    if (((gray >>> k) & 1) === 0) continue
    for (let d = 0; d < dimensions; d++) point[d]! ^= directions[k * dimensions + d]!
  }
  let index = start
  return (out) => {
    out.set(point)
    // The next Gray code differs in the lowest zero bit of the index.
    const row = (31 - Math.clz32(~index & (index + 1))) * dimensions
    index++
    if (row >= directions.length) return
    for (let d = 0; d < dimensions; d++) point[d]! ^= directions[row + d]!
  }
}

/**
 * Direction numbers by bit, then dimension (so that a step reads one run), and the shift. Only as
 * many bits as the range's indices have are made: preparing them costs as much as hundreds of
 * points.
 */
const randomised = ({ dimensions, seed, replicate, start, count }: SobolRange) => {
  const table = directionTable()
  const used = 32 - Math.clz32(start + count - 1)
  const directions = new Int32Array(dimensions * used)
  const point = new Uint32Array(dimensions)
  const isBare = replicate === "none"
  const key = isBare ? 0 : streamKey(seed, replicate)
  const columns = new Int32Array(bits)
  for (let d = 0; d < dimensions; d++) {
    if (!isBare) point[d] = wordAt(key, d, bits)
    for (let c = 0; c < used; c++) {
      const direction = table[d * bits + c]! | 0
      if (isBare) {
        directions[c * dimensions + d] = direction
        continue
      }
      // Column c of the matrix: a one on the diagonal, random bits below it.
      const diagonal = 1 << (bits - 1 - c)
      columns[c] = diagonal | (wordAt(key, d, c) & (diagonal - 1))
      directions[c * dimensions + d] = multiply(columns, direction)
    }
  }
  return { directions, point }
}

/** Direction number c has its bits among the first c + 1, so columns 0 to c are enough. */
const multiply = (columns: Int32Array, vector: number): number => {
  let rest = vector
  let product = 0
  while (rest !== 0) {
    const column = Math.clz32(rest)
    product ^= columns[column]!
    rest &= 0x7fffffff >>> column
  }
  return product
}
