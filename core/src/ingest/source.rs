//! The sources of a request's postings: which are allowed, and whether all have the same.

/// What a token may post, and what it did.
#[derive(Debug)]
pub struct Sources<'a> {
    /// `None` is all.
    allowed: Option<&'a [String]>,
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
            seen: Seen::None,
        }
    }

    pub fn allow(&self, source: &str) -> bool {
        let is_it = |allowed: &String| allowed == source;
        self.allowed.is_none_or(|allowed| allowed.iter().any(is_it))
    }

    pub fn note(&mut self, source: &str) {
        match &self.seen {
            Seen::None => self.seen = Seen::One(source.to_owned()),
            Seen::One(seen) if seen != source => self.seen = Seen::Several,
            Seen::One(_) | Seen::Several => {}
        }
    }

    /// The source of all accepted postings, when it is the same.
    pub fn uniform(self) -> Option<String> {
        match self.seen {
            Seen::One(source) => Some(source),
            Seen::None | Seen::Several => None,
        }
    }
}
