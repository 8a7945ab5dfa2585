//! The second pass: sends the rows that differ, several requests at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use serde_json::{Value, json};

use super::api::{Api, TooLarge, field, list_entry_bytes};
use super::chunk::{Chunk, Posting, body};
use super::error::Error;
use super::index::Indexed;
use super::inputs::Input;
use super::progress::Progress;
use super::rejects::Rejected;
use super::row::{Row, hashes, missing_of};
use super::scan::Scan;
use crate::http::Answer;

/// Requests at a time. D1 runs one batch at a time; more would wait there.
const N_SENDERS: usize = 4;

/// Bytes of postings that wait for their request to be full: those of several sources.
const MAX_WAITING_BYTES: usize = 20_000_000;

/// How often a stale replay is followed by another key.
const MAX_REPLAYS: usize = 16;

/// A set of postings, by their ordinals: one bit each.
#[derive(Debug, Default)]
pub struct Ordinals(Vec<u64>);

impl Ordinals {
    pub fn insert(&mut self, ordinal: u32) {
        let (word, bit) = (ordinal as usize / 64, ordinal % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    pub fn contains(&self, ordinal: u32) -> bool {
        let word = self.0.get(ordinal as usize / 64);
        word.is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
    }

    pub fn len(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// What the Worker lacks.
#[derive(Debug, Default)]
pub struct Plan {
    pub to_send: Ordinals,
    /// Rejected postings of which no earlier version is stored.
    pub unstored_rejects: Ordinals,
}

impl Plan {
    pub fn compare(api: &Api, scan: &Scan) -> Result<Self, Error> {
        let mut plan = Self::default();
        for (source, group) in &scan.groups {
            each_different(
                api,
                source,
                group.index.iter(),
                &mut |entry| match entry.hash {
                    Some(_) => plan.to_send.insert(entry.ordinal),
                    None => plan.unstored_rejects.insert(entry.ordinal),
                },
            )?;
        }
        Ok(plan)
    }

    pub fn n_to_send(&self) -> u64 {
        self.to_send.len()
    }
}

/// Passes on the entries that are not stored, or not with their hash.
pub fn each_different<'i>(
    api: &Api,
    source: &str,
    entries: impl Iterator<Item = Indexed<'i>>,
    different: &mut dyn FnMut(Indexed<'i>),
) -> Result<(), Error> {
    let mut entries = entries.peekable();
    let mut request: Vec<Indexed<'i>> = Vec::new();
    let mut n_bytes = 0;
    while let Some(entry) = entries.next() {
        n_bytes += list_entry_bytes(&entry);
        request.push(entry);
        let next_bytes = entries.peek().map(list_entry_bytes);
        let fits = |bytes| n_bytes + bytes <= api.limits.bytes && request.len() < api.limits.ids;
        if next_bytes.is_some_and(fits) {
            continue;
        }
        for position in api.compare(source, &request)? {
            if let Some(entry) = request.get(position) {
                different(*entry);
            }
        }
        request.clear();
        n_bytes = 0;
    }
    Ok(())
}

/// What the Worker answered.
#[derive(Debug, Default)]
pub struct Sent {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub reopened: u64,
    pub n_rejected: u64,
    pub rejected: Vec<Rejected>,
}

impl Sent {
    pub fn merge(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.reopened += other.reopened;
        self.n_rejected += other.n_rejected;
        self.rejected.extend(other.rejected);
    }
}

/// Sends the wanted postings of the inputs. If all are of `only_source`, they need not be validated to
/// know theirs.
pub fn send(
    api: &Api,
    inputs: &[Input],
    wanted: &Ordinals,
    only_source: Option<&str>,
    progress: &Progress,
) -> Result<Sent, Error> {
    if wanted.len() == 0 {
        return Ok(Sent::default());
    }
    // Without a buffer: the requests in flight and the one that is being filled are enough memory.
    let (sender, receiver) = sync_channel(0);
    let receiver = Mutex::new(receiver);
    let has_failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let deliverers: Vec<_> = (0..N_SENDERS)
            .map(|_| scope.spawn(|| deliver_all(api, &receiver, progress, &has_failed)))
            .collect();
        let produced = produce(api, inputs, wanted, only_source, sender, &has_failed);
        let mut sent = Sent::default();
        let mut failure = produced.err();
        for deliverer in deliverers {
            match deliverer.join() {
                Ok(Ok(part)) => sent.merge(part),
                Ok(Err(error)) => failure = Some(error),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failure.map_or(Ok(sent), Err)
    })
}

/// Reads the inputs again and cuts requests.
fn produce(
    api: &Api,
    inputs: &[Input],
    wanted: &Ordinals,
    only_source: Option<&str>,
    sender: SyncSender<Chunk>,
    has_failed: &AtomicBool,
) -> Result<(), Error> {
    let mut ordinal = 0_u32;
    let mut chunks: BTreeMap<String, Chunk> = BTreeMap::new();
    let mut n_waiting_bytes = 0;
    // The receivers outlive this function.
    let mut dispatch = |chunk: Chunk| {
        let _ = sender.send(chunk);
    };
    for input in inputs {
        let missing = missing_of(input.request.format);
        input.each(&mut |item| {
            if has_failed.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            let this = ordinal;
            ordinal = ordinal.saturating_add(1);
            if !wanted.contains(this) {
                return ControlFlow::Continue(());
            }
            let source = match only_source {
                Some(source) => source.to_owned(),
                None => Row::new(&item, missing).source,
            };
            let json = item.into_json();
            let chunk = chunks.entry(source.clone()).or_default();
            let is_full = chunk.postings.len() >= api.limits.items
                || chunk.n_bytes_with(&json) > api.limits.bytes;
            if is_full && !chunk.postings.is_empty() {
                n_waiting_bytes -= chunk.n_bytes;
                dispatch(std::mem::take(chunk));
            }
            n_waiting_bytes -= chunk.n_bytes;
            chunk.push(this, json);
            n_waiting_bytes += chunk.n_bytes;
            chunk.source = source;
            chunk.missing = missing;
            if n_waiting_bytes > MAX_WAITING_BYTES {
                n_waiting_bytes = 0;
                let full = std::mem::take(&mut chunks).into_values();
                full.filter(|chunk| !chunk.postings.is_empty())
                    .for_each(&mut dispatch);
            }
            ControlFlow::Continue(())
        })?;
    }
    let last = chunks.into_values();
    last.filter(|chunk| !chunk.postings.is_empty())
        .for_each(dispatch);
    Ok(())
}

/// After a failure, chunks are taken and dropped, so that the producer is not blocked.
fn deliver_all(
    api: &Api,
    receiver: &Mutex<Receiver<Chunk>>,
    progress: &Progress,
    has_failed: &AtomicBool,
) -> Result<Sent, Error> {
    let mut sent = Sent::default();
    let mut failure = None;
    let next = || {
        receiver
            .lock()
            .ok()
            .and_then(|receiver| receiver.recv().ok())
    };
    while let Some(chunk) = next() {
        if has_failed.load(Ordering::Relaxed) {
            continue;
        }
        match deliver(api, &chunk, &chunk.postings) {
            Ok(part) => {
                progress.add(chunk.postings.len() as u64, part.n_rejected);
                sent.merge(part);
            }
            Err(error) => {
                has_failed.store(true, Ordering::Relaxed);
                failure = Some(error);
            }
        }
    }
    failure.map_or(Ok(sent), Err)
}

fn deliver(api: &Api, chunk: &Chunk, postings: &[Posting]) -> Result<Sent, Error> {
    let body = body(postings);
    let mut salt = String::new();
    for n_replays in 0.. {
        let answer = match api.ingest(&chunk.source, chunk.missing, &body, &salt)? {
            Ok(answer) => answer,
            Err(TooLarge) => return halves(api, chunk, postings),
        };
        // The same content was sent before. Unless that was this push, another version may have
        // been stored since then, and a replay does not write.
        let is_replay = answer.header("idempotency-replayed").is_some();
        if is_replay && n_replays < MAX_REPLAYS && is_stale(api, chunk, &body, &answer)? {
            salt.push_str(&field::<String>(&answer, "ingest", "run_id")?);
            continue;
        }
        return sent(postings, &answer);
    }
    Ok(Sent::default())
}

/// Sends each half of a request that was too large.
fn halves(api: &Api, chunk: &Chunk, postings: &[Posting]) -> Result<Sent, Error> {
    if let [posting] = postings {
        let message = "the posting exceeds the Worker's limit for a request";
        let error = json!({"code": "too_long", "message": message});
        return Ok(Sent {
            n_rejected: 1,
            rejected: vec![posting.rejected(vec![error])],
            ..Sent::default()
        });
    }
    let (first, second) = postings.split_at(postings.len() / 2);
    let mut sent = deliver(api, chunk, first)?;
    sent.merge(deliver(api, chunk, second)?);
    Ok(sent)
}

/// Whether postings of a replayed request are not stored as they were sent. Rejected ones are not.
fn is_stale(api: &Api, chunk: &Chunk, body: &[&str], answer: &Answer) -> Result<bool, Error> {
    let errors: Vec<Value> = field(answer, "ingest", "errors")?;
    let is_rejected = |index: usize| errors.iter().any(|error| index_of(error) == Some(index));
    let hashes = hashes(&body.concat(), chunk.missing);
    let entries = hashes.iter().enumerate();
    let entries = entries.filter(|(index, _)| !is_rejected(*index));
    let entries = entries.map(|(_, (id, hash))| Indexed {
        id,
        hash: *hash,
        ordinal: 0,
    });
    let mut is_stale = false;
    each_different(api, &chunk.source, entries, &mut |_| is_stale = true)?;
    Ok(is_stale)
}

fn index_of(error: &Value) -> Option<usize> {
    usize::try_from(error.get("index")?.as_u64()?).ok()
}

fn sent(postings: &[Posting], answer: &Answer) -> Result<Sent, Error> {
    let count = |name| field::<u64>(answer, "ingest", name);
    let mut sent = Sent {
        inserted: count("inserted")?,
        updated: count("updated")?,
        unchanged: count("unchanged")?,
        n_rejected: count("rejected")?,
        reopened: count("reopened")?,
        ..Sent::default()
    };
    let mut errors: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for error in field::<Vec<Value>>(answer, "ingest", "errors")? {
        let index = index_of(&error).unwrap_or_default();
        errors.entry(index).or_default().push(error);
    }
    sent.rejected = errors
        .into_iter()
        .filter_map(|(index, errors)| Some(postings.get(index)?.rejected(errors)))
        .collect();
    let n_unnamed = sent.n_rejected.saturating_sub(sent.rejected.len() as u64);
    let run_id = field::<String>(answer, "ingest", "run_id").ok();
    if let Some(run_id) = run_id.filter(|_| n_unnamed > 0) {
        let postings = super::counted::counted(n_unnamed, "more rejected posting");
        eprintln!("warning: {postings} of a request: see GET /runs/{run_id}/rejects");
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_a_set() {
        let mut set = Ordinals::default();
        for ordinal in [0, 63, 64, 1_000, 64] {
            set.insert(ordinal);
        }
        assert_eq!(set.len(), 4);
        assert!(set.contains(63) && set.contains(1_000));
        assert!(!set.contains(1) && !set.contains(5_000));
    }
}
