//! Quotas of a token's name: what the ledger says that its day has used.

use std::cell::RefCell;

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::quota::{Day, Settled, Usage};
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::sql::{Statement, quota};

use crate::call::Call;
use crate::db::{self, Store};

thread_local! {
    /// By name of token, what has settled, so that a name with many requests a day does not have all
    /// of them summed up for each.
    static SETTLED: RefCell<Vec<(String, Settled)>> = const { RefCell::new(Vec::new()) };
}

/// Refuses a request that would exceed a quota. Requests that run at the same time do not see each
/// other, so these together may exceed it.
pub async fn check<S: Store>(
    store: &S,
    caller: &Caller,
    settings: &Settings,
    requested: Usage,
    call: &mut Call,
) -> Result<(), Problem> {
    let quota = settings
        .quota(caller.quota)
        .map_err(|unusable| Problem::Misconfigured {
            variables: vec![unusable.name],
        })?;
    if quota.is_unlimited() {
        return Ok(());
    }
    let now_ms = call.log.started_ms() as u64;
    let day = Day::of(now_ms);
    let used = used(store, &caller.name, day, call).await;
    call.log.stage("quota");
    quota
        .check(used?, requested)
        .map_err(|exceeded| Problem::QuotaExceeded {
            exceeded,
            retry_after_seconds: day.seconds_left(now_ms),
            resets_at: iso_time(day.ends_ms as f64),
        })
}

async fn used<S: Store>(
    store: &S,
    name: &str,
    day: Day,
    call: &mut Call,
) -> Result<Usage, Problem> {
    let settled = SETTLED.with_borrow(|all| {
        let of_name = all.iter().find(|(of, _)| of == name);
        of_name.map_or(Settled::none(day), |(_, settled)| settled.of_day(day))
    });
    let [from, unsettled_from] = settled.params(day);
    let params = [name.to_owned(), from, unsettled_from].map(|param| store.text(param));
    let rows = db::rows(store, Statement::new(quota::USAGE, params), call).await?;
    // A sum without GROUP BY has one row.
    let row = rows.first().ok_or(Problem::Internal)?;
    let sums = |rows, bytes| {
        let (rows, bytes) = row.number(rows).zip(row.number(bytes))?;
        Some(Usage { rows, bytes })
    };
    let sums = sums("settled_rows", "settled_bytes").zip(sums("unsettled_rows", "unsettled_bytes"));
    let (of_settled, of_unsettled) = sums.ok_or(Problem::Internal)?;
    let (settled, used) = settled.add(day, of_settled, of_unsettled);
    SETTLED.with_borrow_mut(|all| {
        all.retain(|(of, _)| of != name);
        all.push((name.to_owned(), settled));
    });
    Ok(used)
}
