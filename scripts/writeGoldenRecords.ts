/** Writes the golden files that are not there yet; never changes one. Run: node scripts/writeGoldenRecords.ts */
import { existsSync, writeFileSync } from "node:fs"
import {
  codec,
  goldenPath,
  goldenRecords,
  toHexLines
} from "../test/domain/journal/goldenRecords.ts"

for (const record of goldenRecords) {
  const path = goldenPath(record)
  if (existsSync(path)) continue
  writeFileSync(path, toHexLines(codec.encode(record)))
  console.log(`wrote ${path.pathname}`)
}
