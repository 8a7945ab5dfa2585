//! The hash of a posting's content. It is stored with the row, so that an unchanged posting can be
//! recognised without sending it to the database again.

use twox_hash::XxHash64;

use crate::options::Missing;

/// The hash of a row as it is sent: XXH64, chosen because it is a published standard and will not
/// change.
///
/// Two versions of a posting collide by chance once in 2^64 changes: at a billion changes a year,
/// once in 18 billion years. It does not resist a deliberate collision; docs/SECURITY.md describes
/// what an attacker could gain from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(u64);

/// The column that stores it.
pub const CONTENT_HASH_COLUMN: &str = "content_hash";

/// Characters of its text form: 64 bits at 6 bits a character.
pub const CONTENT_HASH_CHARS: usize = 64_usize.div_ceil(6);

/// The base64url alphabet, which needs no escapes in JSON.
const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl ContentHash {
    /// Hashes the JSON text of a row's values, from its id on. Each mode has its own seed, because
    /// a missing value means the default in one mode and the stored value in the other.
    pub fn of(values: &str, missing: Missing) -> Self {
        let seed = match missing {
            Missing::Default => 0,
            Missing::Keep => 1,
        };
        Self(XxHash64::oneshot(seed, values.as_bytes()))
    }

    /// Returns its text form, lowest bits first.
    pub fn to_bytes(self) -> [u8; CONTENT_HASH_CHARS] {
        std::array::from_fn(|index| {
            let digit = (self.0 >> (6 * index)) & 63;
            // Six bits are below 64.
            ALPHABET.get(digit as usize).copied().unwrap_or(b'A')
        })
    }

    /// Appends its text form.
    pub fn push_to(self, text: &mut String) {
        text.extend(self.to_bytes().map(char::from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(hash: ContentHash) -> String {
        let mut text = String::new();
        hash.push_to(&mut text);
        text
    }

    #[test]
    fn hashes_are_stable() {
        // The specification of XXH64 lists the hash of the empty input: EF46DB3751D8E999.
        let hash = ContentHash::of("", Missing::Default);
        assert_eq!(hash, ContentHash(0xEF46_DB37_51D8_E999));
        assert_ne!(hash, ContentHash::of("", Missing::Keep));
        assert_eq!(text(ContentHash(0xEF46_DB37_51D8_E999)), "ZmO2Rdz2G9O");
        assert_eq!(text(ContentHash(0)), "AAAAAAAAAAA");
        assert_eq!(text(ContentHash(u64::MAX)), "__________P");
    }

    #[test]
    fn texts_have_a_fixed_length() {
        for bits in 0..64 {
            assert_eq!(text(ContentHash(1 << bits)).len(), CONTENT_HASH_CHARS);
        }
    }
}
