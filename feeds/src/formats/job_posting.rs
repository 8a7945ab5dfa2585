//! schema.org JobPosting: an object, a list, a `@graph`, or the JSON-LD blocks of an HTML page.

use std::borrow::Cow;

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::findings::WarningCode;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::json_rows::marks_missing;
use crate::html;
use crate::json::Json;
use crate::repair::repair;
use crate::rows::{Row, Rows};
use crate::rules::entities;
use crate::rules::id;
use crate::rules::pay::{self, Stated};
use crate::rules::place::{self, Place};
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::JobPosting,
    title: "schema.org JobPosting",
    call: "a career page, or the JSON-LD in it; several bodies are several pages",
    marks: "`@type` JobPosting: an object, a list, a `@graph`, or a block of `application/ld+json` in an HTML page",
    id_scope: IdScope::Board,
    company: Company::Stated,
    completeness: "never for a page or a single object; a list does not state whether it is complete",
    parameters: None,
    fields: &[
        (
            "externalId",
            "`identifier.value` or `identifier`, or else the canonical URL",
        ),
        ("title", "`title`, entities decoded once"),
        (
            "location",
            "the addresses of `jobLocation`: locality, region, country",
        ),
        ("salary", "`baseSalary` as text"),
        ("jobType", "`employmentType`; several are joined by \"; \""),
        ("workMode", "`jobLocationType` TELECOMMUTE is `remote`"),
        (
            "description",
            "`description`, entities decoded once if the whole text is escaped; or else `responsibilities`, `qualifications` and the like",
        ),
        (
            "url",
            "`url`, or else the page's URL as given by the caller",
        ),
        ("companyName", "`hiringOrganization`, or else the caller's"),
        ("postedAt", "`datePosted`"),
        ("validThrough", "`validThrough`"),
        ("country, region, locality", "the first address"),
        ("language", "`inLanguage`"),
        (
            "salaryMin, salaryMax, salaryCurrency, salaryPeriod",
            "`baseSalary`, `salaryCurrency`; a single value is both ends",
        ),
        (
            "extra",
            "`applicant_location_requirements`, `industry`, `category` (`occupationalCategory`), `locations`, `employment_type_raw`",
        ),
    ],
    lost: "`estimatedSalary` (not the employer's), street addresses, logos; `applicationContact` is personal",
    guessed: "nothing",
};
pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let values: Vec<Json<'_>> = match envelope {
        Envelope::Object(_) => vec![object_of(envelope)],
        Envelope::List(raws) => raws
            .iter()
            .filter_map(|raw| match serde_json::from_str(raw.get()) {
                Ok(value) => Some(value),
                Err(problem) => {
                    rows.unreadable(&problem.to_string());
                    None
                }
            })
            .collect(),
        Envelope::Other => Vec::new(),
    };
    let mut found = Vec::new();
    for value in &values {
        find(value, 0, &mut found);
    }
    let is_single = matches!(envelope, Envelope::Object(_)) && found.len() == 1;
    map(&found, rows)?;
    if found.is_empty() && !matches!(envelope, Envelope::List(raws) if raws.is_empty()) {
        return Err(marks_missing(&SPEC, envelope));
    }
    Ok(if is_single {
        Claim::Single
    } else {
        Claim::Nothing("a list of JobPostings does not state whether it is complete")
    })
}

fn object_of<'a>(envelope: &Envelope<'a>) -> Json<'a> {
    match envelope {
        Envelope::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(key, raw)| {
                    (
                        key.clone(),
                        serde_json::from_str(raw.get()).unwrap_or_default(),
                    )
                })
                .collect(),
        ),
        _ => Json::Null,
    }
}

/// Maps the JSON-LD blocks of an HTML page.
pub(crate) fn read_page(page: &str, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let blocks = html::json_ld_blocks(page);
    let texts: Vec<String> = blocks
        .iter()
        .filter_map(|block| readable(block, rows))
        .collect();
    let values: Vec<Json<'_>> = texts
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect();
    let mut found = Vec::new();
    for value in &values {
        find(value, 0, &mut found);
    }
    if found.is_empty() {
        return Err(Error::MarksMissing {
            format: rows.request.format,
            expected: SPEC.marks,
            found: format!(
                "a page with {} blocks of JSON-LD, none of them a JobPosting",
                blocks.len()
            ),
        });
    }
    map(&found, rows)?;
    Ok(Claim::Single)
}

