/** Reads records from bytes, hostile ones included; see `codec.ts` for the format. */
import { Result, Schema } from "effect"
import { type NameTable, nameByteLength, utf8Text } from "./names.ts"
import type { BinaryLayout, JournalRecord, RecordHeader } from "./record.ts"
import { fixedBytes, format, highMax, type Kind, twoTo32, Views } from "./recordFormat.ts"

/** Bytes that are not a record of this journal's kinds. */
export class UndecodableRecord extends Schema.TaggedError<UndecodableRecord>()(
  "UndecodableRecord",
  { why: Schema.String }
) {
  override get message() {
    return `not a readable record: ${this.why}`
  }
}

/** Fields are filled in by `#parse`: a header is read into them without an object per record. */
export class RecordDecoder {
  readonly #kinds: ReadonlyMap<string, Kind>
  readonly #names: NameTable
  readonly #views = new Views()
  #seq = 0
  #epoch = 0
  #actor = ""
  #type = ""
  #version = 0
  #cause = 0
  #correlation = ""
  #logicalTimeMs = 0
  #sourceSeq = 0
  #payloadAt = 0

  constructor(kinds: ReadonlyMap<string, Kind>, names: NameTable) {
    this.#kinds = kinds
    this.#names = names
  }

  headerAt(
    bytes: Uint8Array,
    start: number,
    end: number
  ): Result.Result<RecordHeader, UndecodableRecord> {
    const wrong = this.#parse(bytes, start, end)
    return wrong === ""
      ? Result.succeed({
          seq: this.#seq,
          epoch: this.#epoch,
          actor: this.#actor,
          type: this.#type,
          version: this.#version,
          cause: this.#cause,
          correlation: this.#correlation,
          logicalTimeMs: this.#logicalTimeMs,
          sourceSeq: this.#sourceSeq
        })
      : undecodable(wrong)
  }

  decodeAt(
    bytes: Uint8Array,
    start: number,
    end: number
  ): Result.Result<JournalRecord, UndecodableRecord> {
    const wrong = this.#parse(bytes, start, end)
    if (wrong !== "") return undecodable(wrong)
    const kind = this.#kinds.get(this.#type)
    if (kind === undefined) return undecodable(`${this.#place()}: this build has no such kind`)
    const { version } = kind.recordType
    const layout = kind.layout
    if (this.#version !== version || layout === undefined)
      return this.#decodeOther(kind, bytes, end)
    if (end - this.#payloadAt !== layout.byteLength) {
      return undecodable(`${this.#place()}: its payload has ${end - this.#payloadAt} bytes`)
    }
    const payload = layout.read(this.#views.of(bytes), this.#payloadAt)
    if (!kind.holds(payload)) return undecodable(`${this.#place()}: its payload is out of range`)
    return Result.succeed(this.#record(kind, payload))
  }

  /** JSON, and payloads of older versions. */
  #decodeOther(
    kind: Kind,
    bytes: Uint8Array,
    end: number
  ): Result.Result<JournalRecord, UndecodableRecord> {
    const version = this.#version
    if (version > kind.recordType.version) {
      return undecodable(`${this.#place()}: version ${version} is of a newer build`)
    }
    const older = version < kind.recordType.version
    const layout = older ? kind.recordType.olderLayouts?.[version] : undefined
    const payload =
      layout === undefined
        ? this.#fromText(kind, bytes, end, version)
        : this.#fromOlderLayout(kind, layout, bytes, end, version)
    return Result.isFailure(payload)
      ? undecodable(`${this.#place()}: ${payload.failure}`)
      : Result.succeed(this.#record(kind, payload.success))
  }

  #fromText(
    kind: Kind,
    bytes: Uint8Array,
    end: number,
    version: number
  ): Result.Result<unknown, string> {
    const text = utf8Text(bytes, this.#payloadAt, end)
    return Result.isFailure(text)
      ? Result.fail("its payload is not UTF-8")
      : kind.form.fromText(text.success, version)
  }

  #fromOlderLayout(
    kind: Kind,
    layout: BinaryLayout<unknown>,
    bytes: Uint8Array,
    end: number,
    version: number
  ): Result.Result<unknown, string> {
    if (end - this.#payloadAt !== layout.byteLength) {
      return Result.fail(`its payload has ${end - this.#payloadAt} bytes`)
    }
    return kind.form.fromOlder(layout.read(this.#views.of(bytes), this.#payloadAt), version)
  }

  #record(kind: Kind, payload: unknown): JournalRecord {
    return {
      seq: this.#seq,
      epoch: this.#epoch,
      actor: this.#actor,
      type: kind.recordType.type,
      version: kind.recordType.version,
      payload,
      cause: this.#cause,
      correlation: this.#correlation,
      logicalTimeMs: this.#logicalTimeMs,
      sourceSeq: this.#sourceSeq
    }
  }

  #place(): string {
    return `record ${this.#seq} (${this.#type} by ${this.#actor})`
  }

  /** Reads the header; "" or what is wrong. */
  #parse(bytes: Uint8Array, start: number, end: number): string {
    if (end - start < fixedBytes || end > bytes.length) return `${end - start} bytes are too few`
    const view = this.#views.of(bytes)
    if (view.getUint32(start, true) !== end - start) return "its length is not that of its bytes"
    if (view.getUint8(start + 4) !== format) return `format ${view.getUint8(start + 4)}, not 1`
    this.#epoch = view.getUint32(start + 8, true)
    this.#version = view.getUint32(start + 12, true)
    this.#seq = readWhole(view, start + 16)
    this.#cause = readWhole(view, start + 24) - 1
    this.#logicalTimeMs = readWhole(view, start + 32)
    this.#sourceSeq = readWhole(view, start + 40)
    const least = Math.min(this.#seq, this.#cause + 1, this.#logicalTimeMs, this.#sourceSeq)
    if (least < 0) return "a number of its header is beyond 2^53 - 1"
    return this.#parseNames(bytes, view, start, end)
  }

  #parseNames(bytes: Uint8Array, view: DataView, start: number, end: number): string {
    const typeCode = view.getUint8(start + 5)
    const actorCode = view.getUint8(start + 6)
    const actorAt = start + fixedBytes + nameByteLength(typeCode)
    const correlationAt = actorAt + nameByteLength(actorCode)
    this.#payloadAt = correlationAt + view.getUint8(start + 7)
    if (this.#payloadAt > end) return "its names run past its end"
    const type = this.#names.read(typeCode, bytes, start + fixedBytes)
    const actor = this.#names.read(actorCode, bytes, actorAt)
    if (type === undefined || actor === undefined) return "a name of its header is not one"
    this.#type = type
    this.#actor = actor
    if (correlationAt === this.#payloadAt) {
      this.#correlation = ""
      return ""
    }
    const correlation = utf8Text(bytes, correlationAt, this.#payloadAt)
    if (Result.isFailure(correlation)) return "its correlation is not UTF-8"
    this.#correlation = correlation.success
    return ""
  }
}

/** -1 where the number is beyond 2^53 - 1. */
const readWhole = (view: DataView, offset: number): number => {
  const high = view.getUint32(offset + 4, true)
  return high > highMax ? -1 : high * twoTo32 + view.getUint32(offset, true)
}

const undecodable = (why: string): Result.Result<never, UndecodableRecord> =>
  Result.fail(new UndecodableRecord({ why }))
