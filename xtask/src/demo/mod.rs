//! The demo feed: postings that state every field, of several invented companies and sources. They are
//! the same in every run.

pub mod load;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jobs_ingest_core::field::{FIELDS, Field};
use serde_json::{Value, json};

use self::world::{COMPANIES, Company, Family, Ids, Place};

/// The path of the feed in the repository.
pub const PATH: &str = "demo/postings.ndjson";

/// How many postings the feed has.
pub const N_POSTINGS: usize = 1_000;

/// The feed, one posting per line.
pub fn ndjson() -> String {
    let mut choices = Choices(2026);
    let mut n_of_source = BTreeMap::new();
    let mut feed = String::new();
    for _ in 0..N_POSTINGS {
        let company = choices.of(COMPANIES);
        let number = n_of_source.entry(company.source).or_insert(0);
        *number += 1;
        feed.push_str(&posting(company, *number, &mut choices));
        feed.push('\n');
    }
    feed
}

/// Random choices that are the same in every run: SplitMix64.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True in so many cases of a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn index<T>(&mut self, list: &[T]) -> usize {
        self.below(list.len() as u64) as usize
    }

    #[expect(clippy::indexing_slicing, reason = "no list of the feed is empty")]
    fn of<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.index(list)]
    }

    /// Two neighbours.
    #[expect(clippy::indexing_slicing, reason = "no list of the feed is empty")]
    fn two_of<'t>(&mut self, list: &[&'t str]) -> [&'t str; 2] {
        let first = self.index(list);
        [list[first], list[(first + 1) % list.len()]]
    }
}

/// The level of a desk job: what precedes its title, its pay relative to that of the plain title, and its
/// name.
const LEVELS: [(&str, f64, &str); 6] = [
    ("", 1.0, "mid"),
    ("", 1.0, "mid"),
    ("Junior ", 0.75, "junior"),
    ("Senior ", 1.25, "senior"),
    ("Lead ", 1.5, "lead"),
    ("", 0.4, "student"),
];

const BENEFITS: [&str; 8] = [
    "30 days of leave",
    "company pension",
    "bike leasing",
    "four-day week",
    "parental leave top-up",
    "training budget",
    "public transport pass",
    "meal vouchers",
];

/// A posting before it is written.
struct Job<'c> {
    company: &'c Company,
    family: &'c Family,
    place: &'c Place,
    is_german: bool,
    id: Value,
    path: String,
    title: String,
    job_type: &'static str,
    work_mode: &'static str,
    pay: Pay,
    /// Days after 2026-09-01.
    posted_day: u64,
    open_days: u64,
    minute: u64,
    is_featured: bool,
    description: String,
    extra: Value,
}

fn posting(company: &Company, number: u64, choices: &mut Choices) -> String {
    let values = job(company, number, choices).values();
    let mut line = String::from("{");
    for spec in &FIELDS {
        let separator = if line.len() > 1 { "," } else { "" };
        let known = values.iter().find(|(field, _)| *field == spec.field);
        // A new field without a line here gets its example.
        let value = known.map_or(spec.kind.example().sent.to_owned(), |(_, value)| {
            value.to_string()
        });
        // Writing to a String cannot fail.
        let _ = write!(line, "{separator}\"{}\":{value}", spec.json_name);
    }
    line.push('}');
    line
}

