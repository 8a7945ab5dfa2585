//! What the headers of a request declare about its body.

use jobs_ingest_core::idempotency::is_valid_key;
use jobs_ingest_core::media::{self, ContentType};
use jobs_ingest_core::problem::Problem;
use worker::Request;

use super::form::{Form, content_length};
use super::request::header;

pub struct Head {
    pub content_type: ContentType,
    pub form: Form,
}

impl Head {
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let content_type = header(request, "Content-Type");
        let content_type = ContentType::parse(content_type.as_deref()).map_err(|found| {
            let found = found.to_owned();
            Problem::UnsupportedMediaType { found }
        })?;
        let encoding = header(request, "Content-Encoding");
        let is_gzip = media::is_gzip(encoding.as_deref()).map_err(|found| {
            let found = found.to_owned();
            Problem::UnsupportedEncoding { found }
        })?;
        let declared_bytes = header(request, "Content-Length");
        let declared_bytes = declared_bytes.and_then(|text| content_length(&text));
        Ok(Self {
            content_type,
            form: Form {
                is_gzip,
                declared_bytes,
            },
        })
    }
}

pub fn idempotency_key(request: &Request) -> Result<Option<String>, Problem> {
    match header(request, "Idempotency-Key") {
        Some(key) if !is_valid_key(&key) => Err(Problem::InvalidIdempotencyKey),
        key => Ok(key),
    }
}
