//! What the JavaScript runtime provides: time, random numbers, digests.

pub mod clock;
pub mod digest;
pub mod random;
