//! What a request closes: it is found out before the batch, planned, and verified by the batch.

use jobs_ingest_core::limits::MAX_SHOWN_CLOSINGS;
use jobs_ingest_core::list::{Closing, Compared, Listed, Plan, Remainder, Rowids, Withheld};
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::result_row::ResultRow;
use jobs_ingest_core::sql::list::{BoundIds, SHOW_CLOSINGS, compare, find_to_close};
use jobs_ingest_core::sql::{ClosingBatch, RecordList, Statement};

use super::context::Context;
use crate::call::Call;
use crate::db::{self, Store};

/// A request that closes postings of a source.
pub struct Closer<T> {
    pub source: String,
    pub ids: BoundIds<T>,
    pub kind: Kind,
}

/// How the ids of a request are meant.
pub enum Kind {
    /// The complete list of the source. Its postings are sent with it, or must be stored.
    List {
        listed: Listed,
        must_be_stored: bool,
    },
    /// Those to close.
    Close,
}

/// What a batch changes besides the postings that it carries.
#[derive(Debug, Default)]
pub struct Change {
    /// Rows that may be closed before the batch and are open after it.
    reopen: Rowids,
    close: Option<Close>,
}

#[derive(Debug)]
struct Close {
    source: String,
    rowids: Rowids,
    remainder: Remainder,
    n_reopened: u64,
    list: Option<List>,
}

/// A change that a complete list makes.
#[derive(Debug)]
struct List {
    listed: Listed,
    mark: Rowids,
    is_recorded: bool,
    /// The run of the last complete list, as of the comparison.
    before: String,
}

impl<T: Clone> Closer<T> {
    /// Compares with what is stored and plans.
    pub async fn change<S: Store<Text = T>>(
        &self,
        store: &S,
        call: &mut Call,
    ) -> Result<Change, Problem> {
        let rows = db::rows(store, self.question(store), call).await;
        call.log.stage("compare");
        self.answer(&rows?)
    }

    /// Asks how the ids compare with what is stored.
    pub fn question<S: Store<Text = T>>(&self, store: &S) -> Statement<T> {
        let source = store.text(self.source.clone());
        match &self.kind {
            Kind::List {
                listed,
                must_be_stored,
            } => {
                let times = [listed.observed_at(), listed.due_before()];
                let times = times.map(|time| store.text(time));
                compare(source, &self.ids, times, *must_be_stored)
            }
            Kind::Close => find_to_close(source, &self.ids),
        }
    }

    /// Plans by the rows of [`Self::question`].
    pub fn answer(&self, rows: &[ResultRow]) -> Result<Change, Problem> {
        match &self.kind {
            Kind::List {
                listed,
                must_be_stored,
            } => self.list_change(rows, listed, *must_be_stored),
            Kind::Close => Ok(self.close_change(rows)),
        }
    }

    fn list_change(
        &self,
        rows: &[ResultRow],
        listed: &Listed,
        must_be_stored: bool,
    ) -> Result<Change, Problem> {
        let compared = Compared::of_rows(rows).ok_or(Problem::Internal)?;
        if !compared.unstored.is_empty() {
            return Err(Problem::SnapshotIncomplete {
                total: compared.unstored.n,
                positions: compared.unstored.params.concat(),
            });
        }
        let mut plan = Plan::new(&compared, listed);
        if must_be_stored && plan.withheld.as_ref().is_some_and(Withheld::is_overtaken) {
            // Its postings do not come with it, so it opens none.
            (plan.open, plan.n_reopened) = (Rowids::default(), 0);
            plan.n_missing += compared.relisted.n;
        }
        let before = compared.last.map_or(String::new(), |last| last.run_id);
        Ok(Change {
            reopen: plan.open,
            close: Some(Close {
                source: self.source.clone(),
                rowids: plan.close,
                remainder: Remainder::of_list(plan.n_missing, plan.withheld),
                n_reopened: plan.n_reopened,
                list: Some(List {
                    listed: *listed,
                    mark: plan.mark,
                    is_recorded: plan.is_recorded,
                    before,
                }),
            }),
        })
    }

    fn close_change(&self, rows: &[ResultRow]) -> Change {
        let (mut rowids, mut already_closed, mut unknown) = (Rowids::default(), 0, 0);
        for row in rows {
            let n = row.number("n").unwrap_or_default();
            match row.text("kind") {
                Some("open") => rowids.add(n, row.text("ids").unwrap_or("[]")),
                Some("already_closed") => already_closed += n,
                _ => unknown += n,
            }
        }
        Change {
            reopen: Rowids::default(),
            close: Some(Close {
                source: self.source.clone(),
                rowids,
                remainder: Remainder::of_close(already_closed, unknown),
                n_reopened: 0,
                list: None,
            }),
        }
    }

