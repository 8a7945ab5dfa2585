//! Synthetic bodies with the structure of feeds.

use std::fmt::Write as _;

/// A JSON array of postings `PREFIX-0`, `PREFIX-1`, … with equal values.
pub fn array(
    prefix: &str,
    n_postings: usize,
    title: &str,
    source: &str,
    description: &str,
) -> String {
    let mut body = String::from("[");
    for number in 0..n_postings {
        if number > 0 {
            body.push(',');
        }
        let _ = write!(
            body,
            r#"{{"externalId":"{prefix}-{number}","title":"{title}","source":"{source}","description":"{description}"}}"#
        );
    }
    body.push(']');
    body
}

/// The postings of two arrays.
pub fn joined(first: &str, second: &str) -> String {
    let (first, second) = (first.trim_end_matches(']'), second.trim_start_matches('['));
    format!("{first},{second}")
}

/// Adds one invalid posting.
pub fn with_invalid(array: &str, source: &str) -> String {
    let invalid = format!(r#"[{{"externalId":"invalid","title":[],"source":"{source}"}},"#);
    array.replacen('[', &invalid, 1)
}

/// A text of `n_bytes` bytes that needs no JSON escapes.
pub fn text(n_bytes: usize) -> String {
    "We look for somebody who reads this. "
        .chars()
        .cycle()
        .take(n_bytes)
        .collect()
}
