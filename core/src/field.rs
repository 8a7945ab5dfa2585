//! The fields of a posting: the one place where a field's JSON name, column and limit stand.

use crate::limits::{
    MAX_DESCRIPTION_BYTES, MAX_LABEL_CHARS, MAX_LOCATION_CHARS, MAX_SALARY_CHARS, MAX_TITLE_CHARS,
};

/// A field of a posting. The discriminant is its place in [`FIELDS`] and in a row of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Field {
    ExternalId,
    Title,
    CompanyId,
    Location,
    Salary,
    JobType,
    WorkMode,
    CategoryId,
    IsFeatured,
    Source,
    Description,
}

/// How a field's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `externalId`: the key, with rules of its own.
    Key,
    /// A text.
    Text(Text),
    /// An integer ≥ 1 or its text; 0 counts as missing and becomes 1.
    Reference,
    /// true/false, 0/1, 'true'/'false'; missing is false.
    Flag,
}

/// The rules of a text field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub limit: TextLimit,
    /// Whether a number is accepted and becomes its text.
    pub accepts_number: bool,
    /// The JSON that stands in the row when the field is missing, null or empty.
    pub default_json: &'static str,
}

/// The limit of a text field and what happens above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLimit {
    /// Unicode scalar values; a longer text is cut with a warning.
    CharsCut(usize),
    /// Unicode scalar values; a longer text is an error.
    Chars(usize),
    /// Bytes of UTF-8; a longer text is an error.
    Bytes(usize),
}

/// What is known of a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    pub field: Field,
    /// The name in a request.
    pub json_name: &'static str,
    /// The column of table `jobs`.
    pub column: &'static str,
    pub kind: Kind,
}

const fn spec(
    field: Field,
    json_name: &'static str,
    column: &'static str,
    kind: Kind,
) -> FieldSpec {
    FieldSpec {
        field,
        json_name,
        column,
        kind,
    }
}

const fn text(limit: TextLimit, default_json: &'static str) -> Kind {
    Kind::Text(Text {
        limit,
        accepts_number: false,
        default_json,
    })
}

/// The source of a posting that names none.
pub const DEFAULT_SOURCE: &str = "manual";

/// All fields, in the order of [`Field`].
pub const FIELDS: [FieldSpec; 11] = [
    spec(Field::ExternalId, "externalId", "external_id", Kind::Key),
    spec(
        Field::Title,
        "title",
        "title",
        text(TextLimit::CharsCut(MAX_TITLE_CHARS), "\"\""),
    ),
    spec(Field::CompanyId, "companyId", "company_id", Kind::Reference),
    spec(
        Field::Location,
        "location",
        "location",
        text(TextLimit::Chars(MAX_LOCATION_CHARS), "null"),
    ),
    spec(
        Field::Salary,
        "salary",
        "salary",
        Kind::Text(Text {
            limit: TextLimit::Chars(MAX_SALARY_CHARS),
            accepts_number: true,
            default_json: "null",
        }),
    ),
    spec(
        Field::JobType,
        "jobType",
        "job_type",
        text(TextLimit::Chars(MAX_LABEL_CHARS), "\"Full-time\""),
    ),
    spec(
        Field::WorkMode,
        "workMode",
        "work_mode",
        text(TextLimit::Chars(MAX_LABEL_CHARS), "\"On-site\""),
    ),
    spec(
        Field::CategoryId,
        "categoryId",
        "category_id",
        Kind::Reference,
    ),
    spec(Field::IsFeatured, "isFeatured", "is_featured", Kind::Flag),
    spec(
        Field::Source,
        "source",
        "source",
        text(TextLimit::Chars(MAX_LABEL_CHARS), "\"manual\""),
    ),
    spec(
        Field::Description,
        "description",
        "description",
        text(TextLimit::Bytes(MAX_DESCRIPTION_BYTES), "null"),
    ),
];

impl Field {
    /// The field of this JSON name.
    pub fn from_json_name(name: &[u8]) -> Option<Self> {
        // A match rather than a search of FIELDS: it runs once for each key of each posting.
        // A test holds it against FIELDS.
        Some(match name {
            b"externalId" => Self::ExternalId,
            b"title" => Self::Title,
            b"companyId" => Self::CompanyId,
            b"location" => Self::Location,
            b"salary" => Self::Salary,
            b"jobType" => Self::JobType,
            b"workMode" => Self::WorkMode,
            b"categoryId" => Self::CategoryId,
            b"isFeatured" => Self::IsFeatured,
            b"source" => Self::Source,
            b"description" => Self::Description,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_order_and_names_agree() {
        for (place, spec) in FIELDS.iter().enumerate() {
            assert_eq!(spec.field as usize, place);
            assert_eq!(
                Field::from_json_name(spec.json_name.as_bytes()),
                Some(spec.field)
            );
        }
        assert_eq!(Field::from_json_name(b"externalid"), None);
        let source = FIELDS[Field::Source as usize].kind;
        let Kind::Text(rules) = source else {
            panic!("{source:?}")
        };
        assert_eq!(rules.default_json, format!("\"{DEFAULT_SOURCE}\""));
    }
}
