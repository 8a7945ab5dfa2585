//! CORS: off, unless the operator lists origins.

use jobs_ingest_core::cors::{ALLOWED_HEADERS, ALLOWED_METHODS, EXPOSED_HEADERS, allowed_origin};
use jobs_ingest_core::settings::Settings;
use worker::Request;

use super::reply::Reply;
use super::request::header;

pub fn is_allowed(request: &Request, settings: &Settings) -> bool {
    !headers(request, settings).is_empty()
}

/// The headers by which a browser lets a listed page see the answer.
pub fn headers(request: &Request, settings: &Settings) -> Vec<(&'static str, String)> {
    let origin = header(request, "Origin");
    let listed = settings.cors_origins.as_deref().unwrap_or_default();
    match allowed_origin(listed, origin.as_deref()) {
        Some(origin) => vec![
            ("Access-Control-Allow-Origin", origin.to_owned()),
            ("Access-Control-Expose-Headers", EXPOSED_HEADERS.to_owned()),
            ("Vary", "Origin".to_owned()),
        ],
        None => Vec::new(),
    }
}

/// The answer to a browser's preflight request.
pub fn preflight() -> Reply {
    let mut reply = Reply::empty(204);
    reply.headers = vec![
        ("Access-Control-Allow-Methods", ALLOWED_METHODS.to_owned()),
        ("Access-Control-Allow-Headers", ALLOWED_HEADERS.to_owned()),
        ("Access-Control-Max-Age", "86400".to_owned()),
    ];
    reply
}
