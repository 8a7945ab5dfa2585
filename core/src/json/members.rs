//! Joins JSON objects. serde's `flatten` does the same, but takes 5 KB more of the wasm.

/// The members of two JSON objects as one object. `more` may also be `null`, which has no members.
pub fn with_members(mut object: String, more: &str) -> String {
    let more = more.strip_prefix('{').unwrap_or("}");
    if more != "}" && object.pop().is_some() {
        if object != "{" {
            object.push(',');
        }
        object.push_str(more);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::with_members;

    #[test]
    fn members_are_those_of_both() {
        let joined = |object: &str, more| with_members(object.to_owned(), more);
        assert_eq!(joined(r#"{"a":1}"#, r#"{"b":{}}"#), r#"{"a":1,"b":{}}"#);
        assert_eq!(joined("{}", r#"{"b":2}"#), r#"{"b":2}"#);
        for nothing in ["{}", "null"] {
            assert_eq!(joined(r#"{"a":1}"#, nothing), r#"{"a":1}"#);
            assert_eq!(joined("{}", nothing), "{}");
        }
    }
}
