//! Names of migration files: `NNNN_name.sql`.

/// Highest number of a sequence; more is a timestamp.
pub const MAX_SEQUENCE_NUMBER: u64 = 9_999;

/// The number that wrangler orders a file by: JavaScript's `parseInt` of what is before the first underscore.
pub fn number(file_name: &str) -> Option<u64> {
    let head = file_name.split('_').next().unwrap_or_default();
    let digits: String = head.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether a name has the form `NNNN_name.sql`.
pub fn is_well_formed(file_name: &str) -> bool {
    file_name
        .strip_suffix(".sql")
        .and_then(|stem| stem.split_once('_'))
        .is_some_and(|(digits, rest)| {
            digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_digit()) && !rest.is_empty()
        })
}

/// The file name of migration `number` called `title`; anything but letters, digits and underscores becomes `_`.
pub fn build(number: u64, title: &str) -> String {
    let mut words = String::new();
    for c in title.trim().chars() {
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else if !words.ends_with('_') {
            words.push('_');
        }
    }
    format!("{number:04}_{}.sql", words.trim_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::{build, is_well_formed, number};

    #[test]
    fn number_is_what_wrangler_reads() {
        assert_eq!(number("0012_x.sql"), Some(12));
        assert_eq!(number("12abc_x.sql"), Some(12));
        assert_eq!(number("seed.sql"), None);
    }

    #[test]
    fn well_formed_names_have_four_digits_and_a_name() {
        assert!(is_well_formed("0001_a.sql"));
        assert!(!is_well_formed("001_a.sql"));
        assert!(!is_well_formed("0001.sql"));
        assert!(!is_well_formed("seed.sql"));
    }

    #[test]
    fn title_becomes_a_file_name() {
        assert_eq!(build(7, " Add tags/now "), "0007_add_tags_now.sql");
    }
}
