import { assert, describe, it } from "@effect/vitest"
import { PublicKey, TransactionInstruction } from "@solana/web3.js"
import {
  chainId,
  type VaultAddresses,
  type VaultIdentity,
  vaultAddresses
} from "../../../../src/infra/chain/program/addresses.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { limits, VaultWorld, wallet } from "./vaultWorld.ts"
import { Neighbours, type Wrong } from "./wrongAccounts.ts"

type Slots = ReadonlyArray<ReadonlyArray<Wrong>>

interface Case {
  readonly name: chain.InstructionName
  /** Leading accounts that sign and hold no state: one key may play several of them. */
  readonly roles: number
  /** A right instruction, and what is wrong in the place of each of its accounts. */
  readonly make: (world: VaultWorld, near: Neighbours) => readonly [TransactionInstruction, Slots]
}

const A = chainId("A")
const any: ReadonlyArray<Wrong> = []

/** 1,000 deposited, 400 of trade A reserved, 100 of it settled; other desks' trades beside it. */
const open = (world: VaultWorld, near: Neighbours): void => {
  const { at, by, payer, traderUsdt: outside } = world
  world.must(chain.deposit(at, { payer, outside, id: chainId("d1"), amountMicros: 1_000n }))
  world.must(trades.reserve(at, by, A, 400n, 900_000))
  world.must(trades.settle(at, by, A, 1, 100n))
  near.openTrades()
}

const swapSlots = (near: Neighbours): Slots => [
  near.role("WrongDelegate"),
  near.role("WrongRiskGate"),
  near.config("WrongConfig"),
  near.vault("WrongConfig", "WrongVaultTokens"),
  near.counterparty("WrongSettlement"),
  near.trade("WrongCounterparty"),
  near.vaultTokens(),
  near.settlement(),
  near.positionMint(),
  near.positionTokens(),
  near.token
]

/** Addresses of a desk that differs from the world's in this; nothing of it exists yet. */
const addressesOf = (world: VaultWorld, other: Partial<VaultIdentity>): VaultAddresses => {
  const { creator, mint, programId, settlement, trader } = world.at
  return vaultAddresses({ creator, mint, programId, settlement, trader, ...other })
}

const thirdSettlement = (world: VaultWorld): PublicKey => {
  const settlement = wallet("third settlement")
  world.putTokens(settlement, { mint: world.mint, owner: world.authority, amount: 0n })
  return settlement
}

