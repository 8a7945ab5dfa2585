//! Decompression of gzip bodies (RFC 1952).

mod crc32;
mod error;
mod huffman;
mod inflate;

use crc32::Crc32;
pub use error::GzipError;
use inflate::{Inflater, Output};

/// The first bytes of a member: the gzip magic number, and deflate as the method.
pub const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const HEADER_BYTES: usize = 10;
/// Size of the length field at the end of a member.
const LENGTH_BYTES: usize = 4;
/// Flag bits that are reserved in the format.
const RESERVED_FLAGS: u8 = 0b1110_0000;

/// Decompresses a gzip file of one or more members. Stops as soon as the output exceeds
/// `limit_bytes` or the members have more than [`crate::limits::MAX_GZIP_BLOCKS`] blocks in total.
///
/// The runtime's `DecompressionStream` is not an option: it decompresses all its input before
/// anything is read, so 2 MB holding 2 GiB took 2 GiB.
pub fn gunzip(gzip: &[u8], limit_bytes: usize) -> Result<Vec<u8>, GzipError> {
    // Exact for honest input.
    let mut declared = DeclaredBytes::default();
    declared.read(gzip);
    let mut output = Output::new(declared.sum(), limit_bytes);
    let mut inflater = Inflater::new();
    let crc = Crc32::new();
    let mut rest = gzip;
    loop {
        let start = output.len();
        rest = after_header(rest).ok_or(GzipError::Invalid)?;
        rest = inflater.inflate(rest, &mut output)?;
        let trailer = trailer_of(output.since(start), &crc);
        rest = rest.strip_prefix(&trailer).ok_or(GzipError::Invalid)?;
        if rest.is_empty() {
            return Ok(output.finish());
        }
    }
}

