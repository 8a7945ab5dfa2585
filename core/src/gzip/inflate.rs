//! Decompresses deflate (RFC 1951).
//!
//! Our own, because decompressing took three times as long as parsing: in wasm a body takes a third to a half of the
//! time that it took with miniz_oxide and a checksum of a byte at a time. It also counts blocks, and reads member
//! after member into one buffer, which other libraries do not.

use super::error::GzipError;
use super::huffman::{Entry, Huffman, MAX_SYMBOLS};
use crate::limits::MAX_GZIP_BLOCKS;

/// Longest match.
const MAX_MATCH: usize = 258;
/// Literals that are written between two looks at what is left of the buffer.
const LITERALS: usize = 2;
/// Matches are copied in pieces of so many bytes, the last of which may be written in part beyond its end.
const PIECE: usize = 16;
/// What is left of the buffer whenever a symbol is decoded.
const ROOM: usize = LITERALS + MAX_MATCH + PIECE;

/// Longest list of lengths: of both codes of a dynamic block.
const MAX_LENGTHS: usize = 286 + 30;

/// In an [`Entry`]: a literal, whose byte is in bits 8 to 15.
const LITERAL: Entry = 1 << 31;
/// The end of a block.
const END: Entry = 1 << 30;
/// Of a length or distance: its base is in bits 16 to 30, the number of extra bits in bits 8 to 15.
const BASE_SHIFT: u32 = 16;
const EXTRA_SHIFT: u32 = 8;

/// Decompressed bytes of all members so far.
pub struct Output {
    /// Zeros follow the first `n_bytes`: at least [`ROOM`] while a symbol is decoded.
    bytes: Vec<u8>,
    n_bytes: usize,
    limit_bytes: usize,
    n_blocks: usize,
}

impl Output {
    /// Allocates for `declared_bytes` first, and never much more than `limit_bytes`.
    pub fn new(declared_bytes: usize, limit_bytes: usize) -> Self {
        Self {
            bytes: vec![0; declared_bytes.min(limit_bytes) + ROOM],
            n_bytes: 0,
            limit_bytes,
            n_blocks: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.n_bytes
    }

    /// What was decompressed from a position on.
    pub fn since(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.n_bytes).unwrap_or_default()
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.n_bytes);
        // A member may declare more than it contains.
        self.bytes.shrink_to_fit();
        self.bytes
    }

    fn count_block(&mut self) -> Result<(), GzipError> {
        self.n_blocks += 1;
        match self.n_blocks > MAX_GZIP_BLOCKS {
            true => Err(GzipError::TooManyBlocks),
            false => Ok(()),
        }
    }

    /// Makes room for so many bytes beyond `n_bytes`.
    fn make_room(&mut self, n_bytes: usize) -> Result<(), GzipError> {
        if self.n_bytes > self.limit_bytes {
            return Err(GzipError::TooLong);
        }
        if self.bytes.len() - self.n_bytes < n_bytes {
            let doubled = self.bytes.len().saturating_mul(2).max(4_096);
            let len = doubled.min(self.limit_bytes + ROOM);
            self.bytes.resize(len.max(self.n_bytes + n_bytes), 0);
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), GzipError> {
        if bytes.len() > self.limit_bytes - self.n_bytes {
            return Err(GzipError::TooLong);
        }
        self.make_room(bytes.len())?;
        let end = self.n_bytes + bytes.len();
        if let Some(to) = self.bytes.get_mut(self.n_bytes..end) {
            to.copy_from_slice(bytes);
        }
        self.n_bytes = end;
        Ok(())
    }
}

/// The codes of a block.
pub struct Inflater {
    symbols: Huffman,
    distances: Huffman,
    lengths: Huffman,
    /// Whether the first two are those of a fixed block.
    is_fixed: bool,
}

impl Inflater {
    pub fn new() -> Self {
        Self {
            is_fixed: false,
            symbols: Huffman::new(symbol),
            distances: Huffman::new(distance),
            lengths: Huffman::new(|length| u32::from(length + 1) << BASE_SHIFT),
        }
    }

