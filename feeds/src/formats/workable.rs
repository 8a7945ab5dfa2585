//! Workable's widget.

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::json_rows::{json_rows, marks_missing};
use crate::json::Json;
use crate::rows::{Row, Rows};
use crate::rules::id;
use crate::rules::place;
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Workable,
    title: "Workable (widget)",
    call: "https://apply.workable.com/api/v1/widget/accounts/{board}?details=true",
    marks: "an object with `name` and `jobs`, whose rows have `shortcode`",
    id_scope: IdScope::System,
    company: Company::Stated,
    completeness: "by the call: it returns all postings of the account, one row per place",
    parameters: Some(&["details"]),
    fields: &[
        (
            "externalId",
            "`shortcode`; rows with the same id are merged and their places joined",
        ),
        ("title", "`title`"),
        (
            "location",
            "`locations` of all rows except hidden ones, else `city`, `state`, `country`",
        ),
        ("jobType", "`employment_type`"),
        (
            "workMode",
            "`telecommuting` true is `remote`; false states nothing",
        ),
        (
            "description",
            "`description`; untouched without `details=true`",
        ),
        ("url", "`url`"),
        ("applyUrl", "`application_url`"),
        ("companyName", "`name` of the account, or else the caller's"),
        ("postedAt", "`published_on`"),
        ("department", "`department`"),
        (
            "country, region, locality",
            "the first place: `countryCode`, `region`, `city`",
        ),
        (
            "extra",
            "`requisition_id` (`code`), `industry`, `function`, `experience`, `education`, `locations`, `employment_type_raw`",
        ),
    ],
    lost: "`created_at`, `shortlink`; whether remote is hybrid, which the widget does not state",
    guessed: "nothing",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let name = envelope.get("name");
    let raws = envelope
        .rows("jobs")
        .filter(|_| envelope.raw("name").is_some())
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    let is_marked = |job: &Json<'_>| job.has("shortcode");
    json_rows(&SPEC, rows, envelope, &raws, is_marked, |job, row| {
        build(job, name.text(), row)
    })?;
    Ok(Claim::Full("the call returns all postings of the account"))
}

fn build(job: &Json<'_>, company: Option<&str>, row: &mut Row<'_>) -> Result<(), Skip> {
    row.id(id::of_json(job.get("shortcode")))?;
    row.title(job.get("title").text());
    row.url(job.get("url").text().or(job.get("shortlink").text()));
    row.apply_url(job.get("application_url").text());
    row.company(company);
    row.posted_at(job.get("published_on"));
    row.employment(job.get("employment_type").text());
    row.posting().work_mode = workplace::flags(false, false, job.get("telecommuting").is(true));

    let listed = job.get("locations").items();
    let mut places = Vec::new();
    for place in listed.iter().filter(|place| !place.get("hidden").is(true)) {
        let country = place.get("country").text();
        let code = place.get("countryCode").text().or(country);
        let city = place.get("city").text();
        let mut place = row.place(None, city, place.get("region").text(), code);
        // The text uses the country's name.
        place.country_text = country.or(code).map(str::to_owned);
        places.push(place);
    }
    if listed.is_empty() {
        places.push(row.place(
            None,
            job.get("city").text(),
            job.get("state").text(),
            job.get("country").text(),
        ));
    }
    let mut places = places.into_iter();
    row.draft.places = place::in_order(places.next(), places.collect());

    let posting = row.posting();
    posting.department = job.get("department").text().map(str::to_owned);
    posting.left_alone.description = !job.has("description");
    posting.description = job.get("description").markup().map(str::to_owned);
    row.extra("requisition_id", job.get("code").label());
    for key in ["industry", "function", "experience", "education"] {
        row.extra(key, job.get(key).text());
    }
    Ok(())
}
