import { assert, describe, it } from "@effect/vitest"
import { PublicKey } from "@solana/web3.js"
import type { Instruction } from "../../../../src/domain/vault/instruction.ts"
import { applyInstruction } from "../../../../src/domain/vault/vault.ts"
import { balancesOf, emptyVault } from "../../../../src/domain/vault/vaultState.ts"
import { decodeReceipt } from "../../../../src/infra/chain/program/accounts.ts"
import {
  chainId,
  positionMintAddress,
  receiptAddress,
  tradeAddress,
  vaultAddresses,
  vaultTokensAddress
} from "../../../../src/infra/chain/program/addresses.ts"
import { programErrorCode } from "../../../../src/infra/chain/program/errors.ts"
import { eventsOfLogs } from "../../../../src/infra/chain/program/events.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { deposit, funded, reserved } from "./fundedWorlds.ts"
import { programInstruction } from "./randomMoves.ts"
import { limits, VaultWorld, wallet } from "./vaultWorld.ts"

const A = chainId("A")
const life: ReadonlyArray<Instruction> = [
  { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n },
  { _tag: "Reserve", tradeId: "A", maxAmountMicros: 400n, expiryMs: 900_000 },
  { _tag: "Settle", tradeId: "A", n: 1, cumulativeMicros: 100n },
  { _tag: "Close", tradeId: "A", n: 1, cumulativeProceedsMicros: 130n, final: false },
  { _tag: "Settle", tradeId: "A", n: 2, cumulativeMicros: 300n },
  { _tag: "Cancel", tradeId: "A" },
  { _tag: "Close", tradeId: "A", n: 2, cumulativeProceedsMicros: 350n, final: true },
  { _tag: "Adjust", tradeId: "A", n: 1, amountMicros: -7n },
  { _tag: "Adjust", tradeId: "A", n: 2, amountMicros: 3n },
  { _tag: "Withdraw", withdrawalId: "w1", amountMicros: 40n }
]

