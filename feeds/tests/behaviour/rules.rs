//! Common rules of all formats, tested through one of them.

use jobs_ingest_feeds::Format::{Csv, Greenhouse, JobPosting, Lever};
use jobs_ingest_feeds::{Format, WarningCode};
use serde_json::{Value, json};

use crate::support::{field, mapped, only};

fn lever(facts: Value) -> String {
    let mut job = json!({"id": "a", "text": "T", "hostedUrl": "https://b.example/1"});
    job.as_object_mut()
        .unwrap()
        .extend(facts.as_object().unwrap().clone());
    json!([job]).to_string()
}

fn posting(facts: Value) -> String {
    let mut fields = json!({"@type": "JobPosting", "identifier": 1});
    fields
        .as_object_mut()
        .unwrap()
        .extend(facts.as_object().unwrap().clone());
    fields.to_string()
}

#[test]
fn employment_types() {
    let job_type = |word: &str| {
        field(
            Lever,
            &lever(json!({"categories": {"commitment": word}})),
            "jobType",
        )
    };
    for (expected, words) in [
        (
            "FULL_TIME",
            "Full-time|FULL_TIME|FullTime|Regular Full Time (Salary)|Vollzeit|Tempsplein|fulltime_permanent",
        ),
        (
            "PART_TIME",
            "Part time|parttime_fixed_term|Teilzeit|Minijob",
        ),
        (
            "CONTRACTOR",
            "Contract|contract_to_hire|Freelance|Independent Contractor (FT)",
        ),
        ("TEMPORARY", "temp|Temporary"),
        ("INTERN", "Internship|Trainee|Praktikum"),
        ("VOLUNTEER", "volunteer"),
        ("PER_DIEM", "Per diem"),
        ("OTHER", "Other"),
    ] {
        for word in words.split('|') {
            assert_eq!(job_type(word), expected, "{word}");
        }
    }
    for word in [
        "Permanent",
        "Regular",
        "Graduate",
        "CDI",
        "unbefristet",
        "Festanstellung",
        "Werkstudent",
        "full-or-part-time",
        "Hero",
    ] {
        let posting = only(&mapped(
            Lever,
            &lever(json!({"categories": {"commitment": word}})),
        ));
        assert!(posting["jobType"].is_null(), "{word}");
        assert_eq!(posting["extra"]["employment_type_raw"], word);
    }
}

#[test]
fn countries() {
    let country = |name: &str| {
        let body = posting(json!({"jobLocation": {"address": {"addressCountry": name}}}));
        field(JobPosting, &body, "country")
    };
    for (expected, names) in [
        ("US", "us|USA|United States|United States of America|U.S.A."),
        ("GB", "UK|GB|GBR|United Kingdom|England"),
        ("CZ", "Czechia|Czech Republic|cz"),
        ("CD", "Congo, The Democratic Republic of the"),
        (
            "KR",
            "South Korea|Korea, Republic of|Korea (the Republic of)",
        ),
        ("BO", "Bolivia|Bolivia (Plurinational State of)"),
        ("NL", "Netherlands|The Netherlands|NLD"),
        ("DE", "Deutschland|germany"),
        ("CI", "Côte d'Ivoire|Ivory Coast"),
        ("TR", "Türkiye|Turkey"),
        ("TW", "Taiwan"),
        ("VN", "Vietnam|Viet Nam"),
    ] {
        for name in names.split('|') {
            assert_eq!(country(name), expected, "{name}");
        }
    }
    for name in [
        "European Union",
        "Europe",
        "LATAM",
        "Worldwide",
        "Remote",
        "XX",
        "Atlantis",
        "EU",
    ] {
        assert!(country(name).is_null(), "{name}");
    }
}

#[test]
fn times() {
    let time = |value: Value| {
        field(
            JobPosting,
            &posting(json!({"datePosted": value})),
            "postedAt",
        )
    };
    for (text, expected) in [
        ("2026-08-05", "2026-08-05"),
        ("2026-08-05T10:00:00+02:00", "2026-08-05T08:00:00Z"),
        ("2026-08-05T10:00:00.1234567Z", "2026-08-05T10:00:00.123Z"),
        ("2026-08-05 09:41:37 UTC", "2026-08-05T09:41:37Z"),
        ("2026-08-05 09:41:37 +0200", "2026-08-05T07:41:37Z"),
        ("2013-04-12 15:52:34.19", "2013-04-12T15:52:34.19Z"),
        ("2026-08-05T10:00", "2026-08-05T10:00:00Z"),
        ("Mon, 03 Aug 2026 22:49:39 GMT", "2026-08-03T22:49:39Z"),
        ("Mon, 03 Aug 2026 22:49:39 EST", "2026-08-04T03:49:39Z"),
        ("Tue, 03 Aug 2026 22:49:39 +0000", "2026-08-03T22:49:39Z"),
        ("1777410676", "2026-04-28T21:11:16Z"),
        ("1777410676083", "2026-04-28T21:11:16.083Z"),
    ] {
        assert_eq!(time(json!(text)), expected, "{text}");
    }
    assert_eq!(time(json!(1_777_410_676)), "2026-04-28T21:11:16Z");
    assert_eq!(
        time(json!(1_777_410_676_083_u64)),
        "2026-04-28T21:11:16.083Z"
    );
    for unreadable in [
        "01/09/2043 12:00:00",
        "16/05/2044",
        "Posted 3 Days Ago",
        "Wed, 19 Aug 2026 05:00:00:0",
        "0001-01-01",
        "2026-02-30",
        "2026-13-01T00:00:00Z",
    ] {
        let mapped = mapped(JobPosting, &posting(json!({"datePosted": unreadable})));
        assert!(only(&mapped)["postedAt"].is_null(), "{unreadable}");
        assert_eq!(
            mapped.findings.n_warnings[&WarningCode::TimeUnreadable],
            1,
            "{unreadable}"
        );
    }
    for unstated in [json!(""), json!(null), json!(0)] {
        let mapped = mapped(JobPosting, &posting(json!({"datePosted": unstated})));
        assert!(only(&mapped)["postedAt"].is_null());
        assert!(mapped.findings.warnings.is_empty());
    }
}

