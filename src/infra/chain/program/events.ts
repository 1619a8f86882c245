/** What an instruction of the vault program returned and logged: 88 bytes. */
import { FieldReader } from "./layout.ts"

export interface ProgramEvent {
  /** The instruction's tag. */
  readonly tag: number
  readonly repeated: boolean
  /** Settles, closes and adjusts: their number; notes: the code; else 0. */
  readonly n: number
  /**
   * The entry's place in the vault's log; a repeat has that of the first time, 0 where it is no
   * longer known.
   */
  readonly number: number
  readonly movedMicros: bigint
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  readonly settlingMicros: bigint
  /** Hex: order id, receipt id, an anchor's head hash, or zeros. */
  readonly id: string
  readonly cumulativeMicros: bigint
}

const eventBytes = 88

export const decodeEvent = (data: Uint8Array): ProgramEvent => {
  if (data.length !== eventBytes) {
    throw new Error(`a vault event has ${eventBytes} bytes, this one ${data.length}`)
  }
  const from = new FieldReader(data)
  return {
    tag: from.u8(0),
    repeated: from.u8(1) === 1,
    n: from.u32(4),
    number: Number(from.u64(8)),
    movedMicros: from.i64(16),
    freeMicros: from.u64(24),
    reservedMicros: from.u64(32),
    settlingMicros: from.u64(40),
    id: from.hex(48),
    cumulativeMicros: from.i64(80)
  }
}

const dataPrefix = "Program data: "

/**
 * The events among a transaction's log lines, in order. Other programs' data lines of another size
 * are passed over.
 */
export const eventsOfLogs = (logs: ReadonlyArray<string>): ReadonlyArray<ProgramEvent> =>
  logs
    .filter((line) => line.startsWith(dataPrefix))
    .map((line) => Buffer.from(line.slice(dataPrefix.length), "base64"))
    .filter((bytes) => bytes.length === eventBytes)
    .map(decodeEvent)
