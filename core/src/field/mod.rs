//! The fields of a posting. The table below is the only definition of a field: the enum, the lookup
//! by name, the limits of a row, the SQL, the documentation and the API schema are derived from it
//! (`cargo xtask generate` writes what cannot be derived at compile time).

mod describe;
mod example;
mod lookup;

pub use describe::Limit;
pub use example::Example;

use crate::ingest::KEEP_JSON;
use crate::limits::{
    MAX_DESCRIPTION_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS,
    MAX_LANGUAGE_CHARS, MAX_LOCATION_CHARS, MAX_NAME_CHARS, MAX_URL_CHARS,
};
use crate::options::Defaults;

/// How a field's value is read and validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first part of a posting's key: a text that is never truncated or repaired.
    Source,
    /// The second part of the key: a text or number that is never truncated or repaired.
    Id,
    /// A text or number, truncated with a warning beyond `max_chars` Unicode scalar values.
    Text { max_chars: usize },
    /// Like [`Kind::Text`], or an array of texts, which are joined by `; `.
    Texts { max_chars: usize },
    /// A text; an error beyond `max_bytes` of UTF-8.
    LongText { max_bytes: usize },
    /// An integer from 1 to [`crate::limits::MAX_REFERENCE_ID`], or its text; 0 counts as missing.
    Reference,
    /// true/false, 1/0, yes/no.
    Flag,
    /// An absolute http or https URL of at most [`MAX_URL_CHARS`].
    Url,
    /// A date, or a time, stored in UTC.
    Time,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A BCP 47 language tag.
    Language,
    /// A finite number ≥ 0, or its text.
    Amount,
    /// ISO 4217.
    Currency,
    /// YEAR, MONTH, WEEK, DAY or HOUR.
    Period,
    /// A JSON object of at most [`MAX_EXTRA_BYTES`], stored as sent.
    Object,
}

/// The definition of a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    pub field: Field,
    /// The name in a request; [`FieldSpec::column`] is accepted too.
    pub json_name: &'static str,
    /// The column of table `jobs`.
    pub column: &'static str,
    pub kind: Kind,
    /// The JSON stored when the posting does not state the field.
    pub default_json: &'static str,
    /// What the replaced function stored instead; used with `defaults=legacy`.
    pub legacy_json: Option<&'static str>,
    pub doc: &'static str,
    /// Names that feeds use for this field, for suggestions: lower-case letters and digits only.
    pub also_called: &'static [&'static str],
}

/// Declares the table: for each field its documentation, variant, JSON name, column and kind, then
/// `=` and its default (null if omitted), `legacy` and the default of the replaced function, and
/// names that feeds use for it.
macro_rules! fields {
    ($(
        #[doc = $doc:literal]
        $variant:ident($json:literal, $column:literal, $kind:expr)
        $(= $default:literal)? $(legacy $legacy:literal)?
        $([$($name:literal)*])?;
    )+) => {
        /// A field of a posting. The discriminant is its index in [`FIELDS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Field {
            $(#[doc = $doc] $variant,)+
        }

        /// All fields, in the order of [`Field`]. Append new ones at the end: then the stored
        /// hashes of postings that do not mention them stay valid.
        pub static FIELDS: [FieldSpec; N_FIELDS] = [$(FieldSpec {
            field: Field::$variant,
            json_name: $json,
            column: $column,
            kind: $kind,
            default_json: fields!(@or $($default)?, "null"),
            legacy_json: fields!(@option $($legacy)?),
            doc: $doc,
            also_called: &[$($($name),*)?],
        },)+];
        pub const N_FIELDS: usize = [$(Field::$variant),+].len();
    };
    (@or $given:literal, $default:literal) => { $given };
    (@or , $default:literal) => { $default };
    (@option $given:literal) => { Some($given) };
    (@option) => { None };
}

