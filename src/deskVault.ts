/** The composition root's half of `VaultDesk`: a run's chain, the cluster that settings name, and their keys. */
import { Effect, Layer } from "effect"
import { transferKey } from "./actors/gateways/chainGateway.ts"
import { CannotStart, type RecordedRun } from "./cli/Launcher.ts"
import { type VaultAddressBook, VaultDesk, type VaultLook } from "./cli/VaultDesk.ts"
import { openVaultReader, setUpCluster } from "./deskChain.ts"
import { reopenRun } from "./deskLauncher.ts"
import { addressOfSecret, freshKeys, openSecrets } from "./deskSecrets.ts"
import type { JournalRecord } from "./domain/journal/record.ts"
import { Chain } from "./infra/journal/chain.ts"
import { giveCommand, wasTaken } from "./infra/runs/commandFiles.ts"

export const layer: Layer.Layer<VaultDesk> = Layer.succeed(VaultDesk, {
  secrets: openSecrets,
  freshKeys: freshKeys(),
  addressOf: addressOfSecret,
  look: Effect.fnUntraced(function* (recorded: RecordedRun) {
    const { addresses, chain } = yield* openVaultReader(recorded)
    return yield* Effect.gen(function* () {
      const look: VaultLook = {
        chain: chain.description,
        addresses,
        reading: yield* chain.balances,
        trades: yield* chain.trades,
        transfer: (kind, id) => Effect.runSync(chain.find(transferKey(kind, id)))?.outcome
      }
      return look
    }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))
  }, Effect.scoped),
  setUp: (settings): Effect.Effect<VaultAddressBook, CannotStart> => setUpCluster(settings),
  give: ({ folder }, command) =>
    Effect.try({
      try: () => giveCommand(folder, command),
      catch: (thrown) =>
        new CannotStart({ why: thrown instanceof Error ? thrown.message : String(thrown) })
    }),
  wasTaken: ({ folder }, id) => Effect.sync(() => wasTaken(folder, id)),
  reopen: reopenRun,
  headAt
})

function headAt(
  { codec }: RecordedRun,
  records: Iterable<JournalRecord>,
  seq: number
): string | undefined {
  const chain = new Chain()
  for (const record of records) {
    if (record.seq > seq) break
    const bytes = Buffer.from(codec.encode(record))
    chain.append(bytes, 0, bytes.length)
  }
  return chain.head().seq === seq ? chain.head().hash : undefined
}
