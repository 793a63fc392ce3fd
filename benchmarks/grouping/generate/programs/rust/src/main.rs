//! Runs one bug with one number: `shop BUG NUMBER`. Panics and error reports go to standard error.
#[cfg(feature = "chains")]
mod ledger;
mod accounts;
mod billing;
mod orders;
mod stock;

fn main() {
    let bug = std::env::args().nth(1).expect("a bug");
    let n: usize = std::env::args().nth(2).and_then(|n| n.parse().ok()).expect("a number");
    handle(&bug, n);
}

#[inline(never)]
fn handle(bug: &str, n: usize) {
    match bug {
        "price-index" => println!("{}", orders::total(&[1, 2, n + 2])),
        "price-slice" => println!("{:?}", orders::page(n)),
        "rows-syntax" => println!("{}", orders::rows(&format!("x{n}"))),
        "rows-empty" => println!("{}", orders::rows("")),
        "limit-unit" => orders::check_limit(n, None),
        "limit-high" => orders::check_limit(n, Some("kg")),
        "greet-none" => println!("{}", accounts::greet(n)),
        "bill-none" => println!("{}", billing::address(n)),
        "charge-refused" => println!("{}", billing::charge(n)),
        "borrowed" => billing::post_twice(n),
        "ratio" => println!("{}", stock::ratio(n, n - n)),
        "count-mismatch" => stock::audit(n),
        "deep" => println!("{}", stock::descend(n % 40 + 10)),
        "worker" => stock::sweep_in_thread(n),
        "closure" => println!("{}", stock::restock(n)),
        "decode" => println!("{}", accounts::decode(&[b'a', b'b', 0xff])),
        #[cfg(feature = "chains")]
        "ledger-open" => ledger::report(ledger::open(n)),
        #[cfg(feature = "chains")]
        "ledger-parse" => ledger::report(ledger::parse(n)),
        #[cfg(feature = "chains")]
        "ledger-line" => ledger::one_line(ledger::open(n)),
        other => eprintln!("no bug is called {other}"),
    }
}
