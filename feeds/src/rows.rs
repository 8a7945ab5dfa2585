//! From rows to postings: a format builds rows, rows with the same id are merged, and postings are
//! emitted.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use serde_json::value::{RawValue, to_raw_value};

use crate::error::Error;
use crate::findings::{Findings, Skip, WarningCode};
use crate::json::Json;
use crate::own_posting::OwnFields;
use crate::posting::{Item, Posting};
use crate::request::Request;
use crate::rules::country::{Country, country};
use crate::rules::pay::{self, Stated};
use crate::rules::place::{self, Place};
use crate::rules::time::Time;
use crate::rules::{employment, extra, id, language, link, time};

/// Receives postings; it can stop the mapping.
pub type Sink<'s> = dyn FnMut(Item) -> ControlFlow<()> + 's;

/// A row that a format has read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub posting: Posting,
    /// The places, the main one first.
    pub places: Vec<Place>,
    /// Whether the URL is used as the id because the row has none.
    pub id_is_url: bool,
    pub index: u64,
}

/// A row under construction: the setters apply the rules and record warnings.
pub(crate) struct Row<'r> {
    pub draft: Draft,
    pub request: &'r Request,
    findings: &'r mut Findings,
}

impl Row<'_> {
    pub fn posting(&mut self) -> &mut Posting {
        &mut self.draft.posting
    }

    fn warn(&mut self, code: WarningCode, message: impl FnOnce() -> String) {
        self.findings.warn(code, Some(self.draft.index), message);
    }

    pub fn id(&mut self, id: Option<String>) -> Result<(), Skip> {
        self.draft.posting.external_id = id.filter(|id| !id.is_empty()).ok_or(Skip::NoId)?;
        Ok(())
    }

    /// Sets the id, or the canonical URL if there is no id.
    pub fn id_or_url(&mut self, id: Option<String>, url: Option<&str>) -> Result<(), Skip> {
        match id.filter(|id| !id.is_empty()) {
            Some(id) => self.id(Some(id)),
            None => {
                self.draft.id_is_url = true;
                self.id(url.and_then(link::canonical))
            }
        }
    }

    pub fn title(&mut self, text: Option<&str>) {
        self.draft.posting.title = text.map(str::to_owned);
    }

    pub fn url(&mut self, text: Option<&str>) {
        self.draft.posting.url = self.shown(text, "URL");
    }

    /// Sets the apply URL, unless it equals the URL.
    pub fn apply_url(&mut self, text: Option<&str>) {
        let shown = self.shown(text, "apply URL");
        self.draft.posting.apply_url =
            shown.filter(|url| self.draft.posting.url.as_ref() != Some(url));
    }

    fn shown(&mut self, text: Option<&str>, what: &str) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let shown = link::shown(text);
        if shown.is_none() {
            self.warn(WarningCode::UrlUnusable, || {
                format!("the {what} {text:.80?} is not http or https, or is too long")
            });
        }
        shown
    }

    pub fn company(&mut self, text: Option<&str>) {
        let name = text.map(str::trim).filter(|text| !text.is_empty());
        self.draft.posting.company_name = name.or(self.request.company_name()).map(str::to_owned);
    }

    pub fn posted_at(&mut self, value: &Json<'_>) {
        let time = time::of_json(value);
        self.draft.posting.posted_at = self.time(time, "posted");
    }

    pub fn valid_through(&mut self, value: &Json<'_>) {
        let time = time::of_json(value);
        self.draft.posting.valid_through = self.time(time, "closing");
    }

    pub fn posted_at_text(&mut self, text: Option<&str>) {
        let time = time::of_text(text.unwrap_or_default());
        self.draft.posting.posted_at = self.time(time, "posted");
    }

    pub fn valid_through_text(&mut self, text: Option<&str>) {
        let time = time::of_text(text.unwrap_or_default());
        self.draft.posting.valid_through = self.time(time, "closing");
    }

    fn time(&mut self, time: Result<Option<Time>, String>, what: &str) -> Option<String> {
        match time {
            Ok(Some(time)) => {
                if time.without_zone {
                    self.warn(WarningCode::TimeWithoutZone, || {
                        format!(
                            "the {what} time has no zone and was read as UTC: {}",
                            time.iso
                        )
                    });
                }
                Some(time.iso)
            }
            Ok(None) => None,
            Err(text) => {
                self.warn(WarningCode::TimeUnreadable, || {
                    format!("the {what} time {text:.60?} is in an unknown notation")
                });
                None
            }
        }
    }

    /// Builds a place from parts; empty parts are missing.
    pub fn place(
        &mut self,
        name: Option<&str>,
        locality: Option<&str>,
        region: Option<&str>,
        country_text: Option<&str>,
    ) -> Place {
        let part = |text: Option<&str>| {
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let country_text = part(country_text);
        let known = match country_text.as_deref().map(country) {
            Some(Country::Known(alpha2)) => Some(alpha2),
            Some(Country::Unknown) => {
                self.warn(WarningCode::CountryUnknown, || {
                    format!(
                        "{:.60?} is not an ISO 3166-1 country",
                        country_text.as_deref().unwrap_or_default()
                    )
                });
                None
            }
            Some(Country::NotOne) | None => None,
        };
        // A code is replaced by its country's usual spelling.
        let shown = known.filter(|_| country_text.as_ref().is_some_and(|text| text.len() == 2));
        Place {
            name: part(name),
            locality: part(locality),
            region: part(region),
            country_text: shown.map(str::to_owned).or(country_text),
            country: known,
        }
    }

    /// Sets pay in numbers, with the feed's own text or one composed from the numbers.
    pub fn pay(&mut self, stated: Stated<'_>, text: Option<&str>) {
        let pay = pay::pay(stated);
        if pay.swapped {
            self.warn(WarningCode::SalarySwapped, || {
                "the ends of the pay range were swapped".to_owned()
            });
        }
        if let Some(currency) = &pay.bad_currency {
            let currency = currency.clone();
            self.warn(WarningCode::CurrencyUnusable, || {
                format!("{currency:.20?} is not an ISO 4217 currency")
            });
        }
        let posting = &mut self.draft.posting;
        posting.salary = text
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .or_else(|| pay::display(&pay));
        posting.salary_min = pay.min;
        posting.salary_max = pay.max;
        posting.salary_currency = pay.currency;
        posting.salary_period = pay.period;
    }

    /// Sets pay that cannot be expressed in the numeric fields.
    pub fn ambiguous_pay(&mut self, text: Option<&str>) {
        self.draft.posting.salary = text.map(str::to_owned);
        self.warn(WarningCode::SalaryAmbiguous, || {
            "the pay has several currencies or periods and is kept as text".to_owned()
        });
    }

    /// Sets the employment type, and the feed's own words for it.
    pub fn employment<'t>(&mut self, texts: impl IntoIterator<Item = &'t str> + Clone) {
        self.draft.posting.job_type = employment::words(texts.clone());
        let raw: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        if !raw.is_empty() {
            self.extra("employment_type_raw", Some(raw.join("; ")));
        }
    }

    pub fn language(&mut self, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        self.draft.posting.language = language::tag(text);
        if self.draft.posting.language.is_none() {
            self.warn(WarningCode::LanguageUnusable, || {
                format!("{text:.40?} is not a BCP 47 language tag")
            });
        }
    }

    pub fn extra(&mut self, key: &str, text: Option<impl Into<String>>) {
        extra::put(&mut self.draft.posting.extra, key, text);
    }

    pub fn extra_list(&mut self, key: &str, texts: Vec<String>) {
        extra::put_list(&mut self.draft.posting.extra, key, texts);
    }

    pub fn extra_named<'j>(
        &mut self,
        key: &str,
        named: impl IntoIterator<Item = (&'j str, &'j Json<'j>)>,
    ) {
        extra::put_named(&mut self.draft.posting.extra, key, named);
    }
}

