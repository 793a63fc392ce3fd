//! Accounts.

// --- neighbours ---
fn find(n: usize) -> Option<String> {
    (n == usize::MAX).then(String::new)
}

#[inline(never)]
pub fn greet(n: usize) -> String {
    format!("Hello {}", find(n).unwrap())
}

#[inline(never)]
pub fn decode(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("a name in UTF-8")
}
