/**
 * The Brownian bridge: builds a Brownian path from independent normals so that the first few decide
 * its coarse shape, which is where a Sobol sequence is best.
 *
 * Source: Jaeckel, Monte Carlo Methods in Finance (2002), section 10.8.3.
 */
export type BrownianBridge = {
  readonly stepCount: number
  /**
   * Fills `path` (W at each time) from as many independent standard normals, read from `offset`.
   */
  readonly build: (normals: Float64Array, offset: number, path: Float64Array) => void
}

/** `times`: years, increasing, > 0; the path starts from 0 at time 0. */
export const brownianBridge = (times: Float64Array): BrownianBridge => {
  const count = times.length
  const at = new Int32Array(count)
  const left = new Int32Array(count)
  const right = new Int32Array(count)
  const leftWeight = new Float64Array(count)
  const rightWeight = new Float64Array(count)
  const deviation = new Float64Array(count)
  const isBuilt = new Uint8Array(count)
  const timeBefore = (index: number): number => (index === 0 ? 0 : times[index - 1]!)

  at[0] = count - 1
  deviation[0] = Math.sqrt(times[count - 1]!)
  isBuilt[count - 1] = 1
  let from = 0
  for (let i = 1; i < count; i++) {
    while (isBuilt[from] === 1) from++
    let to = from
    while (isBuilt[to] === 0) to++
    const middle = from + ((to - 1 - from) >> 1)
    isBuilt[middle] = 1
    const start = timeBefore(from)
    const span = times[to]! - start
    at[i] = middle
    left[i] = from
    right[i] = to
    leftWeight[i] = (times[to]! - times[middle]!) / span
    rightWeight[i] = (times[middle]! - start) / span
    deviation[i] = Math.sqrt(((times[middle]! - start) * (times[to]! - times[middle]!)) / span)
    from = to + 1 >= count ? 0 : to + 1
  }

  return {
    stepCount: count,
    build: (normals, offset, path) => {
      path[count - 1] = deviation[0]! * normals[offset]!
      for (let i = 1; i < count; i++) {
        const from = left[i]!
        const known = from === 0 ? 0 : leftWeight[i]! * path[from - 1]!
        path[at[i]!] =
          known + rightWeight[i]! * path[right[i]!]! + deviation[i]! * normals[offset + i]!
      }
    }
  }
}