/// The result of a first pass over a feed larger than memory: which ids occur more than once, and
/// whether dates are those of the build.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    repeated: HashSet<u64>,
    dates: Dates,
}

/// How rows are processed.
#[derive(Debug)]
enum Mode {
    /// All rows are held until the end.
    Hold,
    /// First pass: collects ids and dates, emits nothing.
    Look { seen: HashSet<u64> },
    /// Rows whose id is unique are emitted immediately.
    Stream,
}

/// The posted dates of a feed, and its build time.
#[derive(Debug, Default)]
struct Dates {
    n: u64,
    first: Option<String>,
    is_one_day: bool,
    is_one_time: bool,
    built: Option<Time>,
}

impl Dates {
    fn add(&mut self, posted_at: Option<&str>) {
        let Some(posted_at) = posted_at else { return };
        self.n += 1;
        match &self.first {
            None => {
                self.first = Some(posted_at.to_owned());
                self.is_one_day = true;
                self.is_one_time = true;
            }
            Some(first) => {
                self.is_one_time &= first == posted_at;
                self.is_one_day &= first.get(..10) == posted_at.get(..10);
            }
        }
    }

    /// Whether the dates are the build's: all on its day or, if the feed does not state its build
    /// time, at least three and all equal.
    fn are_of_build(&self) -> bool {
        let Some(first) = self.first.as_deref() else {
            return false;
        };
        match &self.built {
            Some(built) if self.n == 1 => first == built.iso,
            Some(built) => self.is_one_day && first.get(..10) == Some(built.day()),
            None => self.n >= 3 && self.is_one_time,
        }
    }
}

