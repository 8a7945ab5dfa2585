//! The difference of two schemas, as text and as statements.

pub mod fix;
pub mod plan;
mod rebuild;
pub mod rename;

use crate::schema::{Object, Schema, print};

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

/// A unified diff of two schemas. What means the same in both is shown in one spelling.
pub fn schema_diff(old: &Schema, new: &Schema) -> String {
    let in_old_spelling = |object: &Object| {
        let twin = old.find(object.kind, &object.name);
        twin.filter(|one| one.spelling == object.spelling)
            .unwrap_or(object)
            .clone()
    };
    let new = Schema {
        objects: new.objects.iter().map(in_old_spelling).collect(),
    };
    text_diff(&print(old), &print(&new))
}

/// A unified diff of two texts, without a header, three lines of context.
pub fn text_diff(old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .to_string()
}
