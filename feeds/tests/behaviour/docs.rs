//! docs/FEEDS.md matches the table of formats.

use jobs_ingest_feeds::docs;

#[test]
fn page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FEEDS.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == docs::page(),
        "docs/FEEDS.md is stale: run `cargo run -p jobs-ingest-feeds --example docs > docs/FEEDS.md`"
    );
}