    /// Appends what a deflate stream holds, and returns what follows the stream.
    pub fn inflate<'g>(
        &mut self,
        input: &'g [u8],
        output: &mut Output,
    ) -> Result<&'g [u8], GzipError> {
        let start = output.n_bytes;
        let mut bits = Bits::new(input);
        loop {
            bits.refill()?;
            let is_last = bits.take(1) == 1;
            match bits.take(2) {
                0 => {
                    let stored = bits.stored().ok_or(GzipError::Invalid)?;
                    output.append(stored)?;
                }
                1 => {
                    self.set_fixed().ok_or(GzipError::Invalid)?;
                    self.block(&mut bits, output, start)?;
                }
                2 => {
                    self.read_codes(&mut bits)?;
                    self.block(&mut bits, output, start)?;
                }
                _ => return Err(GzipError::Invalid),
            }
            output.count_block()?;
            if is_last {
                return bits.rest().ok_or(GzipError::Invalid);
            }
        }
    }

    fn set_fixed(&mut self) -> Option<()> {
        if self.is_fixed {
            return Some(());
        }
        let mut lengths = [8; MAX_SYMBOLS];
        lengths.get_mut(144..256)?.fill(9);
        lengths.get_mut(256..280)?.fill(7);
        self.symbols.set(&lengths)?;
        self.distances.set(&[5; 32])?;
        self.is_fixed = true;
        Some(())
    }

    /// Reads the codes of a dynamic block.
    fn read_codes(&mut self, bits: &mut Bits<'_>) -> Result<(), GzipError> {
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        const END_OF_BLOCK: usize = 256;
        let [n_symbols, n_distances, n_lengths] =
            [(5, 257), (5, 1), (4, 4)].map(|(n_bits, least)| bits.take(n_bits) as usize + least);
        if n_symbols > 286 || n_distances > 30 {
            return Err(GzipError::Invalid);
        }
        let mut lengths = [0; ORDER.len()];
        for place in ORDER.iter().take(n_lengths) {
            bits.refill()?;
            if let Some(length) = lengths.get_mut(*place) {
                *length = bits.take(3) as u8;
            }
        }
        self.lengths.set(&lengths).ok_or(GzipError::Invalid)?;
        let mut lengths = [0_u8; MAX_LENGTHS];
        let n_all = n_symbols + n_distances;
        let mut n_read = 0;
        let mut last = 0;
        while n_read < n_all {
            bits.refill()?;
            let entry = self.lengths.look_up(bits.buffer);
            bits.skip(entry & 0xff);
            let (length, n_times) = match entry >> BASE_SHIFT {
                0 => return Err(GzipError::Invalid),
                17 if n_read == 0 => return Err(GzipError::Invalid),
                17 => (last, 3 + bits.take(2)),
                18 => (0, 3 + bits.take(3)),
                19 => (0, 11 + bits.take(7)),
                length => ((length - 1) as u8, 1),
            };
            let end = n_read + n_times as usize;
            match lengths.get_mut(n_read..end) {
                Some(places) if end <= n_all => places.fill(length),
                _ => return Err(GzipError::Invalid),
            }
            n_read = end;
            last = length;
        }
        self.is_fixed = false;
        let (of_symbols, rest) = lengths.split_at(n_symbols);
        let of_distances = rest.get(..n_distances).unwrap_or_default();
        let has_end = of_symbols.get(END_OF_BLOCK) != Some(&0);
        self.symbols
            .set(of_symbols)
            .and(self.distances.set(of_distances))
            .filter(|()| has_end)
            .ok_or(GzipError::Invalid)
    }

    /// Decodes the symbols of a block. `start` is where its member begins, before which no match reaches.
    fn block(
        &self,
        in_memory: &mut Bits<'_>,
        output: &mut Output,
        start: usize,
    ) -> Result<(), GzipError> {
        let mut bits = *in_memory;
        loop {
            output.make_room(ROOM)?;
            let mut at = output.n_bytes;
            let last = output.bytes.len() - ROOM;
            let bytes = output.bytes.as_mut_slice();
            while at <= last {
                bits.refill()?;
                let mut entry = self.symbols.look_up(bits.buffer);
                if entry & LITERAL != 0 {
                    let place = bytes.get_mut(at..);
                    let Some(place) = place.and_then(|place| place.first_chunk_mut::<LITERALS>())
                    else {
                        return Err(GzipError::Invalid);
                    };
                    // Two codes take at most 30 of the 56 bits: enough are left for the next one, 15.
                    for byte in place {
                        *byte = (entry >> EXTRA_SHIFT) as u8;
                        at += 1;
                        bits.skip(entry & 0xff);
                        entry = self.symbols.look_up(bits.buffer);
                        if entry & LITERAL == 0 {
                            break;
                        }
                    }
                    if entry & LITERAL != 0 {
                        continue;
                    }
                    bits.refill()?;
                }
                bits.skip(entry & 0xff);
                if entry & END != 0 {
                    *in_memory = bits;
                    output.n_bytes = at;
                    return output.make_room(0);
                }
                let length = bits.value(entry);
                let entry = self.distances.look_up(bits.buffer);
                bits.skip(entry & 0xff);
                let distance = bits.value(entry);
                // A symbol that is none has the value 0.
                if length == 0 || distance == 0 || distance > at - start {
                    return Err(GzipError::Invalid);
                }
                repeat(bytes, at, distance, length);
                at += length;
            }
            output.n_bytes = at;
        }
    }
}

