"""What IB's own Python client sees of the TWS simulator, versions 9.81 to 10.46: python ibapi_check.py PORT SYMBOL"""
import inspect
import sys
import threading
import time

from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper
from report import Report

PORT, SYMBOL = int(sys.argv[1]), sys.argv[2]
CLIENT = 81
LARGEST = 1.7976931348623157e308


class Client(EWrapper, EClient):
    """Keeps every callback with its arguments, under the callback's name."""

    def __init__(self):
        EClient.__init__(self, self)
        self.heard = {}
        self.changed = threading.Condition()

    def note(self, name, *arguments):
        with self.changed:
            self.heard.setdefault(name, []).append(arguments)
            self.changed.notify_all()

    def of(self, name):
        return list(self.heard.get(name, []))

    def wait(self, predicate, seconds=12.0):
        end = time.monotonic() + seconds
        with self.changed:
            while not predicate():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, 0.2))
        return True

    def codes(self, req_id):
        # Newer versions put the time of the error before its code.
        return [x for req, *rest in self.of("error") if req == req_id for x in rest[:2] if isinstance(x, int)]


def keeper(name):
    def keep(self, *arguments):
        self.note(name, *arguments)

    return keep


NAMES = """error nextValidId managedAccounts currentTime contractDetails contractDetailsEnd tickPrice tickSize
securityDefinitionOptionParameter securityDefinitionOptionParameterEnd tickOptionComputation tickSnapshotEnd
openOrder openOrderEnd orderStatus execDetails execDetailsEnd commissionReport commissionAndFeesReport position positionEnd
updateAccountValue updatePortfolio updateAccountTime accountDownloadEnd accountSummary accountSummaryEnd accountUpdateMulti
accountUpdateMultiEnd pnl pnlSingle historicalData historicalDataEnd symbolSamples completedOrder completedOrdersEnd
marketDataType tickReqParams positionMulti positionMultiEnd marketRule familyCodes headTimestamp userInfo""".split()
for each in NAMES:
    setattr(Client, each, keeper(each))


def contract(**fields):
    made = Contract()
    for name, value in {"currency": "USD", "exchange": "SMART", **fields}.items():
        setattr(made, name, value)
    return made


def order(action, quantity, kind, **fields):
    made = Order()
    made.action, made.totalQuantity, made.orderType, made.tif = action, quantity, kind, "DAY"
    # Old versions set these, which TWS no longer takes.
    made.eTradeOnly = made.firmQuoteOnly = False
    for name, value in fields.items():
        setattr(made, name, value)
    return made


class Session:
    def __init__(self):
        self.client = Client()
        self.client.connect("127.0.0.1", PORT, CLIENT)
        self.thread = threading.Thread(target=self.client.run, daemon=True)
        self.thread.start()
        self.client.wait(lambda: 326 in self.client.codes(-1)
                         or self.client.of("nextValidId") and self.client.of("managedAccounts"))
        self.ready = bool(self.client.of("nextValidId"))
        self.next_order = self.client.of("nextValidId")[0][0] if self.ready else 0
        self.next_request = 5000

    def order_id(self):
        self.next_order += 1
        return self.next_order - 1

    def request_id(self):
        self.next_request += 1
        return self.next_request

    def details(self, asked):
        req = self.request_id()
        self.client.reqContractDetails(req, asked)
        self.client.wait(lambda: any(r == req for r, *_ in self.client.of("contractDetailsEnd")) or self.client.codes(req))
        return [d for r, d in self.client.of("contractDetails") if r == req]

    def place(self, what, how, status="Filled"):
        oid = self.order_id()
        self.client.placeOrder(oid, what, how)
        return oid, self.client.wait(lambda: self.status(oid) == status)

    def status(self, oid):
        told = [rest[0] for o, *rest in self.client.of("orderStatus") if o == oid]
        return told[-1] if told else None

    def executions(self, oid):
        return [(c, e) for _, c, e in self.client.of("execDetails") if e.orderId == oid]

    def commissions(self):
        told = self.client.of("commissionReport") + self.client.of("commissionAndFeesReport")
        return {report.execId: report for (report,) in told}

    def cancel(self, oid):
        cancel = self.client.cancelOrder
        parameters = list(inspect.signature(cancel).parameters)
        if len(parameters) < 2:
            cancel(oid)
        elif parameters[1] == "orderCancel":
            from ibapi.order_cancel import OrderCancel

            cancel(oid, OrderCancel())
        else:
            cancel(oid, "")

    def cancel_all(self):
        if inspect.signature(self.client.reqGlobalCancel).parameters:
            from ibapi.order_cancel import OrderCancel

            self.client.reqGlobalCancel(OrderCancel())
        else:
            self.client.reqGlobalCancel()

    def end(self):
        self.client.disconnect()
        self.thread.join(5)


def fee(told):
    return getattr(told, "commission", None) or getattr(told, "commissionAndFees", 0)


