//! The hash of a posting's content, which the database keeps so that a posting need not be sent to it
//! again to be found unchanged.

use twox_hash::XxHash64;

use crate::options::Missing;

/// The hash of a row as it is sent: XXH64, which is a published standard and therefore stays what it is.
///
/// Two versions of one posting have the same hash by chance once in 2^64 changes: at a billion changes a
/// year once in 18 billion years. It does not withstand somebody who looks for a second text of the same
/// hash; docs/SECURITY.md says what that comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(u64);

/// The column that it stands in.
pub const CONTENT_HASH_COLUMN: &str = "content_hash";

/// Characters of its text: 64 bits at 6 bits a character.
pub const CONTENT_HASH_CHARS: usize = 64_usize.div_ceil(6);

/// The alphabet of base64url, which needs no escapes in JSON.
const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl ContentHash {
    /// Of the JSON text of a row's values, from its id on. The seed keeps the modes apart: in one a
    /// value that is not given is the default, in the other whatever is stored.
    pub fn of(values: &str, missing: Missing) -> Self {
        let seed = match missing {
            Missing::Default => 0,
            Missing::Keep => 1,
        };
        Self(XxHash64::oneshot(seed, values.as_bytes()))
    }

    /// Its text, the lowest bits first.
    pub fn to_bytes(self) -> [u8; CONTENT_HASH_CHARS] {
        std::array::from_fn(|index| {
            let digit = (self.0 >> (6 * index)) & 63;
            // Six bits are below 64.
            ALPHABET.get(digit as usize).copied().unwrap_or(b'A')
        })
    }

    /// Appends its text.
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
    fn hashes_stay_what_they_are() {
        // The empty input's is in the specification of XXH64: EF46DB3751D8E999.
        let hash = ContentHash::of("", Missing::Default);
        assert_eq!(hash, ContentHash(0xEF46_DB37_51D8_E999));
        assert_ne!(hash, ContentHash::of("", Missing::Keep));
        assert_eq!(text(ContentHash(0xEF46_DB37_51D8_E999)), "ZmO2Rdz2G9O");
        assert_eq!(text(ContentHash(0)), "AAAAAAAAAAA");
        assert_eq!(text(ContentHash(u64::MAX)), "__________P");
    }

    #[test]
    fn texts_are_of_one_length() {
        for bits in 0..64 {
            assert_eq!(text(ContentHash(1 << bits)).len(), CONTENT_HASH_CHARS);
        }
    }
}
