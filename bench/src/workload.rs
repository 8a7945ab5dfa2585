//! Postings of fixed seeds whose sizes follow real feeds.
//!
//! Measured on the feeds of 776 postings of one company and on captures of three boards: mean 4.9 KB,
//! p95 7.0 KB, up to 29 KB; per kilobyte about three quotes and three line breaks as escapes and one
//! character outside ASCII.

use std::fmt::Write as _;

use fastrand::Rng;

/// How large a posting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// About 0.9 KB, plain text.
    Small,
    /// As in real feeds: HTML, 4.9 KB on average.
    Real,
    /// The same postings with the further fields that feeds have.
    AllFields,
}

/// Whose postings they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// The postings of one client; no two clients have one in common.
    Client(u64),
    /// Postings that the large table holds, evenly spread over it.
    Known,
}

/// What a request holds.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    pub kind: Kind,
    pub n_postings: usize,
    pub ids: Ids,
    /// Postings of another version differ in title and description.
    pub version: u64,
    /// Whether a few postings are of the next version, and a few are new.
    pub is_repost: bool,
}

/// From a feed that is posted again every day (311 days, 221,914 rows): 1.42 % changed, 1.21 % new.
const REPOST_CHANGED: f64 = 0.014;
const REPOST_NEW: f64 = 0.012;

/// Rows of the large table.
pub const N_KNOWN: usize = 1_000_000;

impl Feed {
    /// The body: `{"items":[…]}`.
    pub fn body(&self) -> Vec<u8> {
        let mut body = String::from("{\"items\":[");
        for index in 0..self.n_postings {
            if index > 0 {
                body.push(',');
            }
            self.push_posting(&mut body, index);
        }
        body.push_str("]}");
        body.into_bytes()
    }

    /// How many postings a re-post changes and how many are new.
    pub fn n_changed_and_new(&self) -> (usize, usize) {
        let fates = (0..self.n_postings).map(|index| self.fate(index));
        fates.fold((0, 0), |(changed, new), fate| match fate {
            Fate::Unchanged => (changed, new),
            Fate::Changed => (changed + 1, new),
            Fate::New => (changed, new + 1),
        })
    }

    fn fate(&self, index: usize) -> Fate {
        if !self.is_repost {
            return Fate::Unchanged;
        }
        match Rng::with_seed(0xFA7E ^ index as u64).f64() {
            share if share < REPOST_CHANGED => Fate::Changed,
            share if share < REPOST_CHANGED + REPOST_NEW => Fate::New,
            _ => Fate::Unchanged,
        }
    }

    fn push_posting(&self, body: &mut String, index: usize) {
        let stride = N_KNOWN / self.n_postings.max(1);
        let (key, version) = match (self.fate(index), self.ids) {
            (Fate::New, _) => (Key::of(u64::MAX - 1, index), self.version),
            (fate, ids) => {
                let key = match ids {
                    Ids::Client(client) => Key::of(client, index),
                    Ids::Known => Key::known(index * stride),
                };
                (key, self.version + u64::from(fate == Fate::Changed))
            }
        };
        push_posting(body, self.kind, index, &key, version);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unchanged,
    Changed,
    New,
}

/// What identifies a posting. Ids have no order that an index could profit from.
pub struct Key {
    pub source: String,
    pub external_id: String,
}

impl Key {
    /// Of a row of the large table.
    pub fn known(number: usize) -> Self {
        Self::of(u64::MAX, number)
    }

    fn of(client: u64, number: usize) -> Self {
        let seed = client.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number as u64;
        Self {
            source: format!("feed-{}", number % 7),
            external_id: format!("acme-{:016x}", Rng::with_seed(seed).u64(..)),
        }
    }
}

const WORDS: [&str; 48] = [
    "experience",
    "team",
    "the",
    "and",
    "with",
    "our",
    "you",
    "software",
    "design",
    "customers",
    "build",
    "of",
    "in",
    "to",
    "a",
    "platform",
    "data",
    "services",
    "engineering",
    "product",
    "across",
    "work",
    "strong",
    "knowledge",
    "development",
    "quality",
    "systems",
    "support",
    "business",
    "will",
    "is",
    "for",
    "on",
    "are",
    "responsible",
    "collaborate",
    "global",
    "opportunity",
    "years",
    "skills",
    "benefits",
    "including",
    "health",
    "insurance",
    "remote",
    "flexible",
    "growth",
    "people",
];
const TITLES: [&str; 8] = [
    "Senior Software Engineer",
    "Product Manager, Payments",
    "Data Analyst (m/f/d)",
    "Site Reliability Engineer",
    "Account Executive – EMEA",
    "Customer Support Specialist",
    "Staff Engineer, Storage",
    "People Partner",
];
/// The place as text, then country, region and locality.
const PLACES: [[&str; 4]; 6] = [
    ["Berlin, Germany", "DE", "Berlin", "Berlin"],
    ["Remote (US)", "US", "New York", "New York"],
    ["San Francisco, CA", "US", "California", "San Francisco"],
    ["London", "GB", "England", "London"],
    ["São Paulo, Brazil", "BR", "São Paulo", "São Paulo"],
    ["Bengaluru, India", "IN", "Karnataka", "Bengaluru"],
];
const SALARIES: [&str; 4] = ["60,000 - 80,000 EUR", "$120k–$150k", "", "45000"];
const JOB_TYPES: [&str; 4] = ["Full-time", "Part-time", "Contract", "Internship"];
const WORK_MODES: [&str; 3] = ["On-site", "Hybrid", "Remote"];
const DEPARTMENTS: [&str; 4] = ["Engineering", "Sales", "Customer Success", "People"];
const LANGUAGES: [&str; 3] = ["en", "de", "pt-BR"];
const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];

