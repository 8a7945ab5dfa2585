//! The schema of a database as a value: objects of `sqlite_master`, and what the pragmas say about tables.

mod file;
mod meaning;
mod object;
mod print;
mod read;
mod table;

pub use file::of_file;
pub use object::{Kind, Object, Schema};
pub use print::print;
#[cfg(test)]
pub use read::master_rows;
pub use read::{MASTER_QUERY, MasterRow, read, read_rows};
pub use table::{Column, ForeignKey, Table};
