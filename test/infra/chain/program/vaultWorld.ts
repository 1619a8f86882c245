/**
 * The built program in a LiteSVM without signature checks, with a mint, wallets and a registered
 * counterparty.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { PublicKey, SystemProgram, type TransactionInstruction } from "@solana/web3.js"
import { FailedTransactionMetadata, LiteSVM } from "litesvm"
import {
  type ChainVault,
  type CounterpartyAccount,
  decodeCounterparty,
  decodeTrade,
  decodeVault,
  type ProgramLimits
} from "../../../../src/infra/chain/program/accounts.ts"
import {
  chainId,
  tradeAddress,
  type VaultAddresses,
  vaultAddresses
} from "../../../../src/infra/chain/program/addresses.ts"
import { programErrorName } from "../../../../src/infra/chain/program/errors.ts"
import { decodeEvent, type ProgramEvent } from "../../../../src/infra/chain/program/events.ts"
import {
  initializeConfig,
  initializeVault,
  openPosition,
  registerCounterparty,
  tokenProgramId
} from "../../../../src/infra/chain/program/instructions.ts"
import type { TradeSigners } from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { legacyMessage } from "./message.ts"

/** OPTIONSIB_VAULT_PROGRAM: another build of it, as the mutation check makes them. */
export const programPath =
  process.env.OPTIONSIB_VAULT_PROGRAM ??
  join(import.meta.dirname, "../../../../programs/vault/vault.so")

/** A wallet by its name: nobody checks signatures here, so no key is needed. */
export const wallet = (name: string): PublicKey =>
  new PublicKey(createHash("sha256").update(`wallet ${name}`).digest())

export const token2022Id = new PublicKey("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")

export const limits: ProgramLimits = {
  tradeMicrosMax: 500n,
  outstandingMicrosMax: 900n,
  adjustMicrosMax: 20n,
  reservationMsMax: 1_000_000,
  freezeMsMax: 100_000,
  tradeMsMax: 150_000,
  timelockMs: 50_000
}

/**
 * How an instruction ended: what it returned, or the name of the program's error, or the runtime's
 * own words.
 */
export interface Ran {
  readonly error: string | undefined
  readonly event: ProgramEvent | undefined
  readonly computeUnits: number
  readonly logs: () => ReadonlyArray<string>
}

export interface TokenAccountFields {
  readonly mint: PublicKey
  readonly owner: PublicKey
  readonly amount: bigint
  readonly state?: number
  readonly delegate?: PublicKey
  readonly closeAuthority?: PublicKey
  readonly program?: PublicKey
  /** 165 where not said: other accounts of the token program have other sizes. */
  readonly bytes?: number
}

/** LiteSVM's own names for text, bytes and numbers that are what they say. */
type Address = Parameters<LiteSVM["getAccount"]>[0]
type Lamports = Parameters<LiteSVM["airdrop"]>[1]
type Transaction = Parameters<LiteSVM["sendTransaction"]>[0]

const blockhash = new Uint8Array(32).fill(7)

export class VaultWorld {
  readonly svm: LiteSVM
  readonly programId = wallet("vault program")
  readonly mint = wallet("usdt mint")
  readonly payer = wallet("payer")
  readonly admin = wallet("admin")
  readonly riskGate = wallet("risk gate")
  readonly guardian = wallet("guardian")
  readonly trader = wallet("trader")
  readonly delegate = wallet("delegate")
  readonly authority = wallet("counterparty")
  readonly traderUsdt = wallet("trader usdt")
  readonly settlement = wallet("settlement usdt")
  /** The trader's own account of position tokens. */
  readonly traderClaims = wallet("trader claims")
  readonly at: VaultAddresses
  readonly by: TradeSigners
  private readonly plain = new Map<PublicKey, Address>()

  constructor() {
    this.svm = new LiteSVM()
      .withSigverify(false)
      .withBlockhashCheck(false)
      .withTransactionHistory(0n)
    this.svm.addProgram(this.addressOf(this.programId), readFileSync(programPath))
    this.svm.airdrop(this.addressOf(this.payer), (10n ** 14n) as Lamports)
    this.putMint(this.mint, 6)
    const { authority, delegate, mint, payer, riskGate, trader } = this
    this.putTokens(this.traderUsdt, { mint, owner: trader, amount: 1_000_000n })
    this.putTokens(this.settlement, { mint, owner: authority, amount: 1_000_000n })
    this.at = vaultAddresses({
      programId: this.programId,
      mint,
      creator: this.admin,
      trader,
      settlement: this.settlement
    })
    this.by = { payer, delegate, riskGate, authority }
    this.setTime(0)
  }

  /** Config, counterparty, vault and position account. */
  setUp(): this {
    const { admin, at, authority, delegate, guardian, payer, riskGate } = this
    this.must(initializeConfig(at, { payer, riskGate, guardian, limits }))
    this.must(registerCounterparty(at, { payer, admin, authority }))
    this.must(initializeVault(at, { payer, delegate }))
    this.must(openPosition(at, payer))
    this.putTokens(this.traderClaims, {
      mint: at.positionMint.address,
      owner: this.trader,
      amount: 0n
    })
    return this
  }

