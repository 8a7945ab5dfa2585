//! Every response that is not a success: RFC 9457 problem details, a stable code, and the `error`
//! field of the function that this service replaces.

use serde::Serialize;

use crate::auth::Right;
use crate::ingest::{BodyError, Diagnosis, IdListError};
use crate::json::{Raw, elements};
use crate::limits::{
    MAX_BODY_BYTES, MAX_GZIP_BLOCKS, MAX_IDEMPOTENCY_KEY_CHARS, MAX_ITEMS, MAX_ROWS_BYTES,
    RATE_LIMIT_PERIOD_SECONDS,
};
use crate::media::{ACCEPTED_ENCODINGS, ACCEPTED_TYPES};
use crate::options::OptionError;
use crate::problem_body::ProblemBody;
use crate::quota::Exceeded;
use crate::store_error::RETRY_AFTER_SECONDS;

/// Why a request was refused. Further causes known to the server are only logged.
#[derive(Debug)]
pub enum Problem {
    NotFound,
    MethodNotAllowed {
        allow: &'static str,
    },
    /// The secret with the tokens is missing or invalid.
    NotConfigured,
    /// Variables that this request depends on are invalid.
    Misconfigured {
        variables: Vec<&'static str>,
    },
    Unauthorized,
    /// The token is valid but does not permit this kind of request.
    Forbidden(Right),
    InvalidOption(OptionError),
    UnsupportedMediaType {
        found: String,
    },
    /// The Content-Type declares another charset, and the body is not ASCII.
    UnsupportedCharset {
        charset: String,
    },
    UnsupportedEncoding {
        found: String,
    },
    BodyTooLarge,
    TooManyItems,
    /// The rows of the postings take too many bytes.
    RowsTooLong,
    /// The body is not a complete gzip file.
    InvalidGzip,
    /// A complete list is too long, as this problem says.
    ListTooLong(Box<Self>),
    /// The gzip file has too many deflate blocks.
    TooManyBlocks,
    /// The connection ended before the body did.
    BodyIncomplete,
    InvalidUtf8(Diagnosis),
    InvalidJson(Diagnosis),
    /// No postings; describes what the body contains instead.
    ItemsRequired {
        found: String,
    },
    /// An invalid query for a page of runs.
    InvalidPage(String),
    /// The token has no such run.
    RunNotFound,
    /// There is no such source, or not for the token.
    SourceNotFound,
    /// The token may not write postings of the source.
    SourceNotAllowed {
        source: String,
    },
    /// The token is limited to companies, so it may not close postings of a source.
    ClosingNotAllowed,
    /// A list of ids that cannot be used.
    InvalidIds(IdListError),
    /// Postings of a complete list are not stored as listed.
    SnapshotIncomplete {
        total: u64,
        /// JSON array of the first of their positions.
        positions: String,
    },
    InvalidIdempotencyKey,
    /// The key was used for another request.
    IdempotencyKeyReused,
    /// The first request with the key is still running.
    IdempotencyKeyInUse,
    /// Too many requests with this token.
    RateLimited,
    /// Too many failed authentications from this address.
    AddressBlocked {
        retry_after_seconds: u32,
    },
    /// The token's name has used up a quota of the day, or would with this request.
    QuotaExceeded {
        exceeded: Exceeded,
        retry_after_seconds: u64,
        /// ISO 8601 in UTC.
        resets_at: String,
    },
    /// D1 is overloaded or unreachable.
    DatabaseUnavailable,
    /// The database has reached its size limit.
    DatabaseFull,
    /// The schema is not the one that this Worker needs.
    DatabaseNotReady {
        missing: Vec<&'static str>,
        /// Objects of the migrations that no longer exist.
        missing_objects: Vec<String>,
    },
    /// The requests in progress leave no memory for another one in this isolate.
    WorkerBusy,
    Internal,
}

impl From<IdListError> for Problem {
    fn from(error: IdListError) -> Self {
        match error {
            IdListError::InvalidUtf8(diagnosis) => Self::InvalidUtf8(diagnosis),
            IdListError::InvalidJson(diagnosis) => Self::InvalidJson(diagnosis),
            error => Self::InvalidIds(error),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::InvalidUtf8(diagnosis) => Self::InvalidUtf8(diagnosis),
            BodyError::InvalidJson(diagnosis) => Self::InvalidJson(diagnosis),
            BodyError::ItemsRequired(found) => Self::ItemsRequired { found },
            BodyError::TooManyItems => Self::TooManyItems,
            BodyError::RowsTooLong => Self::RowsTooLong,
        }
    }
}

/// The constant parts of a kind of problem.
struct Kind {
    status: u16,
    code: &'static str,
    title: &'static str,
}

