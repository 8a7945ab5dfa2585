//! Tokens: who may call, and what each caller may do.

mod caller;
mod digest;
mod entry;

use std::fmt;

use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

pub use caller::{Caller, Right, Rights};
pub use digest::{PREFIX as DIGEST_PREFIX, stored as stored_token};
pub use entry::EntryError;

use crate::limits::MAX_TOKEN_BYTES;
use digest::Digest;

/// The tokens of the secret `INGEST_TOKENS`: comma-separated entries, see [`entry`].
///
/// Tokens are compared by SHA-256, in constant time. The type has no `Debug`, so it cannot be
/// logged.
pub struct Tokens {
    entries: Vec<Entry>,
}

struct Entry {
    caller: Caller,
    digest: Digest,
}

/// Why the secret as a whole is invalid. The messages contain no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensError {
    /// Not set, or only commas and white space.
    None,
    /// Neither a text nor a number.
    NotText,
    /// `entry` is numbered from 1.
    Entry { entry: usize, error: EntryError },
}

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("INGEST_TOKENS holds no token"),
            Self::NotText => f.write_str("INGEST_TOKENS is not a text"),
            Self::Entry { entry, error } => write!(f, "entry {entry} of INGEST_TOKENS {error}"),
        }
    }
}

impl Tokens {
    /// Parses the secret. One invalid entry invalidates all of them: otherwise an operator would
    /// find out late which clients are locked out, or which old token is still valid.
    pub fn parse(secret: &str) -> Result<Self, TokensError> {
        let mut entries: Vec<Entry> = Vec::new();
        let parts = secret
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        for (index, part) in parts.enumerate() {
            let entry = index + 1;
            let error = |error| TokensError::Entry { entry, error };
            let (caller, digest) = entry::read(part, entry).map_err(error)?;
            // Quadratic, but Cloudflare limits a secret to 5 KB.
            if let Some(index) = entries.iter().position(|entry| entry.digest == digest) {
                let earlier = index + 1;
                return Err(error(EntryError::SameToken { earlier }));
            }
            entries.push(Entry { caller, digest });
        }
        match entries.is_empty() {
            true => Err(TokensError::None),
            false => Ok(Self { entries }),
        }
    }

