//! The postings of one request.

use jobs_ingest_core::options::Missing;
use serde_json::Value;

use super::rejects::Rejected;

#[derive(Debug, Default)]
pub struct Chunk {
    pub source: String,
    pub missing: Missing,
    pub postings: Vec<Posting>,
    /// Length of the body with all postings, if there are any.
    pub n_bytes: usize,
}

#[derive(Debug)]
pub struct Posting {
    pub ordinal: u32,
    json: Box<str>,
}

impl Chunk {
    pub fn push(&mut self, ordinal: u32, json: Box<str>) {
        self.n_bytes = self.n_bytes_with(&json);
        self.postings.push(Posting { ordinal, json });
    }

    /// Length of the body with one more posting.
    pub fn n_bytes_with(&self, json: &str) -> usize {
        let before = self.n_bytes.max("]".len());
        before + "[".len() + json.len()
    }
}

impl Posting {
    pub fn rejected(&self, errors: Vec<Value>) -> Rejected {
        Rejected {
            ordinal: self.ordinal,
            json: self.json.to_string(),
            errors,
        }
    }
}

/// The body of a request, a JSON array, in parts: several megabytes need not be copied.
pub fn body(postings: &[Posting]) -> Vec<&str> {
    let separated = postings.iter().flat_map(|posting| [",", &posting.json]);
    // A bracket instead of the first comma.
    let parts = std::iter::once("[").chain(separated.skip(1));
    parts.chain(std::iter::once("]")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_an_array_of_the_stated_length() {
        let mut chunk = Chunk::default();
        assert_eq!(body(&chunk.postings).concat(), "[]");
        for (ordinal, json) in ["1", "22", "333"].into_iter().enumerate() {
            let n_bytes = chunk.n_bytes_with(json);
            chunk.push(u32::try_from(ordinal).unwrap(), json.into());
            assert_eq!(body(&chunk.postings).concat().len(), n_bytes);
        }
        assert_eq!(body(&chunk.postings).concat(), "[1,22,333]");
        assert_eq!(body(&chunk.postings[1..]).concat(), "[22,333]");
    }
}
