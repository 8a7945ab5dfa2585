//! Field lookup by name: a perfect hash over the names in the table, computed at compile time. It
//! runs once for each key of each posting.

use super::table::{FIELDS, Field};

/// A power of two, about six times the number of names.
const N_SLOTS: usize = 256;

/// Marks a free slot; no field has this index.
const EMPTY: u8 = u8::MAX;

struct Table {
    multiplier: u32,
    /// Field indices.
    slots: [u8; N_SLOTS],
}

const TABLE: Table = {
    let mut multiplier: u32 = 1;
    loop {
        // Odd multipliers spread over the whole range; nearly one in two works. Without a solution
        // the compiler stops at its evaluation limit.
        multiplier = multiplier.wrapping_mul(0x9E37_79B1);
        if let Some(slots) = slots(multiplier) {
            break Table { multiplier, slots };
        }
    }
};

/// Returns the slots if this multiplier gives every name its own slot.
#[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
const fn slots(multiplier: u32) -> Option<[u8; N_SLOTS]> {
    let mut slots = [EMPTY; N_SLOTS];
    let mut index = 0;
    while index < FIELDS.len() {
        let spec = &FIELDS[index];
        let names = [spec.json_name.as_bytes(), spec.column.as_bytes()];
        let mut n = 0;
        while n < names.len() {
            let slot = slot(names[n], multiplier);
            // A field's two names may be identical.
            if slots[slot] != EMPTY && slots[slot] != index as u8 {
                return None;
            }
            slots[slot] = index as u8;
            n += 1;
        }
        index += 1;
    }
    Some(slots)
}

/// Mixes the length with the first, middle and last byte.
const fn slot(name: &[u8], multiplier: u32) -> usize {
    let (first, middle, last) = match name {
        [] => (0, 0, 0),
        [only] => (*only, *only, *only),
        [first, .., last] => {
            let (_, half) = name.split_at(name.len() / 2);
            match half {
                [middle, ..] => (*first, *middle, *last),
                [] => (*first, 0, *last),
            }
        }
    };
    let bytes = u32::from_le_bytes([first, middle, last, name.len() as u8]);
    // The highest bits of a product depend on all bits of its factors.
    (bytes.wrapping_mul(multiplier) >> (32 - N_SLOTS.ilog2())) as usize
}

impl Field {
    /// Returns the field with this JSON name or column.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let index = TABLE.slots.get(slot(name, TABLE.multiplier))?;
        let spec = FIELDS.get(usize::from(*index))?;
        let is_it = spec.json_name.as_bytes() == name || spec.column.as_bytes() == name;
        is_it.then_some(spec.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_find_their_field() {
        for (index, spec) in FIELDS.iter().enumerate() {
            assert_eq!(spec.field as usize, index);
            assert_eq!(
                Field::from_name(spec.json_name.as_bytes()),
                Some(spec.field)
            );
            assert_eq!(Field::from_name(spec.column.as_bytes()), Some(spec.field));
            assert_eq!(spec.field.spec().column, spec.column);
        }
        for unknown in ["", "externalid", "Title", "title ", "job_title", "sourcf"] {
            assert_eq!(Field::from_name(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