    /// What the request would close.
    pub async fn dry_run<S: Store<Text = T>>(
        &self,
        store: &S,
        call: &mut Call,
    ) -> Result<Option<Closing>, Problem> {
        let Some(close) = self.change(store, call).await?.close else {
            return Ok(None);
        };
        let mut would_close = Vec::new();
        for rowids in &close.rowids.params {
            let params = [store.text(rowids.clone())];
            let statement = Statement::new(SHOW_CLOSINGS.as_str(), params);
            let ids = db::rows(store, statement, call).await?;
            would_close.extend(ids.iter().filter_map(|row| row.string("text")));
        }
        // Each parameter has its first ones.
        would_close.sort_unstable();
        would_close.truncate(MAX_SHOWN_CLOSINGS);
        let remainder = close.remainder.to_json();
        let mut closing = Closing::new(close.rowids.n, close.n_reopened, remainder);
        closing.would_close = Some(would_close);
        Ok(Some(closing))
    }
}

impl Change {
    /// Of postings that are closed and sent again.
    pub fn reopening(reopen: Rowids) -> Self {
        Self {
            reopen,
            close: None,
        }
    }

    pub fn is_withheld(&self) -> bool {
        let close = self.close.as_ref();
        close.is_some_and(|close| close.remainder.is_withheld())
    }

    pub fn n_reopened(&self) -> u64 {
        self.close.as_ref().map_or(0, |close| close.n_reopened)
    }

    pub fn remainder_json(&self) -> Option<String> {
        let close = self.close.as_ref();
        close.map(|close| close.remainder.to_json())
    }

    pub fn list_before(&self) -> Option<String> {
        let list = self.close.as_ref()?.list.as_ref()?;
        Some(list.before.clone())
    }

    /// The answer's part about closing, with the counts of the batch.
    pub fn closing(&self, tally: Tally) -> Option<Closing> {
        let remainder = self.remainder_json()?;
        Some(Closing::new(tally.n_closed, tally.n_reopened, remainder))
    }

    pub fn reopen_params<S: Store>(&self, store: &S) -> Vec<S::Text> {
        bound(store, &self.reopen)
    }

    pub fn batch<S: Store>(
        &self,
        store: &S,
        context: &Context<'_>,
    ) -> Option<ClosingBatch<S::Text>> {
        let close = self.close.as_ref()?;
        let text = |text: &str| store.text(text.to_owned());
        let list = close.list.as_ref();
        Some(ClosingBatch {
            close: bound(store, &close.rowids),
            reason: text(list.map_or("requested", |_| "absent")),
            mark: list.map_or_else(Vec::new, |list| bound(store, &list.mark)),
            opens: list.is_some() && !close.is_overtaken(),
            // A request to close is about the posting whatever it is now: `~` is after all times.
            observed_at: store.text(list.map_or("~".to_owned(), |list| list.listed.observed_at())),
            record: list.and_then(|list| close.record(list, store, context)),
        })
    }
}

impl Close {
    fn is_overtaken(&self) -> bool {
        let withheld = self.remainder.withheld.as_ref();
        withheld.is_some_and(Withheld::is_overtaken)
    }

    fn record<S: Store>(
        &self,
        list: &List,
        store: &S,
        context: &Context<'_>,
    ) -> Option<RecordList<S::Text>> {
        let text = |text: &str| store.text(text.to_owned());
        let withheld = self.remainder.withheld.as_ref();
        let json = withheld.map(|withheld| {
            // A plain struct: serialisation cannot fail.
            serde_json::to_string(withheld).unwrap_or_default()
        });
        let json = json.unwrap_or_default();
        if list.is_recorded {
            return Some(RecordList::Committed([
                text(&self.source),
                store.text(list.listed.observed_at()),
                text(&context.caller.name),
                text(context.run_id),
                store.text(list.listed.n_listed.to_string()),
                store.text(json),
            ]));
        }
        // A list that came too late is no news about the source.
        (!self.is_overtaken()).then(|| RecordList::Withheld([text(&self.source), store.text(json)]))
    }
}

fn bound<S: Store>(store: &S, rowids: &Rowids) -> Vec<S::Text> {
    rowids
        .params
        .iter()
        .map(|ids| store.text(ids.clone()))
        .collect()
}
