//! Bodies that come compressed.

use std::io::Read as _;

use flate2::bufread::GzDecoder;

/// Why a body cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipError {
    /// Not one whole gzip stream and nothing else.
    Invalid,
    /// Longer than the limit.
    TooLong,
}

/// Decompresses one gzip stream, and stops as soon as it is longer than `limit_bytes`.
///
/// Here and not by the runtime's `DecompressionStream`, which unpacks all that it was given before
/// anybody reads from it: 2 MB that hold 2 GiB took 2 GiB.
pub fn gunzip(gzip: &[u8], limit_bytes: usize) -> Result<Vec<u8>, GzipError> {
    // What the stream itself says of its length is a guess: right when nobody lies.
    let mut body = Vec::with_capacity(said_bytes(gzip).min(limit_bytes) + 1);
    let mut decoder = GzDecoder::new(gzip);
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    // One more than the limit tells what is over it.
    let mut limited = decoder.by_ref().take(limit.saturating_add(1));
    limited
        .read_to_end(&mut body)
        .map_err(|_| GzipError::Invalid)?;
    if body.len() > limit_bytes {
        return Err(GzipError::TooLong);
    }
    match decoder.into_inner().is_empty() {
        true => Ok(body),
        false => Err(GzipError::Invalid),
    }
}

/// The last four bytes: the length before compression, modulo 2^32.
fn said_bytes(gzip: &[u8]) -> usize {
    let last = gzip.last_chunk::<4>().copied().unwrap_or_default();
    usize::try_from(u32::from_le_bytes(last)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).expect("compress");
        gzip.finish().expect("compress")
    }

    #[test]
    fn gives_back_what_was_compressed_up_to_the_limit() {
        for text in ["", "a", "ab", "abc"] {
            let found = gunzip(&gzip(text.as_bytes()), 2);
            let wanted = match text.len() > 2 {
                true => Err(GzipError::TooLong),
                false => Ok(text.as_bytes().to_vec()),
            };
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_bomb_takes_no_more_than_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(gunzip(&bomb, 1 << 20), Err(GzipError::TooLong));
    }

    #[test]
    fn is_not_led_astray_by_the_length_that_a_stream_says() {
        let mut lies = gzip(b"short");
        if let Some(said) = lies.last_chunk_mut::<4>() {
            *said = u32::MAX.to_le_bytes();
        }
        assert_eq!(gunzip(&lies, 1 << 20), Err(GzipError::Invalid));
    }

    #[test]
    fn refuses_what_is_not_one_whole_stream() {
        let whole = gzip(b"whole");
        for n_bytes in 0..whole.len() {
            let cut = gunzip(&whole[..n_bytes], 100);
            assert_eq!(cut, Err(GzipError::Invalid), "{n_bytes} bytes");
        }
        let followed = [&whole[..], b"x"].concat();
        assert_eq!(gunzip(&followed, 100), Err(GzipError::Invalid));
        let twice = [&whole[..], &whole[..]].concat();
        assert_eq!(gunzip(&twice, 100), Err(GzipError::Invalid));
    }
}
