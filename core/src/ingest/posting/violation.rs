//! Why a field's value is not accepted, or not as it was sent, and what a finding says of it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::finding::{Code, Finding, ItemName, Place};
use crate::json::{NotText, Raw};
use crate::limits::MAX_REFERENCE_ID;

#[derive(Debug)]
pub enum Violation<'a> {
    Missing(&'static str),
    /// The value, and what was expected.
    WrongType(Raw<'a>, &'static str),
    TooLong {
        found: usize,
        unit: &'static str,
        limit: usize,
    },
    NotText(NotText),
    /// The literal of a number that a double does not hold.
    NotFinite(Excerpt<'a>),
    ReferenceOutOfRange(Excerpt<'a>),
    NegativeAmount(Excerpt<'a>),
    TimeOutOfRange(Excerpt<'a>),
    NotAnInteger(Excerpt<'a>),
    /// The value, and what was expected.
    Invalid(Excerpt<'a>, &'static str),
    SourceNotAllowed(Excerpt<'a>),
    /// The id that would be stored; `None` where the posting states none.
    CompanyNotAllowed(Option<u64>),
    /// The field that was probably meant.
    Unknown(Option<&'static str>),
    Truncated {
        found: usize,
        limit: usize,
    },
    Replaced,
    EmptyTitle,
}

impl Violation<'_> {
    pub fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::Missing,
            Self::WrongType(..) => Code::WrongType,
            Self::TooLong { .. } => Code::TooLong,
            Self::NotText(NotText::Nul) => Code::NulCharacter,
            Self::NotText(NotText::LoneSurrogate(_)) => Code::LoneSurrogate,
            Self::NotFinite(_)
            | Self::ReferenceOutOfRange(_)
            | Self::NegativeAmount(_)
            | Self::TimeOutOfRange(_) => Code::OutOfRange,
            Self::NotAnInteger(_) => Code::NotAnInteger,
            Self::Invalid(..) => Code::InvalidValue,
            Self::SourceNotAllowed(_) => Code::SourceNotAllowed,
            Self::CompanyNotAllowed(_) => Code::CompanyNotAllowed,
            Self::Unknown(_) => Code::UnknownField,
            Self::Truncated { .. } => Code::Truncated,
            Self::Replaced => Code::Replaced,
            Self::EmptyTitle => Code::EmptyTitle,
        }
    }

    pub fn finding(
        &self,
        field: Cow<'static, str>,
        place: Place,
        external_id: Option<&str>,
    ) -> Finding {
        Finding {
            index: place.index,
            line: place.line,
            external_id: external_id.map(str::to_owned),
            code: self.code(),
            message: format!("{}.{field} {self}", ItemName(place.index)),
            field: Some(field),
        }
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(how) => write!(f, "is {how}"),
            Self::WrongType(found, expected) => {
                write!(f, "is {}, expected {expected}", found.kind_name())
            }
            Self::TooLong { found, unit, limit } => {
                write!(f, "is {found} {unit}, the limit is {limit}")
            }
            Self::NotText(NotText::Nul) => f.write_str("contains U+0000"),
            Self::NotText(NotText::LoneSurrogate(half)) => {
                write!(f, "contains \\u{half:04x} without its other half")
            }
            Self::NotFinite(literal) => write!(f, "is {literal}, beyond the largest number"),
            Self::ReferenceOutOfRange(found) => {
                write!(f, "is {found}, expected 1 to {MAX_REFERENCE_ID}")
            }
            Self::NegativeAmount(found) => write!(f, "is {found}, expected a number from 0 up"),
            Self::TimeOutOfRange(found) => {
                write!(f, "is {found}, expected a time from 1970 to 9999")
            }
            Self::NotAnInteger(found) => write!(f, "is {found}, expected an integer"),
            Self::Invalid(found, expected) => write!(f, "is {found}, expected {expected}"),
            Self::SourceNotAllowed(source) => {
                write!(f, "is {source}, which this token may not post")
            }
            Self::CompanyNotAllowed(Some(id)) => {
                write!(f, "is {id}, which this token may not post")
            }
            Self::CompanyNotAllowed(None) => {
                f.write_str("is not stated; this token may post some companies only")
            }
            Self::Unknown(None) => f.write_str("is not a field of a posting"),
            Self::Unknown(Some(meant)) => {
                write!(f, "is not a field of a posting; did you mean {meant}?")
            }
            Self::Truncated { found, limit } => write!(f, "is {found} characters, cut to {limit}"),
            Self::Replaced => f.write_str(
                "contains U+0000, which is left out, or half a surrogate pair, which becomes U+FFFD",
            ),
            Self::EmptyTitle => f.write_str("is missing or empty"),
        }
    }
}

/// The beginning of a found value, for a message.
#[derive(Debug, Clone, Copy)]
pub enum Excerpt<'a> {
    Number(&'a str),
    /// The inside of a JSON string, which stays as it was sent.
    Text(&'a str),
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 40;
        let (quote, text) = match self {
            Self::Number(literal) => ("", literal),
            Self::Text(raw) => ("\"", raw),
        };
        f.write_str(quote)?;
        let mut chars = text.chars();
        for c in chars.by_ref().take(MAX_CHARS) {
            f.write_char(c)?;
        }
        f.write_str(chars.next().map_or("", |_| "…"))?;
        f.write_str(quote)
    }
}