fields! {
    /// The feed or board that lists the posting; part of its key.
    Source("source", "source", Kind::Source) = "\"manual\"" ["feed" "provider" "origin"];
    /// The posting's id, unique within its source; part of its key.
    ExternalId("externalId", "external_id", Kind::Id)
        ["id" "jobid" "guid" "uuid" "ref" "reference" "referencenumber" "requisitionid"];
    /// The job's title.
    Title("title", "title", Kind::Text { max_chars: MAX_NAME_CHARS }) = "\"\""
        ["jobtitle" "name" "position" "text" "role" "headline"];
    /// Whether the board features the posting.
    IsFeatured("isFeatured", "is_featured", Kind::Flag) = "0" ["featured"];
    /// The board's id of the company.
    CompanyId("companyId", "company_id", Kind::Reference) legacy "1";
    /// The board's id of the category.
    CategoryId("categoryId", "category_id", Kind::Reference) legacy "1";
    /// The kind of employment, for display.
    JobType("jobType", "job_type", Kind::Texts { max_chars: MAX_LABEL_CHARS }) legacy "\"Full-time\""
        ["employmenttype" "type" "commitment" "contracttype" "schedule"];
    /// Where the work is done, for display: on site, hybrid or remote.
    WorkMode("workMode", "work_mode", Kind::Text { max_chars: MAX_LABEL_CHARS }) legacy "\"On-site\""
        ["workplacetype" "workplace" "remote" "isremote" "joblocationtype" "remotetype"];
    /// The place of work, for display.
    Location("location", "location", Kind::Texts { max_chars: MAX_LOCATION_CHARS })
        ["joblocation" "place" "office" "locations" "address"];
    /// The pay, for display.
    Salary("salary", "salary", Kind::Text { max_chars: MAX_NAME_CHARS })
        ["pay" "compensation" "salarytext" "wage" "basesalary"];
    /// The job's description, plain text or HTML, stored as sent.
    Description("description", "description", Kind::LongText { max_bytes: MAX_DESCRIPTION_BYTES })
        ["content" "body" "jobdescription" "descriptionhtml" "summary"];
    /// The posting's page.
    Url("url", "url", Kind::Url) ["link" "joburl" "hostedurl" "absoluteurl" "permalink" "href"];
    /// Where to apply, when that is not the posting's page.
    ApplyUrl("applyUrl", "apply_url", Kind::Url)
        ["applylink" "applicationurl" "applicationlink" "joburldirect"];
    /// The employer's name.
    CompanyName("companyName", "company_name", Kind::Text { max_chars: MAX_NAME_CHARS })
        ["company" "employer" "organization" "hiringorganization" "organizationname"];
    /// When the source published the posting.
    PostedAt("postedAt", "posted_at", Kind::Time)
        ["dateposted" "posteddate" "publishedat" "datepublished" "pubdate" "date" "createdat"];
    /// When the posting ends.
    ValidThrough("validThrough", "valid_through", Kind::Time)
        ["expiresat" "expirationdate" "expirydate" "deadline" "applicationdeadline" "closingdate"];
    /// The department or team.
    Department("department", "department", Kind::Texts { max_chars: MAX_NAME_CHARS })
        ["team" "departments" "function" "category"];
    /// The country of the place of work.
    Country("country", "country", Kind::Country) ["countrycode" "addresscountry"];
    /// The state, province or region of the place of work.
    Region("region", "region", Kind::Text { max_chars: MAX_NAME_CHARS })
        ["state" "province" "addressregion"];
    /// The city of the place of work.
    Locality("locality", "locality", Kind::Text { max_chars: MAX_NAME_CHARS })
        ["city" "town" "addresslocality"];
    /// The language of the posting.
    Language("language", "language", Kind::Language) ["lang" "locale" "inlanguage"];
    /// The lower end of the pay.
    SalaryMin("salaryMin", "salary_min", Kind::Amount) ["minsalary" "salaryfrom" "minvalue"];
    /// The upper end of the pay.
    SalaryMax("salaryMax", "salary_max", Kind::Amount) ["maxsalary" "salaryto" "maxvalue"];
    /// The currency of the pay.
    SalaryCurrency("salaryCurrency", "salary_currency", Kind::Currency) ["currency" "currencycode"];
    /// The time that the pay is for.
    SalaryPeriod("salaryPeriod", "salary_period", Kind::Period)
        ["payperiod" "interval" "salaryinterval" "unittext"];
    /// Further facts that the board wants to keep.
    Extra("extra", "extra", Kind::Object) ["metadata" "customfields" "attributes"];
}

impl Field {
    /// Returns the field with this JSON name or column.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        lookup::find(name)
    }
    #[expect(clippy::indexing_slicing, reason = "a field is an index of the table")]
    pub fn spec(self) -> &'static FieldSpec {
        &FIELDS[self as usize]
    }
}

