/** A stretch of a file held in memory, moved along as a walk goes on. */
import type { DiskFile } from "./disk.ts"
import { viewOf } from "./format.ts"

const smallestBytes = 65_536
const usualBytesMax = 1_048_576

export class FileWindow {
  bytes: Buffer = Buffer.allocUnsafeSlow(smallestBytes)
  view: DataView = viewOf(this.bytes)
  readonly #file: DiskFile
  /** Position in the file of `bytes[0]`, and of the end of what was read. */
  #from = 0
  #to = 0

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** The index in `bytes` of file position `position`, or -1 where the file does not have `length` bytes there. */
  at(position: number, length: number): number {
    if (position < this.#from || position + length > this.#to) {
      this.#load(position, length)
      if (position + length > this.#to) return -1
    }
    return position - this.#from
  }

  /** Grows by doubling while a walk reads on, so that a short look costs little and a long one few reads. */
  #load(position: number, length: number): void {
    const readsOn = position > this.#from && position <= this.#to && this.#to > 0
    const wanted = readsOn ? Math.min(this.bytes.length * 2, usualBytesMax) : this.bytes.length
    const needed = Math.max(wanted, length)
    if (needed > this.bytes.length) {
      this.bytes = Buffer.allocUnsafeSlow(needed)
      this.view = viewOf(this.bytes)
    }
    this.#from = position
    this.#to = position + this.#file.readAt(this.bytes, position)
  }
}
