//! A posting in the Worker's JSON fields, and which of the fields a call provides.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::own_posting::OwnPosting;

/// The result of one row, or of several merged rows, of a feed.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Item {
    /// A mapped posting of a feed.
    Feed(Box<Posting>),
    /// A posting in the product's own fields, passed on as written so that the Worker's rules
    /// apply.
    Own(OwnPosting),
}

impl Item {
    /// Its JSON.
    pub fn json(&self) -> Cow<'_, str> {
        match self {
            // Texts, numbers and JSON: serialisation cannot fail.
            Self::Feed(posting) => serde_json::to_string(posting).unwrap_or_default().into(),
            Self::Own(posting) => posting.json().into(),
        }
    }

    /// Its JSON, without a copy of one in own fields.
    pub fn into_json(self) -> Box<str> {
        match self {
            Self::Feed(_) => self.json().into(),
            Self::Own(posting) => posting.into_json(),
        }
    }

    /// The source, if the posting names one.
    pub fn source(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Feed(posting) => Some(Cow::Borrowed(&posting.source)),
            Self::Own(posting) => posting.source(),
        }
    }
}

/// A posting of a feed. `None` means that the feed does not state the value.
///
/// Serialises to the fields of `POST /jobs/ingest`. A value that is not stated is an explicit null,
/// so that a value withdrawn by the feed is cleared. A field that the call does not provide at all
/// ([`LeftAlone`]) is absent, so that `missing=keep` preserves what a more detailed call delivered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posting {
    pub external_id: String,
    pub title: Option<String>,
    pub location: Option<String>,
    /// Pay as text.
    pub salary: Option<String>,
    /// Words of schema.org's `employmentType`, joined by "; ".
    pub job_type: Option<String>,
    /// `onsite`, `hybrid` or `remote`.
    pub work_mode: Option<&'static str>,
    pub source: String,
    pub description: Option<String>,
    pub url: Option<String>,
    pub apply_url: Option<String>,
    pub company_name: Option<String>,
    /// A date, or a time in UTC.
    pub posted_at: Option<String>,
    /// A date, or a time in UTC.
    pub valid_through: Option<String>,
    pub department: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<&'static str>,
    pub region: Option<String>,
    pub locality: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    pub salary_min: Option<Amount>,
    pub salary_max: Option<Amount>,
    /// ISO 4217.
    pub salary_currency: Option<String>,
    /// `YEAR`, `MONTH`, `WEEK`, `DAY` or `HOUR`.
    pub salary_period: Option<&'static str>,
    /// Selected facts without a column of their own, at most [`MAX_EXTRA_BYTES`].
    pub extra: Map<String, Value>,
    pub left_alone: LeftAlone,
}

/// Maximum size of `extra` as JSON: the limit of the Worker.
pub const MAX_EXTRA_BYTES: usize = 8_192;

/// Fields that the call does not provide: without `content=true`, for example, Greenhouse returns
/// no description.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftAlone {
    pub description: bool,
    pub department: bool,
    /// `salary` and the four numeric columns.
    pub salary: bool,
}

/// An amount of money: finite and greater than 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Amount(pub f64);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // 2^53: above it an f64 does not represent every integer.
        const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < MAX_INTEGER {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "an integer below 2^53, as tested in the line above"
            )]
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl Serialize for Posting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("externalId", &self.external_id)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("location", &self.location)?;
        if !self.left_alone.salary {
            map.serialize_entry("salary", &self.salary)?;
        }
        map.serialize_entry("jobType", &self.job_type)?;
        map.serialize_entry("workMode", &self.work_mode)?;
        map.serialize_entry("source", &self.source)?;
        if !self.left_alone.description {
            map.serialize_entry("description", &self.description)?;
        }
        map.serialize_entry("url", &self.url)?;
        map.serialize_entry("applyUrl", &self.apply_url)?;
        map.serialize_entry("companyName", &self.company_name)?;
        map.serialize_entry("postedAt", &self.posted_at)?;
        map.serialize_entry("validThrough", &self.valid_through)?;
        if !self.left_alone.department {
            map.serialize_entry("department", &self.department)?;
        }
        map.serialize_entry("country", &self.country)?;
        map.serialize_entry("region", &self.region)?;
        map.serialize_entry("locality", &self.locality)?;
        map.serialize_entry("language", &self.language)?;
        if !self.left_alone.salary {
            map.serialize_entry("salaryMin", &self.salary_min)?;
            map.serialize_entry("salaryMax", &self.salary_max)?;
            map.serialize_entry("salaryCurrency", &self.salary_currency)?;
            map.serialize_entry("salaryPeriod", &self.salary_period)?;
        }
        let extra = (!self.extra.is_empty()).then_some(&self.extra);
        map.serialize_entry("extra", &extra)?;
        map.end()
    }
}