impl FieldSpec {
    /// The JSON stored when the posting does not state the field.
    pub const fn default_json(&self, defaults: Defaults) -> &'static str {
        match (defaults, self.legacy_json) {
            (Defaults::Legacy, Some(json)) => json,
            _ => self.default_json,
        }
    }

    /// The documentation line, without the leading blank of a doc comment.
    pub fn summary(&self) -> &'static str {
        self.doc.trim()
    }

    /// The longest JSON of a value in a row, in bytes. A character takes at most 12 in a text that
    /// is copied as sent (`\ud83d\ude00`) and 6 in a text that is re-encoded (`\u0001`); a byte of
    /// a text with a byte limit takes 6.
    pub const fn max_json_bytes(&self) -> usize {
        const QUOTES: usize = 2;
        let value_bytes = match self.kind {
            Kind::Source => MAX_LABEL_CHARS * 6 + QUOTES,
            Kind::Id => MAX_EXTERNAL_ID_CHARS * 6 + QUOTES,
            Kind::Text { max_chars } | Kind::Texts { max_chars } => max_chars * 12 + QUOTES,
            Kind::LongText { max_bytes } => max_bytes * 6 + QUOTES,
            Kind::Reference => "9007199254740991".len(),
            Kind::Flag => "1".len(),
            Kind::Url => MAX_URL_CHARS * 12 + QUOTES,
            Kind::Time => "2026-11-22T13:56:45.123Z".len() + QUOTES,
            Kind::Country => "DE".len() + QUOTES,
            Kind::Language => MAX_LANGUAGE_CHARS + QUOTES,
            // 17 digits after leading zeros; from 1e-7 down there is an exponent.
            Kind::Amount => "0.0000012345678901234567".len(),
            Kind::Currency => "EUR".len() + QUOTES,
            Kind::Period => "MONTH".len() + QUOTES,
            // A quote, a backslash and a line break between tokens take two bytes each.
            Kind::Object => MAX_EXTRA_BYTES * 2 + QUOTES,
        };
        max(value_bytes, KEEP_JSON.len())
    }

    /// The most bytes by which the field can make a row longer than the posting, commas included:
    /// its default if the posting does not mention it, or a value that is written out (`1e20`
    /// becomes 21 digits). Excludes the growth of an object, which depends on its length.
    pub const fn max_growth_bytes(&self) -> usize {
        let legacy_bytes = match self.legacy_json {
            Some(json) => json.len(),
            None => 0,
        };
        let default_bytes = match self.kind {
            // The default source is a separate parameter, and null in the row.
            Kind::Source => "null".len(),
            _ => max(max(self.default_json.len(), KEEP_JSON.len()), legacy_bytes),
        };
        let (sent, written) = match self.kind {
            Kind::Source
            | Kind::Id
            | Kind::Text { .. }
            | Kind::Texts { .. }
            | Kind::LongText { .. } => ("1e20", "\"100000000000000000000\""),
            Kind::Time => ("1", "\"1970-01-01T00:00:01.000Z\""),
            Kind::Amount => ("1e20", "100000000000000000000"),
            // Never longer than sent.
            _ => ("", ""),
        };
        let name_bytes = min(self.json_name.len(), self.column.len()) + "\"\":".len();
        let written_bytes = written.len().saturating_sub(sent.len() + name_bytes);
        max(default_bytes + ",".len(), written_bytes)
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// The longest JSON of a row's values, each with its comma, in bytes.
pub const MAX_VALUES_BYTES: usize = {
    let (mut bytes, mut rest) = (0, FIELDS.as_slice());
    while let [spec, others @ ..] = rest {
        bytes += spec.max_json_bytes() + ",".len();
        rest = others;
    }
    bytes
};

/// The most bytes by which a row's values can be longer than the posting, commas included, objects
/// excluded.
pub const MAX_VALUES_GROWTH_BYTES: usize = {
    let (mut bytes, mut rest) = (0, FIELDS.as_slice());
    while let [spec, others @ ..] = rest {
        bytes += spec.max_growth_bytes();
        rest = others;
    }
    bytes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_find_their_field() {
        for (index, spec) in FIELDS.iter().enumerate() {
            assert_eq!(spec.field as usize, index);
            assert_eq!(
                Field::from_name(spec.json_name.as_bytes()),
                Some(spec.field)
            );
            assert_eq!(Field::from_name(spec.column.as_bytes()), Some(spec.field));
            assert_eq!(spec.field.spec().column, spec.column);
        }
        for unknown in ["", "externalid", "Title", "title ", "job_title", "sourcf"] {
            assert_eq!(Field::from_name(unknown.as_bytes()), None, "{unknown}");
        }
    }

    #[test]
    fn a_column_is_the_json_name_in_snake_case() {
        for spec in &FIELDS {
            let snake_case: String = spec
                .json_name
                .chars()
                .flat_map(|c| {
                    let underscore = c.is_ascii_uppercase().then_some('_');
                    underscore.into_iter().chain([c.to_ascii_lowercase()])
                })
                .collect();
            assert_eq!(spec.column, snake_case);
        }
    }

    #[test]
    fn feed_names_are_normalised_and_unique() {
        let mut all: Vec<&str> = Vec::new();
        for spec in FIELDS {
            for name in spec.also_called {
                let is_normal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                assert!(name.chars().all(is_normal), "{name}");
                assert!(!all.contains(name), "{name} is given twice");
                all.push(name);
            }
        }
    }
}