/// Additional members of some kinds of problem.
#[derive(Serialize)]
#[serde(untagged)]
enum More<'a> {
    Accepted {
        accepted: &'a str,
    },
    Missing {
        missing_migrations: &'a [&'static str],
        missing_objects: &'a [String],
    },
    Misconfigured {
        variables: &'a [&'static str],
    },
    Incomplete {
        total: u64,
        /// Positions in the list; the first of them.
        positions: Vec<usize>,
    },
    Quota {
        quota: &'static str,
        limit: u64,
        used: u64,
        requested: u64,
        resets_at: &'a str,
    },
}

impl Problem {
    /// The problem of a request with a complete list, each part of which would count as the whole.
    pub fn of_list(self) -> Self {
        match self {
            Self::BodyTooLarge | Self::TooManyItems | Self::RowsTooLong => {
                Self::ListTooLong(Box::new(self))
            }
            other => other,
        }
    }

    fn kind(&self) -> Kind {
        let (status, code, title) = match self {
            Self::ListTooLong(problem) => return problem.kind(),
            Self::NotFound => (404, "not_found", "Not Found"),
            Self::MethodNotAllowed { .. } => (405, "method_not_allowed", "Method Not Allowed"),
            Self::NotConfigured => (503, "not_configured", "Service Not Configured"),
            Self::Misconfigured { .. } => (503, "misconfigured", "Service Misconfigured"),
            Self::Unauthorized => (401, "unauthorized", "Unauthorized"),
            Self::Forbidden(_) => (403, "forbidden", "Forbidden"),
            Self::InvalidOption(_) => (400, "invalid_option", "Invalid Option"),
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCharset { .. } => {
                (415, "unsupported_media_type", "Unsupported Media Type")
            }
            Self::UnsupportedEncoding { .. } => {
                (415, "unsupported_encoding", "Unsupported Content Encoding")
            }
            Self::BodyTooLarge | Self::RowsTooLong => (413, "body_too_large", "Body Too Large"),
            Self::TooManyItems => (413, "too_many_items", "Too Many Items"),
            Self::InvalidGzip => (400, "invalid_gzip", "Invalid Gzip"),
            Self::TooManyBlocks => (413, "too_many_blocks", "Too Many Gzip Blocks"),
            Self::BodyIncomplete => (400, "body_incomplete", "Body Incomplete"),
            Self::InvalidUtf8(_) => (400, "invalid_utf8", "Invalid UTF-8"),
            Self::InvalidJson(_) => (400, "invalid_json", "Invalid JSON"),
            Self::ItemsRequired { .. } => (
                400,
                "items_required",
                "items[] is required and must be non-empty",
            ),
            Self::InvalidPage(_) => (400, "invalid_option", "Invalid Option"),
            Self::RunNotFound => (404, "run_not_found", "Run Not Found"),
            Self::SourceNotFound => (404, "source_not_found", "Source Not Found"),
            Self::SourceNotAllowed { .. } => (403, "source_not_allowed", "Source Not Allowed"),
            Self::ClosingNotAllowed => (403, "closing_not_allowed", "Closing Not Allowed"),
            Self::InvalidIds(IdListError::TooManyIds) => (413, "too_many_items", "Too Many Items"),
            Self::InvalidIds(IdListError::InvalidId { .. }) => (422, "invalid_ids", "Invalid Ids"),
            Self::InvalidIds(_) => (400, "ids_required", "A List of Ids Is Required"),
            Self::SnapshotIncomplete { .. } => (409, "snapshot_incomplete", "Snapshot Incomplete"),
            Self::InvalidIdempotencyKey => {
                (400, "invalid_idempotency_key", "Invalid Idempotency Key")
            }
            Self::IdempotencyKeyReused => (422, "idempotency_key_reused", "Idempotency Key Reused"),
            Self::IdempotencyKeyInUse => (409, "idempotency_key_in_use", "Idempotency Key In Use"),
            Self::RateLimited | Self::AddressBlocked { .. } => {
                (429, "rate_limited", "Too Many Requests")
            }
            Self::QuotaExceeded { .. } => (429, "quota_exceeded", "Quota Exceeded"),
            Self::DatabaseUnavailable => (503, "database_unavailable", "Database Unavailable"),
            Self::DatabaseFull => (507, "database_full", "Database Full"),
            Self::DatabaseNotReady { .. } => (503, "database_not_ready", "Database Not Ready"),
            Self::WorkerBusy => (503, "worker_busy", "Worker Busy"),
            Self::Internal => (500, "internal", "Internal Server Error"),
        };
        Kind {
            status,
            code,
            title,
        }
    }

