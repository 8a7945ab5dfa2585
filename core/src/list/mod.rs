//! Complete lists: what a source lists now, and which of its stored postings that closes.

mod compared;
mod id_list;
mod options;
mod plan;
mod remainder;

pub use compared::{Compared, LastList, Rowids};
pub use id_list::{IdList, NO_HASH};
pub use options::{ListOptions, MaxClose};
pub use plan::{Listed, Plan, Withheld, WithheldCode};
pub use remainder::{Closing, Remainder};
