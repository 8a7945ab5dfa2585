//! Teamtailor's JSON Feed.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Teamtailor;

use crate::support::shown;

pub const FEED: &str = r##"{
  "version": "https://jsonfeed.org/version/1.1", "title": "Acme", "language": "en",
  "items": [
    {
      "id": "c0000000-0000-4000-8000-000000000001", "title": "Seller", "url": "https://career.example/jobs/7000001-seller",
      "date_published": "2026-02-04T09:26:20+01:00", "content_html": "<p>Sell</p>",
      "_jobposting": {
        "@context": "http://schema.org/", "@type": "JobPosting", "title": "Seller", "description": "<p>Sell</p>",
        "identifier": {"@type": "PropertyValue", "name": "Acme", "value": 7000001}, "datePosted": "2026-02-04T09:26:20+01:00",
        "hiringOrganization": {"@type": "Organization", "name": "Acme", "sameAs": "https://career.example"},
        "jobLocation": [
          {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Stockholm", "addressCountry": "SE", "addressRegion": "Sweden"}},
          {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "København", "addressCountry": "DK", "addressRegion": "Europe"}}
        ]
      }
    },
    {
      "id": "c0000000-0000-4000-8000-000000000002", "title": "Buyer", "url": "https://career.example/jobs/7000002-buyer",
      "date_published": "2026-01-18T19:35:57+01:00", "_jobposting": {"@type": "JobPosting", "identifier": {"value": 7000002}}
    }
  ]
}"##;

#[test]
fn feed_with_every_quirk() {
    assert_snapshot!(shown(Teamtailor, FEED), @r#"
    externalId: "c0000000-0000-4000-8000-000000000001"
    source: "teamtailor:acme"
    title: "Seller"
    companyName: "Acme"
    location: "Stockholm, Sweden, SE; København, Europe, DK"
    country: "SE"
    region: "Sweden"
    locality: "Stockholm"
    postedAt: "2026-02-04T08:26:20Z"
    url: "https://career.example/jobs/7000001-seller"
    language: "en"
    description: "<p>Sell</p>"
    extra: {"identifier":"7000001","locations":[{"country":"SE","locality":"Stockholm","name":"Stockholm, Sweden, SE","region":"Sweden"},{"country":"DK","locality":"København","name":"København, Europe, DK","region":"Europe"}]}
    ---
    externalId: "c0000000-0000-4000-8000-000000000002"
    source: "teamtailor:acme"
    title: "Buyer"
    postedAt: "2026-01-18T18:35:57Z"
    url: "https://career.example/jobs/7000002-buyer"
    language: "en"
    extra: {"identifier":"7000002"}
    left alone: description
    ---
    complete: the feed has all published postings
    "#);
}

#[test]
fn feed_with_a_next_page_is_incomplete() {
    let body = FEED.replace(
        "\"title\": \"Acme\", \"language\"",
        "\"next_url\": \"https://career.example/jobs.json?page=2\", \"language\"",
    );
    assert_snapshot!(shown(Teamtailor, &body).lines().last().unwrap(), @"incomplete: the body is one page of several");
}
