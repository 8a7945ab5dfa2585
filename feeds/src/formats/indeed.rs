//! Indeed-style XML and its dialects: one reader, one table of names for all.

use std::io::BufRead;

use crate::claim::Claim;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec};
use crate::json::Json;
use crate::rows::{Row, Rows};
use crate::rules::pay::Stated;
use crate::rules::place::Place;
use crate::rules::{employment, time, workplace};
use crate::xml::{self, Element, Part};

const LOST: &str = "`lastBuildDate`, `updated` and other times of the build; `postalcode`, `streetaddress`; `email` and Indeed Apply's data, which are personal";
const GUESSED: &str = "A posted date that all postings share is the build's, not the posting's, and becomes null: if it is the day of `lastBuildDate`, or, without that, if at least three postings bear it.";
const COMPLETENESS: &str = "by the contract of such feeds, which always contain the whole list; `expectedJobCount` is checked if it is stated";

/// Defines the table row of a dialect.
macro_rules! dialect {
    ($static:ident, $format:ident, $title:literal, $call:literal, $marks:literal, [$($field:literal: $from:literal),* $(,)?]) => {
        pub(crate) static $static: Spec = Spec {
            format: Format::$format,
            title: $title,
            call: $call,
            marks: $marks,
            id_scope: IdScope::Board,
            company: Company::Stated,
            completeness: COMPLETENESS,
            parameters: None,
            fields: &[
                $(($field, $from),)*
                ("companyName", "`company`, or else the caller's"),
                ("jobType", "`jobtype`"),
                ("description", "`description`: CDATA verbatim, text with its entities decoded once"),
                ("country, region, locality", "`country`, `state`, `city`"),
                ("language", "`language`"),
                ("extra", "`requisition_id`, `experience`, `education`, `employment_type_raw`"),
            ],
            lost: LOST,
            guessed: GUESSED,
        };
    };
}

dialect!(INDEED, Indeed, "Indeed XML", "a file of the publisher",
    "XML with the root `source` and rows `job` that have `referencenumber`, or `url` and `title`", [
    "externalId": "`referencenumber`, or else the canonical URL if no other posting has it",
    "title": "`title`, entities decoded once",
    "location": "`city`, `state`, `country`",
    "salary": "`salary`, which is prose, so no numbers",
    "workMode": "`remotetype`; else `remote` or `isremote` yes is `remote`",
    "url": "`url`, without tracking parameters",
    "postedAt": "`date`",
    "validThrough": "`expirationdate`; a posting in the feed is open even after that date",
    "department": "`category`",
]);
dialect!(TALENT, Talent, "Talent.com XML", "a file of the publisher",
    "XML with the root `source` and rows `job` that have `dateposted`, `isremote` or a nested `salary`", [
    "externalId": "`referencenumber`, or else the canonical URL if no other posting has it",
    "title": "`title`, entities decoded once",
    "location": "`city`, `state`, `country`",
    "salary, salaryMin, salaryMax, salaryCurrency, salaryPeriod": "`salary_min`, `salary_max`, `salary_currency`, `salary_period` in `salary`",
    "workMode": "`isremote` yes is `remote`",
    "url": "`url`, without tracking parameters",
    "postedAt": "`dateposted`",
    "validThrough": "`expirationdate`",
    "department": "`category`",
]);
dialect!(JORA, Jora, "Jora XML", "a file of the publisher",
    "XML with the root `source` and rows `job` that have `id`, `listed_date` or `closing_date`", [
    "externalId": "`id`, or else the canonical URL if no other posting has it",
    "title": "`title`, entities decoded once",
    "location": "`location`, else `city`, `state`, `country`",
    "salary, salaryMin, salaryMax, salaryCurrency, salaryPeriod": "`min`, `max`, `currency`, `type` in `salary`",
    "url": "`url`, without tracking parameters",
    "postedAt": "`listed_date`",
    "validThrough": "`closing_date`",
    "department": "`category`",
]);
dialect!(JOOBLE, Jooble, "Jooble XML", "a file of the publisher",
    "XML with the root `jobs` and rows `job` with the attribute `id`", [
    "externalId": "the attribute `id`, or else the canonical URL if no other posting has it",
    "title": "`name`, entities decoded once",
    "location": "`region`, `country`",
    "salary": "`salary`, which is prose, so no numbers",
    "url": "`link`, without tracking parameters",
    "postedAt": "`pubdate`",
    "validThrough": "`expire`",
    "department": "`category`",
]);
dialect!(JOBRAPIDO, Jobrapido, "Jobrapido XML", "a file of the publisher",
    "XML with the root `source`, `jobs` in it, and rows `job` that have `reference_id`, `publishdate` or `expirydate`", [
    "externalId": "`reference_id`, or else the canonical URL if no other posting has it",
    "title": "`title`, entities decoded once",
    "location": "`location`, `state`, `country`",
    "salary": "`salary`, which is prose, so no numbers",
    "url": "`url`, without tracking parameters",
    "postedAt": "`publishdate`",
    "validThrough": "`expirydate`",
    "department": "`category`",
]);