  addressOf(key: PublicKey): Address {
    const known = this.plain.get(key)
    if (known !== undefined) return known
    const fresh = key.toBase58() as Address
    this.plain.set(key, fresh)
    return fresh
  }

  /** The chain's clock: whole seconds of epoch ms. */
  setTime(nowMs: number): void {
    const clock = this.svm.getClock()
    clock.unixTimestamp = BigInt(Math.floor(nowMs / 1_000))
    this.svm.setClock(clock)
  }

  run(...instructions: ReadonlyArray<TransactionInstruction>): Ran {
    const { bytes, signers } = legacyMessage(this.payer, instructions, blockhash)
    const result = this.svm.sendTransaction({
      messageBytes: bytes as unknown as Transaction["messageBytes"],
      signatures: Object.fromEntries(signers.map((key) => [this.addressOf(key), null]))
    })
    const isFailed = result instanceof FailedTransactionMetadata
    const meta = isFailed ? result.meta() : result
    const returned = isFailed ? undefined : meta.returnData().data()
    return {
      error: isFailed ? errorName(result) : undefined,
      event: returned?.length === 88 ? decodeEvent(returned) : undefined,
      computeUnits: Number(meta.computeUnitsConsumed()),
      logs: () => meta.logs()
    }
  }

  must(...instructions: ReadonlyArray<TransactionInstruction>): Ran {
    const ran = this.run(...instructions)
    if (ran.error !== undefined) throw new Error(`${ran.error}\n${ran.logs().join("\n")}`)
    return ran
  }

  data(key: PublicKey): Uint8Array | undefined {
    const account = this.svm.getAccount(this.addressOf(key))
    return account.exists ? account.data : undefined
  }

  vault(): ChainVault {
    return decodeVault(this.data(this.at.vault.address)!)
  }

  counterparty(): CounterpartyAccount {
    return decodeCounterparty(this.data(this.at.counterparty.address)!)
  }

  trade(tradeId: string) {
    const data = this.data(this.tradeKey(tradeId))
    return data === undefined ? undefined : decodeTrade(data, tradeId)
  }

  tradeKey(tradeId: string): PublicKey {
    return tradeAddress(this.programId, this.at.vault.address, chainId(tradeId)).address
  }

  /** What a token account holds; 0 where there is none. */
  held(key: PublicKey): bigint {
    const data = this.data(key)
    return data === undefined ? 0n : Buffer.from(data).readBigUInt64LE(64)
  }

  put(key: PublicKey, data: Uint8Array, owner: PublicKey, balance = 10_000_000n): void {
    this.svm.setAccount({
      address: this.addressOf(key),
      data,
      executable: false,
      lamports: balance as Lamports,
      programAddress: this.addressOf(owner),
      space: BigInt(data.length)
    })
  }

  putMint(key: PublicKey, decimals: number, owner = tokenProgramId, bytes = 82): void {
    const data = Buffer.alloc(bytes)
    data.writeUInt32LE(1, 0)
    wallet("mint authority").toBuffer().copy(data, 4)
    data.writeBigUInt64LE(10_000_000n, 36)
    data[44] = decimals
    data[45] = 1
    this.put(key, data, owner)
  }

  putTokens(key: PublicKey, fields: TokenAccountFields): void {
    const data = Buffer.alloc(fields.bytes ?? 165)
    fields.mint.toBuffer().copy(data, 0)
    fields.owner.toBuffer().copy(data, 32)
    data.writeBigUInt64LE(fields.amount, 64)
    if (fields.delegate !== undefined) {
      data.writeUInt32LE(1, 72)
      fields.delegate.toBuffer().copy(data, 76)
    }
    data[108] = fields.state ?? 1
    if (fields.closeAuthority !== undefined) {
      data.writeUInt32LE(1, 129)
      fields.closeAuthority.toBuffer().copy(data, 133)
    }
    this.put(key, data, fields.program ?? tokenProgramId)
  }

  /** Lamports sent to an address before anything exists there. */
  prefund(key: PublicKey, amount: bigint): void {
    this.svm.airdrop(this.addressOf(key), amount as Lamports)
  }

  /**
   * The vault's books against the token accounts that they speak of; throws with the first
   * difference.
   */
  check(): void {
    const vault = this.vault()
    const { at } = this
    const same = (what: string, one: bigint, other: bigint): void => {
      if (one !== other) throw new Error(`${what}: ${one} is not ${other}`)
    }
    same("vault tokens", this.held(at.vaultTokens.address), vault.freeMicros + vault.reservedMicros)
    same("position tokens", this.held(at.positionTokens.address), vault.settlingMicros)
    same(
      "deposits less withdrawals",
      vault.depositedMicros - vault.withdrawnMicros,
      vault.freeMicros + vault.reservedMicros + vault.counterpartyMicros
    )
  }
}

const errorName = (failed: FailedTransactionMetadata): string => {
  const error = failed.err() as unknown as {
    readonly err?: () => { readonly code?: number }
  }
  const inner = error.err?.()
  const code = inner?.code
  if (code === undefined) return String(inner ?? failed)
  return programErrorName(code) ?? `token program ${code}`
}

export const systemProgramId = SystemProgram.programId
