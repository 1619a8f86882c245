import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { accountForms } from "../../../../src/infra/chain/program/accounts.ts"
import { vaultAddresses } from "../../../../src/infra/chain/program/addresses.ts"
import {
  programErrorCode,
  programErrorName,
  programFaults,
  programRefusals
} from "../../../../src/infra/chain/program/errors.ts"
import * as chain from "../../../../src/infra/chain/program/instructions.ts"
import { programPath, VaultWorld, wallet } from "./vaultWorld.ts"

const source = (name: string): string => readFileSync(join(dirname(programPath), name), "utf8")

describe("Vault program, its interface", () => {
  const enumOf = (name: string): ReadonlyArray<string> => {
    const body = new RegExp(`pub enum ${name} \\{([^}]*)\\}`).exec(source("src/error.rs"))![1]!
    return [...body.matchAll(/^ {4}(\w+)/gm)].map(([, variant]) => variant!)
  }

  it("names errors as the Rust source does, and the economics' as the domain does", () => {
    assert.deepStrictEqual(enumOf("Fault"), [...programFaults])
    assert.deepStrictEqual(enumOf("Refusal"), [...programRefusals])
    assert.match(source("src/error.rs"), /BadInstruction = 0x100,/)
    assert.match(source("src/error.rs"), /AdjustBoundExceeded = 0x200,/)
    for (const name of [...programFaults, ...programRefusals]) {
      assert.strictEqual(programErrorName(programErrorCode(name)), name)
    }
    assert.strictEqual(programErrorName(1), undefined)
  })

  it("dispatches the tags that the client sends", () => {
    const arms = [...source("src/lib.rs").matchAll(/^ {8}(\d+) => \w+::(\w+)\(cx\)/gm)]
    const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const known = Object.entries(chain.instructionTags)
    assert.deepStrictEqual(
      arms.map(([, tag, name]) => `${tag} ${name}`).sort(),
      known.map(([name, tag]) => `${tag} ${snake(name)}`).sort()
    )
  })

  it("has accounts of the sizes that the client decodes", () => {
    for (const [name, { bytes }] of Object.entries(accountForms)) {
      const type = name[0]!.toUpperCase() + name.slice(1)
      assert.include(source("src/state.rs"), `size_of::<${type}>() == ${bytes})`)
    }
  })

  it("is the build that its hash names", () => {
    const hash = createHash("sha256").update(readFileSync(programPath)).digest("hex")
    assert.strictEqual(source("vault.so.sha256"), `${hash}  vault.so\n`)
  })

  it("lists every error and instruction in INTERFACE.md", () => {
    const text = source("INTERFACE.md")
    assert.include(text, [...programFaults].join(", "))
    assert.include(text, [...programRefusals].join(", "))
    for (const [name, tag] of Object.entries(chain.instructionTags)) {
      assert.include(text, `| ${tag} | ${name} |`)
    }
  })

  it("gives each identity its own addresses", () => {
    const { at } = new VaultWorld()
    const { creator, mint, programId, settlement, trader } = at
    const base = { creator, mint, programId, settlement, trader }
    const vaults = (["creator", "mint", "programId", "trader"] as const).map((field) =>
      vaultAddresses({ ...base, [field]: wallet(`other ${field}`) }).vault.address.toBase58()
    )
    assert.strictEqual(new Set([at.vault.address.toBase58(), ...vaults]).size, 5)
  })
})