fn push_posting(body: &mut String, kind: Kind, index: usize, key: &Key, version: u64) {
    let mut rng = Rng::with_seed(0x5EED ^ index as u64);
    let Key {
        source,
        external_id: id,
    } = key;
    let place = PLACES[rng.usize(..PLACES.len())];
    let mut one_of = |choices: &[&'static str]| choices[rng.usize(..choices.len())];
    let (title, salary) = (one_of(&TITLES), one_of(&SALARIES));
    let (job_type, work_mode) = (one_of(&JOB_TYPES), one_of(&WORK_MODES));
    let company_id = rng.u32(1..500);
    let category_id = rng.u32(1..30);
    let is_featured = rng.u8(..20) == 0;
    // Feeds have fields that we do not know, such as `trackingUrl`.
    write!(
        body,
        "{{\"externalId\":\"{id}\",\"title\":\"{title} {version}\",\"companyId\":{company_id},\
         \"location\":\"{location}\",\"salary\":\"{salary}\",\"jobType\":\"{job_type}\",\
         \"workMode\":\"{work_mode}\",\"categoryId\":{category_id},\"isFeatured\":{is_featured},\
         \"source\":\"{source}\",\"trackingUrl\":\"https://jobs.example.com/{id}\",",
        location = place[0],
    )
    .expect("memory takes all bytes");
    if kind == Kind::AllFields {
        // The clone leaves the description the random numbers of `Kind::Real`.
        push_further_fields(body, &mut rng.clone(), id, place);
    }
    write!(body, "\"description\":\"Version {version}. ").expect("memory takes all bytes");
    match kind {
        Kind::Small => push_plain(body, &mut rng, 560),
        Kind::Real | Kind::AllFields => {
            let bytes = real_bytes(&mut rng);
            push_html(body, &mut rng, bytes);
        }
    }
    body.push_str("\"}");
}

/// The further fields that most feeds have, as they are stored: a peer need not repair anything.
fn push_further_fields(body: &mut String, rng: &mut Rng, id: &str, place: [&str; 4]) {
    let mut one_of = |choices: &[&'static str]| choices[rng.usize(..choices.len())];
    let (department, language) = (one_of(&DEPARTMENTS), one_of(&LANGUAGES));
    let currency = one_of(&CURRENCIES);
    let company = rng.u32(1..500);
    let (month, day, hour) = (rng.u8(1..=12), rng.u8(1..=28), rng.u8(..24));
    let salary_min = rng.u32(30..90) * 1_000;
    let [_, country, region, locality] = place;
    write!(
        body,
        "\"url\":\"https://jobs.example.com/companies/company-{company}/jobs/{id}\",\
         \"applyUrl\":\"https://apply.example.com/{id}/application?utm_source=feed\",\
         \"companyName\":\"Company {company} GmbH\",\
         \"postedAt\":\"2026-{month:02}-{day:02}T{hour:02}:15:30.000Z\",\
         \"validThrough\":\"2027-{month:02}-{day:02}\",\"department\":\"{department}\",\
         \"country\":\"{country}\",\"region\":\"{region}\",\"locality\":\"{locality}\",\
         \"language\":\"{language}\",\"salaryMin\":{salary_min},\"salaryMax\":{salary_max},\
         \"salaryCurrency\":\"{currency}\",\"salaryPeriod\":\"YEAR\",\
         \"extra\":{{\"team\":\"{department}\",\"requisition\":{company},\"remote\":true}},",
        salary_max = salary_min + 20_500,
    )
    .expect("memory takes all bytes");
}

/// Bytes of a real description: log-normal, with a few that are far longer.
fn real_bytes(rng: &mut Rng) -> usize {
    if rng.u16(..1_000) < 4 {
        return rng.usize(12_000..28_500);
    }
    // The sum of twelve uniform numbers is nearly normal: mean 6, variance 1.
    let normal = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    (4_350.0 * (0.22 * normal).exp()) as usize
}

fn push_words(body: &mut String, rng: &mut Rng, n_words: usize) {
    for place in 0..n_words {
        if place > 0 {
            body.push(' ');
        }
        body.push_str(WORDS[rng.usize(..WORDS.len())]);
    }
}

/// Sentences, a line break now and then, a character outside Latin-1 in one posting of ten.
fn push_plain(body: &mut String, rng: &mut Rng, n_bytes: usize) {
    let end = body.len() + n_bytes;
    if rng.u8(..10) == 0 {
        body.push_str("We’re hiring. ");
    }
    while body.len() < end {
        let n_words = rng.usize(6..14);
        push_words(body, rng, n_words);
        body.push_str(if rng.u8(..4) == 0 { ".\\n" } else { ". " });
    }
}

/// Paragraphs and lists as editors of job boards write them.
fn push_html(body: &mut String, rng: &mut Rng, n_bytes: usize) {
    let end = body.len() + n_bytes;
    while body.len() < end {
        match rng.u8(..4) {
            0 => {
                body.push_str("<h3><strong>");
                push_words(body, rng, 3);
                body.push_str("</strong></h3>\\n<ul>\\n");
                for _ in 0..rng.usize(3..7) {
                    body.push_str("<li>");
                    let n_words = rng.usize(6..18);
                    push_words(body, rng, n_words);
                    body.push_str("</li>\\n");
                }
                body.push_str("</ul>\\n");
            }
            1 => {
                body.push_str("<p style=\\\"min-height:1.5em\\\">");
                let n_words = rng.usize(30..70);
                push_words(body, rng, n_words);
                body.push_str(" – we’re &amp; you’re</p>\\n");
            }
            _ => {
                body.push_str("<p><span class=\\\"text\\\">");
                let n_words = rng.usize(25..60);
                push_words(body, rng, n_words);
                body.push_str(".</span></p>\\n");
            }
        }
    }
}

/// The same JSON with an escape for each character that is not ASCII, as Python's `json.dumps` writes it.
pub fn in_ascii(body: &[u8]) -> Vec<u8> {
    let body = std::str::from_utf8(body).expect("JSON is UTF-8");
    let mut ascii = String::with_capacity(body.len());
    for c in body.chars() {
        match c.is_ascii() {
            true => ascii.push(c),
            false => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(ascii, "\\u{unit:04x}").expect("memory takes all bytes");
                }
            }
        }
    }
    ascii.into_bytes()
}

