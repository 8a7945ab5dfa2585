//! The Worker's routes that a push uses, with retries.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_ITEMS, MAX_LISTED_IDS};
use jobs_ingest_core::options::Missing;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::index::Indexed;
use super::retry;
use crate::http::{Answer, Client};
use crate::target::Target;

/// Two waits for memory and D1's batch timeout are 30 s each.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Bytes of a request's JSON: far below the Worker's limit, so that little is repeated after a
/// broken connection.
const MAX_REQUEST_BYTES: usize = 5_000_000;

/// Level 1 takes a third less time, and its postings are 30 to 45 % larger. Level 3 takes a fifth more and
/// saves 1 to 7 %; the default, 6, takes up to twice as much and saves 3 to 10 %.
const LEVEL: Compression = Compression::new(2);

#[derive(Debug)]
pub struct Api {
    client: Client,
    pub limits: Limits,
    pub dry_run: bool,
    bytes_sent: AtomicU64,
}

/// What one request may have.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub items: usize,
    pub ids: usize,
    pub bytes: usize,
    /// Of a list, which cannot be split.
    pub list_bytes: usize,
}

impl Limits {
    /// The limits of the Worker that this command was built with, and those that the OpenAPI of the
    /// deployed one states.
    fn of_openapi(openapi: Option<&Value>) -> Self {
        let stated = openapi.and_then(|openapi| {
            let items = openapi.pointer("/components/schemas/PostingList/maxItems")?;
            usize::try_from(items.as_u64()?).ok()
        });
        Self {
            items: stated.unwrap_or(MAX_ITEMS).max(1),
            ids: MAX_LISTED_IDS,
            bytes: MAX_REQUEST_BYTES,
            list_bytes: MAX_BODY_BYTES,
        }
    }
}

/// A request that the Worker refused for its size.
pub struct TooLarge;

impl Api {
    pub fn connect(target: &Target, dry_run: bool) -> Result<Self, Error> {
        let client = Client::new(target, ANSWER_WITHIN);
        let openapi = retried(|| client.get("/openapi.json"))?;
        Ok(Self {
            limits: Limits::of_openapi(openapi.json.as_ref()),
            client,
            dry_run,
            bytes_sent: AtomicU64::new(0),
        })
    }

    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent.load(Ordering::Relaxed)
    }

    /// Positions of postings that are not stored, or not with their hash.
    pub fn compare(&self, source: &str, entries: &[Indexed<'_>]) -> Result<Vec<usize>, Error> {
        let path = format!("/jobs/compare?source={}", encoded(source));
        let body = list_body(entries.iter().copied());
        let answer = self.call("POST", &path, None, &[&body])?;
        match answer.status {
            200 => field(&answer, "compare", "positions"),
            // Half as many at a time.
            413 if entries.len() > 1 => {
                let (first, second) = entries.split_at(entries.len() / 2);
                let mut positions = self.compare(source, first)?;
                let offset = first.len();
                let later = self.compare(source, second)?;
                positions.extend(later.into_iter().map(|position| position + offset));
                Ok(positions)
            }
            _ => Err(refused("compare", &answer)),
        }
    }

    /// Sends postings, a JSON array in parts. `Err(TooLarge)` if there are too many.
    ///
    /// With `touch=true`: what is sent differs by its hash, so it is written even if its values are equal. Without
    /// it a request stores 10,000 missing or outdated hashes at most, and the complete list, which states the hash
    /// of each posting, would be refused for the others.
    pub fn ingest(
        &self,
        source: &str,
        missing: Missing,
        body: &[&str],
        salt: &str,
    ) -> Result<Result<Answer, TooLarge>, Error> {
        let mut path = format!(
            "/jobs/ingest?defaults=none&on_error=skip&touch=true&source={}",
            encoded(source)
        );
        if missing == Missing::Keep {
            path.push_str("&missing=keep");
        }
        let key = self.key(&path, body, salt);
        if self.dry_run {
            path.push_str("&dry_run=true");
        }
        let answer = self.call("POST", &path, key.as_deref(), body)?;
        match answer.status {
            200 | 207 => Ok(Ok(answer)),
            413 => Ok(Err(TooLarge)),
            _ => Err(refused("ingest", &answer)),
        }
    }

    /// Puts a complete list; the answer may be a 409 `snapshot_incomplete`.
    pub fn put_list(
        &self,
        source: &str,
        observed_at: &str,
        allow_empty: bool,
        body: &str,
    ) -> Result<Answer, Error> {
        let mut path = format!(
            "/sources/{}/snapshot?observed_at={}",
            encoded(source),
            encoded(observed_at)
        );
        if allow_empty {
            path.push_str("&allow_empty=true");
        }
        let key = self.key(&path, &[body], "");
        if self.dry_run {
            path.push_str("&dry_run=true");
        }
        let answer = self.call("PUT", &path, key.as_deref(), &[body])?;
        match (answer.status, code(&answer)) {
            (200 | 207, _) | (409, Some("snapshot_incomplete")) => Ok(answer),
            _ => Err(refused("snapshot", &answer)),
        }
    }

    /// A key that is the same for the same content. A dry run has none.
    fn key(&self, path: &str, body: &[&str], salt: &str) -> Option<String> {
        if self.dry_run {
            return None;
        }
        let mut digest = Sha256::new();
        for part in [path, "\n", salt, "\n"].iter().chain(body) {
            digest.update(part.as_bytes());
        }
        Some(format!("push-{}", hex(&digest.finalize())))
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &[&str],
    ) -> Result<Answer, Error> {
        let gzipped = gzip(body);
        retried(|| {
            let n_bytes = gzipped.len() as u64;
            self.bytes_sent.fetch_add(n_bytes, Ordering::Relaxed);
            self.client.send_gzipped(method, path, key, &gzipped)
        })
    }
}

