/** Vaults that hold 1,000 micro-USDT, and with 400 of it reserved for trade A until second 900. */
import { chainId } from "../../../../src/infra/chain/program/addresses.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { VaultWorld } from "./vaultWorld.ts"

export const deposit = (world: VaultWorld, amountMicros: bigint, id = "d1") =>
  chain.deposit(world.at, {
    payer: world.payer,
    outside: world.traderUsdt,
    id: chainId(id),
    amountMicros
  })

export const funded = (): VaultWorld => {
  const world = new VaultWorld().setUp()
  world.must(deposit(world, 1_000n))
  return world
}

export const reserved = (): VaultWorld => {
  const world = funded()
  world.must(trades.reserve(world.at, world.by, chainId("A"), 400n, 900_000))
  return world
}
