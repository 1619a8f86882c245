/** The resilience report as one HTML page that needs nothing else: no script, no font, no request. */
import { clockText } from "../domain/chaos/faults.ts"
import {
  isBroken,
  type RecoveryRow,
  type ResilienceFacts,
  type TimelineEntry
} from "./resilience.ts"

export const resiliencePage = (facts: ResilienceFacts): string => {
  const title = escaped(`Chaos ${facts.scenario} on ${facts.session}`)
  const verdict = isBroken(facts) ? "A promise was broken" : "Every promise held"
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${escaped(facts.about)} Run ${escaped(facts.runId)}, seed ${facts.seed}, ${clockText(facts.sessionMs)} of session time. All of it is SIMULATED.</p>
<p class="${isBroken(facts) ? "bad" : "good"}">${verdict}.</p>
<figure>${timeline(facts)}<figcaption>Minutes since the open. A dot is a moment, a bar lasts; each tells more when pointed at.</figcaption></figure>
<h2>Faults</h2>
${table(
  ["", "fault"],
  facts.planned.map((fault) => [facts.struck.includes(fault) ? "struck" : "no occasion", fault])
)}
<h2>Away, and back after</h2>
${recoveries(facts.actors)}
<p>Actors in session time; the process in wall time, from its death to its next record and to its next decision.</p>
${recoveries([facts.wall.toRecord, facts.wall.toDecision])}
<h2>Refused</h2>
${table(
  ["reason", "while something was wrong", "in all"],
  Object.entries(facts.refused).map(([reason, count]) => [
    reason,
    String(facts.refusedMeanwhile[reason] ?? 0),
    String(count)
  ])
)}
<h2>Promises</h2>
${table(
  ["", "promise", "checks", "why"],
  facts.invariants.map(({ name, checks, broken }) => [
    broken === "" ? "held" : "BROKEN",
    name,
    String(checks),
    broken
  ])
)}
<footer>${facts.orders} orders, ${facts.fills} fills, ${facts.restarts} crashes of actors, ${facts.lives} lives of the process. Chain head ${facts.head}.</footer>
</body>
</html>
`
}

const lanes: ReadonlyArray<TimelineEntry["lane"]> = [
  "fault",
  "process",
  "actor",
  "refusal",
  "trade"
]
const width = 1000
const laneHeight = 34
const left = 70

const timeline = ({ timeline: entries, sessionMs }: ResilienceFacts): string => {
  const x = (ms: number): number => left + (ms / Math.max(1, sessionMs)) * (width - left - 10)
  const height = lanes.length * laneHeight + 24
  const minutes = Math.max(1, Math.round(sessionMs / 60_000 / 8))
  const ticks: Array<string> = []
  for (let minute = 0; minute * 60_000 <= sessionMs; minute += minutes) {
    const at = x(minute * 60_000).toFixed(1)
    ticks.push(
      `<line class="grid" x1="${at}" y1="0" x2="${at}" y2="${height - 20}"/><text x="${at}" y="${height - 6}">${minute}</text>`
    )
  }
  const marks = entries.map(({ lane, sinceOpenMs, forMs, text }) => {
    const y = lanes.indexOf(lane) * laneHeight + 16
    const from = x(sinceOpenMs)
    const told = `<title>${clockText(sinceOpenMs)} ${escaped(text)}</title>`
    return forMs > 0
      ? `<rect class="${lane}" x="${from.toFixed(1)}" y="${y - 6}" width="${Math.max(3, x(sinceOpenMs + forMs) - from).toFixed(1)}" height="12" rx="3">${told}</rect>`
      : `<circle class="${lane}" cx="${from.toFixed(1)}" cy="${y}" r="5">${told}</circle>`
  })
  const names = lanes.map(
    (lane, at) => `<text class="lane" x="0" y="${at * laneHeight + 20}">${lane}</text>`
  )
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="timeline">${ticks.join("")}${names.join("")}${marks.join("")}</svg>`
}

const recoveries = (rows: ReadonlyArray<RecoveryRow>): string =>
  table(
    ["who", "times", "mean ms", "worst ms"],
    rows.map(({ who, times, meanMs, worstMs }) => [
      ...[who, String(times), meanMs.toFixed(1), worstMs.toFixed(1)]
    ])
  )

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  if (rows.length === 0) return "<p>None.</p>"
  const cells = (row: ReadonlyArray<string>, tag: string) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")
  return `<div class="wide"><table><tr>${cells(head, "th")}</tr>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</table></div>`
}

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: currentColor; opacity: 0.15; } .fault { fill: #d33; } .process { fill: #a3a; } .actor { fill: #e80; }
.refusal { fill: #888; } .trade { fill: #27a; } .wide { overflow-x: auto; } table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8884; }
.good { color: #282; font-weight: bold; } .bad { color: #c22; font-weight: bold; } footer { margin-top: 2rem; opacity: 0.8; overflow-wrap: anywhere; }
`
