//! HTTP: who is calling, what was sent, and the response.

mod body;
pub mod cors;
mod form;
pub mod gate;
mod media;
mod reply;
mod request;

pub use body::receive;
pub use media::{Head, idempotency_key};
pub use reply::Reply;
pub use request::{decoded_segment, method, query};
