//! `GET /openapi.json`: docs/openapi.yaml, made JSON when the Worker is built.

use crate::http::Reply;

pub fn answer() -> Reply {
    let description = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
    Reply::json_text(200, description.to_owned())
}
