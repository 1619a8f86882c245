/**
 * `audit report`: the whole session in one object and one page. Pure: the same journal gives the
 * same report.
 */
import type { JournalRecord } from "../domain/journal/record.ts"
import { describeRecord } from "./describe.ts"
import { asDeskRecord } from "./deskRecord.ts"
import { type RunIdentity, type RunSummaryJson, summaryJson } from "./runSummaryJson.ts"
import { printable, tableLines } from "./table.ts"
import { ranked, tallyJson } from "./tally.ts"
import { archiveOf, type TradeArchive } from "./tradeArchive.ts"
import { tradeListText } from "./tradeAuditText.ts"
import { type TradeRow, timeText, tradeRow } from "./tradeRow.ts"

/** A record that people should see, as a sentence. */
interface NotedRecord {
  readonly seq: number
  readonly time: string
  readonly author: string
  readonly type: string
  readonly text: string
}

export interface AuditReport {
  readonly summary: RunSummaryJson
  /** What the book ran under, one per opening. */
  readonly openings: ReadonlyArray<Opening>
  /** What the market data was, one per listing. */
  readonly sessions: ReadonlyArray<SessionFacts>
  /** By type, quotes included. */
  readonly records: Readonly<Record<string, number>>
  /** By author: actors and sources. */
  readonly authors: Readonly<Record<string, number>>
  /** Hash of every model that answered, by model id. */
  readonly models: Readonly<Record<string, ReadonlyArray<string>>>
  readonly certificates: ReadonlyArray<NotedRecord>
  /** Every proposal, refused ones included. */
  readonly trades: ReadonlyArray<TradeRow>
  readonly supervision: ReadonlyArray<NotedRecord>
  readonly operator: ReadonlyArray<NotedRecord>
  /**
   * What the auditor found, and completed trades whose vault profit is not what their fills say.
   */
  readonly differences: ReadonlyArray<string>
}

interface Opening {
  readonly seq: number
  readonly epoch: number
  readonly build: string
  readonly configHash: string
  readonly seed: number
  readonly node: string
  readonly v8: string
}

interface SessionFacts {
  readonly session: string
  readonly underlying: string
  readonly contentHash: string
  readonly instruments: number
  readonly rows: number
  readonly badRows: number
  readonly notTradableRows: number
}

export const auditReport = (
  records: Iterable<JournalRecord>,
  identity: RunIdentity
): AuditReport => {
  const archive = archiveOf(records)
  const { summary } = archive
  const facts = factsOf(archive)
  return {
    summary: summaryJson(summary, identity),
    openings: facts.openings,
    sessions: facts.sessions,
    records: tallyJson(new Map([...summary.types, ["Quote", summary.quotes]])),
    authors: tallyJson(summary.authors),
    models: Object.fromEntries([...facts.models].map(([id, hashes]) => [id, [...hashes]])),
    certificates: facts.certificates,
    trades: summary.proposed.map((trade) =>
      tradeRow(trade, summary.listing, summary.unrealizedMicros(trade))
    ),
    supervision: facts.supervision,
    operator: facts.operator,
    differences: [
      ...summary.differences.map(
        ({ what, between, expected, found }) =>
          `${what} (${between}): expected ${expected}, found ${found}`
      ),
      ...summary.vaultDisagreements.map(
        ({ tradeId }) => `trade ${tradeId}: the vault's profit is not what its fills say`
      )
    ]
  }
}