fn job<'c>(company: &'c Company, number: u64, choices: &mut Choices) -> Job<'c> {
    let family = *choices.of(company.families);
    let place = *choices.of(company.places);
    let german = family.german.filter(|_| place.german);
    let (titles, tasks, asks) = match german {
        Some(german) => (german.titles, german.tasks, german.asks),
        None => (family.titles, family.tasks, family.asks),
    };
    let (before, factor, seniority) = match family.desk {
        true => *choices.of(&LEVELS),
        false => ("", 1.0, "skilled"),
    };
    let is_student = seniority == "student";
    let after = match (is_student, german) {
        (true, Some(_)) => " – Werkstudent",
        (true, None) => " (Working Student)",
        (false, _) => "",
    };
    let title = format!("{before}{}{after}", choices.of(titles));
    let job_type = match () {
        () if is_student || choices.chance(12) => "Part-time",
        () if choices.chance(8) => "Contract",
        () if !family.desk && choices.chance(10) => "Temporary",
        () => "Full-time",
    };
    let work_mode = match family.desk {
        true => *choices.of(&["On-site", "Hybrid", "Hybrid", "Remote"]),
        false => "On-site",
    };
    let slug = slug(&title);
    let id = match company.ids {
        Ids::Numbers(first) => json!(first + number),
        Ids::Requisitions => json!(format!("R-2026-{number:04}")),
        Ids::Uuids => {
            let (high, low) = (choices.next(), choices.next());
            json!(format!(
                "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                high >> 32,
                high >> 16 & 0xFFFF,
                high & 0xFFF,
                low >> 48 & 0xFFF,
                low & 0xFFFF_FFFF_FFFF
            ))
        }
        Ids::Slugs => json!(format!("{slug}-{number}")),
    };
    let path = match &id {
        Value::String(text) => text.to_lowercase(),
        number => number.to_string(),
    };
    let benefits = [choices.index(&BENEFITS), choices.index(&BENEFITS)];
    let benefits: Vec<&str> = BENEFITS
        .iter()
        .enumerate()
        .filter(|(index, _)| benefits.contains(index))
        .map(|(_, benefit)| *benefit)
        .collect();
    let hours = match job_type {
        "Part-time" => 20,
        _ => *choices.of(&[37, 38, 40]),
    };
    Job {
        description: description(
            company,
            german.is_some(),
            choices.two_of(tasks),
            choices.two_of(asks),
        ),
        is_german: german.is_some(),
        pay: Pay::of(family, place, factor, choices),
        extra: json!({
            "seniority": seniority,
            "hoursPerWeek": hours,
            "benefits": benefits,
            "visaSponsorship": choices.chance(20),
        }),
        posted_day: choices.below(85),
        open_days: *choices.of(&[30, 45, 60, 90]),
        minute: 7 * 60 + choices.below(600),
        is_featured: choices.chance(4),
        company,
        family,
        place,
        id,
        path,
        title,
        job_type,
        work_mode,
    }
}

impl Job<'_> {
    /// What the posting states.
    fn values(&self) -> Vec<(Field, Value)> {
        let (company, family, place) = (self.company, self.family, self.place);
        let url = format!(
            "https://careers.{}.example/jobs/{}",
            company.slug, self.path
        );
        let apply_url = format!("{url}/apply");
        let location = match self.work_mode {
            "Remote" => format!("Remote, {}", place.country_name),
            _ => format!("{}, {}", place.locality, place.country_name),
        };
        let (hour, minute) = (self.minute / 60, self.minute % 60);
        let posted_at = format!("{}T{hour:02}:{minute:02}:00Z", date(self.posted_day));
        let valid_through = date(self.posted_day + self.open_days);
        let company_id = COMPANIES
            .iter()
            .take_while(|other| other.slug != company.slug)
            .count()
            + 1;
        vec![
            (Field::Source, json!(company.source)),
            (Field::ExternalId, self.id.clone()),
            (Field::Title, json!(self.title)),
            (Field::IsFeatured, json!(self.is_featured)),
            (Field::CompanyId, json!(company_id)),
            (Field::CategoryId, json!(family.category_id)),
            (Field::JobType, json!(self.job_type)),
            (Field::WorkMode, json!(self.work_mode)),
            (Field::Location, json!(location)),
            (Field::Salary, json!(self.pay.text(place))),
            (Field::Description, json!(self.description)),
            (Field::Url, json!(url)),
            (Field::ApplyUrl, json!(apply_url)),
            (Field::CompanyName, json!(company.name)),
            (Field::PostedAt, json!(posted_at)),
            (Field::ValidThrough, json!(valid_through)),
            (Field::Department, json!(family.department)),
            (Field::Country, json!(place.country)),
            (Field::Region, json!(place.region)),
            (Field::Locality, json!(place.locality)),
            (
                Field::Language,
                json!(if self.is_german { "de" } else { "en" }),
            ),
            (Field::SalaryMin, json!(self.pay.min)),
            (Field::SalaryMax, json!(self.pay.max)),
            (Field::SalaryCurrency, json!(place.currency)),
            (Field::SalaryPeriod, json!(self.pay.period)),
            (Field::Extra, self.extra.clone()),
        ]
    }
}

/// A range of pay, in the place's currency.
#[derive(Clone, Copy)]
struct Pay {
    min: u64,
    max: u64,
    /// A value of `salaryPeriod`.
    period: &'static str,
}

impl Pay {
    const HOURS_A_YEAR: f64 = 1_800.0;

