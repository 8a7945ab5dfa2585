//! Reads the JSON that our own statements return.

use super::scanner::{Raw, Scanner};

/// The elements of an array.
pub fn elements(array: &str) -> Option<Vec<Raw<'_>>> {
    let mut scanner = Scanner::new(array);
    let mut elements = Vec::new();
    let mut more = scanner.take(b'[').then(|| !scanner.take(b']'))?;
    while more {
        elements.push(scanner.value().ok()?);
        more = scanner.another_element().ok()?;
    }
    scanner.end().ok()?;
    Some(elements)
}

/// The first member with this name.
pub fn member<'a>(object: &'a str, name: &str) -> Option<Raw<'a>> {
    let mut scanner = Scanner::new(object);
    let mut more = scanner.take(b'{').then(|| !scanner.take(b'}'))?;
    while more {
        let key = scanner.key().ok()?;
        let value = scanner.value().ok()?;
        if key.decode() == name {
            return Some(value);
        }
        more = scanner.another_member().ok()?;
    }
    None
}

impl Raw<'_> {
    /// An integer from 0.
    pub fn as_index(&self) -> Option<usize> {
        match self {
            Self::Number(literal) => literal.parse().ok(),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::String(text) => Some(text.decode().into_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_have_their_elements() {
        let numbers = |array| -> Option<Vec<usize>> {
            let elements = elements(array)?;
            elements.iter().map(Raw::as_index).collect()
        };
        assert_eq!(numbers("[]"), Some(vec![]));
        assert_eq!(numbers("[0, 12,3]"), Some(vec![0, 12, 3]));
        for other in ["", "{}", "[1", "[1,]", "[1]x", "[-1]", "[1.5]", r#"["1"]"#] {
            assert_eq!(numbers(other), None, "{other}");
        }
    }

    #[test]
    fn members_are_found_by_name() {
        let text = |object, name| member(object, name)?.as_text();
        let object = r#"{"a":{"b":"inner"},"b":"out\"er","c":null}"#;
        assert_eq!(text(object, "b").as_deref(), Some("out\"er"));
        assert_eq!(text(object, "a"), None);
        assert_eq!(member(object, "c"), Some(Raw::Null));
        assert_eq!(member(object, "d"), None);
        assert_eq!(member("{}", "a"), None);
        assert_eq!(member("[]", "a"), None);
    }
}
