/** Writes records as canonical bytes; see `codec.ts` for the format. */
import { Result } from "effect"
import { correlationBytesMax, type NameTable, utf8Bytes } from "./names.ts"
import type { JournalRecord } from "./record.ts"
import { fixedBytes, format, type Kind, twoTo32, Views } from "./recordFormat.ts"

export class RecordEncoder {
  readonly #kinds: ReadonlyMap<string, Kind>
  readonly #names: NameTable
  readonly #views = new Views()
  readonly #text = new TextEncoder()
  #scratch: Uint8Array = new Uint8Array(1024)

  constructor(kinds: ReadonlyMap<string, Kind>, names: NameTable) {
    this.#kinds = kinds
    this.#names = names
  }

  encode(record: JournalRecord): Uint8Array {
    let end = this.encodeInto(record, this.#scratch, 0)
    while (end < 0) {
      this.#scratch = new Uint8Array(this.#scratch.length * 4)
      end = this.encodeInto(record, this.#scratch, 0)
    }
    return this.#scratch.slice(0, end)
  }

  encodeInto(record: JournalRecord, buffer: Uint8Array, offset: number): number {
    const kind = this.#kinds.get(record.type)
    if (kind === undefined) return refuse(record, `the journal has no kind ${record.type}`)
    if (record.version !== kind.recordType.version) {
      return refuse(record, `version is ${record.version}, not ${kind.recordType.version}`)
    }
    const actor = this.#names.code(record.actor, "actor")
    const correlation = record.correlation === "" ? none : this.#correlation(record)
    const payloadAt =
      offset + fixedBytes + kind.name.bytes.length + actor.bytes.length + correlation.length
    if (payloadAt > buffer.length) return -1
    const view = this.#views.of(buffer)
    view.setUint8(offset + 4, format)
    view.setUint8(offset + 5, kind.name.code)
    view.setUint8(offset + 6, actor.code)
    view.setUint8(offset + 7, correlation.length)
    writeNumbers(view, offset, record)
    let at = writeBytes(buffer, offset + fixedBytes, kind.name.bytes)
    at = writeBytes(buffer, at, actor.bytes)
    writeBytes(buffer, at, correlation)
    const end = this.#writePayload(kind, record, buffer, view, payloadAt)
    if (end >= 0) view.setUint32(offset, end - offset, true)
    return end
  }

  #correlation(record: JournalRecord): Uint8Array {
    const bytes = utf8Bytes(record.correlation, "correlation")
    if (bytes.length <= correlationBytesMax) return bytes
    return refuse(record, `correlation has ${bytes.length} bytes; at most 255 fit`)
  }

  #writePayload(
    kind: Kind,
    record: JournalRecord,
    buffer: Uint8Array,
    view: DataView,
    at: number
  ): number {
    const payload = record.payload
    if (kind.layout === undefined) {
      const text = Result.try(() => kind.form.toText(payload))
      if (Result.isFailure(text)) return refuse(record, `payload: ${message(text.failure)}`)
      const { read, written } = this.#text.encodeInto(text.success, buffer.subarray(at))
      return read < text.success.length ? -1 : at + written
    }
    if (!kind.holds(payload)) {
      return refuse(record, `payload is not of its layout: ${JSON.stringify(payload)}`)
    }
    const end = at + kind.layout.byteLength
    if (end > buffer.length) return -1
    kind.layout.write(view, at, payload)
    return end
  }
}

const none = new Uint8Array(0)

const writeNumbers = (view: DataView, offset: number, record: JournalRecord): void => {
  if (record.epoch >>> 0 !== record.epoch) refuse(record, `epoch is ${record.epoch}`)
  view.setUint32(offset + 8, record.epoch, true)
  view.setUint32(offset + 12, record.version, true)
  writeWhole(view, offset + 16, record.seq, record, "seq")
  writeWhole(view, offset + 24, record.cause + 1, record, "cause + 1")
  writeWhole(view, offset + 32, record.logicalTimeMs, record, "logicalTimeMs")
  writeWhole(view, offset + 40, record.sourceSeq, record, "sourceSeq")
}

const writeWhole = (
  view: DataView,
  offset: number,
  value: number,
  record: JournalRecord,
  field: string
): void => {
  if (!(Number.isSafeInteger(value) && value >= 0)) {
    refuse(record, `${field} is ${value}, not an integer from 0 to 2^53 - 1`)
  }
  const low = value >>> 0
  view.setUint32(offset, low, true)
  view.setUint32(offset + 4, (value - low) / twoTo32, true)
}

const writeBytes = (buffer: Uint8Array, offset: number, bytes: Uint8Array): number => {
  for (let at = 0; at < bytes.length; at++) buffer[offset + at] = bytes[at]!
  return offset + bytes.length
}

const refuse = (record: JournalRecord, why: string): never => {
  throw new TypeError(`record ${record.seq} (${record.type} by ${record.actor}): ${why}`)
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
