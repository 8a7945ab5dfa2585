//! How fast each family of formats is mapped, on one core.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::time::Instant;

use jobs_ingest_feeds::{Format, Request, map_stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::workload::{Feed, Ids, Kind};

const N_POSTINGS: usize = 8_000;
const N_ROUNDS: usize = 5;

/// Megabytes per second that each format of a family is to reach.
const MIN_JSON_MB_PER_S: f64 = 100.0;
const MIN_XML_MB_PER_S: f64 = 40.0;

/// The speed of a format.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mapping {
    pub format: String,
    pub body_bytes: usize,
    /// Of the fastest round: others were interrupted by other work.
    pub mb_per_s: f64,
    pub min_mb_per_s: f64,
}

pub fn mapping() -> Vec<Mapping> {
    let feed = Feed {
        kind: Kind::AllFields,
        n_postings: N_POSTINGS,
        ids: Ids::Client(1),
        version: 1,
        is_repost: false,
    };
    let body: Value = serde_json::from_slice(&feed.body()).expect("JSON");
    let postings = body["items"].as_array().expect("postings");
    let json = [
        (Format::Greenhouse, greenhouse(postings)),
        (Format::Lever, lever(postings)),
        (Format::Ashby, ashby(postings)),
        (Format::Teamtailor, teamtailor(postings)),
        (
            Format::JobPosting,
            Value::from_iter(postings.iter().map(job_posting)).to_string(),
        ),
        (Format::Json, body.to_string()),
    ];
    let others = [
        (Format::Csv, csv(postings)),
        (Format::Personio, personio(postings)),
        (Format::Indeed, indeed(postings)),
    ];
    let json = json.map(|(format, body)| speed(format, &body, MIN_JSON_MB_PER_S));
    let others = others.map(|(format, body)| speed(format, &body, MIN_XML_MB_PER_S));
    json.into_iter().chain(others).collect()
}

fn speed(format: Format, body: &str, min_mb_per_s: f64) -> Mapping {
    let mut request = Request::new(format);
    request.board = Some("acme".to_owned());
    let seconds = (0..N_ROUNDS).map(|_| {
        let mut n_postings = 0;
        let mut sink = |_| {
            n_postings += 1;
            ControlFlow::Continue(())
        };
        let mut open = || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(body.as_bytes())) };
        let since = Instant::now();
        map_stream(&request, &mut open, &mut sink).expect("a feed");
        let seconds = since.elapsed().as_secs_f64();
        assert_eq!(n_postings, N_POSTINGS, "{format}");
        seconds
    });
    let seconds = seconds.min_by(f64::total_cmp).expect("rounds");
    Mapping {
        format: format.name().to_owned(),
        body_bytes: body.len(),
        mb_per_s: body.len() as f64 / 1e6 / seconds,
        min_mb_per_s,
    }
}

fn escaped(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}

fn greenhouse(postings: &[Value]) -> String {
    let jobs: Value = postings
        .iter()
        .enumerate()
        .map(|(id, posting)| {
            json!({
                "id": id, "internal_job_id": id, "title": posting["title"], "absolute_url": posting["url"],
                "company_name": posting["companyName"], "location": {"name": posting["location"]},
                "updated_at": posting["postedAt"], "first_published": posting["postedAt"],
                "requisition_id": "R-1", "language": posting["language"], "metadata": null,
                "content": escaped(&posting["description"]),
                "departments": [{"id": 1, "name": posting["department"], "parent_id": null, "child_ids": []}],
                "offices": [{"id": 1, "name": posting["location"]}],
            })
        })
        .collect();
    json!({"jobs": jobs, "meta": {"total": postings.len()}}).to_string()
}

fn lever(postings: &[Value]) -> String {
    let site: Value = postings
        .iter()
        .map(|posting| {
            json!({
                "id": posting["externalId"], "text": posting["title"], "country": posting["country"],
                "workplaceType": "hybrid",
                "categories": {"commitment": "Full-time", "location": posting["location"],
                    "team": posting["department"], "allLocations": [posting["location"]]},
                "createdAt": 1_777_410_676_083_u64, "hostedUrl": posting["url"], "applyUrl": posting["applyUrl"],
                "description": posting["description"], "lists": [],
                "salaryRange": {"currency": posting["salaryCurrency"], "interval": "per-year-salary",
                    "min": posting["salaryMin"], "max": posting["salaryMax"]},
            })
        })
        .collect();
    site.to_string()
}

