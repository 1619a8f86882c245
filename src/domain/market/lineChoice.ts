/**
 * Which contracts of a chain to look at where market data lines are few.
 *
 * Lines are shared evenly by a few expirations from the nearest to the farthest allowed. In each, calls and puts at the
 * strikes next to the money (they give the forward by parity), then what is out of the money, evenly spaced in standard
 * deviations.
 */
import { daysOfCivil, parseDate } from "./civilDate.ts"
import type { OptionContract } from "./contract.ts"

export interface LineWishes {
  /** Contracts in all. */
  readonly linesMax: number
  /** Of the underlying, micro-USD, > 0. */
  readonly spotMicros: number
  /** "YYYY-MM-DD". */
  readonly today: string
  /** Calendar days to expiration, at least and at most. */
  readonly daysMin: number
  readonly daysMax: number
  readonly expirationsMax: number
}

/** A rough volatility: it only spaces the strikes. */
const volatilityGuess = 0.3
/** How far out of the money, standard deviations: beyond, a delta is below 0.02. */
const deviationsMax = 2.2
/** Strikes next to the money of which both contracts are taken. */
const pairs = 3

/** At most `linesMax` contracts of `listed`, each once. The same listing and wishes give the same choice. */
export const chooseLines = (
  listed: ReadonlyArray<OptionContract>,
  wishes: LineWishes
): ReadonlyArray<OptionContract> => {
  const days = (expiration: string): number =>
    (parseDate(expiration) ?? daysOfCivil(1970, 1, 1)) - (parseDate(wishes.today) ?? 0)
  const suitable = [...new Set(listed.map(({ expiration }) => expiration))]
    .filter((date) => days(date) >= wishes.daysMin && days(date) <= wishes.daysMax)
    .sort()
  const wanted = spread(suitable, wishes.expirationsMax)
  const share = Math.floor(wishes.linesMax / Math.max(1, wanted.length))
  return wanted.flatMap((expiration) => {
    const chain = listed.filter((contract) => contract.expiration === expiration)
    return ofExpiration(chain, share, wishes.spotMicros, days(expiration) / 365)
  })
}

/** So many, the first and the last among them, evenly between. */
const spread = <A>(items: ReadonlyArray<A>, most: number): ReadonlyArray<A> =>
  items.length <= most
    ? items
    : Array.from(
        { length: most },
        (_, place) => items[Math.round((place * (items.length - 1)) / Math.max(1, most - 1))]!
      )

const ofExpiration = (
  chain: ReadonlyArray<OptionContract>,
  lines: number,
  spotMicros: number,
  years: number
): ReadonlyArray<OptionContract> => {
  const deviation = volatilityGuess * Math.sqrt(Math.max(years, 1 / 365))
  const distance = ({ strikeMicros }: OptionContract): number =>
    Math.log(strikeMicros / spotMicros) / deviation
  const isOut = (contract: OptionContract): boolean =>
    contract.optionType === "Call" ? distance(contract) >= 0 : distance(contract) <= 0
  const near = [...new Set(chain.map(({ strikeMicros }) => strikeMicros))]
    .sort((a, b) => Math.abs(a - spotMicros) - Math.abs(b - spotMicros) || a - b)
    .slice(0, Math.min(pairs, Math.floor(lines / 2)))
  const chosen = new Set(chain.filter(({ strikeMicros }) => near.includes(strikeMicros)))
  const out = chain.filter((contract) => isOut(contract) && !chosen.has(contract))
  const places = lines - chosen.size
  for (let place = 0; place < places; place++) {
    const target = deviationsMax * (((place + 0.5) / places) * 2 - 1)
    const nearest = closest(out, chosen, (contract) => Math.abs(distance(contract) - target))
    if (nearest !== undefined) chosen.add(nearest)
  }
  return [...chosen]
}

/** The first of the least distant ones that is not taken. */
const closest = (
  from: ReadonlyArray<OptionContract>,
  taken: ReadonlySet<OptionContract>,
  distance: (contract: OptionContract) => number
): OptionContract | undefined => {
  let best: OptionContract | undefined
  let least = Number.POSITIVE_INFINITY
  for (const contract of from) {
    const away = distance(contract)
    if (away >= least || taken.has(contract)) continue
    best = contract
    least = away
  }
  return best
}
