//! Orders.

const PRICES: [u64; 2] = [3, 5];

// --- neighbours ---
#[inline(never)]
fn price(item: usize) -> u64 {
    PRICES[item % 1000]
}

#[inline(never)]
pub fn total(items: &[usize]) -> u64 {
    items.iter().map(|item| price(*item)).sum()
}

#[inline(never)]
pub fn page(n: usize) -> Vec<u64> {
    PRICES[..n].to_vec()
}

#[inline(never)]
pub fn check_limit(limit: usize, unit: Option<&str>) {
    match unit {
        None => panic!("limit {limit} has no unit"),
        Some(unit) => panic!("limit {limit} is too high for {unit}"),
    }
}

#[inline(never)]
pub fn rows(text: &str) -> u64 {
    text.parse::<u64>().unwrap()
}
