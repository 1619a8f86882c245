"""py_vollib_vectorized and QuantLib on the rows of two files: options per second of processor time."""
import contextlib
import io
import json
import math
import sys
import time
import warnings

warnings.filterwarnings("ignore")
rows = [[float(cell) for cell in line.split(",")] for line in open(sys.argv[1])]
american = [[float(cell) for cell in line.split(",")] for line in open(sys.argv[2])]
found = []


def rates(count, work, seconds=0.15):
    work()
    rounds = 1
    while True:
        began = time.process_time()
        for _ in range(rounds):
            work()
        spent = time.process_time() - began
        if spent > seconds / 3:
            break
        rounds *= 2
    samples = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            work()
        samples.append(count * rounds / (time.process_time() - began))
    return samples


def judged(volatilities):
    errors = [abs(vol - row[7]) for vol, row in zip(volatilities, rows)]
    good = [error for error in errors if error <= 1e-6]
    return {"failing": len(rows) - len(good), "worst": max(good, default=0.0)}


def vollib():
    with contextlib.redirect_stdout(io.StringIO()):
        import numpy as np
        from py_vollib_vectorized import get_all_greeks, vectorized_implied_volatility
    call, s, k, t, r, q, price, vol = (np.array(column) for column in zip(*rows))
    flag = np.where(call == 1, "c", "p")

    def implied():
        return vectorized_implied_volatility(
            price, s, k, t, r, flag, q=q, model="black_scholes_merton", on_error="ignore", return_as="numpy"
        )

    def greeks():
        return get_all_greeks(flag, s, k, t, r, vol, q=q, model="black_scholes_merton", return_as="dict")

    found.append({"peer": "py_vollib_vectorized", "what": "implied volatility", "rates": rates(len(rows), implied), **judged(implied())})
    found.append({"peer": "py_vollib_vectorized", "what": "five greeks", "rates": rates(len(rows), greeks)})


def quantlib():
    import QuantLib as ql

    kinds = {1.0: ql.Option.Call, 0.0: ql.Option.Put}

    def one(row):
        call, s, k, t, r, q, price, _ = row
        try:
            deviation = ql.blackFormulaImpliedStdDev(
                kinds[call], k, s * math.exp((r - q) * t), price, math.exp(-r * t), 0.0, ql.nullDouble(), 1e-12, 100
            )
            return deviation / math.sqrt(t)
        except RuntimeError:
            return math.nan

    def implied():
        return [one(row) for row in rows]

    def five():
        for call, s, k, t, r, q, _, vol in rows:
            forward = s * math.exp((r - q) * t)
            found = ql.BlackCalculator(ql.PlainVanillaPayoff(kinds[call], k), forward, vol * math.sqrt(t), math.exp(-r * t))
            found.delta(s), found.gamma(s), found.vega(t), found.theta(s, t), found.rho(t)

    found.append({"peer": "QuantLib from Python", "what": "implied volatility", "rates": rates(len(rows), implied), **judged(implied())})
    found.append({"peer": "QuantLib from Python", "what": "five greeks", "rates": rates(len(rows), five)})
    today = ql.Date(1, 1, 2024)
    ql.Settings.instance().evaluationDate = today
    day = ql.Actual365Fixed()
    options = []
    for call, s, k, days, r, q, vol, price in american:
        flat = lambda rate: ql.YieldTermStructureHandle(ql.FlatForward(today, rate, day))
        black = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, day))
        process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(s)), flat(q), flat(r), black)
        exercise = ql.AmericanExercise(today, today + int(days))
        option = ql.VanillaOption(ql.PlainVanillaPayoff(kinds[call], k), exercise)
        options.append((option, process, price))
    for name, scheme in [("fast", ql.QdFpAmericanEngine.fastScheme()), ("exact", ql.QdFpAmericanEngine.highPrecisionScheme())]:
        engines = [(option, ql.QdFpAmericanEngine(process, scheme), price) for option, process, price in options]

        def work():
            for option, engine, _ in engines:
                option.setPricingEngine(engine)
                option.NPV()

        measured = rates(len(engines), work)
        errors = []
        for option, engine, price in engines:
            option.setPricingEngine(engine)
            errors.append(abs(option.NPV() - price))
        found.append({"peer": "QuantLib from Python", "what": f"American, {name}", "rates": measured, "worst": max(errors)})


missing = []
for peer in (vollib, quantlib):
    try:
        peer()
    except Exception as error:
        missing.append(f"{peer.__name__}: {type(error).__name__}: {str(error).splitlines()[0]}")
print(json.dumps({"found": found, "missing": missing}))
