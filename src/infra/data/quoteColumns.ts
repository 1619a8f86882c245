/** Growable columns for quotes as they are read, and their order by (time, instrument). */

/** A minute of a session: index of the day * 1,440 + minute of the day. */
export const slotsPerDay = 1_440

export class QuoteColumns {
  rowCount = 0
  slot = new Int32Array(initialCapacity)
  instrument = new Int32Array(initialCapacity)
  bidMicros = new Float64Array(initialCapacity)
  askMicros = new Float64Array(initialCapacity)
  bidSize = new Int32Array(initialCapacity)
  askSize = new Int32Array(initialCapacity)

  push(
    slot: number,
    instrument: number,
    bid: { micros: number; size: number },
    ask: { micros: number; size: number }
  ): void {
    const row = this.rowCount++
    if (row === this.slot.length) this.grow()
    this.slot[row] = slot
    this.instrument[row] = instrument
    this.bidMicros[row] = bid.micros
    this.bidSize[row] = bid.size
    this.askMicros[row] = ask.micros
    this.askSize[row] = ask.size
  }

  /**
   * Row numbers by (slot, instrument), rows with equal keys as they came: two counting sorts, the
   * lesser key first.
   */
  order(slotCount: number, instrumentCount: number): Int32Array {
    const { rowCount } = this
    const asRead = new Int32Array(rowCount)
    for (let row = 0; row < rowCount; row++) asRead[row] = row
    const byInstrument = countingSort(asRead, this.instrument, instrumentCount)
    return countingSort(byInstrument, this.slot, slotCount)
  }

  private grow(): void {
    const capacity = this.slot.length * 2
    this.slot = larger(this.slot, new Int32Array(capacity))
    this.instrument = larger(this.instrument, new Int32Array(capacity))
    this.bidMicros = larger(this.bidMicros, new Float64Array(capacity))
    this.askMicros = larger(this.askMicros, new Float64Array(capacity))
    this.bidSize = larger(this.bidSize, new Int32Array(capacity))
    this.askSize = larger(this.askSize, new Int32Array(capacity))
  }
}

/** The values of a column in the given row order. */
export const gatherInt32 = (column: Int32Array, order: Int32Array): Int32Array =>
  gather(column, order, new Int32Array(order.length))

export const gatherFloat64 = (column: Float64Array, order: Int32Array): Float64Array =>
  gather(column, order, new Float64Array(order.length))

const initialCapacity = 65_536

const larger = <A extends Int32Array | Float64Array>(from: A, to: A): A => {
  to.set(from)
  return to
}

const gather = <A extends Int32Array | Float64Array>(from: A, order: Int32Array, to: A): A => {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i]!]!
  return to
}

const countingSort = (rows: Int32Array, key: Int32Array, keyCount: number): Int32Array => {
  const next = new Int32Array(keyCount + 1)
  for (const row of rows) next[key[row]! + 1]!++
  for (let k = 0; k < keyCount; k++) next[k + 1]! += next[k]!
  const sorted = new Int32Array(rows.length)
  for (const row of rows) sorted[next[key[row]!]!++] = row
  return sorted
}
