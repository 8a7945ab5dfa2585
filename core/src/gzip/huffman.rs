//! Huffman codes of deflate (RFC 1951, 3.2.2).

/// Longest code.
const MAX_BITS: usize = 15;
/// The most symbols that a code has: literals and lengths of a fixed block.
pub const MAX_SYMBOLS: usize = 288;

/// Bits by which a symbol is looked up. Codes that are longer are rare, and read bit by bit.
const TABLE_BITS: u32 = 11;
const TABLE_ENTRIES: usize = 1 << TABLE_BITS;

/// What a symbol means, and in its lowest byte the length of its code. Never 0.
pub type Entry = u32;

/// A code, and how its symbols are looked up.
pub struct Huffman {
    /// Number of codes by their length.
    counts: [u16; MAX_BITS + 1],
    /// By their codes.
    symbols: [u16; MAX_SYMBOLS],
    /// By the next bits; 0 for those that begin longer codes, or none.
    table: Box<[Entry; TABLE_ENTRIES]>,
    /// What each symbol means, without the length; 0 if it must not occur.
    meanings: fn(u16) -> u32,
}

impl Huffman {
    pub fn new(meanings: fn(u16) -> u32) -> Self {
        Self {
            counts: [0; MAX_BITS + 1],
            symbols: [0; MAX_SYMBOLS],
            table: Box::new([0; TABLE_ENTRIES]),
            meanings,
        }
    }

    /// Sets the code by the length of each symbol's code, 0 for none. `None` if there are more codes than bits
    /// can tell apart, or fewer. As in zlib the only code may have one bit, and a block without
    /// matches needs no code for distances.
    pub fn set(&mut self, lengths: &[u8]) -> Option<()> {
        self.counts = [0; MAX_BITS + 1];
        for length in lengths {
            *self.counts.get_mut(usize::from(*length))? += 1;
        }
        let [n_unused, counts @ ..] = &self.counts;
        let n_used = lengths.len() - usize::from(*n_unused);
        // Codes of each length that are neither used nor the beginning of longer ones.
        let n_left = counts
            .iter()
            .try_fold(1_u32, |n_left, n| (n_left * 2).checked_sub(u32::from(*n)))?;
        let is_short = n_used == 0 || (n_used == 1 && counts.first() == Some(&1));
        if n_left > 0 && !is_short {
            return None;
        }
        let mut first = [0_u16; MAX_BITS + 1];
        let mut before = 0;
        for (first, n) in first.iter_mut().skip(1).zip(counts) {
            *first = before;
            before += n;
        }
        for (symbol, length) in (0..).zip(lengths).filter(|(_, length)| **length > 0) {
            let position = first.get_mut(usize::from(*length))?;
            *self.symbols.get_mut(usize::from(*position))? = symbol;
            *position += 1;
        }
        self.fill_table()
    }

    fn fill_table(&mut self) -> Option<()> {
        self.table.fill(0);
        let mut symbols = self.symbols.iter();
        let mut code = 0_u32;
        for (length, n) in (1..=TABLE_BITS).zip(self.counts.iter().skip(1)) {
            for _ in 0..*n {
                let meaning = (self.meanings)(*symbols.next()?);
                // Bits of a code arrive from its highest one.
                let start = (code.reverse_bits() >> (32 - length)) as usize;
                if meaning != 0 {
                    let entries = self.table.get_mut(start..)?;
                    for entry in entries.iter_mut().step_by(1 << length) {
                        *entry = meaning | length;
                    }
                }
                code += 1;
            }
            code <<= 1;
        }
        Some(())
    }

    /// The symbol that begins with these bits, of which there are at least 15; 0 if none does.
    #[inline]
    pub fn look_up(&self, bits: u64) -> Entry {
        let at = bits as usize % TABLE_ENTRIES;
        match self.table.get(at) {
            Some(0) | None => self.look_up_long(bits),
            Some(entry) => *entry,
        }
    }

    #[cold]
    fn look_up_long(&self, mut bits: u64) -> Entry {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for (length, n) in (1..).zip(self.counts.iter().skip(1)) {
            let n = usize::from(*n);
            code |= (bits & 1) as usize;
            bits >>= 1;
            if code < first + n {
                let symbol = self.symbols.get(index + code - first);
                let meaning = symbol.map_or(0, |symbol| (self.meanings)(*symbol));
                return if meaning == 0 { 0 } else { meaning | length };
            }
            index += n;
            first = (first + n) * 2;
            code *= 2;
        }
        0
    }
}
