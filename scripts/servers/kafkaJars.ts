/** Apache Kafka's jars from Maven Central, kept in the user's cache folder, and the Java that runs them. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { homedir } from "node:os"
import * as path from "node:path"

export const kafkaVersion = "4.3.1"
const javaVersionMin = 17

/** Something that the machine lacks; the message holds the command that installs it. */
export class Missing extends Error {
  override readonly name = "Missing"
}

const cacheFolder = (): string =>
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "optionsib", "kafka")

/** Throws `Missing` where no Java of at least 17 is on the path. */
const requireJava = (): void => {
  const asked = spawnSync("java", ["-version"], { encoding: "utf8" })
  const version = /version "(\d+)/.exec(`${asked.stderr ?? ""}${asked.stdout ?? ""}`)?.[1]
  const found = version === undefined ? "there is no java" : `the java there is version ${version}`
  if (version !== undefined && Number(version) >= javaVersionMin) return
  throw new Missing(
    `Kafka ${kafkaVersion} needs Java ${javaVersionMin} or later and ${found}: sudo apt-get install openjdk-17-jre-headless`
  )
}

/** The folder of the jars, resolved once (half a minute, 44 MB). Throws `Missing`. */
export const kafkaJars = (): string => {
  requireJava()
  const folder = path.join(cacheFolder(), kafkaVersion)
  const libs = path.join(folder, "libs")
  const whole = path.join(folder, "resolved")
  if (fs.existsSync(whole)) return libs
  if (spawnSync("mvn", ["-v"]).status !== 0) {
    throw new Missing(
      `Kafka ${kafkaVersion} comes from Maven Central and there is no mvn: sudo apt-get install maven`
    )
  }
  fs.mkdirSync(folder, { recursive: true })
  const pom = path.join(folder, "pom.xml")
  fs.writeFileSync(pom, pomText)
  process.stderr.write(`resolving Kafka ${kafkaVersion} into ${libs}\n`)
  execFileSync(
    "mvn",
    [
      "-q",
      "-B",
      "-f",
      pom,
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${libs}`
    ],
    { stdio: ["ignore", "ignore", "inherit"] }
  )
  fs.writeFileSync(path.join(folder, "log4j2.properties"), loggingText)
  fs.writeFileSync(whole, "")
  return libs
}

export const loggingFile = (): string => path.join(cacheFolder(), kafkaVersion, "log4j2.properties")

const dependency = (group: string, artifact: string, version: string): string =>
  `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

const pomText = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>optionsib</groupId>
  <artifactId>kafka-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependency("org.apache.kafka", "kafka_2.13", kafkaVersion)}
${dependency("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4")}
${dependency("org.apache.logging.log4j", "log4j-core", "2.25.4")}
  </dependencies>
</project>
`

const loggingText = `status=error
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=OUT
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
`