/// Names of an element in any dialect.
const ID: &[&str] = &["referencenumber", "reference_id", "reference", "id"];
const TITLE: &[&str] = &["title", "name"];
const URL: &[&str] = &["url", "link"];
const POSTED: &[&str] = &[
    "date",
    "dateposted",
    "listed_date",
    "pubdate",
    "publishdate",
];
const ENDS: &[&str] = &[
    "expirationdate",
    "closing_date",
    "expire",
    "expirydate",
    "expiration_date",
];

/// Maps a body of the dialect that `spec` describes.
pub(crate) fn read(spec: &Spec, input: impl BufRead, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let format = spec.format;
    let root_name = if format == Format::Jooble {
        "jobs"
    } else {
        "source"
    };
    rows.dates_may_be_of_build = true;
    let mut expected = None;
    let mut n_marked: u64 = 0;
    xml::read(input, "job", |part| match part {
        Part::Root(root) if root.name != root_name => Err(Error::MarksMissing {
            format,
            expected: spec.marks,
            found: format!("XML with the root `{:.40}`", root.name),
        }),
        Part::Row(job) => {
            n_marked += u64::from(is_marked(format, &job));
            rows.add(|row| build(&job, row))
        }
        Part::Other(other) => {
            match (other.name.as_str(), other.plain()) {
                ("lastbuilddate", Some(text)) => {
                    rows.built(time::of_text(&text).ok().flatten());
                }
                ("expectedjobcount", Some(text)) => expected = text.parse().ok(),
                _ => {}
            }
            Ok(())
        }
        Part::Root(_) => Ok(()),
    })?;
    if n_marked == 0 && rows.findings.n_rows > 0 {
        return Err(Error::MarksMissing {
            format,
            expected: spec.marks,
            found: format!("the root `{root_name}` with jobs that have none of these"),
        });
    }
    Ok(match expected {
        Some(stated) => Claim::Counter {
            name: "expectedJobCount",
            stated: Some(stated),
            how: "expectedJobCount equals the rows",
        },
        None => Claim::Full("such a feed always contains the publisher's whole list"),
    })
}

fn is_marked(format: Format, job: &Element) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| job.child(name).is_some());
    match format {
        Format::Talent => {
            has(&["dateposted", "isremote"])
                || job
                    .child("salary")
                    .is_some_and(|salary| salary.child("salary_min").is_some())
        }
        Format::Jora => has(&["id", "listed_date", "closing_date"]),
        Format::Jooble => job.attribute("id").is_some(),
        Format::Jobrapido => has(&["reference_id", "publishdate", "expirydate"]),
        _ => has(&["referencenumber"]) || (has(&["url"]) && has(&["title"])),
    }
}

