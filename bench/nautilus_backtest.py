"""nautilus_trader's backtest over given quotes, one trivial strategy; prints {"version", "rates"} in quote ticks per second.

Usage: nautilus_backtest.py COLUMNS ROWS RUNS
COLUMNS holds six columns of ROWS little-endian doubles each: time (epoch ms), instrument id, bid and ask (micro-USD),
bid and ask size. Only the engine's run is timed, not the making of the ticks.
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


def main():
    path, rows, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    columns = np.fromfile(path, dtype="<f8").reshape(6, rows)
    instruments = {int(number): instrument(int(number)) for number in np.unique(columns[1])}
    ticks = ticks_of(columns, instruments)
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
    for each in instruments.values():
        engine.add_instrument(each)
    engine.add_data(ticks)
    strategy = CountsQuotes([each.id for each in instruments.values()])
    engine.add_strategy(strategy)
    rates = []
    for _ in range(runs):
        strategy.quotes = 0
        began = time.perf_counter()
        engine.run()
        rates.append(rows / (time.perf_counter() - began))
        if strategy.quotes != rows:
            raise SystemExit(f"the strategy saw {strategy.quotes} of {rows} quotes")
        engine.reset()
    print(json.dumps({"version": nautilus_trader.__version__, "rates": rates}))


main()
