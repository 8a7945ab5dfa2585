//! Measures the mapping speed in MB a second on one core: `cargo run --profile native -p
//! jobs-ingest-feeds --example speed`.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use jobs_ingest_feeds::{Format, Request, map};

/// Approximate size of each body.
const BODY_BYTES: usize = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let html = "<p>We build <strong>things</strong> that people &amp; companies need.</p>\n<ul><li>Read, write and repair</li></ul>\n".repeat(40);
    let escaped = html
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let text = |text: &str| serde_json::to_string(text);
    let (html_json, escaped_json) = (text(&html)?, text(&escaped)?);

    let greenhouse = repeated(r#"{"jobs":["#, ",", "]}", |id| {
        format!(
            r#"{{"id":{id},"internal_job_id":{id},"title":"Engineer {id}","absolute_url":"https://boards.example/acme/jobs/{id}","location":{{"name":"Berlin, Germany | Paris"}},"updated_at":"2026-08-01T10:00:00-04:00","first_published":"2026-05-11T17:58:31-04:00","requisition_id":"R-{id}","metadata":[{{"id":1,"name":"Level","value":"Senior"}}],"departments":[{{"id":1,"name":"Platform"}}],"content":{escaped_json}}}"#
        )
    });
    let lever = repeated("[", ",", "]", |id| {
        format!(
            r#"{{"id":"{id}","text":"Engineer","hostedUrl":"https://jobs.example/{id}","applyUrl":"https://jobs.example/{id}/apply","createdAt":1777410676083,"categories":{{"commitment":"Full-time","location":"Berlin"}},"workplaceType":"hybrid","descriptionPlain":{html_json},"description":{html_json},"lists":[]}}"#
        )
    });
    let own = repeated("", "\n", "\n", |id| {
        format!(
            r#"{{"externalId":"{id}","title":"Engineer","location":"Berlin","description":{html_json}}}"#
        )
    });
    let indeed = repeated("<source>", "\n", "</source>", |id| {
        format!(
            "<job><title><![CDATA[Engineer {id}]]></title><date>2026-08-{:02}</date><referencenumber>{id}</referencenumber><url>https://b.example/{id}</url><company>Acme</company><city>Berlin</city><country>DE</country><description><![CDATA[{html}]]></description><jobtype>fulltime</jobtype></job>",
            id % 28 + 1
        )
    });
    let personio = repeated("<workzag-jobs>", "\n", "</workzag-jobs>", |id| {
        format!(
            "<position><id>{id}</id><name>Engineer</name><office>Berlin</office><jobDescriptions><jobDescription><name>Role</name><value>{escaped}</value></jobDescription></jobDescriptions></position>"
        )
    });
    let csv = repeated("externalId,title,description\n", "\n", "\n", |id| {
        format!("{id},Engineer,\"{html}\"")
    });
    for (format, body) in [
        (Format::Greenhouse, greenhouse),
        (Format::Lever, lever),
        (Format::Json, own),
        (Format::Csv, csv),
        (Format::Indeed, indeed),
        (Format::Personio, personio),
    ] {
        let mut request = Request::new(format);
        request.board = Some("acme".to_owned());
        let clock = Clock::start();
        let mapped = map(&request, body.as_bytes())?;
        let seconds = clock.seconds();
        let n_postings = black_box(&mapped.postings).len();
        println!(
            "{format}: {:.0} MB/s ({n_postings} postings)",
            megabytes(&body) / seconds
        );
    }
    Ok(())
}

/// CPU time if the system reports it, so that other processes do not affect the result.
struct Clock {
    start: Instant,
    on_processor: Option<Duration>,
}

impl Clock {
    fn start() -> Self {
        Self {
            start: Instant::now(),
            on_processor: on_processor(),
        }
    }

    fn seconds(&self) -> f64 {
        let elapsed = match (self.on_processor, on_processor()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => self.start.elapsed(),
        };
        elapsed.as_secs_f64()
    }
}

/// Linux: CPU time of this process.
fn on_processor() -> Option<Duration> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds = schedule.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[expect(clippy::cast_precision_loss, reason = "some million bytes")]
fn megabytes(body: &str) -> f64 {
    body.len() as f64 / 1e6
}

fn repeated(before: &str, between: &str, after: &str, row: impl Fn(usize) -> String) -> String {
    let mut body = before.to_owned();
    let mut id = 1;
    while body.len() < BODY_BYTES {
        if id > 1 {
            body.push_str(between);
        }
        body.push_str(&row(id));
        id += 1;
    }
    body.push_str(after);
    body
}
