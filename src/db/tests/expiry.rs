//! The nightly expiry: which postings it closes, and which it deletes.

use super::fake_store::FakeStore;
use crate::service::expiry::{Expired, expire};

/// 2026-11-27T11:34:56.789Z.
const NOW_MS: f64 = 1_795_779_296_789.0;

fn store() -> FakeStore {
    let store = FakeStore::with([]);
    let row = |id: &str, source: &str, valid_through: &str| {
        format!(
            "INSERT INTO jobs (source, external_id, valid_through, content_hash) \
             VALUES ('{source}', '{id}', {valid_through}, 'AAAAAAAAAAA');"
        )
    };
    for (id, valid_through) in [
        ("none", "NULL"),
        ("time over", "'2026-11-27T11:34:56.788Z'"),
        ("time now", "'2026-11-27T11:34:56.789Z'"),
        ("date before yesterday", "'2026-11-25'"),
        // At 11:34 in UTC it is still yesterday in the last time zone.
        ("yesterday", "'2026-11-26'"),
        ("today", "'2026-11-27'"),
        ("future", "'2027-01-01'"),
    ] {
        store.execute(&row(id, "free", valid_through));
    }
    store.execute(&row("listed", "recent", "'2020-01-01'"));
    store.execute(&row("listed", "long ago", "'2020-01-01'"));
    store.execute(
        "INSERT INTO ingest_sources (source, observed_at) VALUES \
         ('recent', '2026-10-28T11:34:56.789Z'), ('long ago', '2026-10-28T11:34:56.788Z')",
    );
    store
}

fn closed(store: &FakeStore) -> String {
    store.string(
        "SELECT group_concat(source || '/' || external_id, ', ') FROM jobs \
         WHERE closed_at IS NOT NULL AND closed_reason = 'expired' AND content_hash IS NULL",
    )
}

#[test]
fn closes_expired_postings_unless_their_source_sends_lists() {
    let store = store();
    let expired = pollster::block_on(expire(&store, None, NOW_MS)).unwrap();
    let all = "free/time over, free/date before yesterday, long ago/listed";
    assert_eq!(closed(&store), all);
    assert_eq!(
        expired,
        Expired {
            n_closed: 3,
            n_deleted: 0
        }
    );
    // They are not closed twice, and without a retention not deleted either.
    let later_ms = NOW_MS + 86_400_000.0 * 400.0;
    store.execute("UPDATE jobs SET valid_through = NULL WHERE closed_at IS NULL");
    let again = pollster::block_on(expire(&store, None, later_ms)).unwrap();
    assert_eq!(again, Expired::default());
}

#[test]
fn deletes_postings_closed_longer_than_the_retention() {
    let store = store();
    store.execute("DELETE FROM jobs WHERE external_id NOT IN ('none', 'future', 'today')");
    store.execute(
        "UPDATE jobs SET closed_at = '2026-11-25T11:34:56.788Z' WHERE external_id = 'none';
         UPDATE jobs SET closed_at = '2026-11-25T11:34:56.789Z' WHERE external_id = 'today'",
    );
    let expired = pollster::block_on(expire(&store, Some(2), NOW_MS)).unwrap();
    assert_eq!(
        expired,
        Expired {
            n_closed: 0,
            n_deleted: 1
        }
    );
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 2);
}

#[test]
fn an_empty_table_has_nothing_to_expire() {
    let store = FakeStore::with([]);
    let expired = pollster::block_on(expire(&store, Some(1), NOW_MS));
    assert_eq!(expired, Ok(Expired::default()));
}
