//! SQL as text: tokens, statements, names. `SQLite` itself is the parser of everything deeper.

pub mod batch;
pub mod lex;
pub mod name;
pub mod reader;
pub mod shape;
pub mod split;
