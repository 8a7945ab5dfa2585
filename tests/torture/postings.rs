//! Bodies made for the tests: feeds in shape, not in content.

use std::fmt::Write as _;

/// A JSON array of postings `PREFIX-0`, `PREFIX-1`, … which all say the same.
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

/// With one more posting, which is invalid.
pub fn with_invalid(array: &str, source: &str) -> String {
    let invalid = format!(r#"[{{"externalId":"invalid","title":[],"source":"{source}"}},"#);
    array.replacen('[', &invalid, 1)
}

/// A text of so many bytes, without anything that JSON would escape.
pub fn text(n_bytes: usize) -> String {
    "We look for somebody who reads this. "
        .chars()
        .cycle()
        .take(n_bytes)
        .collect()
}
