//! Billing.
use std::cell::RefCell;

#[derive(Debug)]
pub struct Refused {
    #[allow(dead_code)]
    pub account: usize,
}

// --- neighbours ---
fn lookup(n: usize) -> Option<&'static str> {
    if n == usize::MAX { Some("here") } else { None }
}

#[inline(never)]
pub fn address(n: usize) -> &'static str {
    lookup(n).unwrap()
}

#[inline(never)]
fn post(n: usize) -> Result<u64, Refused> {
    Err(Refused { account: n })
}

#[inline(never)]
pub fn charge(n: usize) -> u64 {
    post(n).expect("the bank took it")
}

#[inline(never)]
pub fn post_twice(n: usize) {
    let book = RefCell::new(n);
    let first = book.borrow_mut();
    let second = book.borrow_mut();
    println!("{first} {second}");
}
