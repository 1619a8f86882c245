import { assert, describe, it } from "@effect/vitest"
import { type PublicKey, TransactionInstruction } from "@solana/web3.js"
import { Schema } from "effect"
import { uniformAt } from "../../../../src/domain/chance.ts"
import { emptyVault } from "../../../../src/domain/vault/vaultState.ts"
import { chainId } from "../../../../src/infra/chain/program/addresses.ts"
import { tokenProgramId } from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { reserved } from "./fundedWorlds.ts"
import { instructionOf, moveAt, programInstruction } from "./randomMoves.ts"
import { systemProgramId, type VaultWorld, wallet } from "./vaultWorld.ts"

const runs = 10
const shotsPerRun = 400

/** What a crash of the program itself looks like, as opposed to a refusal. */
const crash = /ccess violation|failed to complete|aborted|panicked|exceeded CUs|overflow/i

const open = (): VaultWorld => {
  const world = reserved()
  world.must(trades.settle(world.at, world.by, chainId("A"), 1, 100n))
  return world
}

const poolOf = (world: VaultWorld): ReadonlyArray<PublicKey> => {
  const { at } = world
  return [
    at.config.address,
    at.vault.address,
    at.counterparty.address,
    at.vaultTokens.address,
    at.positionMint.address,
    at.positionTokens.address,
    world.tradeKey("A"),
    world.settlement,
    world.traderUsdt,
    world.traderClaims,
    world.mint,
    world.payer,
    world.trader,
    world.delegate,
    world.riskGate,
    world.authority,
    world.guardian,
    world.admin,
    wallet("stranger"),
    systemProgramId,
    tokenProgramId
  ]
}

/** A right instruction with some of its bytes and accounts changed, or an altogether random one. */
const shotAt = (world: VaultWorld, seed: number, shot: number): TransactionInstruction => {
  const draw = (place: number, below: number): number =>
    Math.floor(uniformAt(seed, shot, 100 + place) * below)
  const pool = poolOf(world)
  const pick = (place: number) => pool[draw(place, pool.length)]!
  if (draw(0, 4) === 0) {
    const keys = Array.from({ length: draw(1, 15) }, (_, index) => ({
      pubkey: pick(40 + index),
      isSigner: draw(60 + index, 2) === 0,
      isWritable: draw(80 + index, 2) === 0
    }))
    const data = Buffer.from(Array.from({ length: draw(2, 160) }, (_, i) => draw(100 + i, 256)))
    if (data.length > 0) data[0] = draw(3, 26)
    return new TransactionInstruction({ programId: world.programId, keys, data })
  }
  const instruction = programInstruction(
    world,
    instructionOf(moveAt(seed, shot), "A", emptyVault, 0, shot)
  )
  for (let flip = draw(4, 4); flip > 0; flip--) {
    const { data } = instruction
    data[draw(5 + flip, data.length)] = draw(10 + flip, 256)
  }
  for (let change = draw(15, 3); change > 0; change--) {
    const meta = instruction.keys[draw(16 + change, instruction.keys.length)]!
    meta.pubkey = pick(20 + change)
    meta.isSigner = draw(24 + change, 2) === 0
  }
  return instruction
}

describe("Vault program, fuzzed", () => {
  it.prop(
    `refuses or conserves, and never crashes, over ${runs * shotsPerRun} mangled instructions`,
    { seed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 })) },
    ({ seed }) => {
      const world = open()
      const usdt = (): bigint =>
        world.held(world.traderUsdt) +
        world.held(world.settlement) +
        world.held(world.at.vaultTokens.address)
      const total = usdt()
      for (let shot = 1; shot <= shotsPerRun; shot++) {
        const ran = world.run(shotAt(world, seed, shot))
        const what = `seed ${seed}, shot ${shot}: ${ran.error}`
        if (ran.error === undefined) {
          world.check()
          assert.strictEqual(usdt(), total, what)
        } else {
          assert.isFalse(
            ran.logs().some((line) => crash.test(line)),
            what
          )
        }
      }
    },
    { arbitrary: { runs } }
  )

  it.prop(
    "changes nothing of the vault for whoever holds none of its keys",
    { seed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 })) },
    ({ seed }) => {
      const world = open()
      const strangers = [world.payer, wallet("stranger")].map((key) => key.toBase58())
      const before = world.vault()
      for (let shot = 1; shot <= shotsPerRun; shot++) {
        const instruction = shotAt(world, seed, shot)
        for (const meta of instruction.keys) {
          meta.isSigner &&= strangers.includes(meta.pubkey.toBase58())
        }
        world.run(instruction)
      }
      assert.deepStrictEqual(world.vault(), before)
      world.check()
    },
    { arbitrary: { runs: 5 } }
  )
})
