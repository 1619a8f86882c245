/**
 * What may stand in the place of each account of an instruction, and by which name the program
 * refuses it.
 */
import { PublicKey } from "@solana/web3.js"
import {
  chainId,
  type VaultAddresses,
  vaultAddresses
} from "../../../../src/infra/chain/program/addresses.ts"
import type { ProgramErrorName } from "../../../../src/infra/chain/program/errors.ts"
import {
  deposit,
  initializeConfig,
  initializeVault,
  openPosition,
  registerCounterparty
} from "../../../../src/infra/chain/program/instructions.ts"
import { reserve, settle } from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { limits, systemProgramId, token2022Id, type VaultWorld, wallet } from "./vaultWorld.ts"

/** "allowed": it is a right one too. */
export type Expected = ProgramErrorName | "allowed"

export interface Wrong {
  readonly label: string
  readonly key: PublicKey
  readonly expected: Expected
  /** Puts the wrong account there; the world is thrown away with its case. */
  readonly put?: (world: VaultWorld) => void
}

/** Other desks on the same chain: all of their accounts are real. */
export class Neighbours {
  readonly rentPayer = wallet("rent payer")
  readonly otherAdmin = wallet("other admin")
  readonly otherTrader = wallet("other trader")
  readonly otherUsdt = wallet("other usdt")
  readonly secondSettlement = wallet("second settlement")
  /** Another config with its own counterparty, vault and delegate. */
  readonly other: VaultAddresses
  /** Another trader's vault under the same config, with the same delegate. */
  readonly sibling: VaultAddresses
  /** The same vault with another counterparty. */
  readonly second: VaultAddresses
  readonly world: VaultWorld

  constructor(world: VaultWorld) {
    this.world = world
    const { admin, at, authority, delegate, guardian, mint, payer, programId, riskGate } = world
    const { otherAdmin, otherTrader: trader, otherUsdt, secondSettlement } = this
    world.put(this.rentPayer, new Uint8Array(0), systemProgramId, 10n ** 12n)
    world.putTokens(wallet("other settlement"), { mint, owner: authority, amount: 1_000n })
    world.putTokens(secondSettlement, { mint, owner: authority, amount: 1_000n })
    world.putTokens(otherUsdt, { mint, owner: trader, amount: 10_000n })
    this.other = vaultAddresses({
      programId,
      mint,
      creator: otherAdmin,
      trader,
      settlement: wallet("other settlement")
    })
    this.sibling = vaultAddresses({ ...at, trader })
    this.second = vaultAddresses({ ...at, settlement: secondSettlement })
    world.must(initializeConfig(this.other, { payer, riskGate, guardian, limits }))
    world.must(registerCounterparty(this.other, { payer, admin: otherAdmin, authority }))
    world.must(initializeVault(this.other, { payer, delegate: wallet("other delegate") }))
    world.must(openPosition(this.other, payer))
    world.must(initializeVault(this.sibling, { payer, delegate }))
    world.must(openPosition(this.sibling, payer))
    world.must(registerCounterparty(this.second, { payer, admin, authority }))
    world.setTime(limits.timelockMs)
    world.must(openPosition(this.second, payer))
  }

  /** Trades of the sibling's and with the second counterparty: settled. */
  openTrades(): void {
    const { sibling, world } = this
    const { by, payer } = world
    const id = chainId("d9")
    const outside = this.otherUsdt
    world.must(deposit(sibling, { payer, outside, id, amountMicros: 500n }))
    for (const [at, name] of [
      [sibling, "S"],
      [this.second, "2"]
    ] as const) {
      world.must(reserve(at, by, chainId(name), 50n, 900_000))
      world.must(settle(at, by, chainId(name), 1, 30n))
    }
  }

  /** The same bytes under a program that is not ours. */
  private clone(key: PublicKey): Wrong {
    const data = this.world.data(key) ?? new Uint8Array(0)
    const copy = wallet(`clone of ${key.toBase58()}`)
    this.world.put(copy, data, wallet("foreign program"))
    return { label: "its copy under another program", key: copy, expected: "BadInstruction" }
  }

  private record(
    what: "config" | "vault" | "counterparty",
    expected: ProgramErrorName,
    misplaced: PublicKey
  ): ReadonlyArray<Wrong> {
    return [
      { label: "an empty account", key: wallet("stranger"), expected },
      { ...this.clone(this.world.at[what].address), expected },
      { label: "another kind of account", key: misplaced, expected }
    ]
  }

  config(other: Expected): ReadonlyArray<Wrong> {
    return [
      ...this.record("config", "WrongConfig", this.other.vault.address),
      { label: "another admin's config", key: this.other.config.address, expected: other }
    ]
  }

  vault(other: Expected, sibling: Expected): ReadonlyArray<Wrong> {
    return [
      ...this.record("vault", "WrongVault", this.other.counterparty.address),
      { label: "another config's vault", key: this.other.vault.address, expected: other },
      { label: "another trader's vault", key: this.sibling.vault.address, expected: sibling }
    ]
  }

  counterparty(second: Expected): ReadonlyArray<Wrong> {
    return [
      ...this.record("counterparty", "WrongCounterparty", this.other.config.address),
      {
        label: "another config's counterparty",
        key: this.other.counterparty.address,
        expected: "WrongCounterparty"
      },
      {
        label: "a second counterparty",
        key: this.second.counterparty.address,
        expected: second
      }
    ]
  }

