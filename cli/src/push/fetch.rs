//! Fetches feeds: pages, conditional requests, retries, limits.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::time::Duration;

use jobs_ingest_feeds::{Format, next_page};
use ureq::Agent;
use ureq::http::{HeaderMap, Request, Response, header};
use url::Url;

use super::cache::{Cache, Kept, Validators};
use super::content::Content;
use super::detected::detected;
use super::error::Error;
use super::retry;
use crate::http::{NoAnswer, USER_AGENT};
use crate::target::is_loopback;

/// Bytes of a body, in transfer and after decompression.
const MAX_BODY_BYTES: u64 = 512 << 20;
/// A page of SmartRecruiters has 100 postings.
const MAX_PAGES: usize = 2_000;
const MAX_REDIRECTS: usize = 5;

const CONNECT_WITHIN: Duration = Duration::from_secs(20);
/// Without a byte for this long, a connection counts as broken.
const READ_WITHIN: Duration = Duration::from_secs(30);
const BODY_WITHIN: Duration = Duration::from_secs(600);

pub struct Fetcher {
    agent: Agent,
    cache: Cache,
}

impl Fetcher {
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_recv_response(Some(READ_WITHIN))
            .timeout_per_read(Some(READ_WITHIN))
            .timeout_recv_body(Some(BODY_WITHIN))
            .user_agent(USER_AGENT)
            .build();
        Self {
            agent: config.into(),
            cache: Cache::of_user(),
        }
    }

    /// Fetches all pages of a list. The format is detected from the first page if it is not given.
    pub fn fetch(
        &self,
        url: &str,
        format: Option<Format>,
    ) -> Result<(Format, Vec<Content>), Error> {
        let first = allowed("the feed's URL", url)?;
        let mut bodies = vec![self.page(&first)?];
        let format = match (format, bodies.first()) {
            (None, Some(body)) => detected(url, body)?,
            (format, _) => format.unwrap_or(Format::Json),
        };
        let mut seen = HashSet::from([first.to_string()]);
        let mut page_url = first.clone();
        // Feeds that stream have no pages, and need not fit into memory.
        while let Some(body) = bodies.last().filter(|_| !format.streams()) {
            let mapping = |cause| Error::Mapping {
                name: page_url.to_string(),
                cause,
            };
            let body = body.read().map_err(|cause| mapping(cause.into()))?;
            let Some(next) = next_page(format, page_url.as_str(), &body).map_err(mapping)? else {
                break;
            };
            page_url = same_host(&page_url, &next)?;
            if !seen.insert(page_url.to_string()) {
                let url = page_url.to_string();
                return Err(Error::PagesLoop { url });
            }
            if bodies.len() == MAX_PAGES {
                return Err(Error::TooManyPages {
                    url: url.to_owned(),
                    limit: MAX_PAGES,
                });
            }
            bodies.push(self.page(&page_url)?);
        }
        Ok((format, bodies))
    }

    /// Fetches one body, or takes it from the cache if the server confirms that.
    fn page(&self, url: &Url) -> Result<Content, Error> {
        let kept = self.cache.get(url);
        let mut n_attempts = 0;
        loop {
            n_attempts += 1;
            let cause = match self.attempt(url, kept.as_ref())? {
                Attempt::Body(content) => return Ok(content),
                Attempt::Unchanged => {
                    if let Some(kept) = kept {
                        return kept.content(MAX_BODY_BYTES);
                    }
                    None
                }
                Attempt::Status {
                    status,
                    retry_after,
                } => {
                    let is_transient = retry::is_transient(status, None);
                    if !is_transient || !retry::wait(n_attempts, retry_after.as_deref()) {
                        return Err(Error::FeedStatus {
                            url: url.to_string(),
                            status,
                        });
                    }
                    continue;
                }
                Attempt::Broken(cause) => Some(cause),
            };
            if !retry::wait(n_attempts, None) {
                let silent = || NoAnswer {
                    cause: "304 without a condition".to_owned(),
                };
                return Err(Error::FeedSilent {
                    url: url.to_string(),
                    n_attempts,
                    cause: cause.unwrap_or_else(silent),
                });
            }
        }
    }

    fn attempt(&self, url: &Url, kept: Option<&Kept>) -> Result<Attempt, Error> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = match self.get(&at, kept) {
                Ok(response) => response,
                Err(error) => return Ok(Attempt::Broken(error.into())),
            };
            let status = response.status().as_u16();
            return match status {
                200 => self.body(url, response),
                304 => Ok(Attempt::Unchanged),
                301 | 302 | 303 | 307 | 308 => {
                    let location = text(response.headers(), header::LOCATION.as_str());
                    at = same_host(&at, &location.unwrap_or_default())?;
                    continue;
                }
                status => Ok(Attempt::Status {
                    status,
                    retry_after: text(response.headers(), header::RETRY_AFTER.as_str()),
                }),
            };
        }
        Err(Error::TooManyRedirects {
            url: url.to_string(),
            limit: MAX_REDIRECTS,
        })
    }

    fn get(&self, url: &Url, kept: Option<&Kept>) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut request = Request::get(url.as_str())
            // Decompressed when it is read.
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::ACCEPT, "*/*");
        let validators = kept.map(|kept| &kept.validators);
        for (name, value) in [
            (
                header::IF_NONE_MATCH,
                validators.and_then(|v| v.etag.as_ref()),
            ),
            (
                header::IF_MODIFIED_SINCE,
                validators.and_then(|v| v.last_modified.as_ref()),
            ),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        self.agent.run(request.body(())?)
    }

    fn body(&self, url: &Url, mut response: Response<ureq::Body>) -> Result<Attempt, Error> {
        let header = |name: header::HeaderName| text(response.headers(), name.as_str());
        // Without a length, a body that was cut off looks complete, and must not be kept.
        let has_end = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
        let validators = match has_end.into_iter().any(|name| header(name).is_some()) {
            true => Validators {
                etag: header(header::ETAG),
                last_modified: header(header::LAST_MODIFIED),
            },
            false => Validators::default(),
        };
        let mut spool = self.cache.spool(&validators)?;
        let body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut body = body.take(MAX_BODY_BYTES + 1);
        let mut buffer = vec![0; 64 << 10];
        let mut n_bytes = 0;
        loop {
            let n_read = match body.read(&mut buffer) {
                Ok(n_read) => n_read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Ok(Attempt::Broken(NoAnswer {
                        cause: error.to_string(),
                    }));
                }
            };
            if n_read == 0 {
                break;
            }
            n_bytes += n_read as u64;
            if n_bytes > MAX_BODY_BYTES {
                return Err(Error::TooLarge {
                    url: url.to_string(),
                    limit_bytes: MAX_BODY_BYTES,
                });
            }
            spool.write(buffer.get(..n_read).unwrap_or_default())?;
        }
        let content = spool.keep(url, MAX_BODY_BYTES)?;
        Ok(Attempt::Body(content))
    }
}

