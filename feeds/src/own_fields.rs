//! The product's own fields, for files whose columns have their names.

/// How a cell of a text file is converted to JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Text,
    /// An integer, which pandas writes as 12.0 in a column with gaps.
    Integer,
    Flag,
    Number,
    Object,
}

/// A field: its JSON name and its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnField {
    pub name: &'static str,
    pub kind: Kind,
}

const fn field(name: &'static str, kind: Kind) -> OwnField {
    OwnField { name, kind }
}

pub(crate) const OWN_FIELDS: [OwnField; 26] = [
    field("externalId", Kind::Id),
    field("title", Kind::Text),
    field("companyId", Kind::Integer),
    field("location", Kind::Text),
    field("salary", Kind::Text),
    field("jobType", Kind::Text),
    field("workMode", Kind::Text),
    field("categoryId", Kind::Integer),
    field("isFeatured", Kind::Flag),
    field("source", Kind::Text),
    field("description", Kind::Text),
    field("url", Kind::Text),
    field("applyUrl", Kind::Text),
    field("companyName", Kind::Text),
    field("postedAt", Kind::Text),
    field("validThrough", Kind::Text),
    field("department", Kind::Text),
    field("country", Kind::Text),
    field("region", Kind::Text),
    field("locality", Kind::Text),
    field("language", Kind::Text),
    field("salaryMin", Kind::Number),
    field("salaryMax", Kind::Number),
    field("salaryCurrency", Kind::Text),
    field("salaryPeriod", Kind::Text),
    field("extra", Kind::Object),
];

/// The field for a column header, in any case and with any separator between words.
pub(crate) fn of_heading(heading: &str) -> Option<&'static OwnField> {
    let plain: String = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    OWN_FIELDS
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(&plain))
}