fn build(job: &Element, row: &mut Row<'_>) -> Result<(), Skip> {
    let first = |names: &[&str]| names.iter().find_map(|name| job.text(name));
    let url = first(URL);
    let id = first(ID).or_else(|| job.attribute("id").map(str::to_owned));
    row.id_or_url(id, url.as_deref())?;
    row.title(first(TITLE).as_deref());
    row.url(url.as_deref());
    row.company(job.text("company").as_deref());
    row.posted_at_text(first(POSTED).as_deref());
    row.valid_through_text(first(ENDS).as_deref());
    row.language(job.text("language").as_deref());

    let kinds = job.text("jobtype").or_else(|| job.text("contract"));
    row.employment(kinds.as_deref());
    // "fulltime, contract" is a list unless the whole text is a known word.
    if row.posting().job_type.is_none() {
        let parts = kinds
            .as_deref()
            .unwrap_or_default()
            .split([',', ';', '|', '/']);
        let words: Vec<Option<&str>> = parts.map(employment::word).collect();
        if words.iter().all(Option::is_some) {
            row.posting().job_type = employment::words(words.into_iter().flatten());
        }
    }
    let remote_type = job.text("remotetype");
    row.posting().work_mode = match &remote_type {
        Some(word) => workplace::word(word),
        None => {
            let answer = job.text("remote").or_else(|| job.text("isremote"));
            answer.as_deref().and_then(|answer| {
                workplace::remote_flag(answer).or_else(|| workplace::word(answer))
            })
        }
    };
    row.draft.places = vec![place_of(job, row)];
    pay(job, row);

    let posting = row.posting();
    posting.department = job.text("category").and_then(|text| category(&text));
    posting.left_alone.description =
        job.child("description").is_none() && job.child("content").is_none();
    posting.description = ["description", "content"]
        .iter()
        .find_map(|name| job.child(name)?.markup());
    row.extra("requisition_id", job.text("requisitionid"));
    row.extra("experience", job.text("experience"));
    row.extra("education", job.text("education"));
    Ok(())
}

fn place_of(job: &Element, row: &mut Row<'_>) -> Place {
    let text = |name: &str| job.text(name);
    let country = text("country");
    let city = text("city");
    match row.request.format {
        // The region contains the whole place: "Munich, Bavaria".
        Format::Jooble => {
            let mut place = row.place(None, text("region").as_deref(), None, country.as_deref());
            let parts = place.text();
            place.name = (!parts.is_empty()).then_some(parts);
            place.locality = city;
            place
        }
        Format::Jobrapido => row.place(
            None,
            text("location").or(city).as_deref(),
            text("state").as_deref(),
            country.as_deref(),
        ),
        _ => row.place(
            text("location").as_deref(),
            city.as_deref(),
            text("state").or_else(|| text("region")).as_deref(),
            country.as_deref(),
        ),
    }
}

fn pay(job: &Element, row: &mut Row<'_>) {
    let Some(salary) = job.child("salary") else {
        return;
    };
    let part = |names: &[&str]| names.iter().find_map(|name| salary.text(name));
    if salary.children().next().is_none() {
        row.posting().salary = salary.plain();
        return;
    }
    let number = |names: &[&str]| part(names).and_then(|text| Json::Text(text.into()).number());
    let currency = part(&["salary_currency", "currency"]);
    let period = part(&["salary_period", "period", "type"]);
    let stated = Stated {
        min: number(&["salary_min", "min"]),
        max: number(&["salary_max", "max"]),
        currency: currency.as_deref(),
        period: period.as_deref(),
    };
    row.pay(stated, None);
}

/// The category. Some feeds contain a printed Python dict; then its value.
fn category(text: &str) -> Option<String> {
    if !text.starts_with("{'") {
        return Some(text.to_owned());
    }
    let (_, after) = text.split_once("'value': '")?;
    let (value, _) = after.split_once('\'')?;
    (!value.trim().is_empty()).then(|| value.trim().to_owned())
}
