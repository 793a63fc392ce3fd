//! What each plan allows.

use std::collections::HashMap;

pub fn monthly_limit(plan: &str) -> u32 {
    let limits = HashMap::from([("free", 20), ("business", 2000)]);
    limits[plan]
}
