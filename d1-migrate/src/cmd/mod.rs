//! One file a command.

pub mod baseline;
pub mod generate;
pub mod list;
mod losses;
pub mod migrate;
pub mod pull;
pub mod push;
mod renames;
pub mod rollback;
pub mod status;
pub mod studio;
pub mod validate;
