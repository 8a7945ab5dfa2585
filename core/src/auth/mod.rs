//! Tokens: who may post.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::limits::MAX_TOKEN_BYTES;

/// The tokens of secret `INGEST_TOKENS`: comma-separated, each `name:token:source|source`,
/// `name:token` or a bare token.
///
/// Comparing takes the same time for every token, whatever its length; this value has no `Debug`, so
/// that no token reaches a log by way of it.
pub struct Tokens {
    entries: Vec<Entry>,
}

struct Entry {
    caller: Caller,
    token: Padded,
}

/// A token in a space that is the same for all.
struct Padded {
    bytes: [u8; MAX_TOKEN_BYTES],
    n_bytes: u64,
}

impl Padded {
    /// `None` when it is too long.
    fn new(token: &str) -> Option<Self> {
        let mut bytes = [0; MAX_TOKEN_BYTES];
        bytes
            .get_mut(..token.len())?
            .copy_from_slice(token.as_bytes());
        Some(Self {
            bytes,
            n_bytes: token.len() as u64,
        })
    }

    fn ct_eq(&self, other: &Self) -> Choice {
        self.bytes.ct_eq(&other.bytes) & self.n_bytes.ct_eq(&other.n_bytes)
    }
}

/// Who a token belongs to and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub name: String,
    /// The sources that it may post and whose rows it may change; `None` is all.
    pub sources: Option<Vec<String>>,
}

/// Why the secret cannot be used. The messages hold no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensError {
    /// Not set, or nothing but commas and white space.
    None,
    /// An entry, counted from 1, with an empty name, token or source.
    EmptyPart { entry: usize },
    /// An entry, counted from 1, with more than two colons.
    ExtraColon { entry: usize },
    /// An entry, counted from 1, whose token is longer than [`MAX_TOKEN_BYTES`].
    TooLong { entry: usize },
}

impl std::fmt::Display for TokensError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("INGEST_TOKENS holds no token"),
            Self::EmptyPart { entry } => write!(
                f,
                "entry {entry} of INGEST_TOKENS has an empty name, token or source"
            ),
            Self::ExtraColon { entry } => {
                write!(f, "entry {entry} of INGEST_TOKENS has more than two colons")
            }
            Self::TooLong { entry } => write!(
                f,
                "the token of entry {entry} of INGEST_TOKENS is over {MAX_TOKEN_BYTES} bytes"
            ),
        }
    }
}

impl Tokens {
    /// Reads the secret's text.
    pub fn parse(secret: &str) -> Result<Self, TokensError> {
        let mut entries = Vec::new();
        let parts = secret
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        for (number, part) in parts.enumerate() {
            let entry = number + 1;
            let mut fields = part.splitn(3, ':').map(str::trim);
            let (first, second, sources) = (fields.next(), fields.next(), fields.next());
            let (name, token) = match (first, second) {
                (Some(name), Some(token)) => (name.to_owned(), token),
                _ => (format!("token-{entry}"), part),
            };
            if sources.is_some_and(|sources| sources.contains(':')) {
                return Err(TokensError::ExtraColon { entry });
            }
            let sources: Option<Vec<String>> = sources.map(|sources| {
                let sources = sources.split('|').map(|source| source.trim().to_owned());
                sources.collect()
            });
            let has_empty_source = sources
                .as_ref()
                .is_some_and(|sources| sources.iter().any(String::is_empty));
            if name.is_empty() || token.is_empty() || has_empty_source {
                return Err(TokensError::EmptyPart { entry });
            }
            entries.push(Entry {
                caller: Caller { name, sources },
                token: Padded::new(token).ok_or(TokensError::TooLong { entry })?,
            });
        }
        match entries.is_empty() {
            true => Err(TokensError::None),
            false => Ok(Self { entries }),
        }
    }

    /// Whose token is in an `Authorization: Bearer TOKEN` header.
    pub fn caller(&self, authorization: Option<&str>) -> Option<&Caller> {
        let (scheme, token) = authorization?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let token = Padded::new(token.trim())?;
        let none = self.entries.len() as u64;
        let mut found = none;
        // Every entry is compared, whichever it was.
        for (place, entry) in self.entries.iter().enumerate() {
            let equal = entry.token.ct_eq(&token);
            found.conditional_assign(&(place as u64), equal);
        }
        let entry = self.entries.get(usize::try_from(found).ok()?)?;
        Some(&entry.caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(secret: &str, authorization: &str) -> Option<String> {
        let tokens = Tokens::parse(secret).unwrap_or_else(|error| panic!("{error}"));
        let caller = tokens.caller(Some(authorization))?;
        Some(caller.name.clone())
    }

    #[test]
    fn names_come_from_the_entry_or_its_place() {
        let secret = " scraper:s3cret , bare , ";
        assert_eq!(name(secret, "Bearer s3cret").as_deref(), Some("scraper"));
        assert_eq!(name(secret, "bearer  bare").as_deref(), Some("token-2"));
    }

    #[test]
    fn others_are_nobody() {
        for authorization in [
            "Bearer s3cre",
            "Bearer s3crets",
            "Bearer",
            "Bearer ",
            "s3cret",
            "Basic s3cret",
            "Bearer scraper:s3cret",
            "",
        ] {
            assert_eq!(
                name("scraper:s3cret", authorization),
                None,
                "{authorization}"
            );
        }
        let tokens = Tokens::parse("x").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(tokens.caller(None), None);
    }

    #[test]
    fn an_unusable_secret_says_which_entry() {
        let error = |secret| Tokens::parse(secret).err();
        assert_eq!(error(""), Some(TokensError::None));
        assert_eq!(error(" ,, "), Some(TokensError::None));
        assert_eq!(error("a:b,c:"), Some(TokensError::EmptyPart { entry: 2 }));
        assert_eq!(error(":b"), Some(TokensError::EmptyPart { entry: 1 }));
        assert_eq!(error("a:b:"), Some(TokensError::EmptyPart { entry: 1 }));
        assert_eq!(error("a:b:s||t"), Some(TokensError::EmptyPart { entry: 1 }));
        assert_eq!(error("a:b:c:d"), Some(TokensError::ExtraColon { entry: 1 }));
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        assert_eq!(error(&longest), None);
        assert_eq!(
            error(&format!("a:{longest}x")),
            Some(TokensError::TooLong { entry: 1 })
        );
    }

    #[test]
    fn a_token_of_any_length_is_compared() {
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        let bearer = |token: &str| name(&longest, &format!("Bearer {token}"));
        assert!(bearer(&longest).is_some());
        assert!(bearer(&"x".repeat(MAX_TOKEN_BYTES - 1)).is_none());
        assert!(bearer(&format!("{longest}x")).is_none());
    }

    #[test]
    fn a_token_may_be_limited_to_sources() {
        let tokens = Tokens::parse("all:t1, some:t2:greenhouse| lever ")
            .unwrap_or_else(|error| panic!("{error}"));
        let sources = |authorization| {
            let caller = tokens.caller(Some(authorization));
            caller.expect("a known token").sources.clone()
        };
        assert_eq!(sources("Bearer t1"), None);
        let limited = vec!["greenhouse".to_owned(), "lever".to_owned()];
        assert_eq!(sources("Bearer t2"), Some(limited));
    }
}
