//! The innermost loop: finds the next byte of a JSON string that is not plain text.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Sets the high bit of each byte that is zero. Bytes above the first zero may be set wrongly,
/// which is harmless because only the first is used.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The index of the first `"`, `\` or control character, or the length.
pub fn plain_prefix_len(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut n_plain = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quotes = zero_bytes(word ^ (ONES * b'"' as u64));
        let backslashes = zero_bytes(word ^ (ONES * b'\\' as u64));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quotes | backslashes | controls;
        if found != 0 {
            return n_plain + (found.trailing_zeros() / 8) as usize;
        }
        n_plain += 8;
    }
    n_plain
        + tail
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
            .unwrap_or(tail.len())
}

/// The index of the first non-ASCII byte, or the length.
pub fn ascii_prefix_len(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut n_ascii = 0;
    for word in words {
        let found = u64::from_le_bytes(*word) & HIGHS;
        if found != 0 {
            return n_ascii + (found.trailing_zeros() / 8) as usize;
        }
        n_ascii += 8;
    }
    n_ascii
        + tail
            .iter()
            .position(|byte| !byte.is_ascii())
            .unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ascii_prefix_len, plain_prefix_len};

    proptest! {
        #[test]
        fn agrees_with_a_plain_loop(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let expected = bytes
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
                .unwrap_or(bytes.len());
            prop_assert_eq!(plain_prefix_len(&bytes), expected);
        }

        #[test]
        fn finds_the_end_of_ascii(text in "[a-z]{0,20}[a-zé–😀]{0,20}") {
            let bytes = text.as_bytes();
            let expected = bytes.iter().position(|byte| !byte.is_ascii());
            prop_assert_eq!(ascii_prefix_len(bytes), expected.unwrap_or(bytes.len()));
        }
    }
}