describe("Vault program, a trade's life", () => {
  it("numbers entries densely and tells the model's balances after each", () => {
    const world = new VaultWorld().setUp()
    let state = emptyVault
    for (const [index, instruction] of life.entries()) {
      const [next, outcome] = applyInstruction(state, instruction, 0, limits)
      state = next
      const { event } = world.must(programInstruction(world, instruction))
      const { freeMicros, movedMicros, number, repeated, reservedMicros, settlingMicros } = event!
      assert.deepStrictEqual(
        { repeated, number, movedMicros, freeMicros, reservedMicros, settlingMicros },
        {
          repeated: false,
          number: index + 1,
          movedMicros: outcome._tag === "Applied" ? outcome.movedMicros : undefined,
          ...balancesOf(state)
        }
      )
      world.check()
    }
    assert.deepStrictEqual(world.trade("A")!.account, state.trades.get("A"))
  })

  it("answers each repeat with its first number and moves nothing", () => {
    const world = new VaultWorld().setUp()
    for (const instruction of life) world.must(programInstruction(world, instruction))
    const before = world.vault()
    const again = life.map(
      (instruction) => world.must(programInstruction(world, instruction)).event!
    )
    assert.deepStrictEqual(
      again.map(({ movedMicros, number, repeated }) => [repeated, number, movedMicros]),
      // Of settles, closes and adjusts the account remembers the last one only.
      [1, 2, 0, 0, 5, 6, 7, 0, 9, 10].map((number) => [true, number, 0n])
    )
    assert.deepStrictEqual(world.vault(), before)
    world.check()
  })

  it("keeps what an unknown outcome needs: the last entry of each kind with its balances", () => {
    const world = new VaultWorld().setUp()
    const told = life.map(
      (instruction) => world.must(programInstruction(world, instruction)).event!
    )
    const { adjust, cancel, close, reserve, settle } = world.trade("A")!.entries
    const kept = [reserve, settle, cancel, close, adjust]
    const events = [1, 4, 5, 6, 8].map((index) => told[index]!)
    assert.deepStrictEqual(
      kept,
      events.map(({ freeMicros, movedMicros, number, reservedMicros, settlingMicros }) => ({
        number,
        movedMicros,
        freeMicros,
        reservedMicros,
        settlingMicros
      }))
    )
    const at = receiptAddress(world.programId, world.at.vault.address, "deposit", chainId("d1"))
    const receipt = decodeReceipt(world.data(at.address)!)
    assert.deepStrictEqual(
      [receipt.number, receipt.movedMicros, receipt.freeMicros, receipt.kind],
      [1, 1_000n, 1_000n, 0]
    )
  })

  it("logs the event that it returns", () => {
    const world = funded()
    const ran = world.must(trades.reserve(world.at, world.by, A, 400n, 900_000))
    assert.deepStrictEqual(eventsOfLogs(ran.logs()), [ran.event!])
    assert.strictEqual(ran.event!.id, Buffer.from(A).toString("hex"))
    assert.strictEqual(ran.event!.tag, chain.instructionTags.reserve)
  })

  it("settles one for one, except for what closings returned beyond the principal", () => {
    const world = reserved()
    world.must(trades.settle(world.at, world.by, A, 1, 100n))
    assert.strictEqual(world.held(world.at.positionTokens.address), 100n)
    const closing = { cumulativeProceedsMicros: 130n, final: false }
    world.must(trades.close(world.at, world.by, A, 1, closing))
    assert.strictEqual(world.held(world.at.positionTokens.address), 0n)
    world.must(trades.settle(world.at, world.by, A, 2, 120n))
    assert.strictEqual(world.held(world.at.positionTokens.address), 0n)
    world.must(trades.settle(world.at, world.by, A, 3, 200n))
    assert.strictEqual(world.held(world.at.positionTokens.address), 70n)
    world.check()
  })

  it("refuses a closing that is neither final nor not", () => {
    const world = reserved()
    world.must(trades.settle(world.at, world.by, A, 1, 100n))
    const closing = { cumulativeProceedsMicros: 50n, final: false }
    const odd = trades.close(world.at, world.by, A, 1, closing)
    odd.data[odd.data.length - 1] = 2
    assert.strictEqual(world.run(odd).error, "BadInstruction")
  })

  it("takes no USDT without position tokens: a failed mint undoes the transfer", () => {
    const world = reserved()
    const { at, by } = world
    const mint = world.svm.getAccount(world.addressOf(at.positionMint.address))
    if (!mint.exists) return assert.fail("no position mint")
    // As if somebody else had become the claim's mint authority.
    const data = Buffer.from(mint.data)
    wallet("someone").toBuffer().copy(data, 4)
    world.svm.setAccount({ ...mint, data })
    assert.include(world.run(trades.settle(at, by, A, 1, 100n)).error, "token program")
    assert.strictEqual(world.held(world.settlement), 1_000_000n)
    world.check()
    world.svm.setAccount(mint)
    world.must(trades.settle(at, by, A, 1, 100n))
  })
})

