//! Whatever the database answers: the imitation of D1 with faults, and what the service makes of them.

mod commit;
mod d1_errors;
mod expiry;
mod fake_store;
mod keys;
mod lists;
mod stale_hashes;
mod unchanged;
