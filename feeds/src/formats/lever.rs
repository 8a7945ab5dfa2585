//! Lever postings.

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
use crate::rules::pay::Stated;
use crate::rules::place::{self, Place};
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Lever,
    title: "Lever",
    call: "https://api.lever.co/v0/postings/{board}?mode=json",
    marks: "a list of postings with `hostedUrl` and `text`",
    id_scope: IdScope::System,
    company: Company::Parameter,
    completeness: "by the call: without `limit`, `skip`, `group` and filters it returns all postings",
    parameters: Some(&["mode"]),
    fields: &[
        ("externalId", "`id`"),
        ("title", "`text`"),
        (
            "location",
            "`categories.location`, then the others of `categories.allLocations`",
        ),
        ("salary", "the numbers of `salaryRange` as text"),
        ("jobType", "`categories.commitment`"),
        ("workMode", "`workplaceType`"),
        (
            "description",
            "`description`, then each of `lists` as `<h3>text</h3><ul>content</ul>`, then `additional`",
        ),
        ("url", "`hostedUrl`"),
        ("applyUrl", "`applyUrl`"),
        ("companyName", "the caller's"),
        ("postedAt", "`createdAt`"),
        (
            "department",
            "`categories.department`, else `categories.team`",
        ),
        (
            "country",
            "`country`, except for remote postings, where it is the employer's",
        ),
        (
            "salaryMin, salaryMax, salaryCurrency, salaryPeriod",
            "`salaryRange`",
        ),
        (
            "extra",
            "`team`, `salary_text` (`salaryDescriptionPlain`), `locations`, `employment_type_raw`",
        ),
    ],
    lost: "the plain-text versions, and `opening` and `descriptionBody`, which are parts of `description`",
    guessed: "nothing",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let Envelope::List(raws) = envelope else {
        return Err(marks_missing(&SPEC, envelope));
    };
    let is_marked = |job: &Json<'_>| job.has("hostedUrl") && job.has("text");
    json_rows(&SPEC, rows, envelope, raws, is_marked, row)?;
    Ok(Claim::Full("the call returns all postings of the site"))
}

fn row(job: &Json<'_>, row: &mut Row<'_>) -> Result<(), Skip> {
    let categories = job.get("categories");
    row.id(id::of_json(job.get("id")))?;
    row.title(job.get("text").text());
    row.url(job.get("hostedUrl").text());
    row.apply_url(job.get("applyUrl").text());
    row.company(None);
    row.posted_at(job.get("createdAt"));
    row.employment(categories.get("commitment").text());

    let work_mode = job.get("workplaceType").text().and_then(workplace::word);
    row.posting().work_mode = work_mode;
    let named = |text: &Json<'_>| text.text().map(Place::named);
    let main = named(categories.get("location"));
    let others = categories
        .get("allLocations")
        .items()
        .iter()
        .filter_map(named);
    row.draft.places = place::in_order(main, others.collect());
    let is_remote = work_mode == Some(workplace::REMOTE)
        || row
            .draft
            .places
            .first()
            .is_some_and(|place| workplace::of_place(&place.text()).is_some());
    if !is_remote {
        let country = row.place(None, None, None, job.get("country").text());
        match row.draft.places.first_mut() {
            Some(main) => main.country = country.country,
            None => row.draft.places.push(country),
        }
    }

    let range = job.get("salaryRange");
    let stated = Stated {
        min: range.get("min").number(),
        max: range.get("max").number(),
        currency: range.get("currency").text(),
        period: range.get("interval").text(),
    };
    row.pay(stated, None);

    let department = categories.get("department").text();
    let team = categories.get("team").text();
    row.posting().department = department.or(team).map(str::to_owned);
    row.extra("team", team);
    row.extra("salary_text", job.get("salaryDescriptionPlain").text());
    body(job, row);
    Ok(())
}

fn body(job: &Json<'_>, row: &mut Row<'_>) {
    let carries = ["description", "descriptionPlain", "lists", "additional"]
        .iter()
        .any(|key| job.has(key));
    let mut html = match job.get("description").markup() {
        Some(description) => description.to_owned(),
        None => {
            let mut html = String::new();
            let plain = job.get("descriptionPlain").markup();
            entities::push_escaped(plain.unwrap_or_default(), &mut html);
            html
        }
    };
    for list in job.get("lists").items() {
        if let Some(heading) = list.get("text").text() {
            html.push_str("<h3>");
            entities::push_escaped(heading, &mut html);
            html.push_str("</h3>");
        }
        if let Some(content) = list.get("content").markup() {
            html.push_str("<ul>");
            html.push_str(content);
            html.push_str("</ul>");
        }
    }
    html.push_str(job.get("additional").markup().unwrap_or_default());
    let posting = row.posting();
    posting.left_alone.description = !carries;
    posting.description = (!html.is_empty()).then_some(html);
}
