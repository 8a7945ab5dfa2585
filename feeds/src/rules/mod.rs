//! Rules common to all formats.

pub mod country;
pub mod employment;
pub mod entities;
pub mod extra;
pub mod id;
pub mod language;
pub mod link;
pub mod pay;
pub mod people;
pub mod place;
pub mod time;
pub mod workplace;

/// The letters of a word in lower case, so that "Full-Time", "full_time" and "FULL TIME" are equal.
pub(crate) fn letters(word: &str) -> String {
    word.chars()
        .filter(|letter| letter.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect()
}
