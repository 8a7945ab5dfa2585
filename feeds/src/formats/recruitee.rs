//! Recruitee careers sites.

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::json_rows::{json_rows, marks_missing};
use crate::json::Json;
use crate::rows::{Row, Rows};
use crate::rules::extra;
use crate::rules::id;
use crate::rules::pay::Stated;
use crate::rules::place::{self, Place};
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Recruitee,
    title: "Recruitee",
    call: "https://{board}.recruitee.com/api/offers/",
    marks: "an object with `offers`, whose offers have `careers_url`",
    id_scope: IdScope::System,
    company: Company::Stated,
    completeness: "by the call: it returns all published offers",
    parameters: Some(&[]),
    fields: &[
        ("externalId", "`id`"),
        ("title", "`title`"),
        (
            "location",
            "`location`, then the names of the other `locations`",
        ),
        ("salary", "the numbers of `salary` as text"),
        ("jobType", "`employment_type_code`"),
        (
            "workMode",
            "the one of `hybrid`, `remote` and `on_site` that is true; hybrid wins over remote",
        ),
        ("description", "`description`, then `requirements`"),
        ("url", "`careers_url`"),
        ("applyUrl", "`careers_apply_url`"),
        ("companyName", "`company_name`, or else the caller's"),
        ("postedAt", "`published_at`"),
        ("validThrough", "`close_at`"),
        ("department", "`department`"),
        (
            "country, region, locality",
            "`country_code` (else `country`), `state_name`, `city`",
        ),
        (
            "language",
            "the key of `translations`, if there is only one",
        ),
        (
            "salaryMin, salaryMax, salaryCurrency, salaryPeriod",
            "`salary`, as sent: \"75.00\" per year is not multiplied",
        ),
        (
            "extra",
            "`tags`, `category` (`category_code`), `experience` (`experience_code`), `locations`, `employment_type_raw`",
        ),
    ],
    lost: "`updated_at`, hours per week, questions, translations; `mailbox_email` is personal. Offers whose `status` is not `published` are skipped",
    guessed: "nothing",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let raws = envelope
        .rows("offers")
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    json_rows(
        &SPEC,
        rows,
        envelope,
        &raws,
        |offer| offer.has("careers_url"),
        row,
    )?;
    Ok(Claim::Full("the call returns all published offers"))
}

fn row(offer: &Json<'_>, row: &mut Row<'_>) -> Result<(), Skip> {
    if offer
        .get("status")
        .text()
        .is_some_and(|status| status != "published")
    {
        return Err(Skip::Closed);
    }
    row.id(id::of_json(offer.get("id")))?;
    row.title(offer.get("title").text());
    row.url(offer.get("careers_url").text());
    row.apply_url(offer.get("careers_apply_url").text());
    row.company(offer.get("company_name").text());
    row.posted_at(offer.get("published_at"));
    row.valid_through(offer.get("close_at"));
    row.employment(offer.get("employment_type_code").text());
    row.posting().work_mode = workplace::flags(
        offer.get("on_site").is(true),
        offer.get("hybrid").is(true),
        offer.get("remote").is(true),
    );
    if let [(language, _)] = offer.get("translations").fields() {
        row.language(Some(language));
    }
    row.draft.places = places(offer, row);

    let salary = offer.get("salary");
    let stated = Stated {
        min: salary.get("min").number(),
        max: salary.get("max").number(),
        currency: salary.get("currency").text(),
        period: salary.get("period").text(),
    };
    row.pay(stated, None);

    let posting = row.posting();
    posting.department = offer.get("department").text().map(str::to_owned);
    posting.left_alone.description = !offer.has("description") && !offer.has("requirements");
    let halves = [offer.get("description"), offer.get("requirements")];
    let halves: Vec<&str> = halves.iter().filter_map(|half| half.markup()).collect();
    posting.description = (!halves.is_empty()).then(|| halves.join("\n"));

    let tags = offer.get("tags").items().iter().filter_map(Json::text);
    row.extra_list("tags", tags.map(extra::tag).collect());
    row.extra("category", offer.get("category_code").text());
    row.extra("experience", offer.get("experience_code").text());
    Ok(())
}

/// The top-level place, which is one of `locations`, then the others.
fn places(offer: &Json<'_>, row: &mut Row<'_>) -> Vec<Place> {
    let country = |place: &Json<'_>| {
        let code = place.get("country_code").text();
        code.or(place.get("country").text()).map(str::to_owned)
    };
    let main = row.place(
        offer.get("location").text(),
        offer.get("city").text(),
        offer.get("state_name").text(),
        country(offer).as_deref(),
    );
    let listed = offer.get("locations").items();
    let is_main =
        |place: &Place| (&place.locality, place.country) == (&main.locality, main.country);
    let mut others: Vec<Place> = listed
        .iter()
        .map(|place| {
            row.place(
                place.get("name").text(),
                place.get("city").text(),
                place.get("state").text(),
                country(place).as_deref(),
            )
        })
        .collect();
    if main.is_empty() {
        return place::in_order(None, others);
    }
    if let Some(same) = others.iter().position(is_main) {
        others.remove(same);
    }
    place::in_order(Some(main), others)
}
