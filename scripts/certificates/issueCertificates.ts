/**
 * Examines the volatility strategy at its default parameters for each committed session and writes the certificates
 * to config/certificates.
 *
 *   node scripts/certificates/issueCertificates.ts
 */
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { volatilityDefaults } from "../../src/domain/strategies/parameters.ts"
import { validateStrategy } from "../../src/infra/certificates/issue.ts"
import { writeCertificate } from "../../src/infra/certificates/store.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const sessions = [
  { session: "goog-2015-12-24", sessionDate: "2015-12-24" },
  { session: "twx-2014-06-05", sessionDate: "2014-06-05" }
]

for (const each of sessions) {
  const { report, certificate } = await Effect.runPromise(
    validateStrategy({
      root,
      dataDir: join(root, "data"),
      strategyId: "volatility",
      strategyVersion: "1",
      parameters: volatilityDefaults,
      ...each
    })
  )
  const file = await Effect.runPromise(
    writeCertificate(join(root, "config", "certificates"), certificate)
  )
  console.log(relative(root, file), report.passed ? "passed" : "failed", report.metrics)
  for (const failure of report.failures) console.log(`  ${failure}`)
}