    /// Returns the caller whose token an `Authorization: Bearer TOKEN` header carries.
    pub fn caller(&self, authorization: Option<&str>) -> Option<&Caller> {
        let (scheme, token) = authorization?.trim().split_once(' ')?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let digest = digest::of(token);
        let none = self.entries.len() as u64;
        let mut found = none;
        // Every entry is compared, whichever matches, to keep the time constant.
        for (index, entry) in self.entries.iter().enumerate() {
            let equal = entry.digest.ct_eq(&digest);
            found.conditional_assign(&(index as u64), equal);
        }
        let entry = self.entries.get(usize::try_from(found).ok()?)?;
        Some(&entry.caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_LABEL_CHARS, MAX_TOKEN_NAME_CHARS, MIN_TOKEN_BYTES};
    use crate::quota::Quota;

    const ONE: &str = "0f1e2d3c4b5a69788796a5b4";
    const TWO: &str = "-._~+/=-._~+/=-._~+/=ABC";

    fn tokens(secret: &str) -> Tokens {
        Tokens::parse(secret).unwrap_or_else(|error| panic!("{error}"))
    }

    fn name(secret: &str, authorization: &str) -> Option<String> {
        let tokens = tokens(secret);
        let caller = tokens.caller(Some(authorization))?;
        Some(caller.name.clone())
    }

    /// The caller of token `ONE` in an entry that ends with `rest`.
    fn caller(rest: &str) -> Caller {
        let tokens = tokens(&format!("a:{ONE}{rest}"));
        let caller = tokens.caller(Some(&format!("Bearer {ONE}")));
        caller.expect("a known token").clone()
    }

    #[test]
    fn names_come_from_the_entry_or_its_number() {
        let secret = format!(" scraper:{ONE} ,,\n {TWO} , ");
        let bearer = |token: &str| name(&secret, &format!("bearer  {token}"));
        assert_eq!(bearer(ONE).as_deref(), Some("scraper"));
        assert_eq!(bearer(TWO).as_deref(), Some("token-2"));
    }

    #[test]
    fn other_headers_match_no_caller() {
        let secret = format!("scraper:{ONE}");
        let (_, shorter) = ONE.split_at(1);
        for authorization in [
            &format!("Bearer {shorter}"),
            &format!("Bearer {ONE}s"),
            "Bearer",
            "Bearer ",
            ONE,
            &format!("Basic {ONE}"),
            &format!("Bearer scraper:{ONE}"),
            &format!("Bearer {}", ONE.to_uppercase()),
            "",
        ] {
            assert_eq!(name(&secret, authorization), None, "{authorization}");
        }
        assert_eq!(tokens(&secret).caller(None), None);
    }

    #[test]
    fn a_token_may_be_stored_as_its_digest() {
        let stored = stored_token(ONE);
        let hex = stored.trim_start_matches(DIGEST_PREFIX);
        for secret in [
            format!("a:{stored}"),
            format!("a:sha256-{}", hex.to_uppercase()),
            format!("a:{stored}:acme?rights=read"),
        ] {
            let bearer = |token: &str| name(&secret, &format!("Bearer {token}"));
            assert_eq!(bearer(ONE).as_deref(), Some("a"), "{secret}");
            // Reading the secret does not reveal the token.
            assert_eq!(bearer(&stored), None);
            assert_eq!(bearer(hex), None);
        }
    }

    fn message(secret: &str) -> String {
        match Tokens::parse(secret) {
            Ok(_) => panic!("{secret} is accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn invalid_secret_names_the_entry_and_the_rule() {
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        let hex = "a".repeat(63);
        let long_source = "s".repeat(MAX_LABEL_CHARS + 1);
        let secrets = [
            "".to_owned(),
            " ,, ".to_owned(),
            format!("a:{ONE},c:"),
            format!(":{ONE}"),
            format!("a:{ONE}:"),
            format!("a:{ONE}:s||t"),
            format!("a:{ONE}?source="),
            format!("a:{ONE}:b:{TWO}"),
            format!("a:{ONE};b:{TWO}"),
            format!("a:{ONE}:s;b:{TWO}"),
            format!("a:{ONE}\nb:{TWO}"),
            format!("{ONE}:scraper"),
            format!("a:{}", "x".repeat(MIN_TOKEN_BYTES - 1)),
            "bare-and-short".to_owned(),
            format!("a:{longest}x"),
            format!("a:{ONE} b:{TWO}"),
            format!("a:{ONE} {TWO}"),
            format!("a:\"{ONE}\""),
            format!("a:{ONE}|b"),
            format!("a:sha256-{hex}"),
            format!("a:{ONE},b:{TWO},a:{ONE}"),
            format!("a:{ONE},b:{}", stored_token(ONE)),
            format!("a:{ONE}:{long_source}"),
            format!("a:{ONE}?right=read"),
            format!("a:{ONE}?rights=write&rights=write"),
            format!("a:{ONE}?rights=admin"),
            format!("a:{ONE}?companyId=0"),
            format!("a:{ONE}?companyId=9007199254740992"),
            format!("a:{ONE}?rows_per_day=0"),
            format!("a:{ONE}?rows_per_day=1e3"),
            format!("a:{ONE}?bytes_per_day=1&bytes_per_day=2"),
        ];
        let messages: Vec<String> = secrets.iter().map(|secret| message(secret)).collect();
        insta::assert_snapshot!(messages.join("\n"), @"
        INGEST_TOKENS holds no token
        INGEST_TOKENS holds no token
        entry 2 of INGEST_TOKENS has an empty name, token or source
        entry 1 of INGEST_TOKENS has an empty name, token or source
        entry 1 of INGEST_TOKENS has an empty name, token or source
        entry 1 of INGEST_TOKENS has an empty name, token or source
        entry 1 of INGEST_TOKENS has an empty name, token or source
        entry 1 of INGEST_TOKENS has more than two colons; a source that contains a colon is written ?source=SOURCE
        entry 1 of INGEST_TOKENS has a semicolon or a line break; entries are separated by commas
        entry 1 of INGEST_TOKENS has a semicolon or a line break; entries are separated by commas
        entry 1 of INGEST_TOKENS has a semicolon or a line break; entries are separated by commas
        entry 1 of INGEST_TOKENS has a name of more than 23 characters, which could be a token; the name comes first
        entry 1 of INGEST_TOKENS has a token of fewer than 24 characters; `jobs-ingest token NAME` makes one
        entry 1 of INGEST_TOKENS has a token of fewer than 24 characters; `jobs-ingest token NAME` makes one
        entry 1 of INGEST_TOKENS has a token of more than 256 characters
        entry 1 of INGEST_TOKENS has a token with a character other than letters, digits and - . _ ~ + / =
        entry 1 of INGEST_TOKENS has a token with a character other than letters, digits and - . _ ~ + / =
        entry 1 of INGEST_TOKENS has a token with a character other than letters, digits and - . _ ~ + / =
        entry 1 of INGEST_TOKENS has a token with a character other than letters, digits and - . _ ~ + / =
        entry 1 of INGEST_TOKENS has sha256- without 64 hexadecimal digits after it
        entry 3 of INGEST_TOKENS has the same token as entry 1
        entry 2 of INGEST_TOKENS has the same token as entry 1
        entry 1 of INGEST_TOKENS has a source of more than 100 characters
        entry 1 of INGEST_TOKENS has an option other than source, companyId, rights, rows_per_day and bytes_per_day
        entry 1 of INGEST_TOKENS has the option rights twice
        entry 1 of INGEST_TOKENS has the option rights with a value other than read or write
        entry 1 of INGEST_TOKENS has the option companyId with a value other than an integer from 1 to 9007199254740991
        entry 1 of INGEST_TOKENS has the option companyId with a value other than an integer from 1 to 9007199254740991
        entry 1 of INGEST_TOKENS has the option rows_per_day with a value other than an integer from 1
        entry 1 of INGEST_TOKENS has the option rows_per_day with a value other than an integer from 1
        entry 1 of INGEST_TOKENS has the option bytes_per_day twice
        ");
        for (secret, message) in secrets.iter().zip(&messages) {
            for part in [ONE, TWO, "scraper", "admin"] {
                assert!(!message.contains(part), "{secret}: {message}");
            }
        }
    }

    #[test]
    fn lengths_are_accepted_up_to_their_limits() {
        let usable = |entry: &str| Tokens::parse(entry).is_ok();
        for n_bytes in [MIN_TOKEN_BYTES, MAX_TOKEN_BYTES] {
            let token = "x".repeat(n_bytes);
            assert_eq!(
                name(&token, &format!("Bearer {token}")).as_deref(),
                Some("token-1")
            );
        }
        assert!(!usable(&"x".repeat(MIN_TOKEN_BYTES - 1)));
        assert!(!usable(&"x".repeat(MAX_TOKEN_BYTES + 1)));
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        assert_eq!(name(&longest, &format!("Bearer {longest}x")), None);
        let long_name = "é".repeat(MAX_TOKEN_NAME_CHARS);
        assert!(usable(&format!("{long_name}:{ONE}")));
        assert!(!usable(&format!("{long_name}e:{ONE}")));
        let long_source = "é".repeat(MAX_LABEL_CHARS);
        assert!(usable(&format!("a:{ONE}:{long_source}")));
    }

    #[test]
    fn a_token_without_options_may_do_everything() {
        let everything = Caller {
            name: "a".to_owned(),
            ..Caller::default()
        };
        assert_eq!(caller(""), everything);
        assert_eq!(caller("?"), everything);
    }

    #[test]
    fn a_token_may_be_limited_to_sources() {
        let sources = |rest| caller(rest).sources.expect("sources");
        assert_eq!(sources(":greenhouse| lever "), ["greenhouse", "lever"]);
        // Characters that are separators elsewhere.
        let rest = "?source=greenhouse:acme&source=a%2Cb%3Bc%7Cd%26e+%3F";
        assert_eq!(sources(rest), ["greenhouse:acme", "a,b;c|d&e ?"]);
        assert_eq!(
            sources(":acme?source=greenhouse:acme"),
            ["acme", "greenhouse:acme"]
        );
    }

    #[test]
    fn a_token_may_be_limited_to_companies_rights_and_quotas() {
        let rest = "?companyId=7&companyId=9007199254740991&rights=write&rows_per_day=50000&bytes_per_day=100000000";
        let limited = Caller {
            name: "a".to_owned(),
            sources: None,
            companies: Some(vec![7, 9_007_199_254_740_991]),
            rights: Rights::Write,
            quota: Quota {
                rows: Some(50_000),
                bytes: Some(100_000_000),
            },
        };
        assert_eq!(caller(rest), limited);
        assert_eq!(caller("?rights=read").rights, Rights::Read);
    }
}