enum Attempt {
    Body(Content),
    Unchanged,
    Status {
        status: u16,
        retry_after: Option<String>,
    },
    Broken(NoAnswer),
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// A URL that may be fetched.
fn allowed(name: &'static str, url: &str) -> Result<Url, Error> {
    let not_https = || Error::NotHttps {
        name,
        url: url.to_owned(),
    };
    let parsed = Url::parse(url).map_err(|_| not_https())?;
    let is_local = parsed.host_str().is_some_and(is_loopback);
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_local => Ok(parsed),
        _ => Err(not_https()),
    }
}

/// A redirect or next page, which must not leave the host.
fn same_host(from: &Url, to: &str) -> Result<Url, Error> {
    let other = || Error::OtherHost {
        url: from.to_string(),
        location: to.to_owned(),
    };
    let joined = from.join(to).map_err(|_| other())?;
    let to_url = allowed("the next URL", joined.as_str())?;
    let is_same = to_url.host_str() == from.host_str()
        && to_url.port_or_known_default() == from.port_or_known_default();
    match is_same && to_url.scheme() == from.scheme() {
        true => Ok(to_url),
        false => Err(other()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_fetched() {
        for (url, is_allowed) in [
            ("https://a.example/jobs", true),
            ("http://127.0.0.1:1/jobs", true),
            ("http://a.example/jobs", false),
            ("file:///etc/passwd", false),
            ("jobs", false),
        ] {
            assert_eq!(allowed("the feed's URL", url).is_ok(), is_allowed, "{url}");
        }
    }

    #[test]
    fn next_url_stays_on_its_host() {
        let from = Url::parse("https://a.example/jobs?page=1").unwrap();
        let next = |to: &str| same_host(&from, to).map(String::from).map_err(|_| ());
        assert_eq!(
            next("?page=2"),
            Ok("https://a.example/jobs?page=2".to_owned())
        );
        assert_eq!(next("https://b.example/jobs"), Err(()));
        assert_eq!(next("http://a.example/jobs"), Err(()));
        assert_eq!(next("https://a.example:444/"), Err(()));
        assert_eq!(next("//b.example/"), Err(()));
    }
}
