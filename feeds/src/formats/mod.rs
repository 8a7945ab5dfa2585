//! The formats, one file each, and the table from which dispatch, help and docs/FEEDS.md are derived.

pub(crate) mod ashby;
pub(crate) mod greenhouse;
pub(crate) mod indeed;
pub(crate) mod job_posting;
mod json_rows;
pub(crate) mod lever;
pub(crate) mod own_csv;
pub(crate) mod own_json;
pub(crate) mod personio;
pub(crate) mod recruitee;
pub(crate) mod smartrecruiters;
pub(crate) mod teamtailor;
pub(crate) mod workable;

use crate::format::{Format, Spec};

/// All formats, in the order of [`Format`].
pub static FORMATS: [&Spec; 16] = [
    &greenhouse::SPEC,
    &lever::SPEC,
    &ashby::SPEC,
    &recruitee::SPEC,
    &workable::SPEC,
    &smartrecruiters::SPEC,
    &teamtailor::SPEC,
    &job_posting::SPEC,
    &personio::SPEC,
    &indeed::INDEED,
    &indeed::TALENT,
    &indeed::JORA,
    &indeed::JOOBLE,
    &indeed::JOBRAPIDO,
    &own_csv::SPEC,
    &own_json::SPEC,
];

impl Format {
    /// The definition of this format.
    pub fn spec(self) -> &'static Spec {
        match self {
            Self::Greenhouse => &greenhouse::SPEC,
            Self::Lever => &lever::SPEC,
            Self::Ashby => &ashby::SPEC,
            Self::Recruitee => &recruitee::SPEC,
            Self::Workable => &workable::SPEC,
            Self::SmartRecruiters => &smartrecruiters::SPEC,
            Self::Teamtailor => &teamtailor::SPEC,
            Self::JobPosting => &job_posting::SPEC,
            Self::Personio => &personio::SPEC,
            Self::Indeed => &indeed::INDEED,
            Self::Talent => &indeed::TALENT,
            Self::Jora => &indeed::JORA,
            Self::Jooble => &indeed::JOOBLE,
            Self::Jobrapido => &indeed::JOBRAPIDO,
            Self::Csv => &own_csv::SPEC,
            Self::Json => &own_json::SPEC,
        }
    }

    /// The URL of a board's feed, if the format has one.
    pub fn url_of_board(self, board: &str) -> Option<String> {
        let call = self.spec().call;
        let board: String = url::form_urlencoded::byte_serialize(board.as_bytes()).collect();
        let board = board.replace('+', "%20");
        call.starts_with("https://")
            .then(|| call.replace("{board}", &board))
    }
}
