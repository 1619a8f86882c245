/** Pekko typed as a peer: fetched once by Maven into the user's cache folder, where Java and Maven are. */
import * as fs from "node:fs"
import { join } from "node:path"
import { lastLine, peersFolder, run } from "./command.ts"
import type { Progress } from "./figure.ts"

const version = "1.1.5"
const crashes = 5_000
const folder = join(peersFolder, "pekko")
const libraries = join(folder, `libs-${version}`)
const fetchMsMax = 60_000
const runMsMax = 30_000

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>optionsib</groupId><artifactId>bench</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.pekko</groupId><artifactId>pekko-actor-typed_2.13</artifactId><version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version>
    </dependency>
  </dependencies>
</project>
`

export type PekkoCrashes =
  /** Microseconds, one per crash. */
  { readonly name: string; readonly values: ReadonlyArray<number> } | { readonly why: string }

/** From a throw to the next message handled, with nothing to rebuild; or why it is not known. */
export const pekkoCrashes = async (progress: Progress): Promise<PekkoCrashes> => {
  if (!(await fetched(progress))) return { why: "Pekko: not installed" }
  progress(`Pekko typed ${version}: ${crashes} crashes`)
  const source = join(import.meta.dirname, "PekkoCrash.java")
  const classPath = join(libraries, "*")
  const ran = await run("java", ["-cp", classPath, source, `${crashes}`], runMsMax)
  if (ran.code !== 0) return { why: `Pekko: its run failed: ${lastLine(ran.errors)}` }
  return {
    name: `Pekko typed ${version}`,
    values: JSON.parse(lastLine(ran.output)) as ReadonlyArray<number>
  }
}

const fetched = async (progress: Progress): Promise<boolean> => {
  if (fs.existsSync(libraries)) return true
  progress(`Pekko: fetches it with Maven into ${folder}`)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(join(folder, "pom.xml"), project)
  const unfinished = `${libraries}.unfinished`
  const goal = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${unfinished}`]
  const ran = await run("mvn", goal, fetchMsMax, folder)
  if (ran.code !== 0) return false
  fs.renameSync(unfinished, libraries)
  return true
}
