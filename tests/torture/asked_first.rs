//! Counts the requests for which the database was asked first which rows have changed, from the
//! log.

use serde_json::Value;

/// How many of these log lines belong to a request that was written without its unchanged rows.
pub fn count<'l>(messages: impl IntoIterator<Item = &'l str>) -> usize {
    let lines = messages
        .into_iter()
        .map(|message| serde_json::from_str(message).unwrap_or_default());
    lines.filter(is_one).count()
}

fn is_one(line: &Value) -> bool {
    let count = |name: &str| line[name].as_u64();
    let (Some(received), Some(sent)) = (count("received"), count("rows_sent")) else {
        return false;
    };
    // These are never sent in any case.
    let never_sent = ["duplicates", "rejected"].map(|name| count(name).unwrap_or_default());
    sent + never_sent.iter().sum::<u64>() < received
}
