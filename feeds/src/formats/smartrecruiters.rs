//! SmartRecruiters postings: the list, or the detail of a posting.

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
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::SmartRecruiters,
    title: "SmartRecruiters",
    call: "https://api.smartrecruiters.com/v1/companies/{board}/postings?limit=100&offset=0",
    marks: "an object with `content` and `totalFound`",
    id_scope: IdScope::System,
    company: Company::Stated,
    completeness: "`totalFound` equals the number of postings over all pages",
    parameters: Some(&["limit", "offset"]),
    fields: &[
        ("externalId", "`id`"),
        ("title", "`name`"),
        (
            "location",
            "`location.fullLocation`, else city, region and country",
        ),
        (
            "jobType",
            "the label of `typeOfEmployment`; its id is the kind of contract",
        ),
        (
            "workMode",
            "`location.hybrid`, `location.remote`; false states nothing",
        ),
        (
            "description",
            "the sections of `jobAd` in a detail response; untouched by the list, which has none",
        ),
        (
            "url",
            "`postingUrl`, else `https://jobs.smartrecruiters.com/{company}/{id}`",
        ),
        ("applyUrl", "`applyUrl` in a detail response"),
        ("companyName", "`company.name`, or else the caller's"),
        ("postedAt", "`releasedDate`"),
        (
            "department",
            "the label of `department`, else of `function`",
        ),
        ("country, region, locality", "`location`"),
        ("language", "`language.code`"),
        (
            "extra",
            "`requisition_id` (`refNumber`), `industry`, `function`, `experience`, `custom_fields` (without people), `employment_type_raw`",
        ),
    ],
    lost: "`creator` is personal; street and coordinates. Postings that are not `PUBLIC`, or not `active`, are skipped",
    guessed: "the URL, which the list lacks",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let stated = envelope.get("totalFound").count();
    let raws = envelope
        .rows("content")
        .filter(|_| stated.is_some())
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    json_rows(
        &SPEC,
        rows,
        envelope,
        &raws,
        |job| job.has("id") && job.has("name"),
        row,
    )?;
    Ok(Claim::Counter {
        name: "totalFound",
        stated,
        how: "totalFound equals the rows of all pages",
    })
}

fn row(job: &Json<'_>, row: &mut Row<'_>) -> Result<(), Skip> {
    if job
        .get("visibility")
        .text()
        .is_some_and(|visibility| visibility != "PUBLIC")
    {
        return Err(Skip::Internal);
    }
    if job.get("active").is(false) {
        return Err(Skip::Closed);
    }
    let id = id::of_json(job.get("id"));
    let company = job
        .get("company")
        .get("identifier")
        .text()
        .map(str::to_owned);
    let url = match (
        job.get("postingUrl").text(),
        company.or(row.request.board()),
        &id,
    ) {
        (Some(url), _, _) => Some(url.to_owned()),
        (None, Some(company), Some(id)) => {
            Some(format!("https://jobs.smartrecruiters.com/{company}/{id}"))
        }
        _ => None,
    };
    row.id(id)?;
    row.title(job.get("name").text());
    row.url(url.as_deref());
    row.apply_url(job.get("applyUrl").text());
    row.company(job.get("company").get("name").text());
    row.posted_at(job.get("releasedDate"));
    row.employment(job.get("typeOfEmployment").get("label").text());
    row.language(job.get("language").get("code").text());

    let location = job.get("location");
    let place = row.place(
        location.get("fullLocation").text(),
        location.get("city").text(),
        location.get("region").text(),
        location.get("country").text(),
    );
    row.draft.places.push(place);
    row.posting().work_mode = workplace::flags(
        false,
        location.get("hybrid").is(true),
        location.get("remote").is(true),
    );

    let label = |key: &str| job.get(key).get("label").text();
    let function = label("function");
    let posting = row.posting();
    posting.department = label("department").or(function).map(str::to_owned);
    posting.left_alone.description = !job.has("jobAd");
    posting.description = sections(job.get("jobAd").get("sections"));

    row.extra("requisition_id", job.get("refNumber").label());
    row.extra("industry", label("industry"));
    row.extra("function", function);
    row.extra("experience", label("experienceLevel"));
    let custom = job.get("customField").items().iter();
    let custom =
        custom.filter_map(|field| Some((field.get("fieldLabel").text()?, field.get("valueLabel"))));
    row.extra_named("custom_fields", custom);
    Ok(())
}

fn sections(sections: &Json<'_>) -> Option<String> {
    let mut html = String::new();
    for key in [
        "companyDescription",
        "jobDescription",
        "qualifications",
        "additionalInformation",
    ] {
        let section = sections.get(key);
        let Some(text) = section.get("text").markup() else {
            continue;
        };
        if let Some(title) = section.get("title").text() {
            html.push_str("<h3>");
            entities::push_escaped(title, &mut html);
            html.push_str("</h3>");
        }
        html.push_str(text);
    }
    (!html.is_empty()).then_some(html)
}
