import { assert, describe, it } from "@effect/vitest"
import { brownianBridge } from "../../../../src/domain/pricing/exotics/brownianBridge.ts"
import { joeKuoWords } from "../../../../src/domain/pricing/exotics/joeKuo.ts"
import { sobolDimensionsMax, sobolWords } from "../../../../src/domain/pricing/exotics/sobol.ts"

const points = (
  count: number,
  options: { readonly dimensions: number; readonly replicate: number | "none"; start?: number }
): ReadonlyArray<Uint32Array> => {
  const next = sobolWords({ seed: 7, start: 0, count, ...options })
  return Array.from({ length: count }, () => {
    const out = new Uint32Array(options.dimensions)
    next(out)
    return out
  })
}

/** Carry-less multiplication and reduction in GF(2)[x] modulo the polynomial. */
const timesX = (value: number, polynomial: number, degree: number): number => {
  const shifted = value << 1
  return (shifted >> degree) & 1 ? shifted ^ polynomial : shifted
}

describe("Sobol sequence", () => {
  it("starts as SciPy 1.x draws it from the Joe-Kuo numbers, in low and high dimensions", () => {
    const drawn = points(16, { dimensions: 1024, replicate: "none" })
    const expected: Record<number, ReadonlyArray<number>> = {
      1: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      2: [0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.75],
      5: [0.875, 0.875, 0.125, 0.125, 0.375, 0.125, 0.375],
      11: [0.4375, 0.5625, 0.1875, 0.0625, 0.6875, 0.6875, 0.3125],
      15: [0.0625, 0.9375, 0.5625, 0.6875, 0.3125, 0.0625, 0.6875]
    }
    for (const [index, values] of Object.entries(expected)) {
      const chosen = [0, 1, 2, 9, 99, 499, 1023].map((d) => drawn[Number(index)]![d]! / 2 ** 32)
      assert.deepStrictEqual(chosen, values, `point ${index}`)
    }
  })

  it("has a distinct primitive polynomial and odd bounded numbers in every dimension", () => {
    const words = joeKuoWords.trim().split(/\s+/)
    assert.strictEqual(words.length, sobolDimensionsMax - 1)
    const seen = new Set<number>()
    for (const word of words) {
      const [polynomial, ...numbers] = word.split(".").map((digits) => Number.parseInt(digits, 36))
      const degree = 31 - Math.clz32(polynomial!)
      assert.strictEqual(numbers.length, degree - 1, word)
      for (const [k, m] of numbers.entries()) {
        assert.isTrue(m % 2 === 1 && m < 2 ** (k + 2), word)
      }
      let power = 1
      let order = 0
      do {
        power = timesX(power, polynomial!, degree)
        order++
      } while (power !== 1 && order <= 2 ** degree)
      assert.strictEqual(order, 2 ** degree - 1, word)
      seen.add(polynomial!)
    }
    assert.strictEqual(seen.size, words.length)
  })

  it("puts one of 256 points in each 256th of every dimension, scrambled or not", () => {
    for (const replicate of ["none", 0, 5] as const) {
      const drawn = points(256, { dimensions: 1024, replicate })
      for (let d = 0; d < 1024; d++) {
        const cells = new Set(drawn.map((point) => point[d]! >>> 24))
        assert.strictEqual(cells.size, 256, `dimension ${d}`)
      }
    }
  })

  it("puts one of 256 points in each 16 by 16 cell of the first two dimensions", () => {
    const drawn = points(256, { dimensions: 2, replicate: 3 })
    const cells = new Set(drawn.map((point) => (point[0]! >>> 28) * 16 + (point[1]! >>> 28)))
    assert.strictEqual(cells.size, 256)
  })

  it("continues from any index", () => {
    const whole = points(1000, { dimensions: 20, replicate: 2 })
    const later = points(300, { dimensions: 20, replicate: 2, start: 700 })
    assert.deepStrictEqual(later, whole.slice(700))
  })

  it("gives every replicate other points", () => {
    const [first, second] = [0, 1].map((replicate) => points(64, { dimensions: 8, replicate }))
    const shared = first!.filter((a) => second!.some((b) => a.join() === b.join()))
    assert.strictEqual(shared.length, 0)
  })
})

describe("Brownian bridge", () => {
  it("gives covariance min(s, t) on even and uneven times", () => {
    for (const count of [1, 2, 5, 12, 64]) {
      const times = Float64Array.from({ length: count }, (_, i) => 0.1 * (i + 1) + (i % 3) * 0.02)
      const bridge = brownianBridge(times)
      const responses = Array.from({ length: count }, (_, i) => {
        const normals = new Float64Array(count)
        normals[i] = 1
        const path = new Float64Array(count)
        bridge.build(normals, 0, path)
        return path
      })
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          const covariance = responses.reduce((sum, path) => sum + path[a]! * path[b]!, 0)
          assert.closeTo(covariance, Math.min(times[a]!, times[b]!), 1e-13)
        }
      }
    }
  })
})