    pub fn status(&self) -> u16 {
        self.kind().status
    }

    /// The stable code; clients may rely on it.
    pub fn code(&self) -> &'static str {
        self.kind().code
    }

    /// Additional headers of this kind of response.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::MethodNotAllowed { allow } => vec![("Allow", (*allow).to_owned())],
            Self::Unauthorized => {
                vec![(
                    "WWW-Authenticate",
                    "Bearer realm=\"jobs-ingest\"".to_owned(),
                )]
            }
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCharset { .. } => {
                vec![("Accept-Post", ACCEPTED_TYPES_HEADER.to_owned())]
            }
            Self::UnsupportedEncoding { .. } => {
                vec![("Accept-Encoding", ACCEPTED_ENCODINGS.to_owned())]
            }
            Self::DatabaseUnavailable | Self::WorkerBusy => {
                vec![("Retry-After", RETRY_AFTER_SECONDS.to_string())]
            }
            Self::IdempotencyKeyInUse => vec![("Retry-After", "1".to_owned())],
            Self::RateLimited => {
                vec![("Retry-After", RATE_LIMIT_PERIOD_SECONDS.to_string())]
            }
            Self::AddressBlocked {
                retry_after_seconds,
            } => vec![("Retry-After", retry_after_seconds.to_string())],
            Self::QuotaExceeded {
                retry_after_seconds,
                ..
            } => vec![("Retry-After", retry_after_seconds.to_string())],
            _ => Vec::new(),
        }
    }

    /// The response body.
    pub fn to_json(&self, request_id: &str) -> String {
        let Kind {
            status,
            code,
            title,
        } = self.kind();
        ProblemBody::new(status, code, title, self.detail(), request_id).to_json(&self.more())
    }

    fn detail(&self) -> String {
        match self {
            Self::NotFound => {
                "the paths are POST /jobs/ingest, POST /.netlify/functions/jobsIngest, \
                 POST /jobs/compare, POST /jobs/close, PUT /sources/{source}/snapshot, GET /sources, \
                 GET /sources/{source}, GET /runs, GET /runs/{id}, GET /runs/{id}/rejects, GET /health \
                 and GET /openapi.json"
                    .to_owned()
            }
            Self::MethodNotAllowed { allow } => format!("this path accepts {allow}"),
            Self::NotConfigured => {
                "the secret INGEST_TOKENS is missing or invalid; the operator's log has the reason, \
                 and nothing was accepted"
                    .to_owned()
            }
            Self::Misconfigured { variables } => format!(
                "invalid configuration of {}; the operator's log has the reason",
                variables.join(", ")
            ),
            Self::Unauthorized => {
                "the header `Authorization: Bearer TOKEN` is missing or its token is unknown"
                    .to_owned()
            }
            Self::Forbidden(Right::Read) => "this token is write-only".to_owned(),
            Self::Forbidden(Right::Write) => "this token is read-only".to_owned(),
            Self::InvalidOption(error) => error.to_string(),
            Self::UnsupportedMediaType { found } => {
                format!("Content-Type is {found:?}; accepted are {ACCEPTED_TYPES}")
            }
            Self::UnsupportedCharset { charset } => {
                format!("the body has bytes outside ASCII and its charset is {charset:?}; send UTF-8")
            }
            Self::UnsupportedEncoding { found } => {
                format!("Content-Encoding is {found:?}; accepted are {ACCEPTED_ENCODINGS}")
            }
            Self::ListTooLong(problem) => {
                let detail = problem.detail();
                let what = detail.split(';').next().unwrap_or_default();
                format!(
                    "{what}; parts of a complete list would each count as the whole: send the postings \
                     in parts without snapshot, then the ids with PUT /sources/{{source}}/snapshot"
                )
            }
            Self::BodyTooLarge => format!(
                "the body is longer than {MAX_BODY_BYTES} bytes after decompression; send it in parts"
            ),
            Self::RowsTooLong => format!(
                "the rows of the postings take more than {MAX_ROWS_BYTES} bytes; send them in parts"
            ),
            Self::TooManyItems => {
                format!("the body holds more than {MAX_ITEMS} postings; send it in parts")
            }
            Self::InvalidGzip => {
                "Content-Encoding is gzip, but the body is not a complete gzip file".to_owned()
            }
            Self::TooManyBlocks => format!(
                "the gzip file has more than {MAX_GZIP_BLOCKS} deflate blocks; flush the compressor \
                 less often than after each posting, or send the body in parts"
            ),
            Self::BodyIncomplete => "the body ended early or arrived too slowly".to_owned(),
            Self::InvalidUtf8(diagnosis) | Self::InvalidJson(diagnosis) => diagnosis.to_string(),
            Self::ItemsRequired { found } => format!(
                "{found}; send {{\"items\":[…]}}, a bare array […], or NDJSON with Content-Type \
                 application/x-ndjson, with at least one posting"
            ),
            Self::InvalidPage(message) => message.clone(),
            Self::SourceNotFound => {
                "this source has no postings and has sent no list, or the token may not see it"
                    .to_owned()
            }
            Self::SourceNotAllowed { source } => {
                format!("this token may not write postings of the source {source:?}")
            }
            Self::ClosingNotAllowed => {
                "this token is limited to companies and may not close postings: a source may have \
                 postings of other companies"
                    .to_owned()
            }
            Self::InvalidIds(error) => error.to_string(),
            Self::SnapshotIncomplete { total, .. } => format!(
                "{total} of the listed postings are not stored as listed; nothing was closed: send \
                 these first, then the list again"
            ),
            Self::RunNotFound => "this token has no such run".to_owned(),
            Self::InvalidIdempotencyKey => format!(
                "Idempotency-Key takes 1 to {MAX_IDEMPOTENCY_KEY_CHARS} visible ASCII characters"
            ),
            Self::IdempotencyKeyReused => {
                "this Idempotency-Key was used for a request with another body or other options"
                    .to_owned()
            }
            Self::IdempotencyKeyInUse => {
                "the first request with this Idempotency-Key is still running".to_owned()
            }
            Self::RateLimited => "too many requests; wait before the next one".to_owned(),
            Self::AddressBlocked { .. } => {
                "too many requests with a missing or unknown token from this address; all of its \
                 requests are refused until Retry-After has passed"
                    .to_owned()
            }
            Self::QuotaExceeded {
                exceeded,
                resets_at,
                ..
            } => {
                let Exceeded {
                    quota,
                    limit,
                    used,
                    requested,
                } = exceeded;
                let advice = match requested > limit {
                    true => "; it is larger than the quota of a whole day: send it in parts",
                    false => "",
                };
                format!(
                    "{quota} is {limit}, of which {used} are used, and this request needs \
                     {requested}; the quota resets at {resets_at}{advice}"
                )
            }
            Self::DatabaseUnavailable => {
                "the database is overloaded or unreachable; the request may or may not have been \
                 written, and is safe to repeat"
                    .to_owned()
            }
            Self::DatabaseFull => {
                "the database is full; nothing was written, and the request can be repeated once \
                 the operator has freed space"
                    .to_owned()
            }
            Self::DatabaseNotReady {
                missing,
                missing_objects,
            } => match (missing.as_slice(), missing_objects.as_slice()) {
                ([], []) => {
                    "the database lacks a table, column or key that this version needs".to_owned()
                }
                ([], objects) => format!("the database lacks {}", objects.join(", ")),
                (migrations, _) => {
                    format!("the database lacks migration {}", migrations.join(", "))
                }
            },
            Self::WorkerBusy => {
                "other requests are using the memory for bodies, and this one waited too long for it \
                 or arrived too slowly; nothing was written, and the request can be repeated"
                    .to_owned()
            }
            Self::Internal => {
                "the operator's log has the cause under the request id; the request is safe to repeat"
                    .to_owned()
            }
        }
    }

    fn more(&self) -> Option<More<'_>> {
        match self {
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCharset { .. } => {
                Some(More::Accepted {
                    accepted: ACCEPTED_TYPES,
                })
            }
            Self::UnsupportedEncoding { .. } => Some(More::Accepted {
                accepted: ACCEPTED_ENCODINGS,
            }),
            Self::DatabaseNotReady {
                missing,
                missing_objects,
            } => Some(More::Missing {
                missing_migrations: missing,
                missing_objects,
            }),
            Self::Misconfigured { variables } => Some(More::Misconfigured { variables }),
            Self::SnapshotIncomplete { total, positions } => Some(More::Incomplete {
                total: *total,
                positions: elements(positions)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(Raw::as_index)
                    .collect(),
            }),
            Self::QuotaExceeded {
                exceeded,
                resets_at,
                ..
            } => Some(More::Quota {
                quota: exceeded.quota,
                limit: exceeded.limit,
                used: exceeded.used,
                requested: exceeded.requested,
                resets_at,
            }),
            _ => None,
        }
    }
}

/// `Accept-Post` allows media types only.
const ACCEPTED_TYPES_HEADER: &str = "application/json, application/x-ndjson, application/ndjson, \
     application/jsonl, application/x-jsonl, application/jsonlines, application/x-jsonlines, \
     application/octet-stream";
