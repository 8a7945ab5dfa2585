//! Ids within a source.

use sha2::{Digest, Sha256};

use crate::json::Json;

/// Maximum length of an id: the limit of the Worker.
pub const MAX_ID_CHARS: usize = 500;

/// The id in a JSON field: a text, or the digits of an integer.
pub fn of_json(value: &Json<'_>) -> Option<String> {
    match value {
        // 2^53: above it an f64 has lost digits, so different ids could become equal.
        Json::Float(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
            Some(number.to_string())
        }
        Json::Int(number) => Some(number.to_string()),
        _ => value.text().map(str::to_owned),
    }
}

/// Returns the id, or its SHA-256 if it is too long; the flag is true in that case.
pub fn fit(id: String) -> (String, bool) {
    if id.len() <= MAX_ID_CHARS || id.chars().nth(MAX_ID_CHARS).is_none() {
        return (id, false);
    }
    let mut hashed = "sha256-".to_owned();
    for byte in Sha256::digest(id.as_bytes()).iter().take(16) {
        hashed.push_str(&format!("{byte:02x}"));
    }
    (hashed, true)
}