/// Collects rows and emits postings.
pub(crate) struct Rows<'s> {
    pub request: &'s Request,
    pub findings: Findings,
    source: Option<String>,
    /// What replaces the source of rows in the product's own fields.
    own_source: Option<Box<RawValue>>,
    /// The employer of rows in the product's own fields that do not name one.
    own_company: Option<Box<RawValue>>,
    sink: &'s mut Sink<'s>,
    mode: Mode,
    survey: Survey,
    held: Vec<Draft>,
    /// Whether to drop posted dates that are those of the build.
    pub dates_may_be_of_build: bool,
    stopped: bool,
}

impl<'s> Rows<'s> {
    pub fn new(request: &'s Request, sink: &'s mut Sink<'s>) -> Result<Self, Error> {
        let source = request.source()?;
        let raw = |text: &str| to_raw_value(text).ok();
        Ok(Self {
            request,
            findings: Findings::default(),
            own_source: source.as_deref().and_then(raw),
            own_company: request.company_name().and_then(raw),
            source,
            sink,
            mode: Mode::Hold,
            survey: Survey::default(),
            held: Vec::new(),
            dates_may_be_of_build: false,
            stopped: false,
        })
    }

    /// Switches to the first pass, which emits nothing.
    pub fn look(mut self) -> Self {
        self.mode = Mode::Look {
            seen: HashSet::new(),
        };
        self
    }

    pub fn into_survey(self) -> Survey {
        self.survey
    }

    /// Emits rows as they arrive, except those that the survey found to belong together.
    pub fn stream(mut self, survey: Survey) -> Self {
        self.mode = Mode::Stream;
        self.survey = survey;
        self
    }

    pub fn built(&mut self, time: Option<Time>) {
        if time.is_some() {
            self.survey.dates.built = time;
        }
    }
    pub fn add(
        &mut self,
        build: impl FnOnce(&mut Row<'_>) -> Result<(), Skip>,
    ) -> Result<(), Error> {
        let index = self.findings.n_rows;
        self.findings.n_rows += 1;
        let mut row = Row {
            draft: Draft {
                index,
                ..Draft::default()
            },
            request: self.request,
            findings: &mut self.findings,
        };
        match build(&mut row) {
            Ok(()) => {
                let draft = row.draft;
                self.take(draft)
            }
            Err(reason) => {
                self.findings.skip(reason, index, "");
                Ok(())
            }
        }
    }

    /// Records that the next row was repaired.
    pub fn repaired(&mut self, problem: &serde_json::Error) {
        let index = self.findings.n_rows;
        self.findings
            .warn(WarningCode::JsonRepaired, Some(index), || {
                format!("not JSON ({problem}), and repaired")
            });
    }

    /// Records a warning about the next row.
    pub fn warn_row(&mut self, code: WarningCode, message: &str) {
        let index = self.findings.n_rows;
        self.findings.warn(code, Some(index), || message.to_owned());
    }

    /// Counts a row that could not be read.
    pub fn unreadable(&mut self, detail: &str) {
        let index = self.findings.n_rows;
        self.findings.n_rows += 1;
        self.findings.skip(Skip::Unreadable, index, detail);
    }

    /// Builds a row from a raw JSON value and adds it.
    pub fn add_json(
        &mut self,
        raw: &str,
        build: impl FnOnce(&Json<'_>, &mut Row<'_>) -> Result<(), Skip>,
    ) -> Result<(), Error> {
        let problem = match serde_json::from_str::<Json<'_>>(raw) {
            Ok(json) => return self.add_value(&json, build),
            Err(problem) => problem,
        };
        let repaired = crate::repair::repair(raw);
        match repaired.as_deref().map(serde_json::from_str::<Json<'_>>) {
            Some(Ok(json)) => {
                self.repaired(&problem);
                self.add_value(&json, build)
            }
            _ => {
                self.unreadable(&problem.to_string());
                Ok(())
            }
        }
    }

