/** docs/family-tree.md: every name of the product's original description has its place, and every file exists. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "../..")
const text = readFileSync(join(root, "docs/family-tree.md"), "utf8")

/** In the order of the description. */
const names = `
  TradeReplayer, AuditLogger, ChaosEngine, inject_failure, network_latency, simulate_cascading_failure,
  run_resilience_test, SystemLauncher, ServiceMonitor, SystemHealth, RestartController, StrategyLoader, start.py,
  HybridDataSystem, MigrationMonitor, MigrationDashboard, load_config, reload_config, main_config.yaml, DriftConfig,
  jpmc_circuit_breaker, secrets.vault, EventBus, ZeroMQ, logger, retry, create_strategy_template, run_test_suite,
  generate_test_report, get_dev_toolkit, MarketDataEngine, OptionChainStorage, OptionChainManager,
  CorporateActionDatabase, CorporateProcessor, DataCleaner, DataValidator, MarketRegimeClassifier, NewsProcessor,
  FlowAnomalyDetector, OptionScenarioGenerator, VolatilityGAN, SpreadGAN, UnifiedDataInterface, DataRouter,
  GreekFeatureGenerator, ExoticPricer, MonteCarloPricer, AnalyticPricer, ExoticPricingEngine, GreekFeaturePipeline,
  TemporalEncoder, LatentSpaceEncoder, QuantumNormalizer, MarketLSTM, TemporalFusionTransformer,
  OptionStrategyEnsemble, RLAgent, PolicyNetwork, ExperienceBuffer, ModelRegistry, TransactionCoordinator,
  GlobalTransaction, FreezeReceipt, RollbackReport, DriftMonitor, EWMADriftTracker, emergency_rollback,
  ValidationSuite, VolatilityStrategy, SpreadOptimizer, gamma_scalper.json, StrategyEvolver, StrategyCombinator,
  RobustnessValidator, CognitiveLayer, QuantumPortfolioOptimizer, QuantumRiskAnalyzer, RiskEngine, BlackSwanDetector,
  LiquidityFreezeDetector, PortfolioStressTester, PnLSimulator, CircuitBreaker, RecoveryPlanner, DeltaHedger,
  correlation_matrix, EthicsEngine, IBGateway, BrokerAPI, BrokerAdapterFactory, ExecutionEngine, QuantumTrader,
  The Vault, MarketDataCache, SnowflakeLoader, RegimeAwareTester, EnhancedAttributionEngine, TradingDashboard,
  StrategyAssembler, BacktestBuilder
`
  .split(",")
  .map((name) => name.trim())

const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| Name "))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, name = "", now = "", state = ""]) => ({ name, now, state }))

describe("docs/family-tree.md", () => {
  it("has each name of the original description once, and no other", () => {
    assert.deepStrictEqual(rows.map(({ name }) => name).sort(), [...names].sort())
  })

  it("names a file for whatever is built, and none for what is not", () => {
    for (const { name, now, state } of rows) {
      assert.match(state, /^(works|in part|replaced|not built yet)/, name)
      assert.strictEqual(now === "", state.startsWith("not built yet"), name)
    }
  })

  it("names only files that exist", () => {
    for (const { name, now, state } of rows) {
      for (const [, file] of `${now} ${state}`.matchAll(
        /`((?:src|test|config|data|scripts)\/[^`]+|package\.json)`/g
      )) {
        assert.isTrue(existsSync(join(root, file!)), `${name}: there is no ${file}`)
      }
    }
  })

  it("writes every file of the second column as a path from the root", () => {
    for (const { name, now } of rows) {
      for (const part of now.split(", ").filter((each) => each !== "")) {
        assert.match(part, /^`[\w./-]+`$/, name)
        assert.isTrue(existsSync(join(root, part.slice(1, -1))), `${name}: there is no ${part}`)
      }
    }
  })
})