fn ashby(postings: &[Value]) -> String {
    let jobs: Value = postings
        .iter()
        .map(|posting| {
            json!({
                "id": posting["externalId"], "title": posting["title"], "department": posting["department"],
                "employmentType": "FullTime", "location": posting["location"], "isListed": true,
                "isRemote": false, "workplaceType": "OnSite", "secondaryLocations": [],
                "address": {"postalAddress": {"addressCountry": posting["country"],
                    "addressRegion": posting["region"], "addressLocality": posting["locality"]}},
                "publishedAt": posting["postedAt"], "jobUrl": posting["url"], "applyUrl": posting["applyUrl"],
                "descriptionHtml": posting["description"],
            })
        })
        .collect();
    json!({"apiVersion": "1", "jobs": jobs}).to_string()
}

fn job_posting(posting: &Value) -> Value {
    json!({
        "@context": "https://schema.org", "@type": "JobPosting", "title": posting["title"],
        "description": posting["description"], "url": posting["url"], "datePosted": posting["postedAt"],
        "identifier": {"@type": "PropertyValue", "value": posting["externalId"]},
        "validThrough": posting["validThrough"], "employmentType": "FULL_TIME",
        "hiringOrganization": {"@type": "Organization", "name": posting["companyName"]},
        "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress",
            "addressLocality": posting["locality"], "addressRegion": posting["region"],
            "addressCountry": posting["country"]}},
    })
}

/// Its descriptions occur twice.
fn teamtailor(postings: &[Value]) -> String {
    let items: Value = postings
        .iter()
        .map(|posting| {
            json!({
                "id": posting["externalId"], "title": posting["title"], "url": posting["url"],
                "date_published": posting["postedAt"], "content_html": posting["description"],
                "_jobposting": job_posting(posting),
            })
        })
        .collect();
    json!({"version": "https://jsonfeed.org/version/1.1", "title": "Acme", "items": items})
        .to_string()
}

fn csv(postings: &[Value]) -> String {
    let columns = [
        "externalId",
        "title",
        "url",
        "location",
        "country",
        "postedAt",
        "description",
    ];
    let mut csv = columns.join(",") + "\n";
    for posting in postings {
        let cells = columns.map(|column| {
            let text = posting[column].as_str().unwrap_or_default();
            format!("\"{}\"", text.replace('"', "\"\""))
        });
        csv.push_str(&cells.join(","));
        csv.push('\n');
    }
    csv
}

fn personio(postings: &[Value]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<workzag-jobs>\n".to_owned();
    for (id, posting) in postings.iter().enumerate() {
        let text = |name: &str| escaped(&posting[name]);
        writeln!(
            xml,
            "<position><id>{id}</id><subcompany>{}</subcompany><office>{}</office><department>{}</department>\
             <jobDescriptions><jobDescription><name>Your role</name><value><![CDATA[{}]]></value>\
             </jobDescription></jobDescriptions><name>{}</name><employmentType>permanent</employmentType>\
             <schedule>full-time</schedule><createdAt>{}</createdAt></position>",
            text("companyName"),
            text("location"),
            text("department"),
            posting["description"].as_str().unwrap_or_default(),
            text("title"),
            text("postedAt"),
        )
        .expect("memory takes all bytes");
    }
    xml + "</workzag-jobs>\n"
}

fn indeed(postings: &[Value]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<source>\n".to_owned();
    for posting in postings {
        xml.push_str("<job>");
        for (element, name) in [
            ("title", "title"),
            ("date", "postedAt"),
            ("referencenumber", "externalId"),
            ("url", "url"),
            ("company", "companyName"),
            ("city", "locality"),
            ("state", "region"),
            ("country", "country"),
            ("description", "description"),
            ("salary", "salary"),
            ("jobtype", "jobType"),
        ] {
            let text = posting[name].as_str().unwrap_or_default();
            writeln!(xml, "<{element}><![CDATA[{text}]]></{element}>")
                .expect("memory takes all bytes");
        }
        xml.push_str("</job>\n");
    }
    xml + "</source>\n"
}