describe("Vault program, addresses", () => {
  it("creates every account although a stranger sent lamports there first", () => {
    const world = new VaultWorld()
    const { at, payer } = world
    const trade = tradeAddress(world.programId, at.vault.address, A).address
    const receipt = receiptAddress(world.programId, at.vault.address, "deposit", chainId("d1"))
    const places = [
      at.config,
      at.counterparty,
      at.positionMint,
      at.vault,
      at.vaultTokens,
      at.positionTokens,
      receipt
    ].map(({ address }) => address)
    // Too little for rent, exactly enough of it, and more than enough.
    for (const [index, key] of [...places, trade].entries()) {
      world.prefund(key, [1_000_000n, 2_039_280n, 50_000_000n][index % 3]!)
    }
    world.setUp()
    world.must(deposit(world, 1_000n))
    world.must(trades.reserve(at, world.by, A, 400n, 900_000))
    world.must(trades.settle(at, world.by, A, 1, 100n))
    world.check()
    assert.notStrictEqual(payer, world.trader)
  })

  /** The next bump below the canonical one that also gives an address. */
  const nextBelow = (
    programId: PublicKey,
    canonical: number,
    seeds: ReadonlyArray<Uint8Array>
  ): { readonly bump: number; readonly address: PublicKey } => {
    for (let bump = canonical - 1; bump >= 0; bump--) {
      try {
        const address = PublicKey.createProgramAddressSync(
          [...seeds, Uint8Array.of(bump)],
          programId
        )
        return { bump, address }
      } catch {
        // On the curve: somebody could hold its key.
      }
    }
    throw new Error("no second address")
  }

  it("takes no other bump than the canonical one: an order id has one account", () => {
    const world = funded()
    const { admin, authority, by, delegate, guardian, mint, payer, programId, riskGate } = world
    const fresh = vaultAddresses({ ...world.at, creator: wallet("creator") })
    const settlement = wallet("third settlement")
    world.putTokens(settlement, { mint, owner: authority, amount: 0n })
    const third = vaultAddresses({ ...world.at, settlement })
    const other = vaultAddresses({ ...world.at, trader: wallet("third trader") })
    const { config, counterparty, vault } = third
    const text = (name: string) => Buffer.from(name)
    const id = chainId("w1")
    const funds = { payer, outside: world.traderUsdt, id, amountMicros: 5n }
    /** Instruction, the place of the created account, of its bump in the data, its seeds. */
    const creations = [
      [
        chain.initializeConfig(fresh, { payer, riskGate, guardian, limits }),
        [2, 1],
        ["config", fresh.creator.toBytes(), mint.toBytes()]
      ],
      [
        chain.initializeVault(other, { payer, delegate }),
        [4, 2],
        ["tokens", other.vault.address.toBytes()]
      ],
      [
        chain.initializeVault(other, { payer, delegate }),
        [3, 1],
        ["vault", config.address.toBytes(), other.trader.toBytes()]
      ],
      [
        chain.registerCounterparty(third, { payer, admin, authority }),
        [6, 2],
        ["claim", counterparty.address.toBytes()]
      ],
      [
        chain.openPosition(world.at, payer),
        [3, 1],
        ["position", vault.address.toBytes(), world.at.counterparty.address.toBytes()]
      ],
      [
        chain.withdraw(world.at, funds),
        [5, 1],
        ["receipt", vault.address.toBytes(), Uint8Array.of(1), id]
      ],
      [
        chain.note(world.at, { payer, delegate }, id, 1),
        [3, 1],
        ["receipt", vault.address.toBytes(), Uint8Array.of(2), id]
      ],
      [
        trades.reserve(world.at, by, A, 100n, 900_000),
        [7, 1],
        ["trade", vault.address.toBytes(), A]
      ]
    ] as const
    for (const [instruction, [place, bumpAt], [name, ...seeds]] of creations) {
      const second = nextBelow(programId, instruction.data[bumpAt]!, [text(name), ...seeds])
      const right = { key: instruction.keys[place]!.pubkey, bump: instruction.data[bumpAt]! }
      instruction.data[bumpAt] = second.bump
      assert.strictEqual(world.run(instruction).error, "WrongAddress", `bump of ${name}`)
      instruction.keys[place]!.pubkey = second.address
      assert.strictEqual(world.run(instruction).error, "WrongAddress", `address of ${name}`)
      instruction.data[bumpAt] = right.bump
      instruction.keys[place]!.pubkey = right.key
    }
    // A counterparty at a second address, with all that follows from it right.
    const seeds = [text("counterparty"), config.address.toBytes(), settlement.toBytes()]
    const second = nextBelow(programId, counterparty.bump, seeds)
    const positionMint = positionMintAddress(programId, second.address)
    const at = { ...third, counterparty: second, positionMint }
    const register = chain.registerCounterparty(at, { payer, admin, authority })
    assert.strictEqual(world.run(register).error, "WrongAddress")
    const vaultSeeds = [text("vault"), config.address.toBytes(), other.trader.toBytes()]
    const secondVault = nextBelow(programId, other.vault.bump, vaultSeeds)
    const vaultTokens = vaultTokensAddress(programId, secondVault.address)
    const otherAt = { ...other, vault: secondVault, vaultTokens }
    const open = chain.initializeVault(otherAt, { payer, delegate })
    assert.strictEqual(world.run(open).error, "WrongAddress")
    world.must(chain.registerCounterparty(third, { payer, admin, authority }))
    world.must(creations[7][0])
  })

  it("initializes nothing twice", () => {
    const world = funded()
    const { admin, at, authority, delegate, guardian, payer, riskGate } = world
    for (const again of [
      chain.initializeConfig(at, { payer, riskGate, guardian, limits }),
      chain.registerCounterparty(at, { payer, admin, authority }),
      chain.initializeVault(at, { payer, delegate }),
      chain.openPosition(at, payer)
    ]) {
      assert.strictEqual(world.run(again).error, "AlreadyInitialized")
    }
  })
})

