/** The versions of the TWS protocol that are spoken here, and from which on a field is there. Bodies are text below 201. */

const versionMin = 157
const versionMax = 176

export const gates = {
  duration: 158,
  postToAts: 160,
  autoCancelParent: 162,
  sizeMinTick: 163,
  sizeRules: 164,
  advancedReject: 166,
  manualOrderTime: 169,
  pegOffsets: 170,
  issuerId: 176,
  noFaProfile: 177
} as const

/** The highest version that both sides speak; undefined where there is none. */
export const commonVersion = (
  offered: { readonly min: number; readonly max: number },
  served: { readonly min: number; readonly max: number } = { min: versionMin, max: versionMax }
): number | undefined => {
  const version = Math.min(offered.max, served.max)
  return version >= Math.max(offered.min, served.min) ? version : undefined
}
