import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import {
  type LiteSvmTerms,
  openFileLiteSvmChain,
  openLiteSvmChain
} from "../../../src/infra/chain/litesvm/liteSvmChain.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { chainContract, limits } from "./chainContract.ts"

const terms: LiteSvmTerms = {
  seed: 1,
  book: "main",
  limits: { ...limits, timelockMs: 0 },
  program: readFileSync(join(import.meta.dirname, "../../../programs/vault/vault.so"))
}

chainContract(
  "LiteSVM in memory",
  Effect.suspend(() => openLiteSvmChain(makeMemoryMedium(), terms))
)

chainContract(
  "LiteSVM over a file",
  Effect.suspend(() =>
    openFileLiteSvmChain(join(mkdtempSync(join(tmpdir(), "vault-")), "vault.log"), terms)
  )
)
