/**
 * The SVM in this process: the committed program, the SPL token program, and accounts in memory.
 *
 * A function of what is done to it: the same accounts, transactions and times leave the same state, so a log of
 * transactions is a durable store of it.
 */
import { PublicKey } from "@solana/web3.js"
import { FailedTransactionMetadata, LiteSVM } from "litesvm"
import { base58 } from "../base58.ts"
import type { Executed } from "../Cluster.ts"
import { tokenProgramId } from "../program/instructions.ts"
import { mintData, tokenAccountData } from "../tokenAccounts.ts"

type SvmAccount = Parameters<LiteSVM["setAccount"]>[0]
type SvmAddress = SvmAccount["address"]
type SvmTransaction = Parameters<LiteSVM["sendTransaction"]>[0]

/** A test USDT: a mint of six decimals, and who holds what of it where the chain begins. */
export interface Genesis {
  readonly program: { readonly id: PublicKey; readonly bytes: Uint8Array }
  readonly mint: PublicKey
  readonly holders: ReadonlyArray<{
    readonly account: PublicKey
    readonly owner: PublicKey
    readonly micros: bigint
  }>
  /** Get lamports for fees and rent. */
  readonly payers: ReadonlyArray<PublicKey>
}

const usdtDecimals = 6
/** A million SOL: more than any run's fees. */
const payerLamports = 1_000_000_000_000_000n

export class LiteSvmCluster {
  readonly svm: LiteSVM

  constructor({ holders, mint, payers, program }: Genesis) {
    this.svm = new LiteSVM()
    this.svm.addProgram(addressOf(program.id), program.bytes)
    const supply = holders.reduce((sum, { micros }) => sum + micros, 0n)
    this.#place(mint, tokenProgramId, mintData(supply, usdtDecimals))
    for (const { account, micros, owner } of holders) {
      this.#place(account, tokenProgramId, tokenAccountData(mint, owner, micros))
    }
    for (const payer of payers)
      this.#place(payer, PublicKey.default, new Uint8Array(), payerLamports)
  }

  blockhash(): string {
    return this.svm.latestBlockhash()
  }

  /** Runs one signed transaction at `nowMs`, whole seconds of it; the next one sees another blockhash. */
  run(wire: Uint8Array, nowMs: number): Executed {
    const clock = this.svm.getClock()
    clock.unixTimestamp = BigInt(Math.floor(nowMs / 1000))
    clock.slot += 1n
    this.svm.setClock(clock)
    const result = this.svm.sendTransaction(svmTransaction(wire))
    this.svm.expireBlockhash()
    return result instanceof FailedTransactionMetadata
      ? { _tag: "Refused", code: customCode(result), text: String(result.err()) }
      : { _tag: "Landed", logs: result.logs() }
  }

  /** Of the last transaction. */
  nowMs(): number {
    return Number(this.svm.getClock().unixTimestamp) * 1000
  }

  account(address: PublicKey): Uint8Array | undefined {
    const account = this.svm.getAccount(addressOf(address))
    return account.exists ? Uint8Array.from(account.data) : undefined
  }

  #place(
    at: PublicKey,
    owner: PublicKey,
    data: Uint8Array,
    lamports = this.svm.minimumBalanceForRentExemption(BigInt(data.length))
  ): void {
    this.svm.setAccount({
      address: addressOf(at),
      programAddress: addressOf(owner),
      data,
      lamports: lamports as SvmAccount["lamports"],
      executable: false,
      space: BigInt(data.length)
    })
  }
}

const addressOf = (key: PublicKey): SvmAddress => key.toBase58() as SvmAddress

const signatureBytes = 64

/** A wire transaction as LiteSVM takes it: the message, and the signatures by the addresses at its start. */
export const svmTransaction = (wire: Uint8Array): SvmTransaction => {
  // A transaction of ours has fewer than 128 signatures and accounts: their counts are one byte each.
  const count = wire[0]!
  const messageBytes = wire.subarray(1 + count * signatureBytes)
  const firstKeyAt = 4
  const signatures: Record<string, Uint8Array> = {}
  for (let at = 0; at < count; at++) {
    const key = messageBytes.subarray(firstKeyAt + at * 32, firstKeyAt + (at + 1) * 32)
    const start = 1 + at * signatureBytes
    signatures[signerText(key)] = wire.subarray(start, start + signatureBytes)
  }
  return { messageBytes, signatures } as unknown as SvmTransaction
}

/** Base58 is slow, and few keys sign. */
const signerTexts = new Map<string, string>()
const signerTextsMax = 256

const signerText = (key: Uint8Array): string => {
  const name = Buffer.from(key).toString("latin1")
  const known = signerTexts.get(name)
  if (known !== undefined) return known
  const text = base58(key)
  if (signerTexts.size >= signerTextsMax) signerTexts.clear()
  signerTexts.set(name, text)
  return text
}

/** The custom error's number; undefined for any other error. */
export const customCode = (failed: FailedTransactionMetadata): number | undefined => {
  const error = failed.err() as { readonly err?: () => unknown; readonly code?: number }
  const inner = typeof error.err === "function" ? error.err() : error
  const code = (inner as { readonly code?: unknown }).code
  return typeof code === "number" ? code : undefined
}
