//! `.dev.vars`: the secrets of the Worker on this machine, ignored by git.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::SystemTime;

use crate::error::Error;
use crate::progress::tell;
use crate::project;

const FILE_NAME: &str = ".dev.vars";
const SECRET: &str = "INGEST_TOKENS";
/// The prefix of a token's digest, from which nobody can read the token.
const DIGEST: &str = "sha256-";
const TOKEN_BYTES: usize = 24;

/// The text of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct DevVars(String);

impl DevVars {
    /// Reads the file, or creates it with a random token.
    pub fn load_or_create() -> Result<Self, Error> {
        let path = project::root().join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Self(text)),
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("read", path)(cause));
            }
            Err(_) => {}
        }
        tell(format_args!("==> creating {FILE_NAME} with a random token"));
        let text = format!("{SECRET}=dev:{}\n", random_token()?);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(Error::file("write", path))?;
        Ok(Self(text))
    }

    /// The file as it is now; `None` if that cannot be read, for example while an editor replaces it.
    pub fn load() -> Option<Self> {
        std::fs::read_to_string(project::root().join(FILE_NAME))
            .ok()
            .map(Self)
    }

    /// Makes a running wrangler read the file again. It does so only when its configuration changes, of which
    /// the time of the last change is enough.
    pub fn reload() -> Result<(), Error> {
        let path = project::root().join("wrangler.toml");
        OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .map_err(Error::file("set the time of", path))
    }

    /// Returns the first token of `INGEST_TOKENS` that is not stored as a digest, without its name and limits.
    pub fn first_token(&self) -> Result<String, Error> {
        self.find_token().ok_or_else(|| {
            Error::other(
                format!("{FILE_NAME} has no {SECRET}, or none with a token that is not a digest"),
                format!("add a line {SECRET}=dev:TOKEN, or remove the file: it is created again"),
            )
        })
    }

    fn find_token(&self) -> Option<String> {
        let value = self.0.lines().rev().find_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (key, value) = line.split_once('=')?;
            (key.trim() == SECRET).then(|| value.trim())
        })?;
        let unquoted = ['"', '\'', '`'].iter().find_map(|quote| {
            let (value, _) = value.strip_prefix(*quote)?.split_once(*quote)?;
            Some(value)
        });
        // Outside quotes a # begins a comment.
        let value = unquoted.unwrap_or_else(|| value.split('#').next().unwrap_or(value));
        let tokens = value.split(',').map(|entry| {
            let entry = entry.split('?').next().unwrap_or(entry);
            let mut parts = entry.split(':').map(str::trim);
            let first = parts.next().unwrap_or_default();
            parts.next().unwrap_or(first)
        });
        let mut usable = tokens.filter(|token| !token.is_empty() && !token.starts_with(DIGEST));
        usable.next().map(str::to_owned)
    }
}

fn random_token() -> Result<String, Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|cause| Error::Other {
        message: format!("the system gives no random bytes: {cause}"),
        hint: None,
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{DevVars, TOKEN_BYTES, random_token};

    fn token(text: &str) -> Option<String> {
        DevVars(text.to_owned()).find_token()
    }

    #[test]
    fn finds_the_first_token_without_its_name() {
        assert_eq!(token("INGEST_TOKENS=dev:abc").as_deref(), Some("abc"));
        assert_eq!(
            token("A=1\n INGEST_TOKENS = \"abc,x:def\"").as_deref(),
            Some("abc")
        );
        assert_eq!(
            token("export INGEST_TOKENS='a:b#c'").as_deref(),
            Some("b#c")
        );
        assert_eq!(token("INGEST_TOKENS=abc # mine").as_deref(), Some("abc"));
    }

    #[test]
    fn skips_limits_and_digests() {
        for entry in [
            "dev:abc:acme|globex",
            "dev : abc",
            "dev:abc?rights=write",
            "dev:abc:acme?source=a:b",
            "abc?rights=write",
            "a:sha256-0f1e,dev:abc",
        ] {
            let found = token(&format!("INGEST_TOKENS='{entry}'"));
            assert_eq!(found.as_deref(), Some("abc"), "{entry}");
        }
    }

    #[test]
    fn last_line_wins_as_in_wrangler() {
        assert_eq!(
            token("INGEST_TOKENS=a\nINGEST_TOKENS=b").as_deref(),
            Some("b")
        );
    }

    #[test]
    fn finds_no_token_in_other_lines() {
        for text in [
            "",
            "OTHER=x:y",
            "# INGEST_TOKENS=a",
            "INGEST_TOKENS=",
            "INGEST_TOKENS=dev:",
            "INGEST_TOKENS=dev:sha256-0f1e",
        ] {
            assert_eq!(token(text), None, "{text}");
        }
    }

    #[test]
    fn random_tokens_are_hexadecimal_and_differ() {
        let (a, b) = (random_token().ok(), random_token().ok());
        assert_ne!(a, b);
        let a = a.unwrap_or_default();
        assert_eq!(a.len(), 2 * TOKEN_BYTES);
        assert!(a.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