/// Returns the block as JSON, repaired if necessary; `None` if that fails.
fn readable(block: &str, rows: &mut Rows<'_>) -> Option<String> {
    let is_json = |text: &str| serde_json::from_str::<Json<'_>>(text).is_ok();
    if is_json(block) {
        return Some(block.to_owned());
    }
    let unescaped = html::unescaped_block(block);
    let text = unescaped.as_deref().unwrap_or(block);
    let repaired = if is_json(text) {
        Some(text.to_owned())
    } else {
        repair(text).filter(|text| is_json(text))
    };
    // Most blocks of a page describe something else and are ignored.
    if block.contains("JobPosting") {
        match &repaired {
            Some(_) => rows.findings.warn(WarningCode::JsonRepaired, None, || {
                "a block of JSON-LD is not JSON and was repaired".to_owned()
            }),
            None => rows.unreadable("a block of JSON-LD is not JSON"),
        }
    }
    repaired
}

/// Finds the JobPostings in a value: the value itself, in a list, or in a `@graph`.
fn find<'v, 'a>(value: &'v Json<'a>, depth: usize, found: &mut Vec<&'v Json<'a>>) {
    // Nesting of lists and graphs; sites do not use more.
    const MAX_DEPTH: usize = 8;
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Json::List(items) => items.iter().for_each(|item| find(item, depth + 1, found)),
        Json::Object(_) if is_job_posting(value) => found.push(value),
        Json::Object(_) => {
            for key in ["@graph", "mainEntity", "itemListElement", "item"] {
                find(value.get(key), depth + 1, found);
            }
        }
        _ => {}
    }
}

pub(crate) fn is_job_posting(value: &Json<'_>) -> bool {
    value.get("@type").items().iter().any(|kind| {
        kind.text().is_some_and(|kind| {
            let name = kind.rsplit(['/', ':', '#']).next().unwrap_or_default();
            name.eq_ignore_ascii_case("JobPosting")
        })
    })
}

