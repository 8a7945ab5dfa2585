//! Names of migration files: `NNNN_name.sql`.

pub use d1_project::migrations::number;

/// Highest number of a sequence; more is a timestamp.
pub const MAX_SEQUENCE_NUMBER: u64 = 9_999;

/// Whether a name has the form `NNNN_name.sql`.
pub fn is_well_formed(file_name: &str) -> bool {
    file_name
        .strip_suffix(".sql")
        .and_then(|stem| stem.split_once('_'))
        .is_some_and(|(digits, rest)| {
            digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_digit()) && !rest.is_empty()
        })
}

/// Whether a name says that the file is only one direction of a migration, as other tools have it.
pub fn is_direction(file_name: &str) -> bool {
    let lower = file_name.to_ascii_lowercase();
    [".down.sql", ".up.sql", "_down.sql", "_up.sql"]
        .iter()
        .any(|end| lower.ends_with(end))
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
    use super::{build, is_well_formed};

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
