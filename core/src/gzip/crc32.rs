//! The checksum of gzip: CRC-32 as in ISO 3309.

/// Reversed polynomial.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// Bytes per step ("slicing by 16").
const STEP: usize = 16;

/// Tables for the bytes of a step: 16 KB, computed in some microseconds, which would make the wasm longer by nearly
/// as much if they were stored.
pub struct Crc32 {
    /// The checksum of a byte that is followed by as many zeros as the table's index.
    tables: [[u32; 256]; STEP],
}

impl Crc32 {
    pub fn new() -> Self {
        let mut tables = [[0; 256]; STEP];
        let [first, rest @ ..] = &mut tables;
        for (byte, entry) in (0..).zip(first.iter_mut()) {
            *entry = (0..8).fold(byte, |crc, _| {
                let is_odd = crc & 1;
                (crc >> 1) ^ (POLYNOMIAL * is_odd)
            });
        }
        let mut previous = *first;
        for table in rest {
            for (entry, shorter) in table.iter_mut().zip(previous) {
                *entry = followed_by_byte(first, shorter, 0);
            }
            previous = *table;
        }
        Self { tables }
    }

    pub fn checksum(&self, bytes: &[u8]) -> u32 {
        let [one, ..] = &self.tables;
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let of_steps = steps.iter().fold(u32::MAX, |crc, step| {
            // The first four bytes take the checksum so far.
            let mut mixed = *step;
            for (byte, before) in mixed.iter_mut().zip(crc.to_le_bytes()) {
                *byte ^= before;
            }
            let tables = self.tables.iter().rev();
            mixed
                .iter()
                .zip(tables)
                .fold(0, |crc, (byte, table)| crc ^ entry(table, *byte))
        });
        let of_all = rest
            .iter()
            .fold(of_steps, |crc, byte| followed_by_byte(one, crc, *byte));
        !of_all
    }
}

fn followed_by_byte(table: &[u32; 256], crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    (crc >> 8) ^ entry(table, low ^ byte)
}

#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn entry(table: &[u32; 256], byte: u8) -> u32 {
    table[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn checksum_of_the_catalogue() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(Crc32::new().checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(Crc32::new().checksum(b""), 0);
    }

    proptest! {
        #[test]
        fn checksum_equals_that_of_flate2(bytes: Vec<u8>) {
            let mut crc = flate2::Crc::new();
            crc.update(&bytes);
            prop_assert_eq!(Crc32::new().checksum(&bytes), crc.sum());
        }
    }
}