fn map(found: &[&Json<'_>], rows: &mut Rows<'_>) -> Result<(), Error> {
    // The page's URL identifies a posting only if it is the only one on the page.
    let page = rows.request.url.clone().filter(|_| found.len() == 1);
    for posting in found {
        rows.add(|row| {
            facts(posting, row);
            let own = property(posting, "url").text().map(str::to_owned);
            if own.is_none() {
                row.url(page.as_deref());
            }
            let identifier = property(posting, "identifier");
            let value = match property(identifier, "value") {
                Json::Null => identifier.items().first().unwrap_or(identifier),
                value => value,
            };
            let id = id::of_json(value);
            row.id_or_url(id, own.as_deref().or(page.as_deref()))
        })?;
    }
    Ok(())
}

/// Returns the property in camelCase or, as on some sites, PascalCase. Unwraps `@value` objects and
/// lists of one item.
fn property<'v, 'a>(value: &'v Json<'a>, name: &str) -> &'v Json<'a> {
    let mut found = value.get(name);
    if found.is_null() {
        let mut letters = name.chars();
        let pascal: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect();
        found = value.get(&pascal);
    }
    match found {
        Json::Object(_) if found.has("@value") => found.get("@value"),
        Json::List(items) if items.len() == 1 => items.first().unwrap_or(found),
        _ => found,
    }
}

/// A text property with entities decoded once.
fn text(value: &Json<'_>, name: &str) -> Option<String> {
    let value = property(value, name);
    let text = value.text().or_else(|| value.items().first()?.text())?;
    Some(entities::unescape(text).trim().to_owned()).filter(|text| !text.is_empty())
}

/// Reads everything except the id.
pub(crate) fn facts(posting: &Json<'_>, row: &mut Row<'_>) {
    row.title(
        text(posting, "title")
            .or_else(|| text(posting, "name"))
            .as_deref(),
    );
    row.url(property(posting, "url").text());
    let organization = property(posting, "hiringOrganization");
    let organization = organization.items().first().unwrap_or(organization);
    let company = match organization {
        Json::Text(name) => Some(entities::unescape(name).into_owned()),
        organization => text(organization, "name").or_else(|| text(organization, "legalName")),
    };
    row.company(company.as_deref());
    row.posted_at(property(posting, "datePosted"));
    row.valid_through(property(posting, "validThrough"));
    let kinds = property(posting, "employmentType").items().iter();
    let mut kinds: Vec<&str> = kinds.filter_map(Json::text).collect();
    kinds.sort_unstable();
    row.employment(kinds.iter().copied());
    let is_remote = property(posting, "jobLocationType")
        .items()
        .iter()
        .any(|kind| kind.text().and_then(workplace::word) == Some(workplace::REMOTE));
    row.posting().work_mode = is_remote.then_some(workplace::REMOTE);
    row.draft.places = places(property(posting, "jobLocation"), row);
    base_salary(posting, row);

    let language = property(posting, "inLanguage");
    let language = match language {
        Json::Object(_) => property(language, "alternateName").text(),
        language => language.text(),
    };
    row.language(language);
    let carries = BODY.iter().any(|name| !property(posting, name).is_null());
    row.posting().left_alone.description = !carries;
    row.posting().description = description(posting);

    let required = property(posting, "applicantLocationRequirements")
        .items()
        .iter();
    let required = required.filter_map(|area| match area {
        Json::Text(name) => Some(name.trim().to_owned()),
        area => text(area, "name"),
    });
    row.extra_list("applicant_location_requirements", required.collect());
    row.extra("industry", text(posting, "industry"));
    row.extra("category", text(posting, "occupationalCategory"));
}

/// The properties of the description: the whole, or else its parts.
const BODY: [&str; 6] = [
    "description",
    "responsibilities",
    "qualifications",
    "skills",
    "experienceRequirements",
    "jobBenefits",
];

fn description(posting: &Json<'_>) -> Option<String> {
    if let Some(html) = property(posting, "description").markup() {
        return Some(html_text(html));
    }
    let parts: Vec<String> = BODY
        .iter()
        .flat_map(|name| property(posting, name).items())
        .filter_map(|part| part.markup().map(html_text))
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// HTML that may be escaped a second time, or contain line breaks as the two characters `\n`.
fn html_text(text: &str) -> String {
    let text = if text.trim_start().starts_with("&lt;") {
        entities::unescape(text)
    } else {
        Cow::Borrowed(text)
    };
    text.replace("\\r\\n", "\n").replace("\\n", "\n")
}

fn places(value: &Json<'_>, row: &mut Row<'_>) -> Vec<Place> {
    let mut places = value
        .items()
        .iter()
        .map(|place| place_of(place, row))
        .collect::<Vec<_>>()
        .into_iter();
    place::in_order(places.next(), places.collect())
}

fn place_of(place: &Json<'_>, row: &mut Row<'_>) -> Place {
    let whole = |text: &str| Place::named(entities::unescape(text).trim());
    let address = match place {
        Json::Text(text) => return whole(text),
        place => property(place, "address"),
    };
    let address = address.items().first().unwrap_or(address);
    if let Some(text) = address.text() {
        return whole(text);
    }
    let country = property(address, "addressCountry");
    // Some feeds repeat the same country in a list.
    let country = country.items().first().unwrap_or(country);
    let country = match country {
        Json::Text(name) => Some(entities::unescape(name).into_owned()),
        country => text(country, "name").or_else(|| text(country, "identifier")),
    };
    let read = row.place(
        None,
        text(address, "addressLocality").as_deref(),
        text(address, "addressRegion").as_deref(),
        country.as_deref(),
    );
    if read.is_empty() {
        return text(place, "name")
            .map(|name| Place::named(&name))
            .unwrap_or_default();
    }
    read
}

fn base_salary(posting: &Json<'_>, row: &mut Row<'_>) {
    let salary = property(posting, "baseSalary");
    let salary = salary.items().first().unwrap_or(salary);
    let currency = property(salary, "currency")
        .text()
        .or(property(posting, "salaryCurrency").text());
    let value = match salary {
        Json::Object(_) => property(salary, "value"),
        salary => salary,
    };
    let value = value.items().first().unwrap_or(value);
    let (min, max, unit) = match value {
        Json::Object(_) => {
            let single = property(value, "value").number();
            (
                property(value, "minValue").number().or(single),
                property(value, "maxValue").number().or(single),
                property(value, "unitText").text(),
            )
        }
        // {currency, minValue, maxValue} without the inner object.
        Json::Null => (
            property(salary, "minValue").number(),
            property(salary, "maxValue").number(),
            None,
        ),
        value => (value.number(), value.number(), None),
    };
    let prose = match value {
        Json::Object(_) => property(value, "value").text(),
        value => value.text(),
    };
    let stated = Stated {
        min,
        max,
        currency,
        period: unit.or(property(salary, "unitText").text()),
    };
    // A number as text is a number; any other text is the employer's wording.
    let prose = prose.filter(|prose| prose.parse::<f64>().is_err());
    let prose = prose.map(|prose| entities::unescape(prose).into_owned());
    if pay::pay(stated) == pay::Pay::default() && prose.is_none() {
        return;
    }
    row.pay(stated, prose.as_deref());
}
