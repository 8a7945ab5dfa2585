//! The Worker to call, and the token for it. Shared by `smoke` and `push`.

use std::net::IpAddr;

use ureq::http::HeaderValue;
use ureq::http::uri::{Scheme, Uri};

/// The environment variable of the token, unless the caller names another.
pub const TOKEN_VARIABLE: &str = "JOBS_INGEST_TOKEN";

/// A deployment to check.
#[derive(Debug)]
pub struct Target {
    /// `https://HOST`, without a slash at the end.
    url: String,
    authorization: HeaderValue,
    is_local: bool,
}

/// One variant per mistake of the caller.
#[derive(Debug, PartialEq, Eq)]
pub enum TargetError {
    NotUrl {
        url: String,
    },
    NotHttp {
        url: String,
    },
    /// `http://` to another machine: anybody on the way could read the token.
    NotEncrypted {
        url: String,
    },
    HasUser {
        url: String,
    },
    HasPath {
        url: String,
        path: String,
    },
    NoToken {
        variable: String,
    },
    NotToken {
        variable: String,
    },
}

impl std::fmt::Display for TargetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotUrl { url } => write!(f, "--url is '{url}', which is not a URL"),
            Self::NotHttp { url } => {
                write!(
                    f,
                    "--url is '{url}', expected one that begins with https:// or http://"
                )
            }
            Self::NotEncrypted { url } => write!(
                f,
                "--url is '{url}', which would send the token without encryption"
            ),
            Self::HasUser { url } => {
                write!(f, "--url is '{url}', which has a user before the host")
            }
            Self::HasPath { url, path } => {
                write!(f, "--url is '{url}', expected no path, found '{path}'")
            }
            Self::NoToken { variable } => write!(f, "{variable} is not set"),
            Self::NotToken { variable } => write!(
                f,
                "{variable} has characters that no header can carry, such as a line break"
            ),
        }
    }
}

impl std::error::Error for TargetError {}

impl TargetError {
    pub fn hint(&self) -> String {
        match self {
            Self::NotUrl { .. } | Self::NotHttp { .. } | Self::HasUser { .. } => {
                "for example --url https://jobs-ingest.example.workers.dev".to_owned()
            }
            Self::NotEncrypted { .. } => {
                "use https://; http:// is for this machine only (localhost, 127.0.0.1, [::1])"
                    .to_owned()
            }
            Self::HasPath { .. } => "give scheme and host; the command knows the paths".to_owned(),
            Self::NoToken { variable } | Self::NotToken { variable } => format!(
                "set it to a token of the deployment: {variable}=TOKEN jobs-ingest … --url …"
            ),
        }
    }
}

impl Target {
    /// Takes the token from an environment variable.
    pub fn from_env(url: &str, variable: &str) -> Result<Self, TargetError> {
        Self::new(url, variable, std::env::var(variable).ok().as_deref())
    }

    fn new(url: &str, variable: &str, token: Option<&str>) -> Result<Self, TargetError> {
        let owned = || url.to_owned();
        let uri: Uri = url
            .parse()
            .map_err(|_| TargetError::NotUrl { url: owned() })?;
        let is_encrypted = uri.scheme() == Some(&Scheme::HTTPS);
        if !is_encrypted && uri.scheme() != Some(&Scheme::HTTP) {
            return Err(TargetError::NotHttp { url: owned() });
        }
        let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else {
            return Err(TargetError::NotUrl { url: owned() });
        };
        if authority.as_str().contains('@') {
            return Err(TargetError::HasUser { url: owned() });
        }
        let is_local = is_loopback(host);
        if !is_encrypted && !is_local {
            return Err(TargetError::NotEncrypted { url: owned() });
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        if path != "/" {
            return Err(TargetError::HasPath {
                url: owned(),
                path: path.to_owned(),
            });
        }
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| TargetError::NoToken {
            variable: variable.to_owned(),
        })?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
                TargetError::NotToken {
                    variable: variable.to_owned(),
                }
            })?;
        authorization.set_sensitive(true);
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            authorization,
            is_local,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    /// The command that removes the rows of this check and of earlier ones.
    pub fn how_to_delete(&self) -> String {
        let place = if self.is_local {
            "--local"
        } else {
            "--remote --env production"
        };
        let mut text = format!(
            "the rows that this check has written have the sources 'smoke' and 'smoke-list'; to delete them:\n  \
             npx wrangler d1 execute DB {place} --command \"DELETE FROM jobs WHERE source IN ('smoke', 'smoke-list'); \
             DELETE FROM ingest_sources WHERE source = 'smoke-list'\""
        );
        if !self.is_local {
            text.push_str("\n  (with the environment of wrangler.toml that you have deployed)");
        }
        text
    }
}

/// Whether what is sent to a host stays on this machine.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        // RFC 6761: `localhost` and the names below it resolve to loopback addresses only.
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, TargetError> {
        Target::new(url, TOKEN_VARIABLE, Some("token"))
    }

    #[test]
    fn takes_scheme_and_host_with_or_without_a_slash() {
        for url in [
            "https://example.org",
            "https://example.org/",
            "http://[::1]:8787/",
        ] {
            let target = target(url).unwrap();
            assert_eq!(target.url(), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn refuses_what_is_not_the_url_of_a_worker() {
        for (url, expected) in [
            ("", "not a URL"),
            ("https://", "not a URL"),
            ("a b", "not a URL"),
            ("example.org", "begins with https://"),
            ("ftp://example.org", "begins with https://"),
            ("/jobs/ingest", "begins with https://"),
            ("https://me:secret@example.org", "a user before the host"),
            ("https://example.org/jobs/ingest", "found '/jobs/ingest'"),
            ("https://example.org/?a=b", "found '/?a=b'"),
        ] {
            let error = target(url).unwrap_err().to_string();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn needs_a_token_that_a_header_can_carry() {
        let variable = || TOKEN_VARIABLE.to_owned();
        let no_token = || TargetError::NoToken {
            variable: variable(),
        };
        let not_token = TargetError::NotToken {
            variable: variable(),
        };
        for (token, expected) in [
            (None, no_token()),
            (Some(" "), no_token()),
            (Some("a\nb"), not_token),
        ] {
            assert_eq!(
                Target::new("https://example.org", TOKEN_VARIABLE, token).unwrap_err(),
                expected
            );
        }
    }

    #[test]
    fn does_not_show_the_token() {
        let target = Target::new("https://example.org", TOKEN_VARIABLE, Some("hush")).unwrap();
        assert!(!format!("{target:?}").contains("hush"));
    }

    #[test]
    fn sends_a_token_without_encryption_to_this_machine_only() {
        for url in [
            "http://example.org",
            "http://192.168.0.1:8787",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://[2001:db8::1]:8787",
            "http://0.0.0.0:8787",
        ] {
            let url = url.to_owned();
            assert_eq!(target(&url).unwrap_err(), TargetError::NotEncrypted { url });
        }
        for url in [
            "https://example.org",
            "http://127.0.0.1:8787",
            "http://127.1.2.3",
            "http://localhost:8787",
            "http://LOCALHOST",
            "http://worker.localhost:8787",
            "http://[::1]:8787",
        ] {
            assert!(target(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn deletes_in_the_database_that_the_worker_writes_to() {
        let local = target("http://localhost:8787").unwrap().how_to_delete();
        assert!(local.contains(" --local "), "{local}");
        let remote = target("https://example.org").unwrap().how_to_delete();
        assert!(remote.contains(" --remote --env "), "{remote}");
    }
}
