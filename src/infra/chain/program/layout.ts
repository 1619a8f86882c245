/** Little-endian fields of the program's data, as programs/vault/INTERFACE.md lays them out. */
import { PublicKey } from "@solana/web3.js"

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)

export const u32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export const u64 = (value: bigint | number): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

export const i64 = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

/** Reads an account's fields at their offsets. */
export class FieldReader {
  private readonly bytes: Buffer

  constructor(data: Uint8Array) {
    this.bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }

  u8(at: number): number {
    return this.bytes.readUInt8(at)
  }

  u32(at: number): number {
    return this.bytes.readUInt32LE(at)
  }

  u64(at: number): bigint {
    return this.bytes.readBigUInt64LE(at)
  }

  i64(at: number): bigint {
    return this.bytes.readBigInt64LE(at)
  }

  /** Epoch ms or a duration in ms: within 2^53 for every value that the program accepts. */
  ms(at: number): number {
    return Number(this.bytes.readBigUInt64LE(at))
  }

  key(at: number): PublicKey {
    return new PublicKey(this.bytes.subarray(at, at + 32))
  }

  hex(at: number): string {
    return this.bytes.toString("hex", at, at + 32)
  }
}
