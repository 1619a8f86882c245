/**
 * The canonical bytes of a record, format 1: the same record always has the same bytes, wherever it stands.
 *
 * Little-endian: u32 length of the whole, u8 format, u8 type name, u8 actor name, u8 correlation bytes, u32 epoch,
 * u32 version, u64 seq, u64 cause + 1, u64 logical time, u64 source seq, the names (see `names.ts`), the payload.
 * The payload is the kind's binary layout, or canonical JSON in schema order. Golden files: test/domain/journal/golden.
 */
import type { Result } from "effect"
import { NameTable } from "./names.ts"
import type { JournalRecord, RecordHeader, RecordType } from "./record.ts"
import { RecordDecoder, type UndecodableRecord } from "./recordDecoder.ts"
import { RecordEncoder } from "./recordEncoder.ts"
import { type Kind, kindOf } from "./recordFormat.ts"

export interface RecordCodec {
  /** Canonical bytes. Throws a `TypeError` that names record, field and value where it is not a record of these kinds. */
  readonly encode: (record: JournalRecord) => Uint8Array
  /**
   * Writes the canonical bytes at `offset` and returns the offset after them, or -1 where they do not fit (what is
   * behind `offset` is then undefined). Allocates nothing for kinds with a layout. Throws as `encode` does.
   */
  readonly encodeInto: (record: JournalRecord, buffer: Uint8Array, offset: number) => number
  /** A record in its kind's current version, from bytes of any version. */
  readonly decode: (bytes: Uint8Array) => Result.Result<JournalRecord, UndecodableRecord>
  /** `decode` of the bytes in [start, end). */
  readonly decodeAt: (
    bytes: Uint8Array,
    start: number,
    end: number
  ) => Result.Result<JournalRecord, UndecodableRecord>
  /** All but the payload, which is not looked at; any name will do. `version` is the stored one. */
  readonly header: (bytes: Uint8Array) => Result.Result<RecordHeader, UndecodableRecord>
  readonly headerAt: (
    bytes: Uint8Array,
    start: number,
    end: number
  ) => Result.Result<RecordHeader, UndecodableRecord>
}

/** Throws a `TypeError` where two kinds share a name. */
export const makeRecordCodec = (types: ReadonlyArray<RecordType>): RecordCodec => {
  const names = new NameTable()
  const kinds = new Map<string, Kind>()
  for (const recordType of types) {
    if (kinds.has(recordType.type)) throw new TypeError(`two kinds are named ${recordType.type}`)
    kinds.set(recordType.type, kindOf(recordType))
  }
  const encoder = new RecordEncoder(kinds, names)
  const decoder = new RecordDecoder(kinds, names)
  return {
    encode: (record) => encoder.encode(record),
    encodeInto: (record, buffer, offset) => encoder.encodeInto(record, buffer, offset),
    decode: (bytes) => decoder.decodeAt(bytes, 0, bytes.length),
    decodeAt: (bytes, start, end) => decoder.decodeAt(bytes, start, end),
    header: (bytes) => decoder.headerAt(bytes, 0, bytes.length),
    headerAt: (bytes, start, end) => decoder.headerAt(bytes, start, end)
  }
}
