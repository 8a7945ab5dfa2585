//! SHA-256 of tokens: the form in which tokens are compared and may be stored in the secret.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

pub type Digest = [u8; 32];

/// Prefix of a stored digest, followed by its hexadecimal digits.
pub const PREFIX: &str = "sha256-";

pub fn of(token: &str) -> Digest {
    Sha256::digest(token).into()
}

/// Returns the form in which a token can be stored without revealing it.
pub fn stored(token: &str) -> String {
    let mut text = PREFIX.to_owned();
    for byte in of(token) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Parses 64 hexadecimal digits.
pub fn from_hex(hex: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || hex.len() != 2 * digest.len() {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(stored("abc"), format!("sha256-{hex}"));
        assert_eq!(from_hex(hex), Some(of("abc")));
        assert_eq!(from_hex(&hex.to_uppercase()), Some(of("abc")));
    }

    #[test]
    fn rejects_other_texts() {
        let hex = "a".repeat(64);
        for hex in [
            "",
            &"a".repeat(63),
            &format!("{hex}a"),
            &hex.replacen('a', "g", 1),
            &hex.replacen('a', "+", 1),
            &"é".repeat(32),
        ] {
            assert_eq!(from_hex(hex), None, "{hex}");
        }
    }
}
