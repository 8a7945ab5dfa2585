//! Why a field's value is rejected or changed, and the finding that reports it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::finding::{Finding, FindingCode, ItemName, ItemPosition};
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
    /// A number literal beyond the range of a double.
    NotFinite(Excerpt<'a>),
    ReferenceOutOfRange(Excerpt<'a>),
    NegativeAmount(Excerpt<'a>),
    TimeOutOfRange(Excerpt<'a>),
    NotAnInteger(Excerpt<'a>),
    /// The value, and what was expected.
    Invalid(Excerpt<'a>, &'static str),
    SourceNotAllowed(Excerpt<'a>),
    /// The id that would be stored; `None` if the posting states none.
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
    pub fn code(&self) -> FindingCode {
        match self {
            Self::Missing(_) => FindingCode::Missing,
            Self::WrongType(..) => FindingCode::WrongType,
            Self::TooLong { .. } => FindingCode::TooLong,
            Self::NotText(NotText::Nul) => FindingCode::NulCharacter,
            Self::NotText(NotText::LoneSurrogate(_)) => FindingCode::LoneSurrogate,
            Self::NotFinite(_)
            | Self::ReferenceOutOfRange(_)
            | Self::NegativeAmount(_)
            | Self::TimeOutOfRange(_) => FindingCode::OutOfRange,
            Self::NotAnInteger(_) => FindingCode::NotAnInteger,
            Self::Invalid(..) => FindingCode::InvalidValue,
            Self::SourceNotAllowed(_) => FindingCode::SourceNotAllowed,
            Self::CompanyNotAllowed(_) => FindingCode::CompanyNotAllowed,
            Self::Unknown(_) => FindingCode::UnknownField,
            Self::Truncated { .. } => FindingCode::Truncated,
            Self::Replaced => FindingCode::Replaced,
            Self::EmptyTitle => FindingCode::EmptyTitle,
        }
    }

    pub fn finding(
        &self,
        field: Cow<'static, str>,
        position: ItemPosition,
        external_id: Option<&str>,
    ) -> Finding {
        Finding {
            index: position.index,
            line: position.line,
            external_id: external_id.map(str::to_owned),
            code: self.code(),
            message: format!("{}.{field} {self}", ItemName(position.index)),
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
            Self::NotFinite(literal) => write!(f, "is {literal}, beyond the range of a double"),
            Self::ReferenceOutOfRange(found) => {
                write!(f, "is {found}, expected 1 to {MAX_REFERENCE_ID}")
            }
            Self::NegativeAmount(found) => write!(f, "is {found}, expected a number of at least 0"),
            Self::TimeOutOfRange(found) => {
                write!(f, "is {found}, expected a time from 1970 to 9999")
            }
            Self::NotAnInteger(found) => write!(f, "is {found}, expected an integer"),
            Self::Invalid(found, expected) => write!(f, "is {found}, expected {expected}"),
            Self::SourceNotAllowed(source) => {
                write!(f, "is {source}, which this request may not post")
            }
            Self::CompanyNotAllowed(Some(id)) => {
                write!(f, "is {id}, which this token may not post")
            }
            Self::CompanyNotAllowed(None) => {
                f.write_str("is not stated; this token may only post certain companies")
            }
            Self::Unknown(None) => f.write_str("is not a field of a posting"),
            Self::Unknown(Some(meant)) => {
                write!(f, "is not a field of a posting; did you mean {meant}?")
            }
            Self::Truncated { found, limit } => write!(f, "is {found} characters, cut to {limit}"),
            Self::Replaced => f.write_str(
                "contains U+0000, which is removed, or half a surrogate pair, which becomes U+FFFD",
            ),
            Self::EmptyTitle => f.write_str("is missing or empty"),
        }
    }
}

/// The beginning of an offending value, for a message.
#[derive(Debug, Clone, Copy)]
pub enum Excerpt<'a> {
    Number(&'a str),
    /// The content of a JSON string, shown as sent.
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
