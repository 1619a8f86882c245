/** What the encoder and the decoder of records share: the numbers of format 1, a kind ready for use, a buffer's view. */
import { type CodedName, codeName } from "./names.ts"
import { type PayloadForm, payloadForm } from "./payload.ts"
import type { BinaryLayout, RecordType } from "./record.ts"

export const format = 1
/** Bytes of the header before its names. */
export const fixedBytes = 48
export const twoTo32 = 2 ** 32
/** High half of `Number.MAX_SAFE_INTEGER`. */
export const highMax = 0x1f_ffff

export interface Kind {
  readonly recordType: RecordType
  readonly name: CodedName
  readonly layout: BinaryLayout<unknown> | undefined
  readonly holds: (payload: unknown) => boolean
  readonly form: PayloadForm
}

export const kindOf = (recordType: RecordType): Kind => {
  const form = payloadForm(recordType)
  const layout = recordType.layout
  return {
    recordType,
    name: codeName(recordType.type, "the name of a kind"),
    layout,
    holds: (payload) => layout?.holds?.(payload) ?? form.holds(payload),
    form
  }
}

/** Remembers the view of the buffer it was last given: callers write and read long runs in one. */
export class Views {
  #buffer: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(this.#buffer.buffer)

  of(bytes: Uint8Array): DataView {
    if (bytes !== this.#buffer) {
      this.#buffer = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    return this.#view
  }
}
