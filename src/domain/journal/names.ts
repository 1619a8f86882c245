/**
 * Names in a record's header: a byte of length and UTF-8, or one byte for the few that come by the hundred thousand.
 *
 * Invariant: one name has one form. A well-known name is never spelled out, so equal records have equal bytes.
 */
import { Result } from "effect"

/** Part of format 1 for ever: its bytes are hashed, so entries are neither added, moved nor removed. */
const wellKnown = ["Quote", "market", "kernel"] as const

const wellKnownFlag = 0x80
const nameBytesMax = 127
export const correlationBytesMax = 255

/** How many spelled-out names are remembered, per codec; later ones are coded anew each time. */
const rememberedMax = 4096

export interface CodedName {
  /** The header's byte: a length, or a well-known name's number with the top bit set. */
  readonly code: number
  readonly bytes: Uint8Array
}

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const noBytes = new Uint8Array(0)

/** Codes a name; throws a `TypeError` where it is empty, longer than `nameBytesMax` bytes, or not well-formed text. */
export const codeName = (name: string, what: string): CodedName => {
  const known = wellKnown.indexOf(name as (typeof wellKnown)[number])
  if (known >= 0) return { code: wellKnownFlag | known, bytes: noBytes }
  const bytes = utf8Bytes(name, what)
  if (bytes.length === 0) throw new TypeError(`${what} is empty`)
  if (bytes.length > nameBytesMax) {
    throw new TypeError(`${what} ${name} has ${bytes.length} bytes; at most ${nameBytesMax} fit`)
  }
  return { code: bytes.length, bytes }
}

/** UTF-8 of well-formed text; a lone surrogate would not read back as itself, so it throws a `TypeError`. */
export const utf8Bytes = (text: string, what: string): Uint8Array => {
  if (!text.isWellFormed()) throw new TypeError(`${what} holds a lone surrogate`)
  return utf8Encoder.encode(text)
}

/** Text of UTF-8 bytes; fails on bytes that are not UTF-8. */
export const utf8Text = (
  bytes: Uint8Array,
  start: number,
  end: number
): Result.Result<string, unknown> =>
  Result.try(() => utf8Decoder.decode(bytes.subarray(start, end)))

/** How many bytes a header's name byte announces. */
export const nameByteLength = (code: number): number => (code & wellKnownFlag ? 0 : code)

/** Codes and reads names, remembering the spelled-out ones so that equal names are one string. */
export class NameTable {
  readonly #coded = new Map<string, CodedName>()
  readonly #read = new Map<number, Array<{ readonly name: string; readonly bytes: Uint8Array }>>()
  #readCount = 0

  code(name: string, what: string): CodedName {
    const remembered = this.#coded.get(name)
    if (remembered !== undefined) return remembered
    const coded = codeName(name, what)
    if (this.#coded.size < rememberedMax) this.#coded.set(name, coded)
    return coded
  }

  /** The name, or undefined where the bytes are not a name's only form. */
  read(code: number, bytes: Uint8Array, start: number): string | undefined {
    if (code & wellKnownFlag) return wellKnown[code & ~wellKnownFlag]
    if (code === 0) return undefined
    const end = start + code
    let hash = code
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
    const bucket = this.#read.get(hash)
    if (bucket !== undefined) {
      for (const entry of bucket) if (isName(entry.bytes, code, bytes, start)) return entry.name
    }
    return this.#readAnew(hash, bytes, start, end)
  }

  #readAnew(hash: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const name = Result.getOrUndefined(utf8Text(bytes, start, end))
    if (name === undefined || (wellKnown as ReadonlyArray<string>).includes(name)) return undefined
    if (this.#readCount < rememberedMax) {
      const bucket = this.#read.get(hash)
      const entry = { name, bytes: bytes.slice(start, end) }
      if (bucket === undefined) this.#read.set(hash, [entry])
      else bucket.push(entry)
      this.#readCount++
    }
    return name
  }
}

const isName = (name: Uint8Array, length: number, bytes: Uint8Array, start: number): boolean => {
  if (name.length !== length) return false
  for (let at = 0; at < name.length; at++) if (name[at] !== bytes[start + at]) return false
  return true
}
