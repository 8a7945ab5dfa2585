//! Bodies that come compressed (gzip, RFC 1952).

use crc::{CRC_32_ISO_HDLC, Crc};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Why a body cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipError {
    /// Not one whole gzip stream and nothing else.
    Invalid,
    /// Longer than the limit.
    TooLong,
}

/// A table of 1 KB; faster ones weigh more in the wasm than all of the decompression.
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Decompresses one gzip stream, and stops as soon as it is longer than `limit_bytes`.
///
/// Here and not by the runtime's `DecompressionStream`, which unpacks all that it was given before
/// anybody reads from it: 2 MB that hold 2 GiB took 2 GiB.
pub fn gunzip(gzip: &[u8], limit_bytes: usize) -> Result<Vec<u8>, GzipError> {
    let deflate = after_header(gzip).ok_or(GzipError::Invalid)?;
    // One more than the limit tells what is over it.
    let max_bytes = limit_bytes.saturating_add(1);
    // What the stream itself says of its length is a guess: right when nobody lies.
    let mut body = vec![0; said_bytes(gzip).saturating_add(1).min(max_bytes)];
    let mut state = DecompressorOxide::new();
    let mut rest = deflate;
    let mut n_bytes = 0;
    loop {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, n_read, n_written) = decompress(&mut state, rest, &mut body, n_bytes, flags);
        rest = rest.get(n_read..).unwrap_or_default();
        n_bytes += n_written;
        match status {
            _ if n_bytes > limit_bytes => return Err(GzipError::TooLong),
            TINFLStatus::Done => break,
            TINFLStatus::HasMoreOutput if body.len() < max_bytes => {
                let doubled = body.len().saturating_mul(2).max(4_096);
                body.resize(doubled.min(max_bytes), 0);
            }
            _ => return Err(GzipError::Invalid),
        }
    }
    body.truncate(n_bytes);
    // A stream may say that it is longer than it is.
    body.shrink_to_fit();
    match is_trailer_of(rest, &body) {
        true => Ok(body),
        false => Err(GzipError::Invalid),
    }
}

/// The compressed data, behind the header and its optional fields.
fn after_header(gzip: &[u8]) -> Option<&[u8]> {
    const HEADER_CRC: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    const RESERVED: u8 = 0b1110_0000;
    let ([0x1f, 0x8b, 8, flags, ..], mut rest) = gzip.split_first_chunk::<10>()? else {
        return None;
    };
    if flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (n_bytes, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*n_bytes))..)?;
    }
    for field in [NAME, COMMENT] {
        if flags & field != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    match flags & HEADER_CRC {
        0 => Some(rest),
        _ => rest.get(2..),
    }
}

/// Whether these are the eight bytes that end a stream of this body.
fn is_trailer_of(trailer: &[u8], body: &[u8]) -> bool {
    // The length modulo 2^32, as the format has it.
    let n_bytes = body.len() as u32;
    let checksum = CRC.checksum(body).to_le_bytes();
    trailer == [checksum, n_bytes.to_le_bytes()].concat()
}

/// What a stream says of its length before compression, modulo 2^32, in its last four bytes.
/// [`gunzip`] refuses one of which it is not true.
pub fn said_bytes(gzip: &[u8]) -> usize {
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
    fn takes_headers_with_all_optional_fields() {
        let mut encoder = flate2::GzBuilder::new()
            .filename("feed.json")
            .comment("a comment")
            .extra(*b"extra")
            .write(Vec::new(), Compression::best());
        encoder.write_all(b"whole").expect("compress");
        let whole = encoder.finish().expect("compress");
        assert_eq!(gunzip(&whole, 100), Ok(b"whole".to_vec()));
        for n_bytes in 0..whole.len() {
            let cut = gunzip(&whole[..n_bytes], 100);
            assert_eq!(cut, Err(GzipError::Invalid), "{n_bytes} bytes");
        }
    }

    #[test]
    fn refuses_what_was_damaged_on_the_way() {
        let whole = gzip(b"a text that is long enough to be compressed, compressed, compressed");
        let limit = 1 << 16;
        let text = gunzip(&whole, limit).expect("whole");
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            // What the sender believes to be text, time, operating system may be anything.
            let is_text = gunzip(&damaged, limit) == Ok(text.clone());
            assert!(!is_text || (3..10).contains(&place), "byte {place}");
        }
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
