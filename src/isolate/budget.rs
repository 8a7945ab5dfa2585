//! Memory for bodies, shared fairly between tokens. Bookkeeping only: nobody waits here, and the clock
//! is the caller's.

use jobs_ingest_core::limits::{
    GIVE_WAY_MS, HELD_MS, PACE_BYTES_PER_MS, PACE_GRACE_MS, READ_CHUNK_BYTES, SMALL_BODY_BYTES,
    WAITER_GONE_MS,
};

/// A request in a queue, and whose it is. A lower number came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    number: u64,
    /// Index of its token.
    token: usize,
}

/// What requests wait for in common: a lane for small bodies, a lane for the others. A small body takes
/// what is free in the large lane where its own is full and nobody waits in the other.
#[derive(Debug)]
pub struct Lanes {
    n_tickets: u64,
    /// Names of tokens. Operators configure few, so none is ever removed.
    tokens: Vec<String>,
    small: Lane,
    large: Lane,
}

impl Lanes {
    pub const fn new(small: Lane, large: Lane) -> Self {
        Self {
            n_tickets: 0,
            tokens: Vec::new(),
            small,
            large,
        }
    }

    pub fn ticket(&mut self, token: &str) -> Ticket {
        let known = self.tokens.iter().position(|name| name == token);
        let token = known.unwrap_or_else(|| {
            self.tokens.push(token.to_owned());
            self.tokens.len() - 1
        });
        self.n_tickets += 1;
        Ticket {
            number: self.n_tickets,
            token,
        }
    }

    /// Whether the request may hold so many bytes in all, from now on. Otherwise it keeps what it has,
    /// is queued for the rest, and must ask again and again.
    pub fn ask(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        let is_small = bytes <= SMALL_BODY_BYTES && !self.large.holds(ticket);
        if !is_small {
            let is_granted = self.large.ask(ticket, bytes, now_ms);
            if is_granted {
                self.small.leave(ticket);
            }
            return is_granted;
        }
        if self.small.ask(ticket, bytes, now_ms) {
            return true;
        }
        let is_granted = self.large.ask_if_idle(ticket, bytes, now_ms);
        if is_granted {
            self.small.leave(ticket);
        }
        is_granted
    }

    /// Notes how much of a body has arrived, all in all.
    pub fn arrived(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) {
        self.each(|lane| lane.arrived(ticket, bytes, now_ms));
    }

    /// Whether the request has to release its memory to others and end.
    pub fn is_cancelled(&self, ticket: Ticket) -> bool {
        self.small.is_cancelled(ticket) || self.large.is_cancelled(ticket)
    }

    /// A sign of life of a holder: its time begins again.
    pub fn renew(&mut self, ticket: Ticket, now_ms: f64) {
        self.each(|lane| lane.renew(ticket, now_ms));
    }

    /// Sets what a holder counts as, once its body has arrived whole; from then on it is not cancelled.
    /// It may grow past the limit, since what has grown exists already: then nobody is admitted until
    /// enough has left.
    pub fn resize(&mut self, ticket: Ticket, bytes: usize) {
        self.each(|lane| lane.resize(ticket, bytes));
    }

    /// Leaves its place, or the queue.
    pub fn leave(&mut self, ticket: Ticket) {
        self.each(|lane| lane.leave(ticket));
    }

    fn each(&mut self, mut change: impl FnMut(&mut Lane)) {
        change(&mut self.small);
        change(&mut self.large);
    }
}

#[derive(Debug)]
struct Entry {
    ticket: Ticket,
    /// What it counts as; 0 while it is queued for its first bytes.
    held_bytes: usize,
    waits: Option<Wait>,
    /// Of a body that is being received.
    pace: Option<Pace>,
    /// When it was last heard of.
    alive_ms: f64,
    is_cancelled: bool,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    /// What it is to hold in all.
    for_bytes: usize,
    since_ms: f64,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Until when it is kept if nothing more arrives.
    until_ms: f64,
    arrived_bytes: usize,
}

impl Pace {
    fn begin(now_ms: f64) -> Self {
        Self {
            until_ms: now_ms + PACE_GRACE_MS,
            arrived_bytes: 0,
        }
    }

    fn is_kept(self, now_ms: f64) -> bool {
        now_ms <= self.until_ms
    }

    /// What arrives is worth the time that it takes at the pace. Of that no more can be saved up than
    /// the grace: a body of which most has come at once may not come slowly after that.
    fn arrived(&mut self, bytes: usize, now_ms: f64) {
        let new_bytes = bytes.saturating_sub(self.arrived_bytes);
        if new_bytes == 0 {
            return;
        }
        let left_ms = (self.until_ms - now_ms).max(0.0);
        let worth_ms = left_ms + new_bytes as f64 / PACE_BYTES_PER_MS;
        self.until_ms = now_ms + worth_ms.min(PACE_GRACE_MS);
        self.arrived_bytes = bytes;
    }
}

/// Bytes that a request waits for others to release.
#[derive(Debug, Clone, Copy)]
struct Lack {
    bytes: usize,
    /// The token whose share is used up; of nobody in particular where the whole is.
    of_token: Option<usize>,
}

