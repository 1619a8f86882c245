/** Prints "N passed, N failed, N skipped" from vitest's JSON report; exit 1 where a test failed or none ran. */
import { readFileSync } from "node:fs"

const file = process.argv[2]
if (file === undefined) throw new Error("usage: node scripts/closingLine.ts REPORT.json")
const report = JSON.parse(readFileSync(file, "utf8")) as {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}
const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
if (failed > 0 || passed === 0) process.exitCode = 1
