//! Ids of a list as parameters.

use crate::content_hash::CONTENT_HASH_CHARS;
use crate::limits::TARGET_PARAM_BYTES;

/// The ids of a list, ready to be bound.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct IdList {
    /// JSON arrays of texts: of each entry the hash, or [`NO_HASH`], and the id.
    pub params: Vec<String>,
    /// For each parameter the position in the list of its first entry.
    pub starts: Vec<usize>,
    pub n_ids: usize,
    pub has_hashes: bool,
}

/// What stands before an id without a hash; not a character of a hash's alphabet.
pub const NO_HASH: &str = "...........";
const _: () = assert!(NO_HASH.len() == CONTENT_HASH_CHARS);

impl IdList {
    /// Adds an id, as JSON text without its quotes.
    pub(crate) fn push(&mut self, hash: &str, id_json: &str) {
        let bytes = "\"\",".len() + hash.len() + id_json.len();
        let fits = |param: &&mut String| param.len() + bytes <= TARGET_PARAM_BYTES;
        let param = match self.params.last_mut().filter(fits) {
            Some(param) => param,
            None => {
                self.starts.push(self.n_ids);
                self.params.push("[".to_owned());
                let Some(param) = self.params.last_mut() else {
                    return;
                };
                param
            }
        };
        for part in ["\"", hash, id_json, "\","] {
            param.push_str(part);
        }
        self.n_ids += 1;
    }

    pub(crate) fn finish(mut self) -> Self {
        for param in &mut self.params {
            param.pop();
            param.push(']');
        }
        self
    }

    /// Of ids that are the inside of JSON texts, without hashes.
    pub(crate) fn of_escaped<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        for id in ids {
            list.push(NO_HASH, id);
        }
        list.finish()
    }
}
