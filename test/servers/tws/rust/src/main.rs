//! What the Rust client `ibapi` sees of the TWS simulator: `tws-check PORT SYMBOL`.
use std::fmt::Debug;
use std::time::Duration;

use ibapi::accounts::types::{AccountGroup, AccountId, ContractId};
use ibapi::accounts::{AccountSummaryResult, AccountUpdate, PositionUpdate};
use ibapi::client::blocking::Client;
use ibapi::contracts::{Contract, SecurityType};
use ibapi::market_data::realtime::TickTypes;
use ibapi::orders::{order_builder, Action, ExecutionFilter, Executions, Order, Orders, PlaceOrder};
use ibapi::prelude::*;

const WAIT: Duration = Duration::from_secs(8);

#[derive(Default)]
struct Report {
    passed: u32,
    failed: u32,
}

impl Report {
    fn check(&mut self, name: &str, ok: bool, detail: impl Debug) {
        if ok {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        println!("{} {name}: {detail:?}", if ok { "ok  " } else { "FAIL" });
    }
}

/// What became of one order.
#[derive(Debug, Default)]
struct Fate {
    states: Vec<String>,
    shares: f64,
    references: Vec<String>,
    commissions: usize,
    executions: usize,
    margin: Option<f64>,
    notices: Vec<i32>,
}

fn follow(client: &Client, id: i32, contract: &Contract, order: &Order, until: &str) -> Fate {
    let mut fate = Fate::default();
    let subscription = client.place_order(id, contract, order).expect("an order is sent");
    for told in subscription.timeout_iter(WAIT) {
        match told {
            PlaceOrder::OrderStatus(status) => fate.states.push(status.status),
            PlaceOrder::ExecutionData(data) => {
                fate.executions += 1;
                fate.shares += data.execution.shares;
                fate.references.push(data.execution.order_reference);
            }
            PlaceOrder::CommissionReport(_) => fate.commissions += 1,
            PlaceOrder::OpenOrder(open) => fate.margin = open.order_state.initial_margin_after,
            PlaceOrder::Message(notice) => fate.notices.push(notice.code),
        }
        let ended = fate.states.last().is_some_and(|state| state == until);
        if ended && fate.commissions >= fate.executions || order.what_if && fate.margin.is_some() {
            break;
        }
    }
    fate
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().expect("a port");
    let symbol = arguments.next().expect("a symbol");
    let mut report = Report::default();
    let client = Client::connect(&format!("127.0.0.1:{port}"), 91).expect("it connects");
    report.check("it connects", client.server_version() >= 157, client.server_version());
    let accounts = client.managed_accounts().expect("accounts");
    report.check("accounts are told", accounts.len() == 1, &accounts);
    report.check("the time is told", client.server_time().is_ok(), "");

    let details = client.contract_details(&Contract::stock(symbol.as_str()).build()).expect("details");
    let stock = details[0].contract.clone();
    report.check("the underlying is one contract", details.len() == 1 && stock.contract_id > 0, stock.contract_id);
    let chains = client.option_chain(&symbol, "", SecurityType::Stock, stock.contract_id).expect("a chain");
    let chain = chains.timeout_iter(WAIT).find(|chain| chain.exchange == "SMART").expect("a SMART chain");
    report.check("the chain has expirations and strikes", chain.expirations.len() > 1 && chain.strikes.len() > 10, chain.strikes.len());
    let samples = client.matching_symbols(&symbol).map(|found| found.count()).unwrap_or(0);
    report.check("symbols are matched", samples > 0, samples);

    let mut ask = 0.0;
    let line = client.market_data(&stock).subscribe().expect("market data");
    for tick in line.timeout_iter(WAIT) {
        if let TickTypes::PriceSize(tick) = tick {
            if format!("{:?}", tick.price_tick_type) == "Ask" && tick.price > 0.0 {
                ask = tick.price;
                break;
            }
        }
    }
    line.cancel();
    report.check("the underlying is quoted", ask > 0.0, ask);
    let mut strikes = chain.strikes.clone();
    strikes.sort_by(|a, b| (a - ask).abs().total_cmp(&(b - ask).abs()));
    let mut expirations = chain.expirations.clone();
    expirations.sort();
    let wanted = Contract::option(&symbol, &expirations[2], strikes[0], "C");
    let option = client.contract_details(&wanted).expect("an option")[0].contract.clone();
    report.check("an option is found", option.contract_id > 0 && option.strike == strikes[0], &option.local_symbol);
    let mut delta = None;
    let line = client.market_data(&option).generic_ticks(&["100", "101"]).subscribe().expect("option data");
    for tick in line.timeout_iter(WAIT) {
        if let TickTypes::OptionComputation(computed) = tick {
            if format!("{:?}", computed.field) == "ModelOption" {
                delta = computed.delta;
                break;
            }
        }
    }
    line.cancel();
    report.check("model greeks come", delta.is_some_and(|value| value > 0.0 && value < 1.0), delta);
    let missing = client.contract_details(&Contract::stock("NOSUCH").build());
    report.check("an unknown contract is an error", missing.is_err(), missing.err().map(|error| error.to_string()));
    let bars = client
        .historical_data(&stock, None, 3.days(), HistoricalBarSize::Hour, HistoricalWhatToShow::Trades, TradingHours::Regular)
        .expect("bars");
    report.check("bars come", bars.bars.iter().all(|bar| bar.low <= bar.close && bar.close <= bar.high) && bars.bars.len() > 3, bars.bars.len());

    let mut market = order_builder::market_order(Action::Buy, 2.0);
    market.order_ref = "rust-1".to_string();
    let first = client.next_valid_order_id().expect("an order id");
    let fate = follow(&client, first, &option, &market, "Filled");
    report.check("a market order fills", fate.shares == 2.0 && fate.executions == fate.commissions, &fate);
    report.check("its executions carry orderRef", fate.references.iter().all(|told| told == "rust-1"), "");
    let mut what_if = order_builder::market_order(Action::Buy, 1.0);
    what_if.what_if = true;
    // An id of its own: this client takes the answers to an id away with the order that had it before.
    let asked = std::iter::repeat_with(|| client.next_order_id()).find(|id| *id > first).expect("an id");
    let fate = follow(&client, asked, &option, &what_if, "never");
    report.check("a what-if order has a margin", fate.margin.is_some() && fate.executions == 0, &fate);
    let resting = client.next_order_id();
    let fate = follow(&client, resting, &option, &order_builder::limit_order(Action::Buy, 1.0, 0.05), "Submitted");
    report.check("a far limit rests", fate.states.last().is_some_and(|state| state == "Submitted"), &fate.states);
    let open = client.all_open_orders().expect("open orders");
    let working = open.timeout_iter(WAIT).filter(|each| matches!(each, Orders::OrderData(data) if data.order_id == resting)).count();
    report.check("open orders list it", working == 1, working);
    let canceled = client
        .cancel_order(resting, "")
        .expect("a cancel")
        .timeout_iter(WAIT)
        .any(|told| matches!(told, ibapi::orders::CancelOrder::OrderStatus(status) if status.status == "Cancelled"));
    report.check("it is canceled", canceled, "");
    let fate = follow(&client, client.next_order_id(), &stock, &order_builder::midprice(Action::Buy, 5.0, None), "Filled");
    report.check("a MIDPRICE order fills", fate.shares == 5.0, &fate);

    let positions = client.positions().expect("positions");
    let mut held = 0.0;
    for update in positions.timeout_iter(WAIT) {
        match update {
            PositionUpdate::Position(position) if position.contract.contract_id == option.contract_id => held = position.position,
            PositionUpdate::Position(_) => {}
            PositionUpdate::PositionEnd => break,
        }
    }
    report.check("positions have it", held >= 2.0, held);
    let account = AccountId::from(accounts[0].as_str());
    let summary = client.account_summary(&AccountGroup::from("All"), &["NetLiquidation"]).expect("a summary");
    let told = summary.timeout_iter(WAIT).take_while(|each| !matches!(each, AccountSummaryResult::End)).count();
    report.check("a summary has its tag", told == 1, told);
    let updates = client.account_updates(&account).expect("updates");
    let told = updates.timeout_iter(WAIT).take_while(|each| !matches!(each, AccountUpdate::End)).count();
    report.check("the account is told to its end", told > 20, told);
    let pnl = client.pnl(&account, None).expect("profit").next_timeout(WAIT);
    report.check("profit and loss come", pnl.is_some(), &pnl);
    let single = client.pnl_single(&account, ContractId(option.contract_id), None).expect("profit").next_timeout(WAIT);
    report.check("profit and loss of a position come", single.is_some(), &single);
    let executions = client.executions(ExecutionFilter::default()).expect("executions");
    let told = executions
        .timeout_iter(WAIT)
        .filter(|each| matches!(each, Executions::ExecutionData(data) if data.execution.order_reference == "rust-1"))
        .count();
    report.check("executions are told again", told > 0, told);
    let completed = client.completed_orders(false).expect("completed orders");
    let told = completed.timeout_iter(WAIT).filter(|each| matches!(each, Orders::OrderData(_))).count();
    report.check("completed orders are told", told >= 3, told);
    let fate = follow(&client, client.next_order_id(), &option, &order_builder::market_order(Action::Sell, 2.0), "Filled");
    report.check("the option is sold again", fate.shares == 2.0, &fate);
    let fate = follow(&client, client.next_order_id(), &stock, &order_builder::market_order(Action::Sell, 5.0), "Filled");
    report.check("the stock is sold again", fate.shares == 5.0, &fate);
    report.check("it is still connected", client.is_connected(), "");

    println!("{}/{} checks passed (Rust ibapi)", report.passed, report.passed + report.failed);
    std::process::exit(if report.failed == 0 { 0 } else { 1 });
}