/// Copies `length` bytes from `distance` before `at` to `at`, where they may overlap.
#[inline]
fn repeat(bytes: &mut [u8], at: usize, distance: usize, length: usize) {
    let end = at + length;
    let (mut from, mut to) = (at - distance, at);
    if distance < PIECE {
        while to < end {
            let byte = bytes.get(from).copied().unwrap_or_default();
            if let Some(place) = bytes.get_mut(to) {
                *place = byte;
            }
            (from, to) = (from + 1, to + 1);
        }
        return;
    }
    while to < end {
        let piece = bytes
            .get(from..)
            .and_then(|from| from.first_chunk::<PIECE>());
        let piece = piece.copied().unwrap_or_default();
        let place = bytes
            .get_mut(to..)
            .and_then(|to| to.first_chunk_mut::<PIECE>());
        if let Some(place) = place {
            *place = piece;
        }
        (from, to) = (from + PIECE, to + PIECE);
    }
}

/// Reads bits, the lowest of each byte first.
#[derive(Clone, Copy)]
struct Bits<'g> {
    input: &'g [u8],
    /// Position in the input of the next byte that is not in the buffer.
    at: usize,
    /// The next bits, lowest first. Those above `n_bits` are right if they are not zero.
    buffer: u64,
    n_bits: u32,
    /// Zeros that were read beyond the end of the input.
    n_beyond: usize,
}

impl<'g> Bits<'g> {
    fn new(input: &'g [u8]) -> Self {
        Self {
            input,
            at: 0,
            buffer: 0,
            n_bits: 0,
            n_beyond: 0,
        }
    }

    /// Fills the buffer to at least 56 bits: a length and a distance take 48 at most. Beyond the end of the
    /// input zeros are read, but only as many as a stream that ends there may leave in the buffer.
    #[inline]
    fn refill(&mut self) -> Result<(), GzipError> {
        let next = self.input.get(self.at..);
        let Some(next) = next.and_then(|next| next.first_chunk::<8>()) else {
            *self = self.refilled_at_end()?;
            return Ok(());
        };
        self.buffer |= u64::from_le_bytes(*next) << self.n_bits;
        let n_bytes = (63 - self.n_bits) / 8;
        self.at += n_bytes as usize;
        self.n_bits += 8 * n_bytes;
        Ok(())
    }

    /// By value, so that the bits of a loop that calls it are kept in registers.
    #[cold]
    fn refilled_at_end(mut self) -> Result<Self, GzipError> {
        while self.n_bits < 56 {
            match self.input.get(self.at) {
                Some(byte) => {
                    // Parts of it may be there already.
                    self.buffer |= u64::from(*byte) << self.n_bits;
                    self.at += 1;
                }
                None if self.n_beyond < size_of::<u64>() => self.n_beyond += 1,
                None => return Err(GzipError::Invalid),
            }
            self.n_bits += 8;
        }
        Ok(self)
    }

    #[inline]
    fn take(&mut self, n_bits: u32) -> u32 {
        let bits = self.buffer & ((1 << n_bits) - 1);
        self.skip(n_bits);
        bits as u32
    }

    /// At most as many as there are.
    #[inline]
    fn skip(&mut self, n_bits: u32) {
        self.buffer >>= n_bits;
        self.n_bits -= n_bits;
    }

    /// The value of a length or distance, with its extra bits.
    #[inline]
    fn value(&mut self, entry: Entry) -> usize {
        let extra = self.take((entry >> EXTRA_SHIFT) & 0xff);
        ((entry >> BASE_SHIFT) + extra) as usize
    }

    /// Position of the next byte of which nothing has been taken. `None` if bits beyond the end were.
    fn position(&self) -> Option<usize> {
        let n_whole = (self.n_bits / 8) as usize;
        let n_unread = n_whole.checked_sub(self.n_beyond)?;
        self.at.checked_sub(n_unread)
    }

    fn rest(&self) -> Option<&'g [u8]> {
        self.input.get(self.position()?..)
    }

    /// The content of a stored block.
    fn stored(&mut self) -> Option<&'g [u8]> {
        let (length, rest) = self.rest()?.split_first_chunk::<2>()?;
        let (check, rest) = rest.split_first_chunk::<2>()?;
        let length = u16::from_le_bytes(*length);
        if length != !u16::from_le_bytes(*check) {
            return None;
        }
        let (stored, rest) = rest.split_at_checked(usize::from(length))?;
        *self = Self {
            at: self.input.len() - rest.len(),
            ..Self::new(self.input)
        };
        Some(stored)
    }
}