fn retried(
    mut attempt: impl FnMut() -> Result<Answer, crate::http::NoAnswer>,
) -> Result<Answer, Error> {
    let mut n_attempts = 0;
    loop {
        n_attempts += 1;
        match attempt() {
            Ok(answer) => {
                let is_transient = retry::is_transient(answer.status, code(&answer));
                if !is_transient || !retry::wait(n_attempts, answer.header("retry-after")) {
                    return Ok(answer);
                }
            }
            Err(cause) => {
                if !retry::wait(n_attempts, None) {
                    return Err(Error::WorkerSilent { cause });
                }
            }
        }
    }
}

/// The code of a problem.
fn code(answer: &Answer) -> Option<&str> {
    answer.json.as_ref()?.get("code")?.as_str()
}

pub fn refused(call: &str, answer: &Answer) -> Error {
    Error::Refused {
        call: call.to_owned(),
        answer: answer.describe(),
    }
}

/// A field of an answer.
pub fn field<T: DeserializeOwned>(
    answer: &Answer,
    call: &str,
    name: &'static str,
) -> Result<T, Error> {
    let value = answer.json.as_ref().and_then(|json| json.get(name));
    let value = value.and_then(|value| T::deserialize(value).ok());
    value.ok_or_else(|| Error::Unexpected {
        call: call.to_owned(),
        field: name,
    })
}

/// Ids with their hashes, as a JSON array.
pub fn list_body<'i>(entries: impl Iterator<Item = Indexed<'i>>) -> String {
    let mut body = "[".to_owned();
    for entry in entries {
        if body.len() > 1 {
            body.push(',');
        }
        match entry.hash {
            Some(hash) => {
                body.push_str("{\"externalId\":\"");
                body.push_str(entry.id);
                body.push_str("\",\"hash\":\"");
                body.extend(hash.map(char::from));
                body.push_str("\"}");
            }
            None => {
                body.push('"');
                body.push_str(entry.id);
                body.push('"');
            }
        }
    }
    body.push(']');
    body
}

/// Upper bound for the bytes of an entry in [`list_body`].
pub fn list_entry_bytes(entry: &Indexed<'_>) -> usize {
    const REST: usize = "{\"externalId\":\"\",\"hash\":\"AAAAAAAAAAA\"},".len();
    REST + entry.id.len()
}

fn encoded(text: &str) -> String {
    // The unreserved characters of RFC 3986 stay.
    const RESERVED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, &RESERVED).to_string()
}

fn gzip(parts: &[&str]) -> Vec<u8> {
    let n_bytes: usize = parts.iter().map(|part| part.len()).sum();
    // Usually a third to half as long. To memory; it cannot fail.
    let mut encoder = GzEncoder::new(Vec::with_capacity(n_bytes / 2), LEVEL);
    for part in parts {
        let _ = encoder.write_all(part.as_bytes());
    }
    encoder.finish().unwrap_or_default()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_of_the_openapi_win() {
        let stated = json!({"components": {"schemas": {"PostingList": {"maxItems": 7}}}});
        assert_eq!(Limits::of_openapi(Some(&stated)).items, 7);
        assert_eq!(Limits::of_openapi(None).items, MAX_ITEMS);
        assert_eq!(Limits::of_openapi(Some(&json!({}))).items, MAX_ITEMS);
    }

    #[test]
    fn list_has_hashes_where_there_are() {
        let entry = |id, hash| Indexed {
            id,
            hash,
            ordinal: 0,
        };
        let entries = [entry("a", Some(*b"AAAAAAAAAA_")), entry("b", None)];
        let body = list_body(entries.iter().copied());
        assert_eq!(body, r#"[{"externalId":"a","hash":"AAAAAAAAAA_"},"b"]"#);
        assert!(body.len() <= 2 + entries.iter().map(list_entry_bytes).sum::<usize>());
        assert_eq!(list_body(std::iter::empty()), "[]");
    }
}