def reference(s, check):
    c = s.client
    [stock] = s.details(contract(symbol=SYMBOL, secType="STK"))
    check("the underlying is one contract", stock.contract.conId > 0 and stock.minTick == 0.01, stock.contract.conId)
    req = s.request_id()
    c.reqSecDefOptParams(req, SYMBOL, "", "STK", stock.contract.conId)
    c.wait(lambda: any(r == req for (r,) in c.of("securityDefinitionOptionParameterEnd")))
    chains = [a for a in c.of("securityDefinitionOptionParameter") if a[0] == req]
    smart = next(a for a in chains if a[1] == "SMART")
    expirations, strikes = sorted(smart[5]), sorted(smart[6])
    check("the chain has expirations and strikes", len(expirations) > 1 and len(strikes) > 10, (len(expirations), len(strikes)))
    line = s.request_id()
    c.reqMktData(line, stock.contract, "", False, False, [])
    asks = lambda: [a[2] for a in c.of("tickPrice") if a[0] == line and a[1] == 2 and a[2] > 0]
    c.wait(lambda: asks())
    near = sorted(strikes, key=lambda k: abs(k - asks()[-1]))
    options = [s.details(contract(symbol=SYMBOL, secType="OPT", lastTradeDateOrContractMonth=expirations[2],
                                  strike=k, right="C"))[0].contract for k in sorted(near[:2])]
    check("options are found by their terms", all(o.conId > 0 and o.multiplier == "100" for o in options),
          [o.localSymbol for o in options])
    missing = s.details(contract(symbol="NOSUCH", secType="STK"))
    check("an unknown contract is error 200", missing == [] and 200 in c.codes(s.next_request))
    c.cancelMktData(line)
    return stock.contract, options


def market_data(s, check, options):
    c, line = s.client, s.request_id()
    c.reqMktData(line, options[0], "100,101,106", False, False, [])
    computed = lambda: [a for a in c.of("tickOptionComputation") if a[0] == line and a[1] == 13]
    check("model greeks come", c.wait(computed), computed()[:1])
    before = len(c.of("tickPrice"))
    check("prices keep coming", c.wait(lambda: len(c.of("tickPrice")) > before + 3))
    c.cancelMktData(line)
    snap = s.request_id()
    c.reqMktData(snap, options[1], "", True, False, [])
    check("a snapshot ends", c.wait(lambda: any(r == snap for (r,) in c.of("tickSnapshotEnd"))))


def orders(s, check, stock, options):
    c = s.client
    oid, done = s.place(options[0], order("BUY", 2, "MKT", orderRef="ibapi-1"))
    check("a market order fills", done, (s.status(oid), c.codes(oid)))
    c.wait(lambda: sum(float(e.shares) for _, e in s.executions(oid)) == 2 and all(e.execId in s.commissions() for _, e in s.executions(oid)))
    made = s.executions(oid)
    check("its executions add up and carry orderRef", sum(float(e.shares) for _, e in made) == 2
          and all(e.orderRef == "ibapi-1" and e.clientId == CLIENT for _, e in made))
    check("its commissions come", all(fee(s.commissions()[e.execId]) > 0 for _, e in made))
    limit, done = s.place(options[0], order("BUY", 1, "LMT", lmtPrice=0.05, orderRef="ibapi-2", tif="GTC"), "Submitted")
    check("a far limit rests", done, s.status(limit))
    c.placeOrder(limit, options[0], order("BUY", 1, "LMT", lmtPrice=0.06, orderRef="ibapi-2", tif="GTC"))
    check("it is changed in place", c.wait(lambda: any(o == limit and h.lmtPrice == 0.06 for o, _, h, _ in c.of("openOrder"))))
    s.cancel(limit)
    check("it is canceled with 202", c.wait(lambda: s.status(limit) == "Cancelled" and 202 in c.codes(limit)))
    c.placeOrder(oid, options[0], order("BUY", 1, "MKT"))
    check("a used order id is refused with 103", c.wait(lambda: 103 in c.codes(oid)))
    what = s.order_id()
    c.placeOrder(what, options[0], order("BUY", 1, "MKT", whatIf=True))
    c.wait(lambda: any(o == what for o, *_ in c.of("openOrder")))
    state = next(st for o, _, _, st in c.of("openOrder") if o == what)
    check("a what-if order has margins and nothing else", abs(float(state.initMarginAfter)) < LARGEST and s.status(what) is None,
          state.initMarginAfter)
    held = s.order_id()
    c.placeOrder(held, options[0], order("BUY", 1, "MKT", transmit=False))
    time.sleep(0.5)
    check("an order that is not transmitted trades nothing", s.executions(held) == [] and s.status(held) != "Filled")
    s.cancel(held)
    middle, done = s.place(stock, order("BUY", 5, "MIDPRICE", lmtPrice=0))
    check("a MIDPRICE order fills", done, (s.status(middle), c.codes(middle)))
    bag = contract(symbol=SYMBOL, secType="BAG")
    bag.comboLegs = []
    for leg, action in zip(options, ("BUY", "SELL")):
        made_leg = ComboLeg()
        made_leg.conId, made_leg.ratio, made_leg.action, made_leg.exchange = leg.conId, 1, action, "SMART"
        bag.comboLegs.append(made_leg)
    combo, done = s.place(bag, order("BUY", 1, "LMT", lmtPrice=5.0))
    c.wait(lambda: len(s.executions(combo)) >= 3)
    kinds = sorted(k.secType for k, _ in s.executions(combo))
    check("a combination fills, itself and leg by leg", done and kinds == ["BAG", "OPT", "OPT"], kinds)
    s.place(bag, order("SELL", 1, "MKT"))
    s.place(stock, order("SELL", 5, "MKT"))
    back, done = s.place(options[0], order("SELL", 2, "MKT"))
    check("everything is sold again", done, s.status(back))
    return oid


