//! Ashby job boards.

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::findings::Skip;
use crate::format::{Company, Format, IdScope, Spec};
use crate::formats::json_rows::{json_rows, marks_missing};
use crate::json::Json;
use crate::rows::{Row, Rows};
use crate::rules::id;
use crate::rules::pay::Stated;
use crate::rules::place::{self, Place};
use crate::rules::workplace;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Ashby,
    title: "Ashby",
    call: "https://api.ashbyhq.com/posting-api/job-board/{board}?includeCompensation=true",
    marks: "an object with `jobs`, whose postings have `jobUrl`, or an empty `jobs` next to `apiVersion`",
    id_scope: IdScope::System,
    company: Company::Parameter,
    completeness: "by the call: it returns all postings of the board",
    parameters: Some(&["includeCompensation"]),
    fields: &[
        ("externalId", "`id`"),
        ("title", "`title`"),
        ("location", "`location`, then `secondaryLocations`"),
        ("salary", "`compensation.compensationTierSummary`"),
        ("jobType", "`employmentType`"),
        (
            "workMode",
            "`workplaceType`; if that is null, `isRemote` true is `remote`",
        ),
        ("description", "`descriptionHtml`, else `descriptionPlain`"),
        ("url", "`jobUrl`"),
        ("applyUrl", "`applyUrl`"),
        ("companyName", "the caller's"),
        ("postedAt", "`publishedAt`"),
        ("department", "`department`, else `team`"),
        (
            "country, region, locality",
            "`address.postalAddress`, the country by its name",
        ),
        (
            "salaryMin, salaryMax, salaryCurrency, salaryPeriod",
            "the component of `summaryComponents` whose type is `Salary`; untouched without `includeCompensation=true`",
        ),
        ("extra", "`team`, `locations`, `employment_type_raw`"),
    ],
    lost: "equity and commission, except in the text; postings that are not listed are skipped, and pay with `shouldDisplayCompensationOnJobPostings` false is not stored, neither as numbers nor as text",
    guessed: "nothing",
};

pub(crate) fn read(envelope: &Envelope<'_>, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let raws = envelope
        .rows("jobs")
        .filter(|raws| !raws.is_empty() || envelope.raw("apiVersion").is_some())
        .ok_or_else(|| marks_missing(&SPEC, envelope))?;
    json_rows(&SPEC, rows, envelope, &raws, |job| job.has("jobUrl"), row)?;
    Ok(Claim::Full("the call returns all postings of the board"))
}

fn row(job: &Json<'_>, row: &mut Row<'_>) -> Result<(), Skip> {
    if job.get("isListed").is(false) {
        return Err(Skip::Unlisted);
    }
    row.id(id::of_json(job.get("id")))?;
    row.title(job.get("title").text());
    row.url(job.get("jobUrl").text());
    row.apply_url(job.get("applyUrl").text());
    row.company(None);
    row.posted_at(job.get("publishedAt"));
    row.employment(job.get("employmentType").text());

    let workplace_type = job.get("workplaceType");
    row.posting().work_mode = if workplace_type.is_null() {
        workplace::flags(false, false, job.get("isRemote").is(true))
    } else {
        workplace_type.text().and_then(workplace::word)
    };
    let main = place_of(job, row);
    let secondary = job.get("secondaryLocations").items();
    let others = secondary.iter().map(|place| place_of(place, row)).collect();
    row.draft.places = place::in_order(Some(main), others);
    pay(job, row);

    let department = job.get("department").text();
    let team = job.get("team").text();
    let posting = row.posting();
    posting.department = department.or(team).map(str::to_owned);
    posting.left_alone.description = !job.has("descriptionHtml") && !job.has("descriptionPlain");
    posting.description = job
        .get("descriptionHtml")
        .markup()
        .or(job.get("descriptionPlain").markup())
        .map(str::to_owned);
    row.extra("team", team);
    Ok(())
}

fn place_of(place: &Json<'_>, row: &mut Row<'_>) -> Place {
    let address = place.get("address").get("postalAddress");
    row.place(
        place.get("location").text(),
        address.get("addressLocality").text(),
        address.get("addressRegion").text(),
        address.get("addressCountry").text(),
    )
}

fn pay(job: &Json<'_>, row: &mut Row<'_>) {
    if job.get("shouldDisplayCompensationOnJobPostings").is(false) {
        return;
    }
    row.posting().left_alone.salary = !job.has("compensation");
    let compensation = job.get("compensation");
    let text = compensation
        .get("compensationTierSummary")
        .text()
        .or(compensation
            .get("scrapeableCompensationSalarySummary")
            .text());
    let salaries = || {
        let components = compensation.get("summaryComponents").items().iter();
        components.filter(|component| {
            component.get("compensationType").text() == Some("Salary")
                && (component.get("minValue").number().is_some()
                    || component.get("maxValue").number().is_some())
        })
    };
    let Some(first) = salaries().next() else {
        row.pay(Stated::default(), text);
        return;
    };
    let unit = |component: &Json<'_>| {
        (
            component.get("currencyCode").text().map(str::to_owned),
            component.get("interval").text().map(str::to_owned),
        )
    };
    if salaries().any(|other| unit(other) != unit(first)) {
        row.ambiguous_pay(text);
        return;
    }
    let stated = Stated {
        min: salaries()
            .filter_map(|one| one.get("minValue").number())
            .reduce(f64::min),
        max: salaries()
            .filter_map(|one| one.get("maxValue").number())
            .reduce(f64::max),
        currency: first.get("currencyCode").text(),
        // "1 YEAR"
        period: first.get("interval").text(),
    };
    row.pay(stated, text);
}
