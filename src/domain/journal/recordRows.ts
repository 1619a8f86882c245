/**
 * Records as rows of plain data, and back: what a journal's dump is made of. A row that was not changed gives the same
 * canonical bytes.
 */
import { Result, Schema } from "effect"
import type { JournalRecord, RecordHeader, RecordType } from "./record.ts"
import { type Kind, kindOf } from "./recordFormat.ts"

export interface RecordRows {
  /** The payload's JSON text, in the order of its kind's schema. */
  readonly payloadText: (record: JournalRecord) => string
  /** The record of a row's fields; fails with what is wrong, in words. `payload` is JSON data. */
  readonly record: (
    fields: Readonly<Record<string, unknown>>
  ) => Result.Result<JournalRecord, string>
}

const whole = Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }))
const Fields = Schema.Struct({
  seq: whole,
  epoch: whole,
  actor: Schema.String,
  type: Schema.String,
  version: whole,
  cause: whole,
  correlation: Schema.String,
  logicalTimeMs: whole,
  sourceSeq: whole
})
const decodeFields = Schema.decodeUnknownResult(Fields)

export const makeRecordRows = (types: ReadonlyArray<RecordType>): RecordRows => {
  const kinds = new Map<string, Kind>(types.map((type) => [type.type, kindOf(type)]))
  return {
    payloadText: (record) => kinds.get(record.type)!.form.toText(record.payload),
    record: (fields) => {
      const header = decodeFields(fields)
      return Result.isFailure(header)
        ? Result.fail(header.failure.message.replaceAll(/\s*\n\s*/g, " "))
        : withPayload(kinds, header.success, fields.payload)
    }
  }
}

const withPayload = (
  kinds: ReadonlyMap<string, Kind>,
  header: RecordHeader,
  payload: unknown
): Result.Result<JournalRecord, string> => {
  const kind = kinds.get(header.type)
  if (kind === undefined) return Result.fail(`this build has no kind of record ${header.type}`)
  const { version } = kind.recordType
  if (header.version !== version) {
    return Result.fail(`${header.type} is of version ${header.version}; this build has ${version}`)
  }
  return Result.map(kind.form.fromOlder(payload, version), (decoded) => ({
    ...header,
    payload: decoded
  }))
}
