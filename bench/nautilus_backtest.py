"""nautilus_trader's backtest over given quotes, one trivial strategy, timed; prints one JSON object.

Usage: nautilus_backtest.py COLUMNS ROWS RUNS
COLUMNS holds six columns of ROWS little-endian doubles each: time (epoch ms), instrument id, bid and ask (micro-USD),
bid and ask size. Only the engine's run is timed, not the making of the ticks. Printed, in quote ticks per second:
{"version", "chain": {"wall", "cpu"}, "one": {"wall", "cpu"}}: each quote at its own instrument (of the first quotes only:
the time per tick grows with the number of instruments), and all of them as if of one instrument.
"""

import json
import sys
import time

import nautilus_trader
import numpy as np
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SIM")
PRICE_DECIMALS = 6
CHAIN_QUOTES = 20_000


class CountsQuotes(Strategy):
    def __init__(self, instrument_ids):
        super().__init__()
        self.instrument_ids = instrument_ids
        self.quotes = 0

    def on_start(self):
        for instrument_id in self.instrument_ids:
            self.subscribe_quote_ticks(instrument_id)

    def on_quote_tick(self, tick):
        self.quotes += 1


def instrument(number):
    symbol = Symbol(f"I{number}")
    return Equity(
        instrument_id=InstrumentId(symbol, VENUE),
        raw_symbol=symbol,
        currency=USD,
        price_precision=PRICE_DECIMALS,
        price_increment=Price(1e-6, PRICE_DECIMALS),
        lot_size=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def ticks_of(columns, instruments):
    ticks = []
    for time_ms, number, bid, ask, bid_size, ask_size in zip(*columns.tolist()):
        time_ns = int(time_ms) * 1_000_000
        ticks.append(
            QuoteTick(
                instruments[int(number)].id,
                Price(bid / 1e6, PRICE_DECIMALS),
                Price(ask / 1e6, PRICE_DECIMALS),
                Quantity.from_int(int(bid_size)),
                Quantity.from_int(int(ask_size)),
                time_ns,
                time_ns,
            )
        )
    return ticks


def backtests(columns, instruments, runs):
    rows = columns.shape[1]
    engine = BacktestEngine(
        config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(250_000, USD)],
    )
    listed = list({each.id: each for each in instruments.values()}.values())
    for each in listed:
        engine.add_instrument(each)
    engine.add_data(ticks_of(columns, instruments))
    strategy = CountsQuotes([each.id for each in listed])
    engine.add_strategy(strategy)
    wall, cpu = [], []
    for _ in range(runs):
        strategy.quotes = 0
        wall_began, cpu_began = time.perf_counter(), time.process_time()
        engine.run()
        wall.append(rows / (time.perf_counter() - wall_began))
        cpu.append(rows / (time.process_time() - cpu_began))
        if strategy.quotes != rows:
            raise SystemExit(f"the strategy saw {strategy.quotes} of {rows} quotes")
        engine.reset()
    engine.dispose()
    return {"wall": wall, "cpu": cpu}


def main():
    path, rows, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    columns = np.fromfile(path, dtype="<f8").reshape(6, rows)
    numbers = [int(number) for number in np.unique(columns[1])]
    chain = {number: instrument(number) for number in numbers}
    one = dict.fromkeys(numbers, chain[numbers[0]])
    result = {
        "version": nautilus_trader.__version__,
        "one": backtests(columns, one, runs),
        "chain": backtests(columns[:, :CHAIN_QUOTES], chain, 1),
    }
    print(json.dumps(result))


main()