    fn of(family: &Family, place: &Place, factor: f64, choices: &mut Choices) -> Self {
        let (low, high) = family.pay;
        let luck = 0.95 + choices.below(11) as f64 / 100.0;
        let year = |thousands: f64| thousands * 1_000.0 * place.rate * factor * luck;
        let (period, n_periods, step) = match (family.desk, place.by_the_hour) {
            (true, _) => ("YEAR", 1.0, place.step),
            (false, true) => ("HOUR", Self::HOURS_A_YEAR, 1.0),
            (false, false) => ("MONTH", 12.0, place.step / 12.0),
        };
        let amount =
            |thousands| ((year(thousands) / n_periods / step).round() * step).round() as u64;
        Self {
            min: amount(low),
            max: amount(high),
            period,
        }
    }

    /// `€62,000 – €84,000 a year`.
    fn text(self, place: &Place) -> String {
        let period = match self.period {
            "HOUR" => "an hour",
            "MONTH" => "a month",
            _ => "a year",
        };
        let (min, max) = (grouped(self.min), grouped(self.max));
        format!("{0}{min} – {0}{max} {period}", place.sign)
    }
}

/// With a comma between groups of three digits.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn description(company: &Company, is_german: bool, tasks: [&str; 2], asks: [&str; 2]) -> String {
    let (tasks_heading, asks_heading) = match is_german {
        true => ("Deine Aufgaben", "Das bringst du mit"),
        false => ("What you will do", "What you bring"),
    };
    let list = |items: [&str; 2]| -> String {
        items
            .iter()
            .map(|item| format!("<li>{item}</li>"))
            .collect()
    };
    let (name, about) = (html(company.name), company.about);
    format!(
        "<p>{name} {about}.</p><h3>{tasks_heading}</h3><ul>{}</ul><h3>{asks_heading}</h3><ul>{}</ul>",
        list(tasks),
        list(asks)
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
}

/// The title as a URL slug: ASCII letters and digits, with hyphens between the words.
fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// The date so many days after 2026-09-01.
fn date(days: u64) -> String {
    let months = [
        ("2026-09", 30),
        ("2026-10", 31),
        ("2026-11", 30),
        ("2026-12", 31),
        ("2027-01", 31),
        ("2027-02", 28),
    ];
    let mut day = days;
    for (month, n_days) in months {
        if day < n_days {
            return format!("{month}-{:02}", day + 1);
        }
        day -= n_days;
    }
    format!("2027-03-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jobs_ingest_core::ingest::{Rules, prepare};
    use jobs_ingest_core::media::BodyFormat;

    use super::*;

    #[test]
    fn every_posting_is_accepted_as_it_is() {
        let feed = ndjson();
        let prepared = prepare(feed.as_bytes(), BodyFormat::Ndjson, Rules::default());
        let prepared = prepared.unwrap_or_else(|error| panic!("{error:?}"));
        let findings = serde_json::to_string(&prepared.findings()).unwrap_or_default();
        assert_eq!(
            (prepared.n_rows, prepared.n_duplicates),
            (N_POSTINGS, 0),
            "{findings}"
        );
        assert!(
            prepared.errors.is_empty() && prepared.warnings.is_empty(),
            "{findings}"
        );
        assert_eq!(prepared.ignored_fields, []);
    }

    #[test]
    fn every_posting_states_every_field() {
        for line in ndjson().lines() {
            let posting: Value = serde_json::from_str(line).unwrap_or_default();
            for spec in &FIELDS {
                let value = &posting[spec.json_name];
                let is_stated = !value.is_null() && value != "";
                assert!(is_stated, "{}: {line}", spec.json_name);
            }
        }
    }

    #[test]
    fn sources_have_equal_ids() {
        let mut sources: BTreeSet<String> = BTreeSet::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for line in ndjson().lines() {
            let posting: Value = serde_json::from_str(line).unwrap_or_default();
            sources.insert(posting["source"].to_string());
            ids.insert(posting["externalId"].to_string());
        }
        assert!(sources.len() >= 10, "{sources:?}");
        assert!(ids.len() < N_POSTINGS);
    }

    #[test]
    fn is_the_same_in_every_run() {
        assert_eq!(ndjson(), ndjson());
    }

    #[test]
    fn dates_exist() {
        for (days, expected) in [
            (0, "2026-09-01"),
            (29, "2026-09-30"),
            (30, "2026-10-01"),
            (121, "2026-12-31"),
            (122, "2027-01-01"),
            (181, "2027-03-01"),
        ] {
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn amounts_are_grouped() {
        for (amount, text) in [
            (18, "18"),
            (950, "950"),
            (62_000, "62,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(amount), text);
        }
    }
}
