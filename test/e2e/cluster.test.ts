import { assert, describe, it } from "@effect/vitest"
import { PublicKey } from "@solana/web3.js"
import { Effect } from "effect"
import { signerOf } from "../../src/infra/chain/keys/signers.ts"
import { LiteSvmCluster } from "../../src/infra/chain/litesvm/LiteSvmCluster.ts"
import { ownTokenAccount } from "../../src/infra/chain/tokenAccounts.ts"
import { startFacade } from "../contract/chain/facade/facade.ts"
import { programBytes } from "../contract/chain/facade/rpcDesk.ts"
import { makeHome } from "./home.ts"

const named = (name: string) => signerOf(Buffer.alloc(32, name)).publicKey

describe("A run on a cluster", () => {
  it.effect("keeps its capital there, under keys from the secrets, and comes to the same end", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const secrets = yield* home.command("secrets", "init")
      assert.strictEqual(secrets.code, 0, secrets.err)
      const listed = JSON.parse((yield* home.command("secrets", "ls", "--json")).out).secrets
      const keyOf = (wanted: string): PublicKey =>
        new PublicKey(listed.find(({ name }: { name: string }) => name === wanted).address)
      const [programId, mint] = [named("program"), named("mint")]
      const svm = new LiteSvmCluster({
        program: { id: programId, bytes: programBytes },
        mint,
        holders: [keyOf("trader"), keyOf("authority")].map((owner) => ({
          account: ownTokenAccount(owner, mint).address,
          owner,
          micros: 1_000_000_000_000_000n
        })),
        payers: [keyOf("payer")]
      })
      const facade = yield* Effect.acquireRelease(
        Effect.promise(() => startFacade(svm, Date.now)),
        (server) => Effect.promise(server.close)
      )
      const rpc = {
        url: facade.url,
        programId: programId.toBase58(),
        mint: mint.toBase58(),
        commitment: "confirmed",
        priorityFeeMicroLamports: 0
      }
      const config = home.config({ vault: { chain: "rpc", rpc } })
      const command = (...args: ReadonlyArray<string>) => home.commandWith(config, ...args)

      const missing = yield* command("run", "--speed", "max")
      assert.strictEqual(missing.code, 1)
      assert.match(missing.err, /cannot answer: it has no such vault; `vault init` makes it/)
      const made = yield* command("vault", "init")
      assert.strictEqual(made.code, 0, made.err)
      assert.match((yield* command("vault", "init")).out, /the vault is there/)

      const embedded = JSON.parse(
        (yield* home.command(
          "run",
          "--speed",
          "max",
          "--json",
          "--data-dir",
          home.path("embedded")
        )).out
      )
      const run = yield* command("run", "--speed", "max", "--json")
      assert.strictEqual(run.code, 0, run.err)
      const summary = JSON.parse(run.out)
      assert.deepStrictEqual(summary.vault, embedded.vault)
      assert.isAbove(facade.landed(), 10)
      const shown = JSON.parse((yield* command("vault", "show", "--json")).out)
      assert.strictEqual(shown.freeUsdt, summary.vault.free)
      assert.strictEqual(shown.heldUsdt, shown.freeUsdt)
      assert.match((yield* command("vault", "trades")).out, /closed/)
      assert.match((yield* command("audit", "verify-anchor")).out, /the journal has it/)
    })
  )
})
