//! The sources of a request's postings: which are allowed, the default, and whether all are equal.

use crate::json::push_json;

/// The source of a posting that names none, unless the token is limited to exactly one source.
pub const DEFAULT_SOURCE: &str = "manual";

/// The sources that a token may post, and those seen in the request.
#[derive(Debug)]
pub struct Sources<'a> {
    /// `None` allows all.
    allowed: Option<&'a [String]>,
    default: &'a str,
    seen: Seen,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    None,
    One(String),
    Several,
}

impl<'a> Sources<'a> {
    pub fn new(allowed: Option<&'a [String]>) -> Self {
        Self {
            allowed,
            default: default_source(allowed),
            seen: Seen::None,
        }
    }

    /// Returns the source, or the default one for an empty text.
    pub fn or_default<'s>(&'s self, source: &'s str) -> &'s str {
        match source.is_empty() {
            true => self.default,
            false => source,
        }
    }

    /// The default source as the inside of a JSON text.
    pub fn default_json(&self) -> String {
        let mut json = String::new();
        push_json(&mut json, self.default);
        let inside = json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'));
        inside.unwrap_or_default().to_owned()
    }

    pub fn is_default(&self, source: &str) -> bool {
        self.or_default(source) == self.default
    }

    pub fn allows(&self, source: &str) -> bool {
        let source = self.or_default(source);
        let is_it = |allowed: &String| allowed == source;
        self.allowed.is_none_or(|allowed| allowed.iter().any(is_it))
    }

    pub fn note(&mut self, source: &str) {
        let source = self.or_default(source);
        match &self.seen {
            Seen::None => self.seen = Seen::One(source.to_owned()),
            Seen::One(seen) if seen != source => self.seen = Seen::Several,
            Seen::One(_) | Seen::Several => {}
        }
    }

    /// Returns the source of all accepted postings, if they share one.
    pub fn uniform(self) -> Option<String> {
        match self.seen {
            Seen::One(source) => Some(source),
            Seen::None | Seen::Several => None,
        }
    }
}

/// Returns the source of a posting that names none.
pub fn default_source(allowed: Option<&[String]>) -> &str {
    match allowed {
        Some([only]) => only,
        _ => DEFAULT_SOURCE,
    }
}
