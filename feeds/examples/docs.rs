//! Writes docs/FEEDS.md to stdout.

fn main() {
    print!("{}", jobs_ingest_feeds::docs::page());
}