describe("Vault program, its own guard", () => {
  /** The vault account with one of its fields changed, as no instruction can. */
  const damaged = (change: (data: Buffer) => void): VaultWorld => {
    const world = reserved()
    world.must(trades.settle(world.at, world.by, A, 1, 100n))
    const account = world.svm.getAccount(world.addressOf(world.at.vault.address))
    if (!account.exists) throw new Error("no vault")
    const data = Buffer.from(account.data)
    change(data)
    world.svm.setAccount({ ...account, data })
    return world
  }
  const moves: ReadonlyArray<Instruction> = [
    { _tag: "Deposit", depositId: "d2", amountMicros: 5n },
    { _tag: "Withdraw", withdrawalId: "w", amountMicros: 5n },
    { _tag: "Reserve", tradeId: "B", maxAmountMicros: 5n, expiryMs: 900_000 },
    { _tag: "Settle", tradeId: "A", n: 2, cumulativeMicros: 105n },
    { _tag: "Cancel", tradeId: "A" },
    { _tag: "Close", tradeId: "A", n: 1, cumulativeProceedsMicros: 5n, final: false },
    { _tag: "Adjust", tradeId: "A", n: 1, amountMicros: 5n },
    { _tag: "Adjust", tradeId: "A", n: 1, amountMicros: -5n }
  ]

  for (const instruction of moves) {
    it(`stops ${instruction._tag} where the books do not add up`, () => {
      const world = damaged((data) => data.writeBigUInt64LE(999n, 200))
      const { error } = world.run(programInstruction(world, instruction))
      assert.strictEqual(error, "ConservationBroken")
    })
  }

  it("stops what holds less than its books say", () => {
    const world = reserved()
    const { at, mint } = world
    const owner = at.vault.address
    world.putTokens(at.vaultTokens.address, { mint, owner, amount: 900n })
    const { error } = world.run(deposit(world, 5n, "d2"))
    assert.strictEqual(error, "ConservationBroken")
    assert.strictEqual(world.run(chain.absorb(at)).error, "ConservationBroken")
  })

  /** A program that takes any instruction and does nothing, in the token program's place. */
  const withIdleTokenProgram = (world: VaultWorld): VaultWorld => {
    const memo = world.svm.getAccount(
      world.addressOf(new PublicKey("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"))
    )
    if (!memo.exists) throw new Error("no memo program")
    const place = world.addressOf(chain.tokenProgramId)
    world.svm.addProgramWithLoader(place, memo.data, memo.programAddress)
    return world
  }

  it("stops where the token program did not move what it was told to", () => {
    const { payer, traderUsdt: outside } = new VaultWorld()
    const transfer = { payer, outside, id: chainId("w1"), amountMicros: 5n }
    const world = withIdleTokenProgram(reserved())
    const { error } = world.run(chain.withdraw(world.at, transfer))
    assert.strictEqual(error, "ConservationBroken")
  })

  it("stops where the token program did not burn what it was told to", () => {
    const world = reserved()
    world.must(trades.settle(world.at, world.by, A, 1, 100n))
    withIdleTokenProgram(world)
    const loss = { cumulativeProceedsMicros: 0n, final: true }
    const { error } = world.run(trades.close(world.at, world.by, A, 1, loss))
    assert.strictEqual(error, "ConservationBroken")
  })

  it("stops where the cluster's clock would pass 64 bits of milliseconds", () => {
    const world = funded()
    world.setTime(1e19)
    const { error } = world.run(trades.reserve(world.at, world.by, A, 400n, 900_000))
    assert.strictEqual(error, "Overflow")
  })

  it("stops where a sum would pass 64 bits", () => {
    const world = damaged((data) => data.writeBigUInt64LE(2n ** 64n - 1n, 216))
    assert.strictEqual(world.run(deposit(world, 5n, "d2")).error, "Overflow")
  })

  it("takes USDT that strangers sent as the trader's, and stops at nothing for it", () => {
    const world = reserved()
    const { at, by, mint } = world
    const owner = at.vault.address
    world.putTokens(at.vaultTokens.address, { mint, owner, amount: 1_007n })
    world.must(trades.settle(at, by, A, 1, 100n))
    const { event } = world.must(chain.absorb(at))
    assert.deepStrictEqual([event!.movedMicros, event!.freeMicros], [7n, 607n])
    world.check()
    assert.strictEqual(world.must(chain.absorb(at)).event!.repeated, true)
  })
})

