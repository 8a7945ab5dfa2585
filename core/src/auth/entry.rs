//! The grammar of one entry of `INGEST_TOKENS`: `[NAME:]TOKEN[:SOURCE|SOURCE…][?OPTION=VALUE&…]`.
//!
//! Options are percent-encoded as in a URL query, so a value may contain any character.

use std::fmt;

use form_urlencoded::byte_serialize;

use super::caller::{Caller, Rights};
use super::digest::{self, Digest};
use crate::limits::{
    MAX_LABEL_CHARS, MAX_REFERENCE_ID, MAX_TOKEN_BYTES, MAX_TOKEN_NAME_CHARS, MIN_TOKEN_BYTES,
};
use crate::quota::{BYTES, ROWS};

const SOURCE: &str = "source";
const COMPANY_ID: &str = "companyId";
const RIGHTS: &str = "rights";

/// Why an entry is invalid. No message contains any part of the entry, which may be the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// A semicolon or a line break: several entries not separated by a comma.
    WrongSeparator,
    /// An empty name, token or source.
    EmptyPart,
    /// More than two colons before the options.
    ExtraColon,
    /// A name as long as a token: probably a token in the name's position.
    NameTooLong,
    /// A token shorter than [`MIN_TOKEN_BYTES`].
    TokenTooShort,
    /// A token longer than [`MAX_TOKEN_BYTES`].
    TokenTooLong,
    /// A character that RFC 6750 does not allow in a Bearer token.
    TokenCharacter,
    /// `sha256-` not followed by exactly 64 hexadecimal digits.
    InvalidDigest,
    /// The token of an earlier entry, numbered from 1.
    SameToken {
        earlier: usize,
    },
    /// A source longer than any posting's can be.
    SourceTooLong,
    UnknownOption,
    RepeatedOption {
        option: &'static str,
    },
    InvalidOption {
        option: &'static str,
        expected: &'static str,
    },
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongSeparator => {
                f.write_str("has a semicolon or a line break; entries are separated by commas")
            }
            Self::EmptyPart => f.write_str("has an empty name, token or source"),
            Self::ExtraColon => f.write_str(
                "has more than two colons; a source that contains a colon is written ?source=SOURCE",
            ),
            Self::NameTooLong => write!(
                f,
                "has a name of more than {MAX_TOKEN_NAME_CHARS} characters, which could be a token; \
                 the name comes first"
            ),
            Self::TokenTooShort => {
                write!(
                    f,
                    "has a token of fewer than {MIN_TOKEN_BYTES} characters; \
                     `jobs-ingest token NAME` makes one"
                )
            }
            Self::TokenTooLong => {
                write!(f, "has a token of more than {MAX_TOKEN_BYTES} characters")
            }
            Self::TokenCharacter => f.write_str(
                "has a token with a character other than letters, digits and - . _ ~ + / =",
            ),
            Self::InvalidDigest => {
                f.write_str("has sha256- without 64 hexadecimal digits after it")
            }
            Self::SameToken { earlier } => write!(f, "has the same token as entry {earlier}"),
            Self::SourceTooLong => {
                write!(f, "has a source of more than {MAX_LABEL_CHARS} characters")
            }
            Self::UnknownOption => write!(
                f,
                "has an option other than {SOURCE}, {COMPANY_ID}, {RIGHTS}, {ROWS} and {BYTES}"
            ),
            Self::RepeatedOption { option } => write!(f, "has the option {option} twice"),
            Self::InvalidOption { option, expected } => {
                write!(f, "has the option {option} with a value other than {expected}")
            }
        }
    }
}

/// Parses an entry; `number` is its position in the secret, from 1.
pub fn read(entry: &str, number: usize) -> Result<(Caller, Digest), EntryError> {
    if entry.contains([';', '\n', '\r']) {
        return Err(EntryError::WrongSeparator);
    }
    let (parts, options) = entry.split_once('?').unwrap_or((entry, ""));
    let mut parts = parts.split(':').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let (name, token) = match parts.next() {
        Some(token) => (first.to_owned(), token),
        None => (format!("token-{number}"), first),
    };
    let sources = parts.next();
    if parts.next().is_some() {
        return Err(EntryError::ExtraColon);
    }
    if name.is_empty() || token.is_empty() {
        return Err(EntryError::EmptyPart);
    }
    if name.chars().count() > MAX_TOKEN_NAME_CHARS {
        return Err(EntryError::NameTooLong);
    }
    let digest = stored_digest(token)?;
    let mut caller = Caller {
        name,
        ..Caller::default()
    };
    for source in sources.into_iter().flat_map(|sources| sources.split('|')) {
        add_source(&mut caller, source)?;
    }
    read_options(options, &mut caller)?;
    Ok((caller, digest))
}

