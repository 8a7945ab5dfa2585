//! What the requests of an isolate share: memory, idempotency keys in use, blocked addresses.

mod admission;
pub mod blocked;
mod budget;
mod in_flight;

pub use admission::{Admission, Reservation};
pub use in_flight::InFlight;
