"""What ib_async, or ib_insync before it, sees of the TWS simulator: python ib_async_check.py PORT SYMBOL [MODULE]"""
import asyncio
import importlib
import math
import sys
import time

from report import Report

PORT, SYMBOL = int(sys.argv[1]), sys.argv[2]
MODULE = sys.argv[3] if len(sys.argv) > 3 else "ib_async"
client = importlib.import_module(MODULE)
IB = client.IB
ComboLeg = client.ComboLeg
Contract = client.Contract
ExecutionFilter = client.ExecutionFilter
LimitOrder = client.LimitOrder
MarketOrder = client.MarketOrder
Option = client.Option
Order = client.Order
Stock = client.Stock
TagValue = client.TagValue
report = Report(MODULE)
check = report.check


def finite(value):
    return isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 1e300


async def until(predicate, seconds=12.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if predicate():
            return True
        await asyncio.sleep(0.02)
    return predicate()


class Desk:
    def __init__(self, ib, errors):
        self.ib = ib
        self.errors = errors

    def codes(self, req_id):
        return [code for (rid, code, _) in self.errors if rid == req_id]

    @classmethod
    async def connect(cls, client_id):
        ib, errors = IB(), []
        ib.RaiseRequestErrors = False
        ib.errorEvent += lambda rid, code, text, contract: errors.append((rid, code, text))
        await ib.connectAsync("127.0.0.1", PORT, clientId=client_id, timeout=10)
        return cls(ib, errors)


async def pick(desk):
    """The underlying and a call, a further call and a put near the money."""
    ib = desk.ib
    [details] = await ib.reqContractDetailsAsync(Stock(SYMBOL, "SMART", "USD"))
    underlying = details.contract
    chains = await ib.reqSecDefOptParamsAsync(SYMBOL, "", "STK", underlying.conId)
    chain = next(c for c in chains if c.exchange == "SMART")
    check("the chain has expirations and strikes", len(chain.expirations) > 1 and len(chain.strikes) > 10,
          f"{len(chain.expirations)} x {len(chain.strikes)}")
    ticker = ib.reqMktData(underlying, "233", False, False)
    await until(lambda: ticker.bid > 0 and ticker.ask > 0)
    check("the underlying is quoted", 0 < ticker.bid <= ticker.ask, (ticker.bid, ticker.ask))
    spot = (ticker.bid + ticker.ask) / 2
    expiry = sorted(chain.expirations)[2]
    strikes = sorted(k for k in chain.strikes if k >= spot)[:2]
    legs = []
    for strike, right in ((strikes[0], "C"), (strikes[1], "C"), (strikes[0], "P")):
        [found] = await ib.reqContractDetailsAsync(Option(SYMBOL, expiry, strike, right, "SMART", currency="USD"))
        legs.append(found.contract)
    rule = await ib.reqMarketRuleAsync(32)
    check("a market rule has increments", bool(rule) and rule[0].increment > 0, rule)
    return underlying, legs


async def filled(desk, contract, order, name):
    trade = desk.ib.placeOrder(contract, order)
    ok = await until(lambda: trade.orderStatus.status == "Filled" and len(trade.fills) > 0
                     and all(f.commissionReport.execId for f in trade.fills if f.contract.secType != "BAG"))
    check(f"{name} fills", ok, (trade.orderStatus.status, desk.codes(trade.order.orderId)))
    return trade


async def order_types(desk, underlying, legs):
    ib = desk.ib
    call, far, _ = legs
    market = await filled(desk, call, MarketOrder("BUY", 1, orderRef="types-1"), "a market order")
    check("its execution carries orderRef and permId",
          all(f.execution.orderRef == "types-1" and f.execution.permId == market.orderStatus.permId for f in market.fills))
    stock = await filled(desk, underlying, MarketOrder("BUY", 10), "a stock order")
    check("stock commission has the order's minimum", abs(sum(f.commissionReport.commission for f in stock.fills) - 1.0) < 1e-9)
    middle = Order(action="BUY", totalQuantity=10, orderType="MIDPRICE", lmtPrice=0.0, tif="DAY", transmit=True)
    trade = await filled(desk, underlying, middle, "a MIDPRICE order")
    seen = [x for x in ib.openTrades() if x.order.orderType == "MIDPRICE"]
    check("MIDPRICE is echoed", trade.order.orderType == "MIDPRICE" and not seen)
    adaptive = LimitOrder("BUY", 1, 2000.0, algoStrategy="Adaptive",
                          algoParams=[TagValue("adaptivePriority", "Normal")])
    trade = await filled(desk, call, adaptive, "an Adaptive order")
    check("Adaptive is echoed with its priority", trade.order.algoStrategy == "Adaptive"
          and trade.order.algoParams[0].value == "Normal")
    await filled(desk, underlying, MarketOrder("SELL", 20), "the stock's sale")
    await filled(desk, call, MarketOrder("SELL", 2), "the option's sale")
    partial = ib.placeOrder(call, LimitOrder("BUY", 120, 2000.0))
    await until(lambda: partial.orderStatus.status == "Filled", 30)
    check("a large order fills in parts that add up", len(partial.fills) > 1
          and sum(f.execution.shares for f in partial.fills) == 120
          and partial.fills[-1].execution.cumQty == 120, [f.execution.shares for f in partial.fills])
    closing = ib.placeOrder(call, MarketOrder("SELL", 120))
    await until(lambda: closing.orderStatus.status == "Filled", 30)
    check("and is sold again", closing.orderStatus.status == "Filled")
    ioc = ib.placeOrder(far, LimitOrder("BUY", 1, 0.01, tif="IOC"))
    check("an immediate order that cannot fill is canceled",
          await until(lambda: ioc.orderStatus.status == "Cancelled"), ioc.orderStatus.status)


async def combination(desk, legs):
    ib = desk.ib
    call, far, _ = legs
    bag = Contract(symbol=SYMBOL, secType="BAG", exchange="SMART", currency="USD", comboLegs=[
        ComboLeg(conId=call.conId, ratio=1, action="BUY", exchange="SMART"),
        ComboLeg(conId=far.conId, ratio=1, action="SELL", exchange="SMART"),
    ])
    what = await ib.whatIfOrderAsync(bag, LimitOrder("BUY", 2, 5.0))
    check("a combination's margin is previewed", finite(float(what.initMarginChange)) and float(what.initMarginAfter) >= 0,
          what.initMarginChange)
    ticker = ib.reqMktData(bag, "", False, False)
    check("a combination is quoted", await until(lambda: ticker.bid is not None and finite(ticker.ask)), (ticker.bid, ticker.ask))
    trade = ib.placeOrder(bag, LimitOrder("BUY", 2, 5.0, orderRef="combo"))
    done = await until(lambda: trade.orderStatus.status == "Filled" and len(trade.fills) >= 3
                      and sum(f.execution.shares for f in trade.fills if f.contract.secType == "OPT") == 4)
    kinds = [f.contract.secType for f in trade.fills]
    check("each fill of a combination is one execution of its own and one of each leg",
          done and 0 < 2 * kinds.count("BAG") == kinds.count("OPT"), kinds)
    per_leg = [f for f in trade.fills if f.contract.secType == "OPT"]
    check("its legs carry the order's permId", all(f.execution.permId == trade.orderStatus.permId for f in per_leg))
    await until(lambda: all(f.commissionReport.execId for f in per_leg))
    check("commissions come on its legs", all(f.commissionReport.commission > 0 for f in per_leg))
    net = sum((1 if f.execution.side == "BOT" else -1) * f.execution.price * f.execution.shares for f in per_leg) / 2
    check("its net price is that of the legs", abs(net - trade.orderStatus.avgFillPrice) < 1e-6, trade.orderStatus.avgFillPrice)
    positions = {p.contract.conId: p.position for p in await ib.reqPositionsAsync()}
    check("positions are of the legs alone", positions.get(call.conId) == 2 and positions.get(far.conId) == -2
          and 0 not in positions, positions)
    back = ib.placeOrder(bag, MarketOrder("SELL", 2))
    check("it is sold again", await until(lambda: back.orderStatus.status == "Filled"), back.orderStatus.status)
    ib.cancelMktData(bag)


async def account(desk, legs):
    ib = desk.ib
    call = legs[0]
    code = ib.managedAccounts()[0]
    check("the account is a paper account", code.startswith("DU"), code)
    values = {(v.tag, v.currency): v.value for v in ib.accountValues()}
    check("account values name cash and margins", all((tag, "USD") in values for tag in
          ("NetLiquidation", "AvailableFunds", "BuyingPower", "InitMarginReq", "CashBalance")), len(values))
    buy = await filled(desk, call, MarketOrder("BUY", 3), "a purchase")
    item = next((p for p in ib.portfolio() if p.contract.conId == call.conId), None)
    await until(lambda: any(p.contract.conId == call.conId and p.position == 3 for p in ib.portfolio()))
    item = next((p for p in ib.portfolio() if p.contract.conId == call.conId), None)
    paid = sum(f.execution.price * f.execution.shares * 100 + f.commissionReport.commission for f in buy.fills)
    check("the portfolio has it at cost", item is not None and abs(item.averageCost * 3 - paid) < 0.01, item and item.averageCost)
    pnl = ib.reqPnL(code)
    single = ib.reqPnLSingle(code, "", call.conId)
    check("profit and loss come", await until(lambda: finite(pnl.dailyPnL) and finite(single.unrealizedPnL)
          and single.position == 3), (pnl.dailyPnL, single.unrealizedPnL))
    ib.cancelPnL(code)
    ib.cancelPnLSingle(code, "", call.conId)
    sell = await filled(desk, call, MarketOrder("SELL", 3), "its sale")
    await until(lambda: all(finite(f.commissionReport.realizedPNL) for f in sell.fills))
    got = sum(f.execution.price * f.execution.shares * 100 - f.commissionReport.commission for f in sell.fills)
    realized = sum(f.commissionReport.realizedPNL for f in sell.fills)
    check("realized profit is what was got less what was paid", abs(realized - (got - paid)) < 0.01, realized)
    check("a flat position is told", await until(lambda: not any(p.contract.conId == call.conId for p in ib.positions())))


async def life_cycle(desk, legs):
    ib = desk.ib
    call, far, put = legs
    resting = ib.placeOrder(call, LimitOrder("BUY", 2, 0.05, orderRef="rest", tif="GTC"))
    check("a far limit rests", await until(lambda: resting.orderStatus.status == "Submitted"))
    perm = resting.orderStatus.permId
    resting.order.lmtPrice, resting.order.totalQuantity = 0.10, 3
    ib.placeOrder(call, resting.order)
    await asyncio.sleep(0.3)
    [found] = [t for t in await ib.reqAllOpenOrdersAsync() if t.order.permId == perm]
    check("price and quantity change in place", abs(found.order.lmtPrice - 0.10) < 1e-9 and found.order.totalQuantity == 3, found.order)
    check("an off-tick price is refused with 110", await code_of(desk, far, LimitOrder("BUY", 1, 0.123), 110))
    check("an unknown order type is refused", await code_of(desk, far, Order(action="BUY", totalQuantity=1, orderType="REL"), 387))
    ib.client.cancelOrder(987654, "")
    check("canceling an unknown order is refused with 10147", await until(lambda: 10147 in desk.codes(987654)))
    ib.reqGlobalCancel()
    check("global cancel ends all orders", await until(lambda: resting.orderStatus.status == "Cancelled"))
    completed = await ib.reqCompletedOrdersAsync(True)
    mine = [t for t in completed if t.order.permId == perm]
    check("completed orders have it", len(mine) == 1 and mine[0].orderStatus.status == "Cancelled", len(completed))
    other = await Desk.connect(72)
    try:
        everyone = await other.ib.reqExecutionsAsync(ExecutionFilter())
        own = await other.ib.reqExecutionsAsync(ExecutionFilter(clientId=72))
        check("another client asks for everybody's or its own executions", len(everyone) > 3 and own == [], len(everyone))
    finally:
        other.ib.disconnect()
    try:
        await Desk.connect(71)
        check("a client id in use is refused", False)
    except Exception:
        check("a client id in use is refused", True)


async def code_of(desk, contract, order, code):
    trade = desk.ib.placeOrder(contract, order)
    return await until(lambda: code in desk.codes(trade.order.orderId), 5)


async def data(desk, underlying, legs):
    ib = desk.ib
    call = legs[0]
    [snapshot] = await ib.reqTickersAsync(call)
    check("a snapshot ends", snapshot.bid > 0 and snapshot.modelGreeks is not None, snapshot.bid)
    ib.client.reqMktData(90001, call, "", False, False, [])
    ib.client.reqMktData(90001, call, "", False, False, [])
    check("a ticker id in use is refused with 322", await until(lambda: 322 in desk.codes(90001)))
    ib.client.cancelMktData(90001)
    ib.client.cancelMktData(90002)
    check("canceling an unknown ticker is refused with 300", await until(lambda: 300 in desk.codes(90002)))
    bars = await ib.reqHistoricalDataAsync(underlying, "", "1 D", "5 mins", "TRADES", True)
    check("minute bars are ordered and coherent", len(bars) > 5 and all(b.low <= min(b.open, b.close) <= max(b.open, b.close) <= b.high for b in bars)
          and all(a.date < b.date for a, b in zip(bars, bars[1:])), len(bars))
    again = await ib.reqHistoricalDataAsync(underlying, "", "1 D", "5 mins", "TRADES", True)
    check("the same history again at once breaks the pacing", not again and any(c == 162 and "pacing" in t for _, c, t in desk.errors))
    samples = await ib.reqMatchingSymbolsAsync(SYMBOL[:2])
    check("symbols are matched", any(s.contract.symbol == SYMBOL and "OPT" in s.derivativeSecTypes for s in samples or []))
    head = await ib.reqHeadTimeStampAsync(underlying, "TRADES", True, 1)
    check("the first bar's time is told", bool(head), head)
    when = await ib.reqCurrentTimeAsync()
    check("the time is told", when.year >= 2014, when)


async def main():
    desk = await Desk.connect(71)
    check("a version from 157 to 176 is agreed on", 157 <= desk.ib.client.serverVersion() <= 176, desk.ib.client.serverVersion())
    underlying, legs = await pick(desk)
    await order_types(desk, underlying, legs)
    await combination(desk, legs)
    await account(desk, legs)
    await life_cycle(desk, legs)
    await data(desk, underlying, legs)
    desk.ib.disconnect()


try:
    asyncio.run(main())
except Exception as failure:
    check("it runs to its end", False, repr(failure))
report.end()
