/**
 * Nodes and weights of Gauss-Legendre quadrature on [0, 1], by Newton's method on the recurrence.
 * Exact for polynomials of degree 2n - 1; nodes accurate to rounding for n up to 200.
 */
export const gaussLegendre = (
  count: number
): { readonly nodes: Float64Array; readonly weights: Float64Array } => {
  const nodes = new Float64Array(count)
  const weights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    let slope = 1
    for (let step = 0; step < 8; step++) {
      let before = 1
      let value = x
      for (let k = 2; k <= count; k++) {
        const next = ((2 * k - 1) * x * value - (k - 1) * before) / k
        before = value
        value = next
      }
      slope = (count * (x * value - before)) / (x * x - 1)
      x -= value / slope
    }
    nodes[count - 1 - i] = (1 + x) / 2
    weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope)
  }
  return { nodes, weights }
}
