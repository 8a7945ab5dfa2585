//! Personio's XML.

use std::io::BufRead;

use url::Url;

use crate::claim::Claim;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec, is_personio_host};
use crate::request::Request;
use crate::rows::{Row, Rows};
use crate::rules::employment;
use crate::rules::entities;
use crate::rules::place::{self, Place};
use crate::xml::{self, Element, Part};

pub(crate) static SPEC: Spec = Spec {
    format: Format::Personio,
    title: "Personio (XML)",
    call: "https://{board}.jobs.personio.de/xml?language=en",
    marks: "XML with the root `workzag-jobs`",
    id_scope: IdScope::System,
    company: Company::Sometimes,
    completeness: "by the call: it returns all published positions",
    parameters: Some(&["language"]),
    fields: &[
        (
            "externalId",
            "`id`; rows with the same id are merged and their places joined",
        ),
        (
            "title",
            "`name` of the position, not those of its descriptions",
        ),
        ("location", "`office`, then `additionalOffices`"),
        (
            "jobType",
            "`employmentType` if it is intern, trainee or freelance, or else `schedule`",
        ),
        (
            "description",
            "each of `jobDescriptions` as `<h3>name</h3>value`",
        ),
        (
            "url",
            "`https://{board}.jobs.personio.de/job/{id}`, on the host of the call if known",
        ),
        ("companyName", "`subcompany`, or else the caller's"),
        ("postedAt", "`createdAt`"),
        ("department", "`department`"),
        ("language", "`language` of the call"),
        (
            "extra",
            "`seniority`, `experience` (`yearsOfExperience`), `category` (`occupationCategory`), `function` (`occupation`), `recruiting_category`, `employment_type_raw`, `locations`",
        ),
    ],
    lost: "`keywords`",
    guessed: "the URL, which the feed lacks",
};

pub(crate) fn read(input: impl BufRead, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let site = Site::of(rows.request);
    xml::read(input, "position", |part| match part {
        Part::Root(root) if root.name != "workzag-jobs" => Err(Error::MarksMissing {
            format: Format::Personio,
            expected: SPEC.marks,
            found: format!("XML with the root `{:.40}`", root.name),
        }),
        Part::Row(position) => rows.add(|row| build(&position, &site, row)),
        Part::Root(_) | Part::Other(_) => Ok(()),
    })?;
    Ok(Claim::Full("the feed has all published positions"))
}

/// What the call's URL states about the career site.
struct Site {
    host: Option<String>,
    language: Option<String>,
}

impl Site {
    fn of(request: &Request) -> Self {
        let call = request.url.as_deref().and_then(|url| Url::parse(url).ok());
        let host = call
            .as_ref()
            .and_then(Url::host_str)
            .filter(|host| is_personio_host(host))
            .map(str::to_owned);
        let of_board = || {
            let board = request.board()?;
            let is_label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            let is_name = !board.is_empty() && board.chars().all(is_label);
            is_name.then(|| format!("{board}.jobs.personio.de"))
        };
        let language = call.as_ref().and_then(|call| {
            let mut pairs = call.query_pairs();
            pairs
                .find(|(name, _)| name == "language")
                .map(|(_, value)| value.into_owned())
        });
        Self {
            host: host.or_else(of_board),
            language,
        }
    }
}

fn build(position: &Element, site: &Site, row: &mut Row<'_>) -> Result<(), Skip> {
    let id = position.text("id");
    let url = match (&site.host, &id) {
        (Some(host), Some(id)) => Some(format!("https://{host}/job/{id}")),
        _ => None,
    };
    row.id(id)?;
    row.url(url.as_deref());
    row.title(position.text("name").as_deref());
    row.company(position.text("subcompany").as_deref());
    row.posted_at_text(position.text("createdat").as_deref());
    row.language(site.language.as_deref());

    let contract = position.text("employmenttype");
    let schedule = position.text("schedule");
    let raw = [contract.as_deref(), schedule.as_deref()];
    row.employment(raw.into_iter().flatten());
    let kind = contract.as_deref().and_then(employment::word);
    let hours = schedule.as_deref().and_then(employment::word);
    row.posting().job_type = kind.or(hours).map(str::to_owned);

    let main = position.text("office").as_deref().map(Place::named);
    let others = position
        .child("additionaloffices")
        .into_iter()
        .flat_map(Element::children)
        .filter_map(Element::plain)
        .map(|office| Place::named(&office));
    row.draft.places = place::in_order(main, others.collect());

    let posting = row.posting();
    posting.department = position.text("department");
    posting.description = position.child("jobdescriptions").and_then(body);
    row.extra("seniority", position.text("seniority"));
    row.extra("experience", position.text("yearsofexperience"));
    row.extra("category", position.text("occupationcategory"));
    row.extra("function", position.text("occupation"));
    row.extra("recruiting_category", position.text("recruitingcategory"));
    Ok(())
}

fn body(descriptions: &Element) -> Option<String> {
    let mut html = String::new();
    for part in descriptions.children() {
        if let Some(name) = part.text("name") {
            html.push_str("<h3>");
            entities::push_escaped(&name, &mut html);
            html.push_str("</h3>");
        }
        html.push_str(
            &part
                .child("value")
                .and_then(Element::markup)
                .unwrap_or_default(),
        );
    }
    (!html.is_empty()).then_some(html)
}
