//! Job feeds mapped to postings of jobs-ingest: bytes in; postings out, and what is known about whether
//! they are all of their source.
//!
//! Nothing here has a network, a clock or randomness. The formats are rows of one table
//! ([`FORMATS`]), one file each in `formats/`; what holds for all of them is in `rules/`,
//! and [`rows`] merges what belongs together.

mod claim;
mod detect;
pub mod docs;
mod document;
pub mod error;
pub mod findings;
pub mod format;
mod formats;
mod frames;
mod html;
mod json;
mod map;
mod own_fields;
pub mod posting;
mod repair;
pub mod request;
mod rows;
mod rules;
mod xml;

pub use detect::detect;
pub use error::Error;
pub use findings::{Code, Completeness, Findings, Gap, Skip, Warning};
pub use format::{Company, Format, IdScope, Spec, UnknownFormat};
pub use formats::FORMATS;
pub use map::{Mapped, Open, Summary, map, map_pages, map_stream, next_page};
pub use posting::{Amount, Item, LeftAlone, OwnPosting, Posting};
pub use request::Request;
pub use rows::Sink;
