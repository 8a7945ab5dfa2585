//! The fields of a posting: the table that defines them, and what follows from it.

mod describe;
mod example;
mod kind;
mod lookup;
mod table;

pub use describe::Limit;
pub use example::Example;
pub use kind::Kind;
pub use table::{FIELDS, Field, FieldSpec, KEEP_JSON, N_FIELDS};
