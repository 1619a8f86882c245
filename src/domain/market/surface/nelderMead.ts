/**
 * Nelder and Mead's downhill simplex, deterministic: the same start gives the same steps.
 * Stops after `evaluationsMax` or when the simplex's values differ by less than `tolerance` of the best.
 */
export const nelderMead = (
  f: (x: Float64Array) => number,
  start: ReadonlyArray<number>,
  steps: ReadonlyArray<number>,
  options: { readonly evaluationsMax: number; readonly tolerance: number }
): { readonly x: Float64Array; readonly value: number } => {
  const n = start.length
  const points: Array<Float64Array> = Array.from({ length: n + 1 }, (_, j) =>
    Float64Array.from(start, (value, i) => (i === j - 1 ? value + steps[i]! : value))
  )
  const values = points.map(f)
  let evaluations = n + 1
  const order = points.map((_, j) => j)
  const along = (centre: Float64Array, worst: Float64Array, part: number) =>
    centre.map((value, i) => value + part * (value - worst[i]!))
  for (;;) {
    order.sort((one, other) => values[one]! - values[other]! || one - other)
    const best = order[0]!
    const worst = order[n]!
    const spread = Math.abs(values[worst]! - values[best]!)
    if (spread <= options.tolerance * (Math.abs(values[best]!) + 1e-12)) break
    if (evaluations >= options.evaluationsMax) break
    const centre = new Float64Array(n)
    for (const j of order.slice(0, n)) {
      for (let i = 0; i < n; i++) centre[i]! += points[j]![i]! / n
    }
    const replace = (point: Float64Array, value: number) => {
      points[worst] = point
      values[worst] = value
    }
    const reflected = along(centre, points[worst]!, 1)
    const reflectedValue = f(reflected)
    evaluations++
    if (reflectedValue < values[best]!) {
      const expanded = along(centre, points[worst]!, 2)
      const expandedValue = f(expanded)
      evaluations++
      if (expandedValue < reflectedValue) replace(expanded, expandedValue)
      else replace(reflected, reflectedValue)
    } else if (reflectedValue < values[order[n - 1]!]!) {
      replace(reflected, reflectedValue)
    } else {
      const outside = reflectedValue < values[worst]!
      const contracted = along(centre, points[worst]!, outside ? 0.5 : -0.5)
      const contractedValue = f(contracted)
      evaluations++
      if (contractedValue < Math.min(reflectedValue, values[worst]!)) {
        replace(contracted, contractedValue)
      } else {
        for (const j of order.slice(1)) {
          points[j] = points[j]!.map(
            (value, i) => points[best]![i]! + 0.5 * (value - points[best]![i]!)
          )
          values[j] = f(points[j]!)
          evaluations++
        }
      }
    }
  }
  return { x: points[order[0]!]!, value: values[order[0]!]! }
}
