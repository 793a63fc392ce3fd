//! The ledger: errors as anyhow chains, reported and not panicked.
use anyhow::{Context, Result};

// --- neighbours ---
#[inline(never)]
fn read(n: usize) -> Result<String> {
    std::fs::read_to_string(format!("/var/lib/shop/ledger-{n}.csv")).with_context(|| format!("reading ledger {n}"))
}

#[inline(never)]
pub fn open(n: usize) -> Result<u64> {
    let text = read(n).context("opening the books")?;
    Ok(text.len() as u64)
}

#[inline(never)]
pub fn parse(n: usize) -> Result<u64> {
    format!("{n} coins").parse::<u64>().with_context(|| format!("ledger {n}")).context("opening the books")
}

pub fn report(result: Result<u64>) {
    if let Err(error) = result {
        eprintln!("{error:?}");
    }
}

pub fn one_line(result: Result<u64>) {
    if let Err(error) = result {
        eprintln!("{error:#}");
    }
}
