//! The table of fields: the only definition of a field. The enum, the lookup by name, the limits of a
//! row, the SQL, the documentation and the API schema are derived from it (`cargo xtask generate`
//! writes what cannot be derived at compile time).

use super::kind::Kind;
use crate::limits::{MAX_DESCRIPTION_BYTES, MAX_LABEL_CHARS, MAX_LOCATION_CHARS, MAX_NAME_CHARS};
use crate::options::Defaults;

/// The JSON of a field that keeps its stored value; not a valid value of any field.
pub const KEEP_JSON: &str = "false";

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
}

#[cfg(test)]
mod tests {
    use super::*;

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
