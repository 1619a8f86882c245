/**
 * What the program's test files need of a runner, so that one process can run them against many builds: collecting
 * instead of reporting. Properties are left out.
 */
export { assert } from "vitest"

type Test = () => unknown

const found: Array<readonly [name: string, test: Test]> = []

export const describe = (name: string, body: () => void): void => {
  const before = found.length
  body()
  for (let at = before; at < found.length; at++) {
    found[at] = [`${name} > ${found[at]![0]}`, found[at]![1]]
  }
}

export const it = Object.assign(
  (name: string, test: Test): void => {
    found.push([name, test])
  },
  { prop: (): void => {} }
)

/** The tests that were described since the last call. */
export const takeTests = (): ReadonlyArray<readonly [name: string, test: Test]> => found.splice(0)