/// What a symbol of the first code means.
fn symbol(symbol: u16) -> u32 {
    let symbol = u32::from(symbol);
    match symbol {
        0..256 => LITERAL | symbol << EXTRA_SHIFT,
        256 => END,
        // Lengths: 3 to 10, then four for each number of extra bits.
        257..265 => (symbol - 254) << BASE_SHIFT,
        265..285 => {
            let n_extra = (symbol - 261) / 4;
            let base = 3 + ((4 + (symbol - 261) % 4) << n_extra);
            base << BASE_SHIFT | n_extra << EXTRA_SHIFT
        }
        285 => 258 << BASE_SHIFT,
        _ => 0,
    }
}

/// What a symbol of the second code means.
fn distance(symbol: u16) -> u32 {
    let symbol = u32::from(symbol);
    match symbol {
        0..4 => (symbol + 1) << BASE_SHIFT,
        // Two for each number of extra bits.
        4..30 => {
            let n_extra = symbol / 2 - 1;
            let base = 1 + ((2 + symbol % 2) << n_extra);
            base << BASE_SHIFT | n_extra << EXTRA_SHIFT
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::bufread::DeflateDecoder;
    use proptest::prelude::*;

    use super::*;

    const LIMIT_BYTES: usize = 1 << 16;

    /// What the stream holds, and the number of its bytes.
    fn inflated(stream: &[u8]) -> Result<(Vec<u8>, usize), GzipError> {
        let mut output = Output::new(0, LIMIT_BYTES);
        let rest = Inflater::new().inflate(stream, &mut output)?;
        let n_rest = rest.len();
        Ok((output.finish(), stream.len() - n_rest))
    }

    /// A dynamic block with some literals whose codes have 15 bits, and nothing after it.
    fn block_of_long_codes(n_literals: usize) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let number = |bits: &mut Vec<bool>, value: u32, n_bits: u32| {
            bits.extend((0..n_bits).map(|bit| value >> bit & 1 == 1));
        };
        // Codes arrive from their highest bit.
        let code = |bits: &mut Vec<bool>, code: u32, n_bits: u32| {
            bits.extend((0..n_bits).rev().map(|bit| code >> bit & 1 == 1));
        };
        // The last block, of dynamic codes: 257 symbols, 1 distance, 19 lengths.
        for (value, n_bits) in [(1, 1), (2, 2), (0, 5), (0, 5), (15, 4)] {
            number(&mut bits, value, n_bits);
        }
        // The codes of lengths 0 to 14 have 4 bits, those of 15 and of a run of zeros (18) have 5.
        for length in [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ] {
            let n_bits = match length {
                15 | 18 => 5,
                16 | 17 => 0,
                _ => 4,
            };
            number(&mut bits, n_bits, 3);
        }
        // Literals 0 to 14 have codes of 1 to 15 bits without 12, twice 15, the end has 12, the distance none.
        for length in (1..12).chain([13, 14]) {
            code(&mut bits, length, 4);
        }
        for _ in 0..2 {
            code(&mut bits, 0b11110, 5);
        }
        for n_zeros in [138, 103] {
            code(&mut bits, 0b11111, 5);
            number(&mut bits, n_zeros - 11, 7);
        }
        code(&mut bits, 12, 4);
        code(&mut bits, 0, 4);
        for _ in 0..n_literals {
            code(&mut bits, (1 << 15) - 1, 15);
        }
        // The beginning of the longest codes, if zeros follow it.
        code(&mut bits, (1 << 12) - 2, 12);
        let byte = |bits: &[bool]| (0..).zip(bits).map(|(at, bit)| u8::from(*bit) << at).sum();
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn longest_codes_are_read_up_to_the_last_bit() {
        for n_literals in 0..40 {
            let stream = block_of_long_codes(n_literals);
            let expected = Ok((vec![14; n_literals], stream.len()));
            assert_eq!(inflated(&stream), expected, "{n_literals} literals");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// The first byte chooses the kind of the block, so most are of dynamic or fixed codes.
        #[test]
        fn agrees_with_flate2_about_any_bytes(stream in prop::collection::vec(any::<u8>(), 0..120)) {
            let mut wanted = Vec::new();
            let mut decoder = DeflateDecoder::new(&stream[..]);
            let is_whole = (&mut decoder).take(LIMIT_BYTES as u64 + 1).read_to_end(&mut wanted).is_ok();
            match inflated(&stream) {
                Ok((found, n_bytes)) => {
                    prop_assert!(is_whole);
                    prop_assert_eq!(found, wanted);
                    prop_assert_eq!(n_bytes as u64, decoder.total_in());
                }
                Err(GzipError::Invalid) => prop_assert!(!is_whole),
                Err(GzipError::TooLong) => prop_assert!(wanted.len() > LIMIT_BYTES),
                Err(GzipError::TooManyBlocks) => prop_assert!(false, "120 bytes have few blocks"),
            }
        }
    }
}
