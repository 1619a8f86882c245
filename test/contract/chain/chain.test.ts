import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import {
  openFileVaultLedger,
  openVaultLedger
} from "../../../src/infra/chain/ledger/VaultLedger.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { chainContract, limits } from "./chainContract.ts"

chainContract(
  "ledger in memory",
  Effect.suspend(() => openVaultLedger(makeMemoryMedium(), limits))
)

chainContract(
  "ledger in a file",
  Effect.suspend(() => openFileVaultLedger(mkdtempSync(join(tmpdir(), "vault-")), limits))
)
