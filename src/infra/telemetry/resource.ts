/** Who speaks, as OpenTelemetry's resource: its semantic conventions where they have a name, ours for the rest. */
import { resources } from "@opentelemetry/sdk-node"
import type { TelemetrySource } from "../../actors/ports/Telemetry.ts"

const serviceName = "optionsib"

export const resourceOf = (source: TelemetrySource): resources.Resource =>
  resources.resourceFromAttributes({
    "service.name": serviceName,
    "service.version": source.version,
    "service.instance.id": source.runId,
    "deployment.environment.name": source.mode,
    // All times are of one clock, the journal's: without a host viewers take each span for another machine's.
    "host.id": `optionsib/${source.book}`,
    "optionsib.book": source.book,
    "optionsib.session": source.session
  })
