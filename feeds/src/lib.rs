//! Maps job feeds to postings of jobs-ingest: bytes in; postings out, and whether they are all
//! postings of their source.
//!
//! Uses no network, clock or randomness. The formats are rows of one table ([`FORMATS`]), each in its
//! own file in `formats/`; common rules are in `rules/`, and [`rows`] merges rows of one posting.

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
mod own_posting;
pub mod posting;
mod repair;
pub mod request;
mod rows;
mod rules;
mod xml;

pub use detect::detect;
pub use error::Error;
pub use findings::{Completeness, Findings, Gap, Skip, Warning, WarningCode};
pub use format::{Company, Format, IdScope, Spec, UnknownFormat};
pub use formats::FORMATS;
pub use map::{Mapped, Open, Summary, map, map_pages, map_stream, next_page};
pub use own_posting::OwnPosting;
pub use posting::{Amount, Item, LeftAlone, Posting};
pub use request::Request;
pub use rows::Sink;