const cases: ReadonlyArray<Case> = [
  {
    name: "initializeConfig",
    roles: 2,
    make: (world, near) => {
      const mint = wallet("second mint")
      world.putMint(mint, 6)
      const at = addressesOf(world, { mint })
      const { guardian, riskGate } = world
      const from = { payer: near.rentPayer, riskGate, guardian, limits }
      const mints: ReadonlyArray<Wrong> = [
        {
          label: "of Token-2022",
          key: mint,
          expected: "TokenProgramNotAllowed",
          put: (it) => it.putMint(mint, 6, PublicKey.default)
        },
        {
          label: "of 9 decimals",
          key: mint,
          expected: "WrongMint",
          put: (it) => it.putMint(mint, 9)
        },
        {
          label: "not initialized",
          key: mint,
          expected: "WrongMint",
          put: (it) => it.put(mint, Buffer.alloc(82).fill(6, 44, 45), chain.tokenProgramId)
        },
        {
          label: "a multisig that reads like one",
          key: mint,
          expected: "WrongMint",
          put: (it) => it.putMint(mint, 6, chain.tokenProgramId, 355)
        },
        { label: "a token account", key: world.traderUsdt, expected: "WrongMint" },
        { label: "another mint", key: world.mint, expected: "WrongAddress" }
      ]
      return [
        chain.initializeConfig(at, from),
        [any, near.role("WrongAddress"), near.created(), mints, near.system]
      ]
    }
  },
  {
    name: "proposeConfig",
    roles: 1,
    make: (world, near) => [
      chain.proposeConfig(world.at, world.admin, { roles: world, limits }),
      [near.role("WrongAdmin"), near.config("WrongAdmin")]
    ]
  },
  {
    name: "applyConfig",
    roles: 1,
    make: (world, near) => {
      world.must(chain.proposeConfig(world.at, world.admin, { roles: world, limits }))
      world.setTime(1_000_000)
      return [
        chain.applyConfig(world.at, world.admin),
        [near.role("WrongAdmin"), near.config("WrongAdmin")]
      ]
    }
  },
  {
    name: "cancelProposal",
    roles: 1,
    make: (world, near) => {
      world.must(chain.proposeConfig(world.at, world.admin, { roles: world, limits }))
      return [
        chain.cancelProposal(world.at, world.admin),
        [near.role("WrongAdmin"), near.config("WrongAdmin")]
      ]
    }
  },
  {
    name: "registerCounterparty",
    roles: 3,
    make: (world, near) => {
      const { admin, authority, mint } = world
      const settlement = thirdSettlement(world)
      const at = addressesOf(world, { settlement })
      return [
        chain.registerCounterparty(at, { payer: near.rentPayer, admin, authority }),
        [
          any,
          near.role("WrongAdmin"),
          near.role("WrongTokenAccount"),
          near.config("WrongAdmin"),
          near.created(),
          near.outside(settlement, mint, authority),
          near.created(),
          near.system,
          near.token
        ]
      ]
    }
  },
  {
    name: "setCounterparty",
    roles: 1,
    make: (world, near) => [
      chain.setCounterparty(world.at, world.admin, true),
      [near.role("WrongAdmin"), near.config("WrongCounterparty"), near.counterparty("allowed")]
    ]
  },
  {
    name: "initializeVault",
    roles: 2,
    make: (world, near) => {
      const at = addressesOf(world, { trader: wallet("third trader") })
      const mints: ReadonlyArray<Wrong> = [
        {
          label: "another mint",
          key: wallet("second mint"),
          expected: "WrongMint",
          put: (it) => it.putMint(wallet("second mint"), 6)
        },
        {
          label: "no mint any more",
          key: world.mint,
          expected: "WrongMint",
          put: (it) => it.putTokens(it.mint, { mint: it.mint, owner: it.admin, amount: 0n })
        }
      ]
      return [
        chain.initializeVault(at, { payer: near.rentPayer, delegate: world.delegate }),
        [
          any,
          near.role("WrongAddress"),
          near.config("WrongAddress"),
          near.created(),
          near.created(),
          mints,
          near.system,
          near.token
        ]
      ]
    }
  },
  {
    name: "openPosition",
    roles: 1,
    make: (world, near) => {
      const { authority, admin, payer } = world
      const at = addressesOf(world, { settlement: thirdSettlement(world) })
      world.must(chain.registerCounterparty(at, { payer, admin, authority }))
      return [
        chain.openPosition(at, near.rentPayer),
        [
          any,
          near.vault("WrongCounterparty", "WrongAddress"),
          near.counterparty("WrongPositionMint"),
          near.created(),
          near.positionMint(),
          near.system,
          near.token
        ]
      ]
    }
  },
  {
    name: "setDelegate",
    roles: 1,
    make: (world, near) => [
      chain.setDelegate(world.at, wallet("new delegate")),
      [near.role("WrongTrader"), near.vault("WrongTrader", "WrongTrader")]
    ]
  },
  ...(["deposit", "withdraw"] as const).map(
    (name): Case => ({
      name,
      roles: 2,
      make: (world, near) => {
        open(world, near)
        const { at, mint, trader, traderUsdt: outside } = world
        const transfer = { payer: near.rentPayer, outside, id: chainId("t1"), amountMicros: 50n }
        return [
          (name === "deposit" ? chain.deposit : chain.withdraw)(at, transfer),
          [
            any,
            near.role("WrongTrader"),
            near.vault("WrongTrader", "WrongTrader"),
            near.vaultTokens(),
            near.outside(outside, mint, trader),
            near.created(),
            near.system,
            near.token
          ]
        ]
      }
    })
  ),
  {
    name: "reserve",
    roles: 3,
    make: (world, near) => {
      open(world, near)
      const by = { ...world.by, payer: near.rentPayer }
      return [
        trades.reserve(world.at, by, chainId("B"), 100n, 900_000),
        [
          any,
          near.role("WrongDelegate"),
          near.role("WrongRiskGate"),
          near.config("WrongConfig"),
          near.vault("WrongConfig", "WrongAddress"),
          near.counterparty("WrongPositionTokens"),
          near.positionTokens(),
          near.created(),
          near.system
        ]
      ]
    }
  },
  {
    name: "settle",
    roles: 2,
    make: (world, near) => {
      open(world, near)
      return [trades.settle(world.at, world.by, A, 2, 200n), swapSlots(near)]
    }
  },
  {
    name: "cancel",
    roles: 1,
    make: (world, near) => {
      open(world, near)
      return [
        trades.cancel(world.at, world.by, A),
        [
          near.role("WrongDelegate"),
          near.vault("WrongDelegate", "WrongTrade"),
          near.trade("allowed")
        ]
      ]
    }
  },
  {
    name: "close",
    roles: 3,
    make: (world, near) => {
      open(world, near)
      const closing = { cumulativeProceedsMicros: 40n, final: false }
      const [delegate, gate, ...rest] = swapSlots(near)
      return [
        trades.close(world.at, world.by, A, 1, closing),
        [delegate!, gate!, near.role("WrongAuthority"), ...rest]
      ]
    }
  },
  {
    name: "adjust",
    roles: 3,
    make: (world, near) => {
      open(world, near)
      const slots = swapSlots(near)
      return [
        trades.adjust(world.at, world.by, A, 1, 5n),
        [...slots.slice(0, 2), near.role("WrongAuthority"), ...slots.slice(2, 8), near.token]
      ]
    }
  },
  {
    name: "freeze",
    roles: 1,
    make: (world, near) => [
      chain.freeze(world.at, world.guardian, limits.timelockMs + 20_000),
      [near.role("WrongGuardian"), near.config("WrongConfig"), near.vault("WrongConfig", "allowed")]
    ]
  },
  {
    name: "thaw",
    roles: 1,
    make: (world, near) => [
      chain.thaw(world.at, world.guardian),
      [near.role("WrongGuardian"), near.config("WrongConfig"), near.vault("WrongConfig", "allowed")]
    ]
  },
  {
    name: "anchor",
    roles: 1,
    make: (world, near) => [
      chain.anchor(world.at, world.delegate, 64, chainId("head")),
      [near.role("WrongDelegate"), near.vault("WrongDelegate", "allowed")]
    ]
  },
  {
    name: "overdue",
    roles: 0,
    make: (world, near) => {
      open(world, near)
      world.setTime(5_000_000)
      return [
        trades.overdue(world.at, A),
        [near.vault("WrongTrade", "WrongTrade"), near.trade("allowed")]
      ]
    }
  },
  {
    name: "writeOff",
    roles: 1,
    make: (world, near) => {
      open(world, near)
      const { at, trader, traderClaims } = world
      world.setTime(5_000_000)
      world.must(trades.overdue(at, A))
      return [
        trades.writeOff(at, A, traderClaims),
        [
          near.role("WrongTrader"),
          near.vault("WrongTrader", "WrongTrader"),
          near.counterparty("WrongCounterparty"),
          near.trade("WrongCounterparty"),
          near.positionTokens(),
          near.outside(traderClaims, at.positionMint.address, trader),
          near.token
        ]
      ]
    }
  },
  {
    name: "note",
    roles: 2,
    make: (world, near) => [
      chain.note(
        world.at,
        { payer: near.rentPayer, delegate: world.delegate },
        chainId("key"),
        0x200
      ),
      [
        any,
        near.role("WrongDelegate"),
        near.vault("WrongDelegate", "WrongAddress"),
        near.created(),
        near.system
      ]
    ]
  },
  {
    name: "absorb",
    roles: 1,
    make: (world, near) => {
      open(world, near)
      const { at, mint } = world
      const amount = world.held(at.vaultTokens.address) + 7n
      world.putTokens(at.vaultTokens.address, { mint, owner: at.vault.address, amount })
      return [
        chain.absorb(at),
        [near.role("WrongTrader"), near.vault("WrongTrader", "WrongTrader"), near.vaultTokens()]
      ]
    }
  }
]