const factsOf = (archive: TradeArchive) => {
  const openings: Array<Opening> = []
  const sessions: Array<SessionFacts> = []
  const models = new Map<string, Set<string>>()
  const certificates: Array<NotedRecord> = []
  const supervision: Array<NotedRecord> = []
  const operator: Array<NotedRecord> = []
  const note = (record: JournalRecord): NotedRecord => ({
    seq: record.seq,
    time: timeText(record.logicalTimeMs),
    author: record.actor,
    type: record.type,
    text: describeRecord(record, archive.summary.listing)
  })
  for (const input of archive.records.values()) {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "EpochOpened": {
        const { book: _, ...opening } = record.payload
        openings.push({ seq: record.seq, epoch: record.epoch, ...opening })
        break
      }
      case "InstrumentsListed": {
        const { instruments, ...facts } = record.payload
        sessions.push({ ...facts, instruments: instruments.length })
        break
      }
      case "InferenceAnswered": {
        const { modelId, modelHash } = record.payload
        const hashes = models.get(modelId) ?? new Set()
        models.set(modelId, hashes.add(modelHash))
        break
      }
      case "CertificatePresented":
        certificates.push(note(record))
        break
      case "ActorRestarted":
      case "ActorDown":
      case "ActorUp":
      case "MessageQuarantined":
        supervision.push(note(record))
        break
      case "HaltTrading":
      case "ResumeTrading":
      case "CancelAllOrders":
      case "DepositFunds":
        operator.push(note(record))
        break
    }
  }
  return { openings, sessions, models, certificates, supervision, operator }
}

/** Ends without a line break. */
export const auditReportText = (report: AuditReport): string => {
  const { summary } = report
  const { vault } = summary
  return [
    `Audit of run ${summary.runId}, book ${summary.book}`,
    ...report.sessions.map(
      (facts) =>
        `Session      ${facts.session}: ${facts.instruments} instruments of ` +
        `${facts.underlying}, ${facts.rows} rows, ` +
        `${facts.badRows} bad, ${facts.notTradableRows} not tradable, content ${facts.contentHash}`
    ),
    ...report.openings.map(
      (opening) =>
        `Opened       epoch ${opening.epoch} at record ${opening.seq}: build ${opening.build}, ` +
        `config ${opening.configHash}, ` +
        `seed ${opening.seed}, node ${opening.node}, v8 ${opening.v8}`
    ),
    ...Object.entries(report.models).map(
      ([modelId, hashes]) => `Model        ${modelId}: ${hashes.join(", ")}`
    ),
    ...report.certificates.map(({ seq, text }) => `Certificate  record ${seq}: ${text}`),
    "",
    "Records by type",
    ...tableLines(tallyRows(report.records), ["left", "right"], "  "),
    "Records by author",
    ...tableLines(tallyRows(report.authors), ["left", "right"], "  "),
    "",
    "Trades",
    ...tradeListText(report.trades).split("\n"),
    "",
    "Refusals by layer and reason",
    ...refusalRows(summary.refusals),
    "",
    ...noted("Operator", report.operator),
    ...noted("Supervision", report.supervision),
    ...(summary.stillDown.length > 0 ? [`Still down   ${summary.stillDown.join(", ")}`] : []),
    `Profit       realized ${summary.realizedPnl} USD, fees ${summary.fees}, open ` +
      `${summary.unrealizedPnl}`,
    `Vault        deposited ${summary.deposited}, free ${vault.free}, reserved ` +
      `${vault.reserved}, settling ${vault.settling}`,
    report.differences.length === 0
      ? "Differences  none: the auditor found none, and the vault's profits are what the fills say"
      : "Differences",
    ...report.differences.map((difference) => `  ${difference}`),
    `Chain head   ${summary.headHash}`,
    `State hash   ${summary.stateHash}`
  ]
    .map(printable)
    .join("\n")
}

const tallyRows = (tally: Readonly<Record<string, number>>) =>
  ranked(new Map(Object.entries(tally))).map(([name, count]) => [name, String(count)])

const refusalRows = (refusals: RunSummaryJson["refusals"]): ReadonlyArray<string> => {
  const rows = Object.entries(refusals).flatMap(([layer, words]) =>
    tallyRows(words).map((row) => [layer, ...row])
  )
  return rows.length === 0 ? ["  none"] : tableLines(rows, ["left", "left", "right"], "  ")
}

const noted = (title: string, records: ReadonlyArray<NotedRecord>): ReadonlyArray<string> => {
  if (records.length === 0) return [`${title.padEnd(13)}nothing`]
  const rows = records.map(({ seq, time, text }) => [`record ${seq}`, time, text])
  return [title, ...tableLines(rows, ["left", "left", "left"], "  ")]
}
