/** Holds that records come dense by seq and that no older epoch follows a newer one. */
import type { RecordHeader } from "../../../domain/journal/record.ts"

export class RecordOrder {
  epoch: number
  #nextSeq: number

  constructor(nextSeq: number, epoch: number) {
    this.#nextSeq = nextSeq
    this.epoch = epoch
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Takes the next record; "" or what is wrong with it. */
  take(record: RecordHeader): string {
    if (record.seq !== this.#nextSeq) {
      return `record ${record.seq} stands where ${this.#nextSeq} is next`
    }
    if (record.epoch < this.epoch) {
      return `record ${record.seq} is of epoch ${record.epoch}, after ${this.epoch}`
    }
    this.epoch = record.epoch
    this.#nextSeq++
    return ""
  }
}
