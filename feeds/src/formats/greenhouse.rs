//! Greenhouse job boards.

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::json_rows::{json_rows, marks_missing};
use crate::json::Json;
use crate::rows::{Row, Rows};
use crate::rules::entities;
use crate::rules::id;
use crate::rules::people;
use crate::rules::place;
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Greenhouse,
    title: "Greenhouse",
    call: "https://boards-api.greenhouse.io/v1/boards/{board}/jobs?content=true",
    marks: "an object with `jobs`, whose postings have `absolute_url`, or an empty `jobs` next to `meta.total`",
    id_scope: IdScope::System,
    company: Company::Stated,
    completeness: "`meta.total` equals the number of postings",
    parameters: Some(&["content", "questions", "pay_transparency"]),
    fields: &[
        ("externalId", "`id`"),
        ("title", "`title`"),
        (
            "location",
            "`location.name`, split at `|` and `;`, never at commas",
        ),
        (
            "workMode",
            "`remote` if each place is \"Remote\" or starts with it (\"Remote, Italy\")",
        ),
        (
            "description",
            "`content`, entities decoded once; untouched without `content=true`",
        ),
        ("url", "`absolute_url`"),
        ("companyName", "`company_name`, or else the caller's"),
        ("postedAt", "`first_published`"),
        ("validThrough", "`application_deadline`"),
        (
            "department",
            "the first of `departments`; untouched without `content=true`",
        ),
        ("language", "`language`"),
        (
            "extra",
            "`requisition_id`, `internal_job_id`, `metadata` (name to value, without people), `locations`",
        ),
    ],
    lost: "`updated_at` (moves without a change), `offices` (not the posting's place), `data_compliance`; posts without a job (`internal_job_id` null: prospects) are skipped",
    guessed: "`workMode` from the place's text. The feed has no employment type and no pay; neither is inferred from the text.",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let total = envelope.get("meta").get("total").count();
    let raws = envelope
        .rows("jobs")
        .filter(|raws| !raws.is_empty() || total.is_some())
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    json_rows(
        &SPEC,
        rows,
        envelope,
        &raws,
        |job| job.has("absolute_url"),
        row,
    )?;
    Ok(Claim::Counter {
        name: "meta.total",
        stated: total,
        how: "meta.total equals the rows",
    })
}

fn row(job: &Json<'_>, row: &mut Row<'_>) -> Result<(), Skip> {
    if job.has("internal_job_id") && job.get("internal_job_id").is_null() {
        return Err(Skip::Prospect);
    }
    row.id(id::of_json(job.get("id")))?;
    row.title(job.get("title").text());
    row.url(job.get("absolute_url").text());
    row.company(job.get("company_name").text());
    let places = place::split(job.get("location").get("name").text().unwrap_or_default());
    let is_remote = !places.is_empty()
        && places
            .iter()
            .all(|place| workplace::of_place(&place.text()).is_some());
    row.posting().work_mode = is_remote.then_some(workplace::REMOTE);
    row.draft.places = places;
    row.posted_at(job.get("first_published"));
    row.valid_through(job.get("application_deadline"));
    row.language(job.get("language").text());

    let posting = row.posting();
    posting.left_alone.description = !job.has("content");
    posting.left_alone.department = !job.has("departments");
    posting.description = job
        .get("content")
        .markup()
        .map(|content| entities::unescape(content).into_owned());
    posting.department = job
        .get("departments")
        .items()
        .iter()
        .find_map(|department| department.get("name").text())
        .map(str::to_owned);

    row.extra("requisition_id", job.get("requisition_id").label());
    row.extra("internal_job_id", job.get("internal_job_id").label());
    let metadata = job.get("metadata").items().iter().filter_map(|field| {
        let is_person = field
            .get("value_type")
            .text()
            .is_some_and(|kind| people::is_personal(kind, "") || kind == "user");
        Some((field.get("name").text()?, field.get("value"))).filter(|_| !is_person)
    });
    row.extra_named("metadata", metadata);
    Ok(())
}
