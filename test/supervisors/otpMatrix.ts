/**
 * What OTP's manual says happens to three siblings when the middle one ends: written out, not
 * computed.
 *
 * `a` and `c` are permanent, `b` is of the type under test; under simple_one_for_one all three are.
 * `log` is what follows the end: "-x" x is stopped, "+x" x is started. `after` is the list of
 * children: "x" runs, "(x)" is down.
 */
import type { Restart, Strategy } from "../../src/supervisors/restartPolicy.ts"

export type ExitName = "normal" | "shutdown" | "{shutdown, reason}" | "defect"

export interface MatrixRow {
  readonly strategy: Strategy
  readonly restart: Restart
  readonly exit: ExitName
  readonly log: string
  readonly after: string
}

const row = (
  strategy: Strategy,
  restart: Restart,
  exit: ExitName,
  log: string,
  after: string
): MatrixRow => ({ strategy, restart, exit, log, after })

export const otpMatrix: ReadonlyArray<MatrixRow> = [
  row("one_for_one", "permanent", "normal", "+b", "a b c"),
  row("one_for_one", "permanent", "shutdown", "+b", "a b c"),
  row("one_for_one", "permanent", "{shutdown, reason}", "+b", "a b c"),
  row("one_for_one", "permanent", "defect", "+b", "a b c"),
  row("one_for_one", "transient", "normal", "", "a (b) c"),
  row("one_for_one", "transient", "shutdown", "", "a (b) c"),
  row("one_for_one", "transient", "{shutdown, reason}", "", "a (b) c"),
  row("one_for_one", "transient", "defect", "+b", "a b c"),
  row("one_for_one", "temporary", "normal", "", "a c"),
  row("one_for_one", "temporary", "shutdown", "", "a c"),
  row("one_for_one", "temporary", "{shutdown, reason}", "", "a c"),
  row("one_for_one", "temporary", "defect", "", "a c"),

  row("one_for_all", "permanent", "normal", "-c -a +a +b +c", "a b c"),
  row("one_for_all", "permanent", "shutdown", "-c -a +a +b +c", "a b c"),
  row("one_for_all", "permanent", "{shutdown, reason}", "-c -a +a +b +c", "a b c"),
  row("one_for_all", "permanent", "defect", "-c -a +a +b +c", "a b c"),
  row("one_for_all", "transient", "normal", "", "a (b) c"),
  row("one_for_all", "transient", "shutdown", "", "a (b) c"),
  row("one_for_all", "transient", "{shutdown, reason}", "", "a (b) c"),
  row("one_for_all", "transient", "defect", "-c -a +a +b +c", "a b c"),
  row("one_for_all", "temporary", "normal", "", "a c"),
  row("one_for_all", "temporary", "shutdown", "", "a c"),
  row("one_for_all", "temporary", "{shutdown, reason}", "", "a c"),
  row("one_for_all", "temporary", "defect", "", "a c"),

  row("rest_for_one", "permanent", "normal", "-c +b +c", "a b c"),
  row("rest_for_one", "permanent", "shutdown", "-c +b +c", "a b c"),
  row("rest_for_one", "permanent", "{shutdown, reason}", "-c +b +c", "a b c"),
  row("rest_for_one", "permanent", "defect", "-c +b +c", "a b c"),
  row("rest_for_one", "transient", "normal", "", "a (b) c"),
  row("rest_for_one", "transient", "shutdown", "", "a (b) c"),
  row("rest_for_one", "transient", "{shutdown, reason}", "", "a (b) c"),
  row("rest_for_one", "transient", "defect", "-c +b +c", "a b c"),
  row("rest_for_one", "temporary", "normal", "", "a c"),
  row("rest_for_one", "temporary", "shutdown", "", "a c"),
  row("rest_for_one", "temporary", "{shutdown, reason}", "", "a c"),
  row("rest_for_one", "temporary", "defect", "", "a c"),

  row("simple_one_for_one", "permanent", "normal", "+b", "a b c"),
  row("simple_one_for_one", "permanent", "shutdown", "+b", "a b c"),
  row("simple_one_for_one", "permanent", "{shutdown, reason}", "+b", "a b c"),
  row("simple_one_for_one", "permanent", "defect", "+b", "a b c"),
  row("simple_one_for_one", "transient", "normal", "", "a c"),
  row("simple_one_for_one", "transient", "shutdown", "", "a c"),
  row("simple_one_for_one", "transient", "{shutdown, reason}", "", "a c"),
  row("simple_one_for_one", "transient", "defect", "+b", "a b c"),
  row("simple_one_for_one", "temporary", "normal", "", "a c"),
  row("simple_one_for_one", "temporary", "shutdown", "", "a c"),
  row("simple_one_for_one", "temporary", "{shutdown, reason}", "", "a c"),
  row("simple_one_for_one", "temporary", "defect", "", "a c")
]
