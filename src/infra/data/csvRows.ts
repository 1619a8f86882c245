/**
 * Rows of a comma-separated file read from bytes, without a string per field: a session has four
 * million fields. Numbers are exact: decimal digits to integers, never through a float.
 */

/** Reads one row after the other. No quoting: the files of a session have none. */
export class CsvRows {
  readonly bytes: Uint8Array
  /** Line of the current row, counted from 1. */
  line = 0
  /** How many fields the current row has; those beyond `fieldsMax` are counted but not kept. */
  fieldCount = 0
  private position = 0
  private readonly starts = new Int32Array(fieldsMax)
  private readonly ends = new Int32Array(fieldsMax)

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Moves to the next row; false at the end. A row may end in LF, CR LF, or the file. */
  next(): boolean {
    const { bytes, starts, ends } = this
    const length = bytes.length
    let position = this.position
    if (position >= length) return false
    let field = 0
    let start = position
    for (; position < length; position++) {
      const byte = bytes[position]!
      if (byte !== comma && byte !== lineFeed) continue
      if (field < fieldsMax) {
        starts[field] = start
        ends[field] = position
      }
      field++
      start = position + 1
      if (byte === lineFeed) break
    }
    if (position >= length) {
      if (field < fieldsMax) {
        starts[field] = start
        ends[field] = length
      }
      field++
    }
    const last = field - 1
    if (
      last < fieldsMax &&
      ends[last]! > starts[last]! &&
      bytes[ends[last]! - 1] === carriageReturn
    )
      ends[last]!--
    this.fieldCount = field
    this.position = position + 1
    this.line++
    return true
  }

  /** The text of a field, at most 40 characters of it: what a report quotes. */
  text(field: number): string {
    const start = this.starts[field]!
    return latin1(this.bytes, start, Math.min(this.ends[field]!, start + 40))
  }

  isEmpty(field: number): boolean {
    return this.starts[field] === this.ends[field]
  }

  equals(field: number, expected: Uint8Array): boolean {
    const start = this.starts[field]!
    if (this.ends[field]! - start !== expected.length) return false
    for (let i = 0; i < expected.length; i++) {
      if (this.bytes[start + i] !== expected[i]) return false
    }
    return true
  }

  /** A non-negative integer of at most 9 digits, or NaN. */
  integer(field: number): number {
    const start = this.starts[field]!
    const end = this.ends[field]!
    if (end === start || end - start > 9) return Number.NaN
    return this.digits(start, end)
  }

  /** Micro-USD of a plain decimal (at most 7 digits, at most 6 decimals); 0 if empty, or NaN. */
  priceMicros(field: number): number {
    const start = this.starts[field]!
    const end = this.ends[field]!
    if (end === start) return 0
    let point = start
    while (point < end && this.bytes[point] !== decimalPoint) point++
    const whole = point - start
    const decimals = end - point - 1
    if (whole < 1 || whole > 7 || decimals === 0 || decimals > 6) return Number.NaN
    const micros = this.digits(start, point) * 1_000_000
    return decimals < 0 ? micros : micros + this.digits(point + 1, end) * 10 ** (6 - decimals)
  }

  /** YYYYMMDD as an integer of a "YYYY-MM-DD" field, or NaN where it has not that shape. */
  dateKey(field: number): number {
    const start = this.starts[field]!
    if (this.ends[field]! - start !== 10) return Number.NaN
    if (this.bytes[start + 4] !== hyphen || this.bytes[start + 7] !== hyphen) return Number.NaN
    return (
      this.digits(start, start + 4) * 10_000 +
      this.digits(start + 5, start + 7) * 100 +
      this.digits(start + 8, start + 10)
    )
  }

  private digits(start: number, end: number): number {
    let value = 0
    for (let i = start; i < end; i++) {
      const digit = this.bytes[i]! - zero
      if (digit < 0 || digit > 9) return Number.NaN
      value = value * 10 + digit
    }
    return value
  }
}

/** The widest file of a session has 15 columns. */
const fieldsMax = 16

const lineFeed = 10
const carriageReturn = 13
const comma = 44
const hyphen = 45
const decimalPoint = 46
const zero = 48

const latin1 = (bytes: Uint8Array, start: number, end: number): string => {
  let text = ""
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    // Control characters would break the line of a report.
    text += byte < 32 || byte === 127 ? "?" : String.fromCharCode(byte)
  }
  return text
}