def account(s, check, options):
    c, code = s.client, s.client.of("managedAccounts")[0][0]
    c.reqAccountUpdates(True, code)
    check("the account is told to its end", c.wait(lambda: c.of("accountDownloadEnd"))
          and any(k == "NetLiquidation" for k, *_ in c.of("updateAccountValue")))
    summary = s.request_id()
    c.reqAccountSummary(summary, "All", "NetLiquidation,BuyingPower")
    c.wait(lambda: c.of("accountSummaryEnd"))
    check("a summary has the tags that were asked", [a[2] for a in c.of("accountSummary")] == ["NetLiquidation", "BuyingPower"])
    multi = s.request_id()
    c.reqAccountUpdatesMulti(multi, code, "", True)
    check("the ledger comes by account and model", c.wait(lambda: c.of("accountUpdateMultiEnd"))
          and any(a[3] == "CashBalance" for a in c.of("accountUpdateMulti")))
    c.reqPositions()
    check("positions end", c.wait(lambda: c.of("positionEnd")))
    c.reqPositionsMulti(s.request_id(), code, "")
    check("positions by account end", c.wait(lambda: c.of("positionMultiEnd")))
    c.reqPnL(s.request_id(), code, "")
    c.reqPnLSingle(s.request_id(), code, "", options[0].conId)
    check("profit and loss come", c.wait(lambda: c.of("pnl") and c.of("pnlSingle")))


def past(s, check, stock, oid):
    c = s.client
    bars = s.request_id()
    c.reqHistoricalData(bars, stock, "", "2 D", "1 hour", "TRADES", 1, 1, False, [])
    check("bars come to their end", c.wait(lambda: c.of("historicalDataEnd"))
          and all(b.low <= b.close <= b.high for _, b in c.of("historicalData")), len(c.of("historicalData")))
    asked = s.request_id()
    c.reqExecutions(asked, ExecutionFilter())
    c.wait(lambda: any(r == asked for (r,) in c.of("execDetailsEnd")))
    told = {e.execId for r, _, e in c.of("execDetails") if r == asked}
    check("executions are told again with their ids", {e.execId for _, e in s.executions(oid)} <= told, len(told))
    c.reqCompletedOrders(True)
    check("completed orders end", c.wait(lambda: c.of("completedOrdersEnd")) and len(c.of("completedOrder")) > 3,
          len(c.of("completedOrder")))
    c.reqAllOpenOrders()
    check("open orders end", c.wait(lambda: c.of("openOrderEnd")))
    c.reqMatchingSymbols(s.request_id(), SYMBOL)
    check("symbols are matched", c.wait(lambda: c.of("symbolSamples")))
    c.reqMarketRule(26)
    check("a market rule is told", c.wait(lambda: c.of("marketRule")))
    c.reqCurrentTime()
    check("the time is told", c.wait(lambda: c.of("currentTime")))


def main(report):
    check = report.check
    s = Session()
    if not check("it connects and is ready", s.ready, s.client.serverVersion()):
        return
    s.cancel_all()
    stock, options = reference(s, check)
    market_data(s, check, options)
    oid = orders(s, check, stock, options)
    account(s, check, options)
    past(s, check, stock, oid)
    keep, _ = s.place(options[1], order("BUY", 1, "LMT", lmtPrice=0.05, tif="GTC", orderRef="kept"), "Submitted")
    s.end()
    # Old versions leave their socket open for as long as a read of theirs lasts.
    again = Session()
    for _ in range(5):
        if again.ready or 326 not in again.client.codes(-1):
            break
        time.sleep(1)
        again = Session()
    check("it comes back with the same client id and a higher order id", again.ready and again.next_order > keep, again.next_order)
    again.client.reqOpenOrders()
    again.client.wait(lambda: again.client.of("openOrderEnd"))
    check("its working order is there", [o for o, *_ in again.client.of("openOrder")] == [keep])
    again.cancel_all()
    check("global cancel ends it", again.client.wait(lambda: again.status(keep) == "Cancelled"))
    check("its reader lives", again.thread.is_alive())
    again.end()


found = Report("ibapi " + sys.argv[3] if len(sys.argv) > 3 else "ibapi")
try:
    main(found)
except Exception as failure:
    found.check("it runs to its end", False, repr(failure))
found.end()