#[test]
fn time_without_zone_is_utc_with_a_warning() {
    let mapped = mapped(
        JobPosting,
        &posting(json!({"datePosted": "2026-08-05T10:00:00"})),
    );
    assert_eq!(mapped.findings.n_warnings[&WarningCode::TimeWithoutZone], 1);
}

#[test]
fn id_over_the_limit_is_replaced_by_its_hash() {
    let id = |id: &str| {
        field(
            JobPosting,
            &posting(json!({"identifier": id})),
            "externalId",
        )
    };
    let longest = "é".repeat(500);
    assert_eq!(id(&longest), longest.as_str());
    let hashed = id(&format!("{longest}x"));
    assert!(hashed.as_str().unwrap().starts_with("sha256-"));
    assert_eq!(hashed.as_str().unwrap().len(), "sha256-".len() + 32);
    assert_ne!(hashed, id(&format!("{longest}y")));
}

#[test]
fn integer_ids_keep_their_digits() {
    let id = |id: &str| {
        let body = format!(r#"{{"jobs":[{{"id":{id},"absolute_url":"https://b.example/1"}}]}}"#);
        field(Greenhouse, &body, "externalId")
    };
    assert_eq!(id("9007199254740993"), "9007199254740993");
    assert_eq!(id("18446744073709551615"), "18446744073709551615");
    assert_eq!(id("12.0"), "12");
}

#[test]
fn urls() {
    let url = |url: &str| field(JobPosting, &posting(json!({"url": url})), "url");
    assert_eq!(
        url("https://b.example/1?a=1&utm_source=x&b=2"),
        "https://b.example/1?a=1&b=2"
    );
    assert_eq!(
        url(" https://b.example/1?utm_source=x "),
        "https://b.example/1"
    );
    assert_eq!(url("https://b.example/a b"), "https://b.example/a%20b");
    assert_eq!(url("HTTPS://B.example"), "HTTPS://B.example");
    // The Worker would reject these postings.
    assert_eq!(url("https:/b.example/1"), "https://b.example/1");
    assert_eq!(
        url(r"https://b.example\1?q=<a>\&r=1"),
        "https://b.example/1?q=%3Ca%3E%5C&r=1"
    );
    for unusable in [
        "javascript:alert(1)",
        "mailto:a@b.example",
        "www.example.com/1",
        "ftp://b.example",
        "https://_b.example/1",
    ] {
        assert!(url(unusable).is_null(), "{unusable}");
    }
    let of_bytes = |n: usize| {
        format!(
            "https://b.example/{}",
            "x".repeat(n - "https://b.example/".len())
        )
    };
    assert_eq!(url(&of_bytes(2_048)), of_bytes(2_048).as_str());
    assert!(url(&of_bytes(2_049)).is_null());
}

#[test]
fn extra_drops_its_largest_parts_to_fit() {
    let names: Vec<Value> = (0..400)
        .map(|n| json!({"name": format!("Country number {n:04} {}", "x".repeat(20))}))
        .collect();
    let body = posting(json!({"industry": "Health", "applicantLocationRequirements": names}));
    let mapped = mapped(JobPosting, &body);
    assert_eq!(only(&mapped)["extra"], json!({"industry": "Health"}));
    assert_eq!(mapped.findings.n_warnings[&WarningCode::ExtraCut], 1);
}

#[test]
fn formats_are_found_by_name() {
    for spec in jobs_ingest_feeds::FORMATS {
        assert_eq!(spec.format.name().parse::<Format>().unwrap(), spec.format);
        assert_eq!(spec.format.spec().format, spec.format);
    }
    assert_eq!("NDJSON".parse::<Format>().unwrap(), Format::Json);
    assert_eq!("tsv".parse::<Format>().unwrap(), Csv);
    let unknown = "greenhaus".parse::<Format>().unwrap_err().to_string();
    assert!(
        unknown.contains("greenhaus") && unknown.contains("greenhouse, lever"),
        "{unknown}"
    );
}
