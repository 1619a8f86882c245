// Two Rust crates on the rows of a file: options per second of processor time, and how far they are off.
use blackscholes::{Greeks, ImpliedVolatility, Inputs, OptionType};
use implied_vol::{DefaultSpecialFn, ImpliedBlackVolatility};
use std::hint::black_box;

struct Row { call: bool, s: f64, k: f64, t: f64, r: f64, q: f64, price: f64, vol: f64 }

#[repr(C)]
struct Time { seconds: i64, nanos: i64 }
extern "C" { fn clock_gettime(clock: i32, time: *mut Time) -> i32; }

fn cpu_seconds() -> f64 {
    let mut time = Time { seconds: 0, nanos: 0 };
    // 2: CLOCK_PROCESS_CPUTIME_ID.
    unsafe { clock_gettime(2, &mut time) };
    time.seconds as f64 + 1e-9 * time.nanos as f64
}

/// Five samples of about 0.15 s each.
fn rates<F: FnMut(&Row)>(rows: &[Row], mut work: F) -> Vec<f64> {
    let mut rounds = 1usize;
    loop {
        let began = cpu_seconds();
        for _ in 0..rounds { for row in rows { work(row) } }
        if cpu_seconds() - began > 0.05 { break }
        rounds *= 2;
    }
    (0..5).map(|_| {
        let began = cpu_seconds();
        for _ in 0..3 * rounds { for row in rows { work(row) } }
        (3 * rounds * rows.len()) as f64 / (cpu_seconds() - began)
    }).collect()
}

fn implied(price: f64, forward: f64, row: &Row) -> Option<f64> {
    ImpliedBlackVolatility::builder().option_price(price).forward(forward).strike(row.k)
        .expiry(row.t).is_call(row.call).build()?.calculate::<DefaultSpecialFn>()
}

fn spot_implied(row: &Row) -> Option<f64> {
    implied(row.price * (row.r * row.t).exp(), row.s * ((row.r - row.q) * row.t).exp(), row)
}

fn inputs(row: &Row, asks_volatility: bool) -> Inputs {
    let kind = if row.call { OptionType::Call } else { OptionType::Put };
    let (price, vol) = if asks_volatility { (Some(row.price as f32), None) } else { (None, Some(row.vol as f32)) };
    Inputs::new(kind, row.s as f32, row.k as f32, price, row.r as f32, row.q as f32, row.t as f32, vol)
}

fn judged<F: Fn(&Row) -> Option<f64>>(rows: &[Row], solve: F) -> (usize, f64) {
    let mut failing = 0;
    let mut worst: f64 = 0.0;
    for row in rows {
        match solve(row) {
            Some(vol) if (vol - row.vol).abs() <= 1e-6 => worst = worst.max((vol - row.vol).abs()),
            _ => failing += 1,
        }
    }
    (failing, worst)
}

fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let rows: Vec<Row> = text.lines().map(|line| {
        let n: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        Row { call: n[0] == 1.0, s: n[1], k: n[2], t: n[3], r: n[4], q: n[5], price: n[6], vol: n[7] }
    }).collect();
    let prepared: Vec<(f64, f64)> = rows.iter()
        .map(|row| (row.price * (row.r * row.t).exp(), row.s * ((row.r - row.q) * row.t).exp())).collect();
    let at = std::cell::Cell::new(0usize);
    let bare = rates(&rows, |row| {
        let (price, forward) = prepared[at.get()];
        at.set(if at.get() + 1 == prepared.len() { 0 } else { at.get() + 1 });
        black_box(implied(price, forward, row));
    });
    let whole = rates(&rows, |row| { black_box(spot_implied(row)); });
    let scholes = rates(&rows, |row| { black_box(inputs(row, true).calc_rational_iv().ok()); });
    let greeks = rates(&rows, |row| { black_box(inputs(row, false).calc_all_greeks().ok()); });
    let five = rates(&rows, |row| {
        let input = inputs(row, false);
        black_box((input.calc_delta().ok(), input.calc_gamma().ok(), input.calc_vega().ok(), input.calc_theta().ok(), input.calc_rho().ok()));
    });
    let (failing, worst) = judged(&rows, spot_implied);
    let (scholes_failing, scholes_worst) = judged(&rows, |row| inputs(row, true).calc_rational_iv().ok());
    println!("{{\"missing\":[],\"found\":[{{\"peer\":\"Rust implied-vol\",\"what\":\"implied volatility\",\"rates\":{whole:?},\"failing\":{failing},\"worst\":{worst:e}}},\
{{\"peer\":\"Rust implied-vol, forward and undiscounted price given\",\"what\":\"implied volatility\",\"rates\":{bare:?},\"failing\":{failing},\"worst\":{worst:e}}},\
{{\"peer\":\"Rust blackscholes (32-bit)\",\"what\":\"implied volatility\",\"rates\":{scholes:?},\"failing\":{scholes_failing},\"worst\":{scholes_worst:e}}},\
{{\"peer\":\"Rust blackscholes (32-bit)\",\"what\":\"five greeks\",\"rates\":{five:?}}},\
{{\"peer\":\"Rust blackscholes (32-bit)\",\"what\":\"all greeks\",\"rates\":{greeks:?}}}]}}");
}
