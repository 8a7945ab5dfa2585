//! Teamtailor's JSON Feed: an envelope of schema.org JobPostings.

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::job_posting;
use crate::formats::json_rows::{json_rows, marks_missing};
use crate::rows::Rows;
use crate::rules::id;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Teamtailor,
    title: "Teamtailor (JSON Feed)",
    call: "https://{board}.teamtailor.com/jobs.json",
    marks: "an object with `items`, whose items have `_jobposting`",
    id_scope: IdScope::System,
    company: Company::Sometimes,
    completeness: "by the call: it returns all published postings; a body with `next_url` is one page",
    parameters: Some(&["page"]),
    fields: &[
        ("externalId", "`id` of the item"),
        ("title", "`title`"),
        ("url", "`url`"),
        ("postedAt", "`date_published`"),
        ("description", "`content_html`"),
        ("language", "`language` of the item, else of the feed"),
        ("all others", "`_jobposting`, as in the format `jobposting`"),
        (
            "extra",
            "as in the format `jobposting`, and `identifier` (the number in the URL)",
        ),
    ],
    lost: "department, employment type and workplace, which the JSON Feed does not have (jobs.rss has)",
    guessed: "nothing",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let raws = envelope
        .rows("items")
        .filter(|raws| !raws.is_empty() || envelope.raw("version").is_some())
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    let language = envelope.get("language");
    json_rows(
        &SPEC,
        rows,
        envelope,
        &raws,
        |item| item.has("_jobposting"),
        |item, row| {
            let posting = item.get("_jobposting");
            job_posting::facts(posting, row);
            row.extra(
                "identifier",
                id::of_json(posting.get("identifier").get("value")),
            );
            row.id(id::of_json(item.get("id")))?;
            if let Some(title) = item.get("title").text() {
                row.title(Some(title));
            }
            if let Some(url) = item.get("url").text() {
                row.url(Some(url));
            }
            if !item.get("date_published").is_null() {
                row.posted_at(item.get("date_published"));
            }
            row.language(item.get("language").text().or(language.text()));
            if item.has("content_html") {
                row.posting().left_alone.description = false;
            }
            if let Some(html) = item.get("content_html").markup() {
                row.posting().description = Some(html.to_owned());
            }
            Ok(())
        },
    )?;
    Ok(match envelope.get("next_url").text() {
        Some(_) => Claim::Page,
        None => Claim::Full("the feed has all published postings"),
    })
}