interface Prepared {
  readonly world: VaultWorld
  readonly right: TransactionInstruction
  readonly slots: Slots
}

const copyOf = ({ data, keys, programId }: TransactionInstruction): TransactionInstruction =>
  new TransactionInstruction({ programId, data, keys: keys.map((meta) => ({ ...meta })) })

for (const { make, name, roles } of cases) {
  describe(`Vault program, ${name}`, () => {
    let prepared: Prepared | undefined
    const prepare = (): Prepared => {
      if (prepared !== undefined) return prepared
      const world = new VaultWorld().setUp()
      const [right, slots] = make(world, new Neighbours(world))
      prepared = { world, right, slots }
      return prepared
    }

    const errorOf = (change: (instruction: TransactionInstruction) => void): string | undefined => {
      const { right, world } = prepare()
      const instruction = copyOf(right)
      change(instruction)
      return world.run(instruction).error
    }

    it("refuses a missing signature, a read-only account and a shorter list of accounts", () => {
      const { right } = prepare()
      for (const [index, meta] of right.keys.entries()) {
        if (meta.isSigner) {
          const error = errorOf(({ keys }) => {
            keys[index]!.isSigner = false
          })
          assert.strictEqual(error, "NotSigner", `account ${index}`)
        }
        if (meta.isWritable) {
          const error = errorOf(({ keys }) => {
            keys[index]!.isWritable = false
          })
          assert.strictEqual(error, "NotWritable", `account ${index}`)
        }
        const shorter = errorOf(({ keys }) => keys.splice(index))
        assert.strictEqual(shorter, "NotEnoughAccounts", `${index} accounts`)
      }
    })

    it("refuses one account in two places", () => {
      const { right } = prepare()
      for (let first = roles; first < right.keys.length; first++) {
        for (let second = first + 1; second < right.keys.length; second++) {
          const error = errorOf(({ keys }) => {
            keys[second]!.pubkey = keys[first]!.pubkey
          })
          assert.strictEqual(error, "DuplicateAccount", `accounts ${first} and ${second}`)
        }
      }
    })

    it("refuses data of another length", () => {
      const { data } = prepare().right
      const lengths = data.length > 1 ? [1, data.length - 1, data.length + 1] : [2]
      for (const length of lengths) {
        const error = errorOf((instruction) => {
          instruction.data = Buffer.concat([data, Buffer.alloc(1)]).subarray(0, length)
        })
        assert.strictEqual(error, "BadInstruction", `${length} bytes`)
      }
    })

    it("refuses by name what does not belong in the place of each account", () => {
      const { right, slots, world } = prepare()
      assert.strictEqual(slots.length, right.keys.length)
      for (const [index, wrongs] of slots.entries()) {
        for (const { expected, key, label, put } of wrongs) {
          const before = world.svm.getAccount(world.addressOf(key))
          put?.(world)
          const error = errorOf(({ keys }) => {
            keys[index]!.pubkey = key
          })
          if (put !== undefined && before.exists) world.svm.setAccount(before)
          assert.strictEqual(error ?? "allowed", expected, `account ${index}: ${label}`)
        }
      }
    })

    it("takes the right ones", () => {
      assert.strictEqual(
        errorOf(() => {}),
        undefined
      )
    })
  })
}

describe("Vault program, wrong accounts", () => {
  it("covers every instruction", () => {
    assert.deepStrictEqual(
      cases.map(({ name }) => name),
      Object.keys(chain.instructionTags) as Array<chain.InstructionName>
    )
  })
})
