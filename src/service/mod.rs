//! What the Worker does for a caller, without HTTP or JavaScript: routes, the scheduled handler and
//! tests call it alike.

mod closing;
pub mod commit;
pub mod context;
pub mod expiry;
pub mod idempotency;
pub mod ids;
mod ingest;
pub mod purge;
mod quota;
mod submitted;

pub use ingest::{Outcome, Refusal, ingest};
pub use submitted::Submitted;
