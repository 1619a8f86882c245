import { assert, describe, it } from "@effect/vitest"
import { decodeConfig } from "../../../../src/infra/chain/program/accounts.ts"
import { chainId } from "../../../../src/infra/chain/program/addresses.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import * as trades from "../../../../src/infra/chain/program/tradeInstructions.ts"
import { funded, reserved } from "./fundedWorlds.ts"
import { limits, VaultWorld, wallet } from "./vaultWorld.ts"

const A = chainId("A")

describe("Vault program, configuration", () => {
  const roles = {
    admin: wallet("new admin"),
    riskGate: wallet("new gate"),
    guardian: wallet("new guardian")
  }

  it("is open until the first vault relies on it, then timelocked", () => {
    const world = new VaultWorld()
    const { admin, at, guardian, payer, riskGate } = world
    world.must(chain.initializeConfig(at, { payer, riskGate, guardian, limits }))
    const own = { admin, riskGate, guardian }
    world.must(
      chain.proposeConfig(at, admin, { roles: own, limits: { ...limits, adjustMicrosMax: 9n } })
    )
    world.must(chain.applyConfig(at, admin))
    world.must(chain.registerCounterparty(at, { payer, admin, authority: world.authority }))
    world.must(chain.initializeVault(at, { payer, delegate: world.delegate }))
    world.must(chain.proposeConfig(at, admin, { roles, limits }))
    world.setTime(limits.timelockMs - 1_000)
    assert.strictEqual(world.run(chain.applyConfig(at, admin)).error, "TimelockNotOver")
    world.setTime(limits.timelockMs)
    world.must(chain.applyConfig(at, admin))
    const config = decodeConfig(world.data(at.config.address)!)
    assert.deepStrictEqual(config.limits, limits)
    assert.isTrue(config.roles.admin.equals(roles.admin))
    assert.isTrue(config.roles.riskGate.equals(roles.riskGate))
    assert.isTrue(config.roles.guardian.equals(roles.guardian))
    assert.strictEqual(config.pending, undefined)
    assert.strictEqual(world.run(chain.applyConfig(at, roles.admin)).error, "NothingPending")
    assert.strictEqual(
      world.run(chain.proposeConfig(at, admin, { roles, limits })).error,
      "WrongAdmin"
    )
  })

  it("lets the guardian stop a proposal, but not its own replacement", () => {
    const world = new VaultWorld().setUp()
    const { admin, at, guardian, riskGate } = world
    world.must(chain.proposeConfig(at, admin, { roles, limits }))
    world.must(chain.cancelProposal(at, guardian))
    assert.strictEqual(world.run(chain.cancelProposal(at, guardian)).error, "NothingPending")
    const changes = [
      { roles: { admin: roles.admin, riskGate, guardian }, limits },
      { roles: { admin, riskGate: roles.riskGate, guardian }, limits },
      ...(Object.keys(limits) as Array<keyof typeof limits>).map((name) => ({
        roles: { admin, riskGate, guardian: roles.guardian },
        limits: { ...limits, [name]: Number(limits[name]) + 1 }
      }))
    ]
    for (const change of changes) {
      world.must(chain.proposeConfig(at, admin, change))
      world.must(chain.cancelProposal(at, guardian))
    }
    const replacement = { roles: { admin, riskGate, guardian: roles.guardian }, limits }
    world.must(chain.proposeConfig(at, admin, replacement))
    assert.strictEqual(world.run(chain.cancelProposal(at, guardian)).error, "WrongAdmin")
    world.must(chain.cancelProposal(at, admin))
  })

  it("refuses limits out of range", () => {
    const world = new VaultWorld().setUp()
    const { admin, at } = world
    const over = 2n ** 63n
    const dayMs = 86_400_000
    for (const change of [
      { tradeMicrosMax: 0n },
      { tradeMicrosMax: over },
      { outstandingMicrosMax: 0n },
      { outstandingMicrosMax: over },
      { adjustMicrosMax: over },
      { reservationMsMax: 0 },
      { reservationMsMax: 3_660 * dayMs + 1 },
      { freezeMsMax: 0 },
      { freezeMsMax: 30 * dayMs + 1 },
      { tradeMsMax: 0 },
      { tradeMsMax: 3_660 * dayMs + 1 },
      { timelockMs: 30 * dayMs + 1 }
    ]) {
      const proposal = { roles: world, limits: { ...limits, ...change } }
      const { error } = world.run(chain.proposeConfig(at, admin, proposal))
      assert.strictEqual(error, "LimitOutOfRange", Object.keys(change)[0])
    }
  })

  it("lets the guardian close a counterparty at once, and only the admin open it, later", () => {
    const world = reserved()
    const { admin, at, by, guardian } = world
    world.must(trades.settle(at, by, A, 1, 50n))
    world.must(chain.setCounterparty(at, guardian, true))
    assert.strictEqual(world.run(trades.settle(at, by, A, 2, 100n)).error, "CounterpartyNotActive")
    const closing = { cumulativeProceedsMicros: 20n, final: false }
    world.must(trades.close(at, by, A, 1, closing))
    assert.strictEqual(world.run(chain.setCounterparty(at, guardian, false)).error, "WrongAdmin")
    world.must(chain.setCounterparty(at, admin, false))
    assert.strictEqual(world.run(trades.settle(at, by, A, 2, 100n)).error, "CounterpartyNotActive")
    world.setTime(limits.timelockMs)
    world.must(trades.settle(at, by, A, 2, 100n))
    const odd = chain.setCounterparty(at, admin, true)
    odd.data[1] = 2
    assert.strictEqual(world.run(odd).error, "BadInstruction")
  })

  it("holds lowered caps against a reservation that was made before", () => {
    const world = reserved()
    const { admin, at, by } = world
    const lower = (change: Partial<typeof limits>): void => {
      world.must(chain.proposeConfig(at, admin, { roles: world, limits: { ...limits, ...change } }))
      nowMs += limits.timelockMs
      world.setTime(nowMs)
      world.must(chain.applyConfig(at, admin))
    }
    let nowMs = 0
    lower({ tradeMicrosMax: 300n })
    assert.strictEqual(world.run(trades.settle(at, by, A, 1, 301n)).error, "TradeCapExceeded")
    lower({ outstandingMicrosMax: 250n })
    assert.strictEqual(world.run(trades.settle(at, by, A, 1, 251n)).error, "AggregateCapExceeded")
    world.must(trades.settle(at, by, A, 1, 250n))
  })

  it("gives the vault to a new delegate at the trader's word", () => {
    const world = funded()
    const { at, by } = world
    const delegate = wallet("new delegate")
    world.must(chain.setDelegate(at, delegate))
    assert.strictEqual(world.run(trades.reserve(at, by, A, 1n, 900_000)).error, "WrongDelegate")
    world.must(trades.reserve(at, { ...by, delegate }, A, 1n, 900_000))
  })

  it("lets a new delegate anchor anew after the last one spoilt the numbers", () => {
    const world = funded()
    const { at } = world
    const delegate = wallet("new delegate")
    world.must(chain.anchor(at, world.delegate, Number.MAX_SAFE_INTEGER, chainId("nothing")))
    const { error } = world.run(chain.anchor(at, world.delegate, 64, chainId("head")))
    assert.strictEqual(error, "AnchorNotNewer")
    world.must(chain.setDelegate(at, delegate))
    assert.strictEqual(world.vault().anchor, undefined)
    world.must(chain.anchor(at, delegate, 64, chainId("head")))
    assert.strictEqual(world.vault().anchor?.seq, 64)
  })
})
