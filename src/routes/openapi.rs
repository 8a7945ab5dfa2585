//! `GET /openapi.json`: docs/openapi.yaml, made JSON when the Worker is built.

use crate::http::Reply;

pub fn answer() -> Reply {
    let mut reply = Reply::empty(200);
    reply.content_type = Some("application/json");
    reply.body = include_str!(concat!(env!("OUT_DIR"), "/openapi.json")).to_owned();
    reply
}
