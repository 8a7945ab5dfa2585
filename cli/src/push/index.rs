//! The ids and hashes of a source's postings: about 30 bytes per posting and its id.

use jobs_ingest_core::content_hash::CONTENT_HASH_CHARS;

/// The text form of a row's hash; `None` for a rejected posting.
pub type Hash = Option<[u8; CONTENT_HASH_CHARS]>;

#[derive(Debug, Default)]
pub struct Index {
    ids: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Position of the id in `ids`; its end is `start + id_bytes`.
    start: u64,
    id_bytes: u16,
    hash: Hash,
    ordinal: u32,
}

/// A posting of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed<'i> {
    /// The inside of a JSON text.
    pub id: &'i str,
    pub hash: Hash,
    /// The position of the posting in the input.
    pub ordinal: u32,
}

impl Index {
    pub fn push(&mut self, id: &str, hash: Hash, ordinal: u32) {
        // Doubling would hold three times the final size for a moment.
        if self.ids.capacity() - self.ids.len() < id.len() {
            self.ids
                .reserve_exact(self.ids.len() / 4 + id.len() + 1_024);
        }
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(self.entries.len() / 4 + 64);
        }
        let start = self.ids.len() as u64;
        // A valid id has at most 500 characters, 3,000 bytes as JSON.
        let Ok(id_bytes) = u16::try_from(id.len()) else {
            return;
        };
        self.ids.push_str(id);
        self.entries.push(Entry {
            start,
            id_bytes,
            hash,
            ordinal,
        });
    }

    /// Keeps the last posting of each id, valid ones before rejected ones, in the order of the input.
    /// That is usually the order in which the rows are stored, and looking up neighbours reads each
    /// page of the table once. Returns the number of valid postings that were dropped.
    pub fn finish(&mut self) -> u64 {
        let Self { ids, entries } = self;
        let id_of = |entry: &Entry| id_of(ids, entry);
        entries.sort_unstable_by(|one, other| {
            let order = |entry: &Entry| (entry.hash.is_none(), std::cmp::Reverse(entry.ordinal));
            id_of(one)
                .cmp(id_of(other))
                .then_with(|| order(one).cmp(&order(other)))
        });
        let n_valid = |entries: &[Entry]| entries.iter().filter(|e| e.hash.is_some()).count();
        let before = n_valid(entries);
        entries.dedup_by(|later, first| id_of(later) == id_of(first));
        entries.sort_unstable_by_key(|entry| entry.ordinal);
        (before - n_valid(entries)) as u64
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of postings with a hash.
    pub fn n_valid(&self) -> u64 {
        self.iter().filter(|entry| entry.hash.is_some()).count() as u64
    }

    pub fn iter(&self) -> impl Iterator<Item = Indexed<'_>> {
        self.entries.iter().map(|entry| Indexed {
            id: id_of(&self.ids, entry),
            hash: entry.hash,
            ordinal: entry.ordinal,
        })
    }
}

fn id_of<'i>(ids: &'i str, entry: &Entry) -> &'i str {
    let start = usize::try_from(entry.start).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::from(entry.id_bytes));
    ids.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Hash = Some([b'A'; CONTENT_HASH_CHARS]);

    fn ordinals(index: &Index) -> Vec<(&str, u32)> {
        index
            .iter()
            .map(|entry| (entry.id, entry.ordinal))
            .collect()
    }

    #[test]
    fn last_valid_posting_of_an_id_is_kept() {
        let mut index = Index::default();
        for (id, hash, ordinal) in [("b", A, 0), ("a", A, 1), ("b", A, 2), ("b", None, 3)] {
            index.push(id, hash, ordinal);
        }
        assert_eq!(index.finish(), 1);
        assert_eq!(ordinals(&index), [("a", 1), ("b", 2)]);
        assert_eq!(index.n_valid(), 2);
    }

    #[test]
    fn order_is_that_of_the_input() {
        let mut index = Index::default();
        for (id, ordinal) in [("b", 0), ("a", 1), ("c", 2), ("a", 3)] {
            index.push(id, A, ordinal);
        }
        index.finish();
        assert_eq!(ordinals(&index), [("b", 0), ("c", 2), ("a", 3)]);
    }

    #[test]
    fn rejected_posting_is_kept_if_it_is_the_only_one() {
        let mut index = Index::default();
        index.push("a", None, 0);
        assert_eq!(index.finish(), 0);
        assert_eq!((index.len(), index.n_valid()), (1, 0));
    }

    #[test]
    fn entry_is_at_most_40_bytes() {
        assert!(size_of::<Entry>() <= 40);
    }
}
