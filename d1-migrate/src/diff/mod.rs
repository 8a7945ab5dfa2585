//! The difference of two schemas, as text and as statements.

pub mod plan;
mod rebuild;
pub mod rename;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

/// A unified diff of two texts, without a header, three lines of context.
pub fn text_diff(old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .to_string()
}
