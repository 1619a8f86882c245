/**
 * The values of a journal topic's entries: fences, batches in parts, lease renewals.
 *
 * Little-endian: magic, u32 CRC-32C of what follows (of a batch part: of the header alone, for its body proves itself),
 * u8 kind, u8 format, u16 0, u64 writer epoch, u32 part, u32 parts, 8 bytes of the book's tag, the body.
 */
import { crc32c } from "../file/crc32c.ts"
import { viewOf } from "../file/format.ts"

/** 0xff never occurs in UTF-8 text: no text that others put into the topic begins like it. */
const magic = Buffer.from([0x4f, 0x49, 0x42, 0x4b, 0x41, 0x46, 0x31, 0xff])
const format = 1
const headerBytes = 40

/** A part of a batch has at most so many bytes of it: well below a server's message.max.bytes of 1 MiB. */
const partBytesMax = 524_288

const kinds = { fence: 1, batch: 2, lease: 3 } as const

export type JournalMessage =
  /** A writer's first word: from here on batches of older writers count for nothing. */
  | { readonly _tag: "Fence"; readonly epoch: number; readonly token: string }
  | {
      readonly _tag: "BatchPart"
      readonly epoch: number
      readonly part: number
      readonly parts: number
      readonly body: Buffer
    }
  /** The writer is still there and had nothing to write. */
  | { readonly _tag: "Lease"; readonly epoch: number }

export const fenceMessage = (tag: Uint8Array, epoch: number, token: string): Buffer =>
  encode(kinds.fence, tag, { epoch, part: 0, parts: 1, body: Buffer.from(token, "utf8") })

export const leaseMessage = (tag: Uint8Array, epoch: number): Buffer =>
  encode(kinds.lease, tag, { epoch, part: 0, parts: 1, body: Buffer.alloc(0) })

/** A batch's bytes, copied, as the messages that carry them. */
export const batchMessages = (
  tag: Uint8Array,
  epoch: number,
  batch: Uint8Array
): ReadonlyArray<Buffer> => {
  const parts = Math.ceil(batch.length / partBytesMax)
  return Array.from({ length: parts }, (_, part) => {
    const body = batch.subarray(part * partBytesMax, (part + 1) * partBytesMax)
    return encode(kinds.batch, tag, { epoch, part, parts, body })
  })
}

/** The message; undefined where the value is none of this book's. */
export const decodeMessage = (tag: Uint8Array, value: Buffer): JournalMessage | undefined => {
  if (value.length < headerBytes || magic.compare(value, 0, magic.length) !== 0) return undefined
  const kind = value[12]!
  const end = kind === kinds.batch ? headerBytes : value.length
  if (crc32c(value, viewOf(value), 12, end) !== value.readUInt32LE(8)) return undefined
  if (value[13] !== format || value.compare(tag, 0, tag.length, 32, headerBytes) !== 0) {
    return undefined
  }
  const epoch = Number(value.readBigUInt64LE(16))
  const body = value.subarray(headerBytes)
  switch (kind) {
    case kinds.fence:
      return { _tag: "Fence", epoch, token: body.toString("utf8") }
    case kinds.lease:
      return { _tag: "Lease", epoch }
    case kinds.batch: {
      const part = value.readUInt32LE(24)
      return { _tag: "BatchPart", epoch, part, parts: value.readUInt32LE(28), body }
    }
    default:
      return undefined
  }
}

const encode = (
  kind: number,
  tag: Uint8Array,
  message: {
    readonly epoch: number
    readonly part: number
    readonly parts: number
    readonly body: Uint8Array
  }
): Buffer => {
  const bytes = Buffer.alloc(headerBytes + message.body.length)
  bytes.set(magic)
  bytes[12] = kind
  bytes[13] = format
  bytes.writeBigUInt64LE(BigInt(message.epoch), 16)
  bytes.writeUInt32LE(message.part, 24)
  bytes.writeUInt32LE(message.parts, 28)
  bytes.set(tag, 32)
  bytes.set(message.body, headerBytes)
  const end = kind === kinds.batch ? headerBytes : bytes.length
  bytes.writeUInt32LE(crc32c(bytes, viewOf(bytes), 12, end), 8)
  return bytes
}