/// Returns the compressed data: what follows the header and its optional fields.
fn after_header(gzip: &[u8]) -> Option<&[u8]> {
    const HEADER_CRC: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    let (header, mut rest) = gzip.split_first_chunk::<HEADER_BYTES>()?;
    let flags = flags_of(header)?;
    if flags & EXTRA != 0 {
        let (n_bytes, extra) = rest.split_first_chunk::<2>()?;
        rest = extra.get(usize::from(u16::from_le_bytes(*n_bytes))..)?;
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

/// Returns the flags if these bytes can start a member.
fn flags_of(header: &[u8]) -> Option<u8> {
    let flags = *header.strip_prefix(&MAGIC)?.first()?;
    (flags & RESERVED_FLAGS == 0).then_some(flags)
}

/// Returns the eight bytes that must follow a member with this content.
fn trailer_of(text: &[u8], crc: &Crc32) -> [u8; 8] {
    // The format stores the length modulo 2^32.
    let trailer = u64::from(text.len() as u32) << 32 | u64::from(crc.checksum(text));
    trailer.to_le_bytes()
}

/// The uncompressed length that a gzip file declares, computed incrementally: the sum of the
/// lengths, modulo 2^32, that end its members.
///
/// Any bytes that could start a member count as one, even inside compressed data. The result is
/// therefore never less than the content of a file that [`gunzip`] accepts.
#[derive(Debug, Default)]
pub struct DeclaredBytes {
    /// The last eight bytes, newest in the highest position: a length field and the start of a
    /// member.
    window: u64,
    n_read: usize,
    of_earlier: usize,
}

const _: () = assert!(LENGTH_BYTES + MAGIC.len() + 1 == size_of::<u64>());

impl DeclaredBytes {
    pub fn read(&mut self, gzip: &[u8]) {
        let (words, rest) = gzip.as_chunks::<8>();
        for word in words {
            let next = u64::from_le_bytes(*word);
            let [.., a, b, c] = self.window.to_le_bytes();
            // The first byte of the magic number is rare, here or as one of the last three before.
            if word.contains(&MAGIC[0]) || [a, b, c].contains(&MAGIC[0]) {
                word.iter().for_each(|byte| self.read_byte(*byte));
            } else {
                self.window = next;
                self.n_read += word.len();
            }
        }
        rest.iter().for_each(|byte| self.read_byte(*byte));
    }

    fn read_byte(&mut self, byte: u8) {
        self.window = self.window >> 8 | u64::from(byte) << 56;
        self.n_read += 1;
        if self.n_read >= size_of::<u64>()
            && let [.., a, b, c, flags] = self.window.to_le_bytes()
            && flags_of(&[a, b, c, flags]).is_some()
        {
            self.of_earlier = self.of_earlier.saturating_add(length(self.window as u32));
        }
    }

    pub fn sum(&self) -> usize {
        let of_last = match self.n_read >= LENGTH_BYTES {
            true => length((self.window >> 32) as u32),
            false => 0,
        };
        self.of_earlier.saturating_add(of_last)
    }
}

fn length(n_bytes: u32) -> usize {
    usize::try_from(n_bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use flate2::Compression;
    use flate2::read::MultiGzDecoder;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;
    use crate::limits::{MAX_GZIP_BLOCKS, MAX_ITEMS};

    /// The same in one piece and in pieces of three and eleven bytes.
    fn declared_bytes(gzip: &[u8]) -> usize {
        let in_pieces = |n_bytes: usize| {
            let mut declared = DeclaredBytes::default();
            gzip.chunks(n_bytes).for_each(|piece| declared.read(piece));
            declared.sum()
        };
        let whole = in_pieces(usize::MAX);
        assert_eq!([in_pieces(3), in_pieces(11)], [whole, whole]);
        whole
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).expect("compress");
        gzip.finish().expect("compress")
    }

    #[test]
    fn decompresses_up_to_the_limit() {
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
    fn limit_applies_to_all_members_together() {
        let members = [gzip(b"ab"), gzip(b""), gzip(b"cd")].concat();
        assert_eq!(declared_bytes(&members), 4);
        assert_eq!(gunzip(&members, 4), Ok(b"abcd".to_vec()));
        assert_eq!(gunzip(&members, 3), Err(GzipError::TooLong));
        assert_eq!(gunzip(&[gzip(b""), gzip(b"")].concat(), 0), Ok(Vec::new()));
    }

    #[test]
    fn rejects_trailing_data_that_is_not_a_member() {
        let whole = gzip(b"whole");
        for garbage in [&b"x"[..], b"\0", &MAGIC, &whole[..whole.len() - 1]] {
            let followed = [&whole[..], garbage].concat();
            assert_eq!(gunzip(&followed, 100), Err(GzipError::Invalid));
        }
        let spoilt = [&gzip(b"first")[..12], &whole].concat();
        assert_eq!(gunzip(&spoilt, 100), Err(GzipError::Invalid));
    }

    /// Its back-reference at distance 1 points to the byte before its start.
    #[test]
    fn rejects_member_that_refers_to_an_earlier_one() {
        // A fixed block with a match of length 3 at distance 1, then its end.
        let mut refers = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0x03, 0x02, 0x00];
        refers.extend(trailer_of(b"aaa", &Crc32::new()));
        assert_eq!(gunzip(&refers, 100), Err(GzipError::Invalid));
        let follows = [gzip(b"a"), refers].concat();
        assert_eq!(gunzip(&follows, 100), Err(GzipError::Invalid));
    }

    proptest! {
        #[test]
        fn agrees_with_flate2_about_members(
            texts in prop::collection::vec((any::<Vec<u8>>(), 1_usize..50), 1..8),
            level in 0_u32..=9,
            edit in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            tail in prop::option::weighted(0.2, any::<Vec<u8>>()),
        ) {
            let mut file = Vec::new();
            for (text, n_times) in &texts {
                let mut encoder = GzEncoder::new(&mut file, Compression::new(level));
                encoder.write_all(&text.repeat(*n_times)).expect("compress");
                encoder.finish().expect("compress");
            }
            file.extend(tail.unwrap_or_default());
            if let Some((at, byte)) = edit {
                *at.get_mut(&mut file) = byte;
            }
            let mut wanted = Vec::new();
            // It never accepts trailing garbage, and neither does gunzip.
            let is_whole = MultiGzDecoder::new(&file[..]).read_to_end(&mut wanted).is_ok();
            match gunzip(&file, 1 << 16) {
                Ok(found) => {
                    prop_assert!(is_whole);
                    prop_assert!(found.len() <= declared_bytes(&file));
                    prop_assert_eq!(found, wanted);
                }
                Err(GzipError::Invalid) => prop_assert!(!is_whole),
                Err(GzipError::TooLong) => prop_assert!(wanted.len() > 1 << 16),
                Err(GzipError::TooManyBlocks) => prop_assert!(file.len() > MAX_GZIP_BLOCKS),
            }
        }
    }

    /// A member of `n_blocks` empty stored blocks.
    fn member_of_blocks(n_blocks: usize) -> Vec<u8> {
        const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];
        const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];
        let header = [&MAGIC[..], &[0; HEADER_BYTES - MAGIC.len()]].concat();
        [
            header,
            EMPTY.repeat(n_blocks - 1),
            LAST.to_vec(),
            vec![0; 8],
        ]
        .concat()
    }

    #[test]
    fn accepts_blocks_up_to_the_limit() {
        let at_limit = member_of_blocks(MAX_GZIP_BLOCKS);
        assert_eq!(gunzip(&at_limit, 0), Ok(Vec::new()));
        let over = member_of_blocks(MAX_GZIP_BLOCKS + 1);
        assert_eq!(gunzip(&over, 0), Err(GzipError::TooManyBlocks));
    }

    #[test]
    fn counts_the_blocks_of_all_members() {
        let pairs = member_of_blocks(2).repeat(MAX_GZIP_BLOCKS / 2);
        assert_eq!(gunzip(&pairs, 0), Ok(Vec::new()));
        let over = [pairs, member_of_blocks(1)].concat();
        assert_eq!(gunzip(&over, 0), Err(GzipError::TooManyBlocks));
    }

    #[test]
    fn accepts_a_flush_after_each_posting() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        for _ in 0..MAX_ITEMS {
            encoder.write_all(b"{}\n").expect("compress");
            encoder.flush().expect("compress");
        }
        let flushed = encoder.finish().expect("compress");
        let body = b"{}\n".repeat(MAX_ITEMS);
        assert_eq!(gunzip(&flushed, body.len()), Ok(body));
    }

    #[test]
    fn bomb_allocates_no_more_than_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(gunzip(&bomb, 1 << 20), Err(GzipError::TooLong));
    }

    #[test]
    fn ignores_a_false_declared_length() {
        let mut lies = gzip(b"short");
        if let Some(stated) = lies.last_chunk_mut::<4>() {
            *stated = u32::MAX.to_le_bytes();
        }
        assert_eq!(gunzip(&lies, 1 << 20), Err(GzipError::Invalid));
    }

    #[test]
    fn accepts_headers_with_all_optional_fields() {
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
    fn rejects_corrupted_bytes() {
        let whole = gzip(b"a text that is long enough to be compressed, compressed, compressed");
        let limit = 1 << 16;
        let text = gunzip(&whole, limit).expect("whole");
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            // The text flag, the time and the operating system may have any value.
            let is_text = gunzip(&damaged, limit) == Ok(text.clone());
            assert!(!is_text || (3..10).contains(&place), "byte {place}");
        }
    }

    #[test]
    fn rejects_truncated_member() {
        let whole = gzip(b"whole");
        for n_bytes in 0..whole.len() {
            let cut = gunzip(&whole[..n_bytes], 100);
            assert_eq!(cut, Err(GzipError::Invalid), "{n_bytes} bytes");
        }
    }
}
