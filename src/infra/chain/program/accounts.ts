/** The vault program's accounts, decoded. Amounts are micro-USDT, times epoch ms. */
import type { PublicKey } from "@solana/web3.js"
import type { TradeAccount } from "../../../domain/vault/vaultState.ts"
import { FieldReader } from "./layout.ts"

/** Sizes in bytes; byte 0 is the tag. */
export const accountForms = {
  config: { tag: 1, bytes: 392 },
  vault: { tag: 2, bytes: 320 },
  counterparty: { tag: 3, bytes: 160 },
  trade: { tag: 4, bytes: 464 },
  receipt: { tag: 5, bytes: 128 }
} as const

const open = (what: keyof typeof accountForms, data: Uint8Array): FieldReader => {
  const { bytes, tag } = accountForms[what]
  if (data.length !== bytes || data[0] !== tag) {
    throw new Error(
      `account is no ${what}: ${data.length} bytes of tag ${data[0]}, not ${bytes} of tag ${tag}`
    )
  }
  return new FieldReader(data)
}

/** The program's configuration: `VaultLimits` of the domain, and the rotation's delay. */
export interface ProgramLimits {
  readonly tradeMicrosMax: bigint
  readonly outstandingMicrosMax: bigint
  readonly adjustMicrosMax: bigint
  readonly reservationMsMax: number
  readonly freezeMsMax: number
  /** How long after its reservation's expiry a trade may stay unclosed. */
  readonly tradeMsMax: number
  readonly timelockMs: number
}

export interface ProgramRoles {
  readonly admin: PublicKey
  readonly riskGate: PublicKey
  readonly guardian: PublicKey
}

export interface ConfigAccount {
  readonly creator: PublicKey
  readonly mint: PublicKey
  readonly roles: ProgramRoles
  readonly limits: ProgramLimits
  readonly pending:
    | {
        readonly effectiveAtMs: number
        readonly roles: ProgramRoles
        readonly limits: ProgramLimits
      }
    | undefined
  readonly vaults: bigint
}

const rolesAt = (from: FieldReader, at: number): ProgramRoles => ({
  admin: from.key(at),
  riskGate: from.key(at + 32),
  guardian: from.key(at + 64)
})

const limitsAt = (from: FieldReader, at: number): ProgramLimits => ({
  tradeMicrosMax: from.u64(at),
  outstandingMicrosMax: from.u64(at + 8),
  adjustMicrosMax: from.u64(at + 16),
  reservationMsMax: from.ms(at + 24),
  freezeMsMax: from.ms(at + 32),
  tradeMsMax: from.ms(at + 40),
  timelockMs: from.ms(at + 48)
})

export const decodeConfig = (data: Uint8Array): ConfigAccount => {
  const from = open("config", data)
  return {
    creator: from.key(8),
    mint: from.key(40),
    roles: rolesAt(from, 72),
    limits: limitsAt(from, 168),
    pending:
      from.u32(4) === 0
        ? undefined
        : {
            effectiveAtMs: from.ms(224),
            roles: rolesAt(from, 232),
            limits: limitsAt(from, 328)
          },
    vaults: from.u64(384)
  }
}

export interface CounterpartyAccount {
  readonly disabled: boolean
  readonly config: PublicKey
  readonly authority: PublicKey
  readonly settlement: PublicKey
  readonly positionMint: PublicKey
  readonly activeFromMs: number
  /** Position tokens out, of all vaults. */
  readonly outstandingMicros: bigint
  /** USDT received less paid back, all vaults; signed. */
  readonly netMicros: bigint
}

export const decodeCounterparty = (data: Uint8Array): CounterpartyAccount => {
  const from = open("counterparty", data)
  return {
    disabled: from.u32(4) === 1,
    config: from.key(8),
    authority: from.key(40),
    settlement: from.key(72),
    positionMint: from.key(104),
    activeFromMs: from.ms(136),
    outstandingMicros: from.u64(144),
    netMicros: from.i64(152)
  }
}

export interface ChainVault {
  readonly config: PublicKey
  readonly trader: PublicKey
  readonly mint: PublicKey
  readonly delegate: PublicKey
  readonly tokens: PublicKey
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  readonly settlingMicros: bigint
  readonly counterpartyMicros: bigint
  readonly depositedMicros: bigint
  readonly withdrawnMicros: bigint
  /** Entries so far: the last one's number. */
  readonly entries: number
  readonly trades: number
  readonly overdueTrades: number
  readonly frozenSinceMs: number
  readonly frozenUntilMs: number
  /** Undefined before the first. `headHash`: hex. */
  readonly anchor:
    | { readonly seq: number; readonly headHash: string; readonly atMs: number }
    | undefined
}