    fn add_value(
        &mut self,
        json: &Json<'_>,
        build: impl FnOnce(&Json<'_>, &mut Row<'_>) -> Result<(), Skip>,
    ) -> Result<(), Error> {
        if matches!(json, Json::Object(_)) {
            self.add(|row| build(json, row))
        } else {
            self.unreadable("not an object");
            Ok(())
        }
    }

    fn take(&mut self, draft: Draft) -> Result<(), Error> {
        if matches!(self.mode, Mode::Hold | Mode::Look { .. }) {
            self.survey.dates.add(draft.posting.posted_at.as_deref());
        }
        let key = hash(&draft.posting.external_id);
        match &mut self.mode {
            Mode::Hold => self.held.push(draft),
            Mode::Look { seen } => {
                if !seen.insert(key) {
                    self.survey.repeated.insert(key);
                }
            }
            Mode::Stream if self.survey.repeated.contains(&key) => self.held.push(draft),
            Mode::Stream => self.hand_out(draft)?,
        }
        Ok(())
    }

    /// Adds a row in the product's own fields.
    pub fn add_own(&mut self, fields: OwnFields<'_>) -> Result<(), Error> {
        self.findings.n_rows += 1;
        let mut fields = fields;
        if let Some(source) = &self.own_source {
            fields.set("source", "source", source);
        }
        if let Some(name) = &self.own_company {
            let is_stated = fields
                .get("companyName", "company_name")
                .is_some_and(|raw| !matches!(raw.get(), "null" | "\"\""));
            if !is_stated {
                fields.set("companyName", "company_name", name);
            }
        }
        let posting = fields.to_posting();
        self.give(Item::Own(posting))
    }

    fn give(&mut self, item: Item) -> Result<(), Error> {
        self.findings.n_postings += 1;
        if (self.sink)(item).is_break() {
            self.stopped = true;
            return Err(Error::Stopped);
        }
        Ok(())
    }

    /// Emits the rows that are held.
    pub fn finish(&mut self) -> Result<(), Error> {
        if matches!(self.mode, Mode::Look { .. }) {
            return Ok(());
        }
        if self.dates_may_be_of_build && self.survey.dates.are_of_build() {
            let n = self.survey.dates.n;
            self.findings.warn(WarningCode::PostedAtIsBuildTime, None, || {
                format!("all {n} postings have the day of the build as their date, which was dropped")
            });
        }
        let mut groups: Vec<Vec<Draft>> = Vec::new();
        let mut group_of: HashMap<String, usize> = HashMap::new();
        for draft in std::mem::take(&mut self.held) {
            match group_of.entry(draft.posting.external_id.clone()) {
                Entry::Occupied(entry) => {
                    if let Some(group) = groups.get_mut(*entry.get()) {
                        group.push(draft);
                    }
                }
                Entry::Vacant(entry) => {
                    entry.insert(groups.len());
                    groups.push(vec![draft]);
                }
            }
        }
        for group in groups {
            if let Some(draft) = self.merged(group) {
                self.hand_out(draft)?;
            }
        }
        Ok(())
    }

