/** Every report of the simulated exchange in its order, and how far they are spoken. Report n is the n-th. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"

const never = Number.POSITIVE_INFINITY

export class ReportTape {
  readonly #reports: Array<BrokerReport> = []
  /** Beside each report, the quote that it came after. */
  readonly #quoteSeqs: Array<number> = []
  #spoken = 0
  #venueMs = 0

  get length(): number {
    return this.#reports.length
  }

  get all(): ReadonlyArray<BrokerReport> {
    return this.#reports
  }

  get isAllSpoken(): boolean {
    return this.#spoken === this.#reports.length
  }

  /** Time of the last report: the venue's own clock never runs back. */
  get venueMs(): number {
    return this.#venueMs
  }

  push(report: BrokerReport, quoteSeq: number): void {
    this.#reports.push(report)
    this.#quoteSeqs.push(quoteSeq)
    this.#venueMs = report.payload.transactTimeMs
  }

  /** Epoch ms of the next one; Infinity where none waits, or where its quote was not shown again yet. */
  nextDueMs(seenSeq: number): number {
    const report = this.#reports[this.#spoken]
    const isShown = report !== undefined && this.#quoteSeqs[this.#spoken]! <= seenSeq
    return isShown ? report.payload.transactTimeMs : never
  }

  next(): BrokerReport {
    const report = this.#reports[this.#spoken]
    if (report === undefined) throw new Error("the simulated exchange has nothing to say")
    this.#spoken++
    return report
  }

  resumeAfter(sourceSeq: number): void {
    this.#spoken = Math.min(sourceSeq, this.#reports.length)
  }

  /** Every report that is due, in order, after those of `asked` that were spoken before. */
  answer(
    asked: ReadonlyArray<BrokerReport>,
    nowMs: number,
    seenSeq: number
  ): ReadonlyArray<BrokerReport> {
    const answer = asked.filter(({ sourceSeq }) => sourceSeq <= this.#spoken)
    while (this.nextDueMs(seenSeq) <= nowMs) answer.push(this.next())
    return answer
  }
}
