/**
 * Compute units of each instruction of the vault program, in LiteSVM with its token program: first,
 * and again as a repeat.
 * Creating instructions search for their address's bump on chain: hence a range. Run: node
 * bench/vaultComputeUnits.ts
 */
import type { TransactionInstruction } from "@solana/web3.js"
import { chainId, vaultAddresses } from "../src/infra/chain/program/addresses.ts"
import * as chain from "../src/infra/chain/program/instructions.ts"
import * as trades from "../src/infra/chain/program/tradeInstructions.ts"
import { limits, VaultWorld, wallet } from "../test/infra/chain/program/vaultWorld.ts"

/** Promised: a settlement, the one instruction on the way from a fill to its swap. */
const settleUnitsMax = 10_000
const samples = 32

class Meter {
  private readonly first = new Map<string, Array<number>>()
  private readonly repeats = new Map<string, Array<number>>()

  run(world: VaultWorld, name: string, instruction: TransactionInstruction): void {
    const { computeUnits, event } = world.must(instruction)
    const into = event?.repeated === true ? this.repeats : this.first
    const values = into.get(name)
    if (values === undefined) into.set(name, [computeUnits])
    else values.push(computeUnits)
  }

  print(): void {
    console.log(`| Instruction | First | Repeat |\n|---|---|---|`)
    for (const name of Object.keys(chain.instructionTags)) {
      const columns = [this.first, this.repeats].map((units) => rangeText(units.get(name) ?? []))
      console.log(`| ${name} | ${columns.join(" | ")} |`)
    }
  }

  most(name: string): number {
    return Math.max(...(this.first.get(name) ?? [Number.POSITIVE_INFINITY]))
  }
}

const rangeText = (values: ReadonlyArray<number>): string => {
  if (values.length === 0) return "-"
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const text = (value: number) => value.toLocaleString("en-US")
  return least === most ? text(least) : `${text(least)} to ${text(most)}`
}

const meter = new Meter()

/** A desk of its own per sample: other addresses, other bumps. */
const live = (sample: number): void => {
  const world = new VaultWorld()
  const { authority, by, delegate, guardian, mint, payer, programId, riskGate } = world
  const creator = wallet(`admin ${sample}`)
  const trader = wallet(`trader ${sample}`)
  const settlement = wallet(`settlement ${sample}`)
  const outside = wallet(`trader usdt ${sample}`)
  const claims = wallet(`claims ${sample}`)
  world.putTokens(settlement, { mint, owner: authority, amount: 1_000_000n })
  world.putTokens(outside, { mint, owner: trader, amount: 1_000_000n })
  const at = vaultAddresses({ programId, mint, creator, trader, settlement })
  const run = (name: chain.InstructionName, instruction: TransactionInstruction) =>
    meter.run(world, name, instruction)
  const twice = (name: chain.InstructionName, instruction: TransactionInstruction) => {
    run(name, instruction)
    run(name, instruction)
  }

  run("initializeConfig", chain.initializeConfig(at, { payer, riskGate, guardian, limits }))
  const proposal = { roles: { admin: creator, riskGate, guardian }, limits }
  run("proposeConfig", chain.proposeConfig(at, creator, proposal))
  run("applyConfig", chain.applyConfig(at, creator))
  run("proposeConfig", chain.proposeConfig(at, creator, proposal))
  run("cancelProposal", chain.cancelProposal(at, creator))
  run("registerCounterparty", chain.registerCounterparty(at, { payer, admin: creator, authority }))
  run("setCounterparty", chain.setCounterparty(at, creator, false))
  run("initializeVault", chain.initializeVault(at, { payer, delegate }))
  run("openPosition", chain.openPosition(at, payer))
  run("setDelegate", chain.setDelegate(at, delegate))
  world.putTokens(claims, { mint: at.positionMint.address, owner: trader, amount: 0n })

  const [first, second] = [chainId(`first ${sample}`), chainId(`second ${sample}`)]
  const funds = { payer, outside, amountMicros: 1_000n }
  twice("deposit", chain.deposit(at, { ...funds, id: chainId(`d ${sample}`) }))
  twice("reserve", trades.reserve(at, by, first, 400n, 900_000))
  twice("settle", trades.settle(at, by, first, 1, 100n))
  twice("settle", trades.settle(at, by, first, 2, 300n))
  twice("cancel", trades.cancel(at, by, first))
  const part = { cumulativeProceedsMicros: 50n, final: false }
  twice("close", trades.close(at, by, first, 1, part))
  const whole = { cumulativeProceedsMicros: 320n, final: true }
  twice("close", trades.close(at, by, first, 2, whole))
  twice("adjust", trades.adjust(at, by, first, 1, -3n))
  twice("adjust", trades.adjust(at, by, first, 2, 5n))
  twice("withdraw", chain.withdraw(at, { ...funds, id: chainId("w"), amountMicros: 10n }))
  twice("freeze", chain.freeze(at, guardian, 20_000))
  twice("thaw", chain.thaw(at, guardian))
  twice("anchor", chain.anchor(at, delegate, 64, chainId("head")))
  twice("note", chain.note(at, { payer, delegate }, chainId(`key ${sample}`), 1))
  run("reserve", trades.reserve(at, by, second, 100n, 900_000))
  run("settle", trades.settle(at, by, second, 1, 100n))
  world.setTime(900_000 + limits.tradeMsMax)
  twice("overdue", trades.overdue(at, second))
  world.setTime(900_000 + 2 * limits.tradeMsMax)
  twice("writeOff", trades.writeOff(at, second, claims))
  const amount = world.held(at.vaultTokens.address) + 7n
  world.putTokens(at.vaultTokens.address, { mint, owner: at.vault.address, amount })
  twice("absorb", chain.absorb(at))
}

for (let sample = 0; sample < samples; sample++) live(sample)
meter.print()
const most = meter.most("settle")
console.log(`\nsettle: at most ${most} compute units, promised under ${settleUnitsMax}`)
process.exitCode = most < settleUnitsMax ? 0 : 1