#[cfg(test)]
mod tests {
    use jobs_ingest_core::field::Field;

    use super::*;

    fn feed(kind: Kind, n_postings: usize) -> Feed {
        Feed {
            kind,
            n_postings,
            ids: Ids::Client(0),
            version: 1,
            is_repost: false,
        }
    }

    fn sorted_sizes(kind: Kind) -> Vec<usize> {
        let feed = feed(kind, 2_000);
        let bytes_of = |index| {
            let mut posting = String::new();
            feed.push_posting(&mut posting, index);
            posting.len()
        };
        let mut sizes: Vec<usize> = (0..feed.n_postings).map(bytes_of).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn sizes_follow_real_feeds() {
        let sizes = sorted_sizes(Kind::Real);
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((4_700..5_100).contains(&mean), "mean {mean}");
        let p95 = sizes[sizes.len() * 95 / 100];
        assert!((6_600..7_400).contains(&p95), "p95 {p95}");
        let longest = sizes[sizes.len() - 1];
        assert!((25_000..29_500).contains(&longest), "longest {longest}");
    }

    #[test]
    fn small_ones_are_nine_hundred_bytes() {
        let sizes = sorted_sizes(Kind::Small);
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((860..940).contains(&mean), "mean {mean}");
    }

    #[test]
    fn all_names_but_one_are_fields() {
        let mut posting = String::new();
        feed(Kind::AllFields, 1).push_posting(&mut posting, 0);
        let posting: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&posting).expect("a JSON object");
        let is_unknown = |name: &&String| Field::from_name(name.as_bytes()).is_none();
        let unknown: Vec<&String> = posting.keys().filter(is_unknown).collect();
        assert_eq!(unknown, ["trackingUrl"]);
    }

    #[test]
    fn the_same_feed_is_the_same_bytes_and_valid_json() {
        let feed = feed(Kind::Real, 50);
        assert_eq!(feed.body(), feed.body());
        serde_json::from_slice::<serde_json::Value>(&feed.body()).expect("JSON");
    }

    #[test]
    fn a_repost_has_the_shares_of_a_real_one() {
        let repost = Feed {
            is_repost: true,
            ..feed(Kind::Small, 10_000)
        };
        let (n_changed, n_new) = repost.n_changed_and_new();
        assert!((120..160).contains(&n_changed), "{n_changed}");
        assert!((100..140).contains(&n_new), "{n_new}");
    }
}
