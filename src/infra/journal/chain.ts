/**
 * The hash chain over a book's records: a SHA-256 link closes every 64 records by seq, straight on across epochs.
 *
 * link[k] = SHA-256(link[k-1] || canonical bytes of records 64k .. 64k+63), link[-1] = 32 zero bytes, and
 * head = SHA-256(last closed link || canonical bytes of the open records). Records are self-delimiting, so the
 * concatenation stands for one sequence only. Wall time and commit timing are not in it.
 */
import { hash } from "node:crypto"
import type { Head } from "../../actors/ports/Journal.ts"

export const recordsPerLink = 64
export const linkBytes = 32

/** The link before record 0. */
export const firstLink: Uint8Array = new Uint8Array(linkBytes)

/** A place to go on from: the last closed link, and the bytes of the records after it that come before `nextSeq`. */
export interface ChainPoint {
  readonly nextSeq: number
  readonly link: Uint8Array
  /** Canonical bytes of records floor(nextSeq / 64) * 64 .. nextSeq - 1, one after the other. */
  readonly open: Uint8Array
}

export const emptyChain: ChainPoint = { nextSeq: 0, link: firstLink, open: new Uint8Array(0) }

export class Chain {
  #nextSeq: number
  /** The last closed link, then the open records' bytes: what the next digest is taken over. */
  #hashed: Buffer
  #length: number

  constructor(from: ChainPoint = emptyChain) {
    this.#nextSeq = from.nextSeq
    this.#hashed = Buffer.allocUnsafeSlow(Math.max(16_384, linkBytes + from.open.length))
    this.#hashed.set(from.link)
    this.#hashed.set(from.open, linkBytes)
    this.#length = linkBytes + from.open.length
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Takes in record `nextSeq`, whose canonical bytes are [start, end). Returns whether that closed a link. */
  append(bytes: Buffer, start: number, end: number): boolean {
    const length = this.#length + end - start
    if (length > this.#hashed.length) this.#grow(length)
    bytes.copy(this.#hashed, this.#length, start, end)
    this.#length = length
    this.#nextSeq++
    if (this.#nextSeq % recordsPerLink !== 0) return false
    this.#hashed.set(this.#digest())
    this.#length = linkBytes
    return true
  }

  /** A copy of the last closed link. */
  link(): Uint8Array {
    return Uint8Array.from(this.#hashed.subarray(0, linkBytes))
  }

  point(): ChainPoint {
    return {
      nextSeq: this.#nextSeq,
      link: this.link(),
      open: Uint8Array.from(this.#hashed.subarray(linkBytes, this.#length))
    }
  }

  head(): Head {
    return { seq: this.#nextSeq - 1, hash: this.#digest().toString("hex") }
  }

  #digest(): Buffer {
    return hash("sha256", this.#hashed.subarray(0, this.#length), "buffer")
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(length * 2)
    this.#hashed.copy(grown, 0, 0, this.#length)
    this.#hashed = grown
  }
}