/// What one token is up to; all but its last grant is computed at each look.
#[derive(Debug, Clone, Copy, Default)]
struct Token {
    /// The number of the grant that was its last.
    last_grant: u64,
    held_bytes: usize,
    /// Index of its entry that has waited longest.
    first: Option<usize>,
}

/// Bytes that requests share. Tokens take turns, the requests of one token are first come, first served,
/// and nobody overtakes the request whose turn it is.
#[derive(Debug)]
pub struct Lane {
    total_bytes: usize,
    /// What the requests of one token may hold.
    share_bytes: usize,
    /// Whether bodies are received here, which have to keep a pace.
    is_paced: bool,
    n_grants: u64,
    /// By index of the token.
    tokens: Vec<Token>,
    /// The one that came first comes first.
    entries: Vec<Entry>,
}

impl Lane {
    /// For bodies that are being received.
    pub const fn reading(total_bytes: usize, share_bytes: usize) -> Self {
        Self::new(total_bytes, share_bytes, true)
    }

    /// For bodies that are processed.
    pub const fn working(total_bytes: usize, share_bytes: usize) -> Self {
        Self::new(total_bytes, share_bytes, false)
    }

    const fn new(total_bytes: usize, share_bytes: usize, is_paced: bool) -> Self {
        Self {
            total_bytes,
            share_bytes,
            is_paced,
            n_grants: 0,
            tokens: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// More than a share counts as the share.
    fn ask(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        let bytes = bytes.min(self.share_bytes);
        self.forget_silent(now_ms);
        self.shrink_slow(now_ms);
        let index = self.entry(ticket, now_ms);
        let Some(entry) = self.entries.get_mut(index) else {
            return false;
        };
        entry.alive_ms = now_ms;
        if bytes <= entry.held_bytes {
            entry.waits = None;
            return true;
        }
        let since_ms = entry.waits.map_or(now_ms, |wait| wait.since_ms);
        entry.waits = Some(Wait {
            for_bytes: bytes,
            since_ms,
        });
        let is_next = self.next() == Some(index);
        let lack = self.lack(index, is_next);
        if is_next && lack.is_none() {
            self.grant(index, bytes, now_ms);
            return true;
        }
        if let Some(lack) = lack
            && now_ms - since_ms >= GIVE_WAY_MS
        {
            self.cancel_slow(index, lack, now_ms);
        }
        false
    }

    /// Like [`Self::ask`] where nobody waits; queues nobody.
    fn ask_if_idle(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        self.forget_silent(now_ms);
        self.shrink_slow(now_ms);
        if self.entries.iter().any(|entry| entry.waits.is_some()) {
            return false;
        }
        let is_granted = self.ask(ticket, bytes, now_ms);
        if !is_granted {
            self.leave(ticket);
        }
        is_granted
    }

    fn grant(&mut self, index: usize, bytes: usize, now_ms: f64) {
        self.n_grants += 1;
        let (n_grants, is_paced) = (self.n_grants, self.is_paced);
        let Some(entry) = self.entries.get_mut(index) else {
            return;
        };
        let waited_ms = entry.waits.map_or(0.0, |wait| now_ms - wait.since_ms);
        entry.held_bytes = bytes;
        entry.waits = None;
        match &mut entry.pace {
            // The time that it waited is not its client's.
            Some(pace) => pace.until_ms += waited_ms,
            None => entry.pace = is_paced.then(|| Pace::begin(now_ms)),
        }
        let token = entry.ticket.token;
        if let Some(token) = self.tokens.get_mut(token) {
            token.last_grant = n_grants;
        }
    }

    fn arrived(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) {
        if let Some(entry) = self.find(ticket) {
            entry.alive_ms = now_ms;
            if let Some(pace) = &mut entry.pace {
                pace.arrived(bytes, now_ms);
            }
        }
    }

    fn is_cancelled(&self, ticket: Ticket) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.ticket == ticket && entry.is_cancelled)
    }

