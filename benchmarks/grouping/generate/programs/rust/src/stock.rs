//! Stock.

// --- neighbours ---
#[inline(never)]
pub fn ratio(a: usize, b: usize) -> usize {
    a / b
}

#[inline(never)]
pub fn audit(n: usize) {
    assert_eq!(n, n + 1, "shelf {} is short", n % 7);
}

#[inline(never)]
pub fn descend(depth: usize) -> usize {
    if depth == 0 {
        panic!("shelf tree has no leaf");
    }
    descend(depth - 1) + 1
}

#[inline(never)]
pub fn sweep(n: usize) {
    panic!("shelf {n} cannot be swept");
}

pub fn sweep_in_thread(n: usize) {
    let worker = std::thread::Builder::new().name(format!("worker-{}", n % 9));
    worker.spawn(move || sweep(n)).map(|w| w.join()).ok();
}

#[inline(never)]
pub fn restock(n: usize) -> usize {
    let pick = |shelf: usize| -> usize { [1, 2, 3].iter().find(|s| **s == shelf + 5).copied().expect("a free shelf") };
    (0..n).map(pick).sum()
}