/// Returns the digest of a token as stored in the secret: the token itself, or `sha256-HEX`.
fn stored_digest(token: &str) -> Result<Digest, EntryError> {
    if let Some(hex) = token.strip_prefix(digest::PREFIX) {
        return digest::from_hex(hex).ok_or(EntryError::InvalidDigest);
    }
    if token.len() < MIN_TOKEN_BYTES {
        return Err(EntryError::TokenTooShort);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(EntryError::TokenTooLong);
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if !token.bytes().all(is_allowed) {
        return Err(EntryError::TokenCharacter);
    }
    Ok(digest::of(token))
}

fn add_source(caller: &mut Caller, source: &str) -> Result<(), EntryError> {
    let source = source.trim();
    if source.is_empty() {
        return Err(EntryError::EmptyPart);
    }
    if source.chars().count() > MAX_LABEL_CHARS {
        return Err(EntryError::SourceTooLong);
    }
    let sources = caller.sources.get_or_insert_default();
    sources.push(source.to_owned());
    Ok(())
}

fn read_options(options: &str, caller: &mut Caller) -> Result<(), EntryError> {
    let mut has_rights = false;
    for (option, value) in form_urlencoded::parse(options.as_bytes()) {
        match option.as_ref() {
            SOURCE => add_source(caller, &value)?,
            COMPANY_ID => {
                let id = positive(&value).filter(|id| *id <= MAX_REFERENCE_ID);
                let id = id.ok_or(EntryError::InvalidOption {
                    option: COMPANY_ID,
                    expected: "an integer from 1 to 9007199254740991",
                })?;
                caller.companies.get_or_insert_default().push(id);
            }
            RIGHTS if has_rights => return Err(EntryError::RepeatedOption { option: RIGHTS }),
            RIGHTS => {
                has_rights = true;
                caller.rights = match value.as_ref() {
                    "read" => Rights::Read,
                    "write" => Rights::Write,
                    _ => {
                        return Err(EntryError::InvalidOption {
                            option: RIGHTS,
                            expected: "read or write",
                        });
                    }
                };
            }
            ROWS => set_quota(&mut caller.quota.rows, ROWS, &value)?,
            BYTES => set_quota(&mut caller.quota.bytes, BYTES, &value)?,
            _ => return Err(EntryError::UnknownOption),
        }
    }
    Ok(())
}

fn set_quota(quota: &mut Option<u64>, option: &'static str, value: &str) -> Result<(), EntryError> {
    let number = positive(value).ok_or(EntryError::InvalidOption {
        option,
        expected: "an integer from 1",
    })?;
    match quota.replace(number) {
        None => Ok(()),
        Some(_) => Err(EntryError::RepeatedOption { option }),
    }
}

fn positive(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number > 0)
}

impl Caller {
    /// Returns the entry that grants this caller a token. `stored` is the token itself, or
    /// [`digest::PREFIX`] and its digest. Inverse of [`read`].
    pub fn to_entry(&self, stored: &str) -> String {
        let mut entry = format!("{}:{stored}", self.name);
        let sources = self.sources.as_deref().unwrap_or_default();
        let is_plain = |source: &String| !source.contains([':', '?', ',', ';', '|']);
        let are_plain = sources.iter().all(is_plain);
        if are_plain && !sources.is_empty() {
            entry.push(':');
            entry.push_str(&sources.join("|"));
        }
        let mut separator = '?';
        let mut option = |name: &str, value: &str| {
            entry.push(separator);
            separator = '&';
            entry.push_str(name);
            entry.push('=');
            for part in byte_serialize(value.as_bytes()) {
                // Colons are common in sources and need no escaping in an option.
                entry.push_str(if part == "%3A" { ":" } else { part });
            }
        };
        if !are_plain {
            for source in sources {
                option(SOURCE, source);
            }
        }
        for id in self.companies.iter().flatten() {
            option(COMPANY_ID, &id.to_string());
        }
        match self.rights {
            Rights::ReadAndWrite => {}
            Rights::Read => option(RIGHTS, "read"),
            Rights::Write => option(RIGHTS, "write"),
        }
        for (name, quota) in [(ROWS, self.quota.rows), (BYTES, self.quota.bytes)] {
            if let Some(quota) = quota {
                option(name, &quota.to_string());
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::quota::Quota;

    fn callers() -> impl Strategy<Value = Caller> {
        let source = "[^\\s\u{feff}\u{85}|][^|\n\r]{0,30}[^\\s\u{feff}\u{85}|]";
        (
            "[a-z][a-z0-9 ._@-]{0,20}[a-z0-9]",
            of(vec(source, 1..4)),
            of(vec(1..=MAX_REFERENCE_ID, 1..4)),
            prop_oneof![
                Just(Rights::ReadAndWrite),
                Just(Rights::Read),
                Just(Rights::Write)
            ],
            of(1..=u64::MAX),
            of(1..=u64::MAX),
        )
            .prop_map(|(name, sources, companies, rights, rows, bytes)| Caller {
                name,
                sources,
                companies,
                rights,
                quota: Quota { rows, bytes },
            })
    }

    proptest! {
        #[test]
        fn written_entry_parses_back_to_its_caller(caller in callers()) {
            let token = "0f1e2d3c4b5a69788796a5b4";
            for stored in [token.to_owned(), digest::stored(token)] {
                let entry = caller.to_entry(&stored);
                prop_assert_eq!(read(&entry, 1), Ok((caller.clone(), digest::of(token))), "{}", entry);
            }
        }

        #[test]
        fn errors_never_repeat_the_entry(entry in "\\PC{0,80}") {
            if let Err(error) = read(&entry, 1) {
                prop_assert!(entry.len() < 12 || !error.to_string().contains(&entry));
            }
        }
    }
}