    /// Merges rows with the same id into one posting, independent of their order.
    fn merged(&mut self, mut group: Vec<Draft>) -> Option<Draft> {
        if group.len() > 1 {
            group.sort_by_cached_key(|draft| {
                let text = draft.places.first().map(Place::text).unwrap_or_default();
                let json = serde_json::to_string(&draft.posting).unwrap_or_default();
                (text.is_empty(), text, json, draft.places.clone())
            });
        }
        let mut rows = group.into_iter();
        let mut merged = rows.next()?;
        let others: Vec<Draft> = rows.collect();
        if others.is_empty() {
            return Some(merged);
        }
        let differs = |other: &Draft| other.posting.title != merged.posting.title;
        if merged.id_is_url && others.iter().any(differs) {
            let indexes = others.iter().map(|draft| draft.index);
            let mut indexes: Vec<u64> = indexes.chain([merged.index]).collect();
            indexes.sort_unstable();
            for index in indexes {
                self.findings.skip(Skip::AmbiguousId, index, "");
            }
            return None;
        }
        if others.iter().any(|other| other.posting != merged.posting) {
            let id = merged.posting.external_id.clone();
            self.findings.warn(WarningCode::RowsDiffer, Some(merged.index), || {
                format!("the rows of id {id:.80?} differ in more than their place; one was kept, with its gaps filled from the others")
            });
        }
        let mut places = Vec::new();
        for other in others {
            self.findings.n_merged += 1;
            places.extend(other.places);
            fill(&mut merged.posting, other.posting);
        }
        let mut own = std::mem::take(&mut merged.places).into_iter();
        let main = own.next();
        merged.places = place::in_order(main, own.chain(places).collect());
        Some(merged)
    }

    fn hand_out(&mut self, draft: Draft) -> Result<(), Error> {
        let index = Some(draft.index);
        let mut posting = draft.posting;
        posting.source = self.source.clone().unwrap_or_default();
        if self.dates_may_be_of_build && self.survey.dates.are_of_build() {
            posting.posted_at = None;
        }
        let mut places = draft.places;
        place::drop_repeated(&mut places);
        posting.location = place::joined(&places);
        if let Some(main) = places.first() {
            posting.country = main.country;
            posting.region = main.region.clone();
            posting.locality = main.locality.clone();
        }
        if let Some(all) = place::to_json(&places) {
            posting.extra.insert("locations".to_owned(), all);
        }
        let dropped = extra::fit(&mut posting.extra);
        if !dropped.is_empty() {
            self.findings.warn(WarningCode::ExtraCut, index, || {
                format!("extra is too large; removed {}", dropped.join(", "))
            });
        }
        let (id, was_hashed) = id::fit(posting.external_id);
        posting.external_id = id;
        if was_hashed {
            self.findings.warn(WarningCode::IdHashed, index, || {
                format!(
                    "the id has more than {} characters and was replaced by its hash",
                    id::MAX_ID_CHARS
                )
            });
        }
        self.give(Item::Feed(Box::new(posting)))
    }
}

/// Fills gaps of a posting from another row with its id.
fn fill(posting: &mut Posting, other: Posting) {
    fn take<T>(slot: &mut Option<T>, other: Option<T>) {
        if slot.is_none() {
            *slot = other;
        }
    }
    take(&mut posting.title, other.title);
    take(&mut posting.job_type, other.job_type);
    take(&mut posting.work_mode, other.work_mode);
    take(&mut posting.description, other.description);
    take(&mut posting.url, other.url);
    take(&mut posting.apply_url, other.apply_url);
    take(&mut posting.company_name, other.company_name);
    take(&mut posting.posted_at, other.posted_at);
    take(&mut posting.valid_through, other.valid_through);
    take(&mut posting.department, other.department);
    take(&mut posting.language, other.language);
    if posting.salary.is_none() && posting.salary_min.is_none() && posting.salary_max.is_none() {
        posting.salary = other.salary;
        posting.salary_min = other.salary_min;
        posting.salary_max = other.salary_max;
        posting.salary_currency = other.salary_currency;
        posting.salary_period = other.salary_period;
    }
    posting.left_alone.description &= other.left_alone.description;
    posting.left_alone.department &= other.left_alone.department;
    posting.left_alone.salary &= other.left_alone.salary;
    for (key, value) in other.extra {
        posting.extra.entry(key).or_insert(value);
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
