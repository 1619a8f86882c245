/** Bugs of the journal on Kafka: each adapter leaves out one step that the sound one takes. */
import { mutantsOf } from "../../infra/journal/kafka/mutants.ts"
import type { Bug } from "./bug.ts"

/** Of the simulated desk. */
const book = "main"

/** A wrong batch is found by whoever reads the partition next: a life that opens it, or the look between two lives. */
const anywhere = [
  "5.1 durable gate",
  "5.3 crash anywhere",
  "5.5 replay is proof",
  "5.8 stand-ins know what happened",
  "the desk comes to its end"
]

const seedsOf: Readonly<Record<string, number>> = {
  "goes on with a session in doubt": 30,
  "does not look for a batch in doubt": 5,
  "takes no answer for an acknowledgement": 5,
  "sends again what is in doubt": 5,
  "ignores who took its book": 5
}

export const kafkaBugs: ReadonlyArray<Bug> = Object.entries(seedsOf).map(([name, seeds]) => ({
  layer: "Kafka",
  defect: `the adapter ${name}`,
  breaks: anywhere,
  scenario: "kafka",
  seeds,
  // Made anew for each run: it may remember.
  parts: () => ({ kafka: (log) => mutantsOf(book)[name]!(log) })
}))