export const decodeVault = (data: Uint8Array): ChainVault => {
  const from = open("vault", data)
  return {
    config: from.key(8),
    trader: from.key(40),
    mint: from.key(72),
    delegate: from.key(104),
    tokens: from.key(136),
    freeMicros: from.u64(168),
    reservedMicros: from.u64(176),
    settlingMicros: from.u64(184),
    counterpartyMicros: from.i64(192),
    depositedMicros: from.u64(200),
    withdrawnMicros: from.u64(208),
    entries: Number(from.u64(216)),
    trades: Number(from.u64(224)),
    overdueTrades: Number(from.u64(232)),
    frozenSinceMs: from.ms(240),
    frozenUntilMs: from.ms(248),
    anchor:
      from.ms(296) === 0
        ? undefined
        : { seq: Number(from.u64(256)), headHash: from.hex(264), atMs: from.ms(296) }
  }
}

/** The last applied entry of one kind, balances just after it. `number` 0: there was none. */
export interface EntryRecord {
  readonly number: number
  readonly movedMicros: bigint
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  readonly settlingMicros: bigint
}

const entryAt = (from: FieldReader, at: number): EntryRecord => ({
  number: Number(from.u64(at)),
  movedMicros: from.i64(at + 8),
  freeMicros: from.u64(at + 16),
  reservedMicros: from.u64(at + 24),
  settlingMicros: from.u64(at + 32)
})

export interface ChainTrade {
  /** The domain's account of the trade, under the id that the caller knows it by. */
  readonly account: TradeAccount
  readonly vault: PublicKey
  readonly orderId: string
  readonly counterparty: PublicKey
  readonly positionTokens: PublicKey
  readonly openedAtMs: number
  /** 0 while open. */
  readonly closedAtMs: number
  readonly entries: {
    readonly reserve: EntryRecord
    readonly settle: EntryRecord
    readonly cancel: EntryRecord
    /** A write-off counts as one. */
    readonly close: EntryRecord
    readonly adjust: EntryRecord
    readonly overdue: EntryRecord
  }
}

/** `tradeId`: the text whose `chainId` is the order id; on chain there is only the hash. */
export const decodeTrade = (data: Uint8Array, tradeId: string): ChainTrade => {
  const from = open("trade", data)
  const flags = from.u8(3)
  return {
    account: {
      tradeId,
      maxAmountMicros: from.u64(104),
      expiryMs: from.ms(112),
      dueMs: from.ms(120),
      settledMicros: from.u64(128),
      settleN: from.u32(160),
      canceled: (flags & 1) !== 0,
      proceedsMicros: from.u64(136),
      closeN: from.u32(164),
      closed: (flags & 2) !== 0,
      overdue: (flags & 4) !== 0,
      writtenOff: (flags & 8) !== 0,
      adjustedMicros: from.i64(144),
      adjustN: from.u32(168),
      lastAdjustMicros: from.i64(152)
    },
    vault: from.key(8),
    orderId: from.hex(40),
    counterparty: from.key(72),
    positionTokens: from.key(432),
    openedAtMs: from.ms(176),
    closedAtMs: from.ms(424),
    entries: {
      reserve: entryAt(from, 184),
      settle: entryAt(from, 224),
      cancel: entryAt(from, 264),
      close: entryAt(from, 304),
      adjust: entryAt(from, 344),
      overdue: entryAt(from, 384)
    }
  }
}

export interface ReceiptAccount extends EntryRecord {
  /** 0 deposit, 1 withdrawal, 2 note. */
  readonly kind: number
  /** A note's. */
  readonly code: number
  readonly vault: PublicKey
  readonly id: string
  readonly atMs: number
}

export const decodeReceipt = (data: Uint8Array): ReceiptAccount => {
  const from = open("receipt", data)
  return {
    kind: from.u8(3),
    code: from.u32(4),
    vault: from.key(8),
    id: from.hex(40),
    movedMicros: from.i64(72),
    number: Number(from.u64(80)),
    freeMicros: from.u64(88),
    reservedMicros: from.u64(96),
    settlingMicros: from.u64(104),
    atMs: from.ms(112)
  }
}