    fn holds(&self, ticket: Ticket) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.ticket == ticket && entry.held_bytes > 0)
    }

    fn renew(&mut self, ticket: Ticket, now_ms: f64) {
        if let Some(entry) = self.find(ticket) {
            entry.alive_ms = now_ms;
        }
    }

    fn resize(&mut self, ticket: Ticket, bytes: usize) {
        if let Some(entry) = self.find(ticket) {
            entry.held_bytes = bytes;
            entry.pace = None;
            entry.is_cancelled = false;
        }
    }

    fn leave(&mut self, ticket: Ticket) {
        self.entries.retain(|entry| entry.ticket != ticket);
    }

    fn find(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.ticket == ticket)
    }

    /// The index of the ticket's entry, which is made where there is none.
    fn entry(&mut self, ticket: Ticket, now_ms: f64) -> usize {
        let number = ticket.number;
        let index = self
            .entries
            .partition_point(|entry| entry.ticket.number < number);
        let is_there = |entry: &Entry| entry.ticket == ticket;
        if !self.entries.get(index).is_some_and(is_there) {
            let entry = Entry {
                ticket,
                held_bytes: 0,
                waits: None,
                pace: None,
                alive_ms: now_ms,
                is_cancelled: false,
            };
            self.entries.insert(index, entry);
        }
        if self.tokens.len() <= ticket.token {
            self.tokens.resize(ticket.token + 1, Token::default());
        }
        index
    }

    /// A request that was cut off leaves nothing by itself: a holder counts for [`HELD_MS`] after its
    /// last sign of life, and one in the queue for [`WAITER_GONE_MS`]. It gets its old turn when it
    /// asks again.
    fn forget_silent(&mut self, now_ms: f64) {
        self.entries.retain(|entry| {
            let counts_ms = match entry.held_bytes {
                0 => WAITER_GONE_MS,
                _ => HELD_MS,
            };
            now_ms - entry.alive_ms < counts_ms
        });
        for entry in &mut self.entries {
            if now_ms - entry.alive_ms >= WAITER_GONE_MS {
                entry.waits = None;
            }
        }
    }

    /// A body that does not keep the pace counts as what has arrived and its next chunk, not as what was
    /// announced.
    fn shrink_slow(&mut self, now_ms: f64) {
        for entry in &mut self.entries {
            if let Some(pace) = entry.pace
                && !pace.is_kept(now_ms)
            {
                let most_bytes = pace.arrived_bytes + READ_CHUNK_BYTES;
                entry.held_bytes = entry.held_bytes.min(most_bytes);
            }
        }
    }

    /// The index of the request whose turn it is: of the tokens whose first request fits into their
    /// share, the first of the one that was served longest ago.
    fn next(&mut self) -> Option<usize> {
        for token in &mut self.tokens {
            token.held_bytes = 0;
            token.first = None;
        }
        for (index, entry) in self.entries.iter().enumerate() {
            if let Some(token) = self.tokens.get_mut(entry.ticket.token) {
                token.held_bytes += entry.held_bytes;
                if entry.waits.is_some() {
                    token.first.get_or_insert(index);
                }
            }
        }
        let fits = |token: &&Token| {
            let first = token.first.and_then(|index| self.entries.get(index));
            first.is_some_and(|entry| token.held_bytes + entry.missing() <= self.share_bytes)
        };
        let turns = self.tokens.iter().filter(fits);
        let next = turns.min_by_key(|token| (token.last_grant, token.first));
        next.and_then(|token| token.first)
    }

    /// What the request lacks: of its token's share where it is the token's first, of the whole where it
    /// is its turn.
    fn lack(&self, index: usize, is_next: bool) -> Option<Lack> {
        let entry = self.entries.get(index)?;
        let token = self.tokens.get(entry.ticket.token)?;
        let over = |held_bytes: usize, limit_bytes: usize| {
            (held_bytes + entry.missing()).checked_sub(limit_bytes + 1)
        };
        let of_share = over(token.held_bytes, self.share_bytes)
            .filter(|_| token.first == Some(index))
            .map(|over| (over, Some(entry.ticket.token)));
        let of_whole = over(self.held_bytes(), self.total_bytes)
            .filter(|_| is_next)
            .map(|over| (over, None));
        let (over, of_token) = of_share.or(of_whole)?;
        Some(Lack {
            bytes: over + 1,
            of_token,
        })
    }

    /// Cancels bodies that do not keep the pace, largest first, if that frees enough. Each leaves when
    /// it notices.
    fn cancel_slow(&mut self, for_index: usize, lack: Lack, now_ms: f64) {
        let may_free = |index: usize, entry: &Entry| {
            index != for_index
                && lack
                    .of_token
                    .is_none_or(|token| token == entry.ticket.token)
                && entry.pace.is_some_and(|pace| !pace.is_kept(now_ms))
        };
        let mut freed_bytes = 0;
        let mut freeable_bytes = 0;
        for (index, entry) in self.entries.iter().enumerate() {
            if may_free(index, entry) {
                freeable_bytes += entry.held_bytes;
                // It was cancelled before, and is about to leave.
                freed_bytes += if entry.is_cancelled {
                    entry.held_bytes
                } else {
                    0
                };
            }
        }
        if freeable_bytes < lack.bytes {
            return;
        }
        while freed_bytes < lack.bytes {
            let entries = self.entries.iter_mut().enumerate();
            let slow =
                entries.filter(|(index, entry)| !entry.is_cancelled && may_free(*index, entry));
            let Some((_, entry)) = slow.max_by_key(|(_, entry)| entry.held_bytes) else {
                return;
            };
            entry.is_cancelled = true;
            freed_bytes += entry.held_bytes;
        }
    }

    fn held_bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.held_bytes).sum()
    }
}

impl Entry {
    /// What it waits for beyond what it holds.
    fn missing(&self) -> usize {
        let for_bytes = self.waits.map_or(0, |wait| wait.for_bytes);
        for_bytes.saturating_sub(self.held_bytes)
    }
}

#[cfg(test)]
mod tests;