describe("Vault program, trades that nobody closed", () => {
  it("frees an expired reservation, marks the rest, then hands its claim to the trader", () => {
    const world = reserved()
    const { at, by } = world
    world.must(trades.settle(at, by, A, 1, 100n))
    assert.strictEqual(world.run(trades.overdue(at, A)).error, "NotOverdue")
    world.setTime(900_000)
    assert.strictEqual(world.must(trades.overdue(at, A)).event!.movedMicros, 300n)
    assert.strictEqual(world.vault().freeMicros, 900n)
    world.setTime(900_000 + limits.tradeMsMax)
    world.must(trades.overdue(at, A))
    assert.strictEqual(world.vault().overdueTrades, 1)
    const B = chainId("B")
    const next = trades.reserve(at, by, B, 5n, 1_500_000)
    assert.strictEqual(world.run(next).error, "TradeOverdue")
    const claim = trades.writeOff(at, A, world.traderClaims)
    assert.strictEqual(world.run(claim).error, "NotOverdue")
    world.setTime(900_000 + 2 * limits.tradeMsMax)
    world.must(claim)
    assert.strictEqual(world.held(world.traderClaims), 100n)
    assert.strictEqual(world.counterparty().outstandingMicros, 100n)
    world.check()
    world.must(next)
  })

  it("lets a late closing clear the mark", () => {
    const world = reserved()
    const { at, by } = world
    world.must(trades.settle(at, by, A, 1, 100n))
    world.setTime(900_000 + limits.tradeMsMax)
    world.must(trades.overdue(at, A))
    world.must(trades.close(at, by, A, 1, { cumulativeProceedsMicros: 120n, final: true }))
    assert.strictEqual(world.vault().overdueTrades, 0)
    assert.strictEqual(world.run(trades.overdue(at, A)).error, "NotOverdue")
    world.must(trades.reserve(at, by, chainId("B"), 5n, 1_500_000))
  })
})

describe("Vault program, notes", () => {
  it("numbers what the chain answered without an entry of its own, once per key", () => {
    const world = funded()
    const by = { payer: world.payer, delegate: world.delegate }
    const key = chainId("ReserveRequested:A:0:1")
    const code = programErrorCode("InsufficientFree")
    const first = world.must(chain.note(world.at, by, key, code)).event!
    assert.deepStrictEqual([first.number, first.n, first.freeMicros], [2, code, 1_000n])
    const again = world.must(chain.note(world.at, by, key, code)).event!
    assert.deepStrictEqual([again.repeated, again.number], [true, 2])
    assert.strictEqual(world.run(chain.note(world.at, by, key, 1)).error, "RepeatDiffers")
  })
})
