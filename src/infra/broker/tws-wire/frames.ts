/**
 * Framing of the TWS socket protocol: a length of four bytes, big endian, then UTF-8 fields that each end with a NUL.
 *
 * Bytes may come cut anywhere. A client opens with the raw bytes `API\0` before its first frame.
 */
import { WireFault } from "./wireFault.ts"

/** A field as it is written: booleans are 1 and 0, undefined is empty (not set). */
export type Field = string | number | boolean | undefined

/** No message of a client is longer. */
export const clientFrameBytesMax = 1 << 20

const opening = new Uint8Array([65, 80, 73, 0])
const lengthBytes = 4

/** The frame of one message. A NUL inside a field would be another field, so it is left out. */
export const frameOf = (fields: ReadonlyArray<Field>): Uint8Array => {
  let text = ""
  for (const field of fields) text += `${fieldText(field)}\0`
  const body = Buffer.byteLength(text, "utf8")
  const frame = Buffer.allocUnsafe(lengthBytes + body)
  frame.writeUInt32BE(body, 0)
  frame.write(text, lengthBytes, "utf8")
  return frame
}

/** The opening bytes of a client with the versions it speaks. */
export const openingBytes = (versionMin: number, versionMax: number): Uint8Array => {
  const offer = `v${versionMin}..${versionMax}`
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(offer.length, 0)
  return Buffer.concat([opening, length, Buffer.from(offer, "latin1")])
}

const fieldText = (field: Field): string => {
  if (field === undefined) return ""
  if (typeof field === "boolean") return field ? "1" : "0"
  if (typeof field === "number") return numberText(field)
  return field.includes("\0") ? field.replaceAll("\0", "") : field
}

/** What TWS sends for a double without a value. */
export const unsetDouble = "1.7976931348623157E308"

const numberText = (value: number): string => {
  if (!Number.isFinite(value) || value === Number.MAX_VALUE) return unsetDouble
  // Prices are whole micro-USD: eight decimals hold them, and a float's last digits are noise to readers.
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(8)))
}

/** Cuts a stream of bytes into messages. After a fault nothing more may be asked of it. */
export class FrameReader {
  readonly #bytesMax: number
  readonly #decoder = new TextDecoder("utf-8", { fatal: true })
  #buffer: Uint8Array = new Uint8Array(0)
  #at = 0
  #opened: boolean

  /** `opens`: the stream begins with a client's `API\0`. */
  constructor(options: { readonly opens: boolean; readonly bytesMax: number }) {
    this.#bytesMax = options.bytesMax
    this.#opened = !options.opens
  }

  push(bytes: Uint8Array): void {
    const rest = this.#buffer.length - this.#at
    if (rest === 0) {
      this.#buffer = bytes.slice()
    } else {
      const joined = new Uint8Array(rest + bytes.length)
      joined.set(this.#buffer.subarray(this.#at))
      joined.set(bytes, rest)
      this.#buffer = joined
    }
    this.#at = 0
  }

  /** Bytes that are no whole message yet. */
  get pendingBytes(): number {
    return this.#buffer.length - this.#at
  }

  /** The next whole message without its length; undefined until more bytes come. Throws `WireFault`. */
  nextText(): string | undefined {
    if (!this.#opened && !this.#takeOpening()) return undefined
    const buffer = this.#buffer
    const at = this.#at
    if (buffer.length - at < lengthBytes) return undefined
    const length =
      buffer[at]! * 0x1000000 + (buffer[at + 1]! << 16) + (buffer[at + 2]! << 8) + buffer[at + 3]!
    if (length === 0) throw new WireFault({ place: "frame", why: "its length is 0" })
    if (length > this.#bytesMax) {
      const why = `its length is ${length} bytes, ${this.#bytesMax} at most are allowed`
      throw new WireFault({ place: "frame", why })
    }
    const end = at + lengthBytes + length
    if (buffer.length < end) return undefined
    this.#at = end
    try {
      return this.#decoder.decode(buffer.subarray(at + lengthBytes, end))
    } catch {
      throw new WireFault({ place: "frame", why: "its text is not UTF-8" })
    }
  }

  /** The fields of the next whole message. Throws `WireFault`. */
  nextFields(): ReadonlyArray<string> | undefined {
    const text = this.nextText()
    if (text === undefined) return undefined
    if (!text.endsWith("\0")) {
      throw new WireFault({ place: "frame", why: "its last field does not end" })
    }
    return text.slice(0, -1).split("\0")
  }

  #takeOpening(): boolean {
    const present = Math.min(opening.length, this.pendingBytes)
    for (let i = 0; i < present; i++) {
      if (this.#buffer[this.#at + i] !== opening[i]) {
        throw new WireFault({ place: "opening", why: "it does not begin with API and a NUL" })
      }
    }
    if (present < opening.length) return false
    this.#at += opening.length
    this.#opened = true
    return true
  }
}

/** The versions of a client's first frame: `v157..176`, with connection options or none behind it. Throws `WireFault`. */
export const readOffer = (text: string): { readonly min: number; readonly max: number } => {
  const match = /^v(\d{1,4})(?:\.\.(\d{1,4}))?(?: [^\0]*)?\0?$/.exec(text)
  if (match === null) {
    const why = `the versions offered are ${JSON.stringify(text.slice(0, 40))}, v100..176 is the form`
    throw new WireFault({ place: "opening", why })
  }
  const min = Number(match[1])
  return { min, max: Number(match[2] ?? min) }
}