  trade(withSecond: Expected): ReadonlyArray<Wrong> {
    const { world } = this
    const siblings = vaultTrade(world, this.sibling, "S")
    const copy = this.clone(world.tradeKey("A"))
    return [
      { label: "an empty account", key: wallet("stranger"), expected: "UnknownTrade" },
      { ...copy, expected: "WrongTrade" },
      { label: "another kind of account", key: this.other.config.address, expected: "WrongTrade" },
      { label: "a trade of another vault", key: siblings, expected: "WrongTrade" },
      {
        label: "a trade with a second counterparty",
        key: world.tradeKey("2"),
        expected: withSecond
      }
    ]
  }

  vaultTokens(): ReadonlyArray<Wrong> {
    const { at, mint } = this.world
    const expected = "WrongVaultTokens"
    const own = wallet("another account of the vault")
    return [
      { label: "an empty account", key: wallet("stranger"), expected },
      {
        label: "another account that the vault owns",
        key: own,
        expected,
        put: (world) => world.putTokens(own, { mint, owner: at.vault.address, amount: 1_000n })
      },
      { label: "another vault's tokens", key: this.other.vaultTokens.address, expected },
      { label: "the vault's position tokens", key: this.second.positionTokens.address, expected }
    ]
  }

  positionMint(): ReadonlyArray<Wrong> {
    const expected = "WrongPositionMint"
    return [
      { label: "USDT's mint", key: this.world.mint, expected },
      { label: "a second counterparty's", key: this.second.positionMint.address, expected }
    ]
  }

  positionTokens(): ReadonlyArray<Wrong> {
    const expected = "WrongPositionTokens"
    const own = wallet("another position account of the vault")
    const { at } = this.world
    return [
      { label: "an empty account", key: wallet("stranger"), expected },
      {
        label: "another position account that the vault owns",
        key: own,
        expected,
        put: (world) =>
          world.putTokens(own, {
            mint: at.positionMint.address,
            owner: at.vault.address,
            amount: 1_000n
          })
      },
      { label: "another vault's", key: this.sibling.positionTokens.address, expected },
      { label: "a second counterparty's", key: this.second.positionTokens.address, expected }
    ]
  }

  /** A token account outside, at the address that belongs there or at another one. */
  outside(key: PublicKey, mint: PublicKey, owner: PublicKey): ReadonlyArray<Wrong> {
    const right = { mint, owner, amount: 1_000n }
    const someone = wallet("someone")
    const at = (label: string, expected: Expected, put: (world: VaultWorld) => void): Wrong => ({
      label,
      key,
      expected,
      put
    })
    return [
      at("of another mint", "WrongMint", (world) =>
        world.putTokens(key, { ...right, mint: someone })
      ),
      at("of another owner", "WrongTokenAccount", (world) =>
        world.putTokens(key, { ...right, owner: someone })
      ),
      at("not initialized", "WrongTokenAccount", (world) =>
        world.putTokens(key, { ...right, state: 0 })
      ),
      at("frozen by the issuer", "WrongTokenAccount", (world) =>
        world.putTokens(key, { ...right, state: 2 })
      ),
      at("with a delegate", "DelegatePresent", (world) =>
        world.putTokens(key, { ...right, delegate: someone })
      ),
      at("with a close authority", "CloseAuthorityPresent", (world) =>
        world.putTokens(key, { ...right, closeAuthority: someone })
      ),
      at("of Token-2022", "TokenProgramNotAllowed", (world) =>
        world.putTokens(key, { ...right, program: token2022Id })
      ),
      at("of a program of its own", "TokenProgramNotAllowed", (world) =>
        world.putTokens(key, { ...right, program: someone })
      ),
      at("a mint", "WrongTokenAccount", (world) => world.putMint(key, 6)),
      at("a multisig that reads like one", "WrongTokenAccount", (world) =>
        world.putTokens(key, { ...right, bytes: 355 })
      )
    ]
  }

  settlement(): ReadonlyArray<Wrong> {
    const { authority, mint, settlement } = this.world
    return [
      {
        label: "another registered settlement account",
        key: this.secondSettlement,
        expected: "WrongSettlement"
      },
      { label: "the delegate's own account", key: this.otherUsdt, expected: "WrongSettlement" },
      ...this.outside(settlement, mint, authority)
    ]
  }

  created(): ReadonlyArray<Wrong> {
    return [{ label: "another address", key: wallet("stranger"), expected: "WrongAddress" }]
  }

  role(expected: ProgramErrorName): ReadonlyArray<Wrong> {
    return [
      { label: "a stranger", key: wallet("stranger"), expected },
      { label: "another desk's admin", key: this.otherAdmin, expected }
    ]
  }

  readonly system: ReadonlyArray<Wrong> = [
    { label: "another program", key: wallet("foreign program"), expected: "WrongSystemProgram" }
  ]

  readonly token: ReadonlyArray<Wrong> = [
    { label: "Token-2022", key: token2022Id, expected: "WrongTokenProgram" },
    { label: "another program", key: wallet("foreign program"), expected: "WrongTokenProgram" }
  ]
}

const vaultTrade = (world: VaultWorld, at: VaultAddresses, name: string): PublicKey =>
  PublicKey.findProgramAddressSync(
    [Buffer.from("trade"), at.vault.address.toBytes(), chainId(name)],
    world.programId
  )[0]
