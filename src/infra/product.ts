/** Where the product is installed, and which version it is. */
import { readFileSync } from "node:fs"
import * as path from "node:path"

/** The folder of package.json, config/, data/ and models/: one above dist/ and src/ alike. */
export const packageRoot = path.resolve(import.meta.dirname, "../..")

const manifest = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8")) as {
  readonly version: string
}

export const version: string = manifest.version
