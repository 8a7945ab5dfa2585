//! The runtime's random numbers.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// A UUID of version 4.
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub fn uuid() -> String;
}

thread_local! {
    static HASH_KEY: Cell<Option<[u64; 2]>> = const { Cell::new(None) };
}

/// A secret of this isolate for tables of what clients send. Not drawn before the first request: the
/// runtime has no random numbers until then.
pub fn hash_key() -> [u64; 2] {
    HASH_KEY.get().unwrap_or_else(|| {
        let key = [half(&uuid()), half(&uuid())];
        HASH_KEY.set(Some(key));
        key
    })
}

/// The last 60 random bits of a UUID: what is behind the version and the variant.
fn half(uuid: &str) -> u64 {
    let digits = uuid
        .bytes()
        .rev()
        .filter_map(|byte| char::from(byte).to_digit(16));
    digits
        .take(15)
        .fold(0, |half, digit| half << 4 | u64::from(digit))
}
