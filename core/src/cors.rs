//! Which browsers' pages may call the service: none, unless the operator lists their origins.

/// The request's origin, when the comma-separated list has it.
pub fn allowed_origin<'o>(allow_list: Option<&str>, origin: Option<&'o str>) -> Option<&'o str> {
    let (allow_list, origin) = (allow_list?, origin?);
    let is_listed = allow_list.split(',').any(|listed| listed.trim() == origin);
    Some(origin).filter(|origin| is_listed && !origin.is_empty())
}

/// What a page may send and see.
pub const ALLOWED_METHODS: &str = "GET, POST";
pub const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Content-Encoding, Idempotency-Key";
pub const EXPOSED_HEADERS: &str = "X-Request-Id, Retry-After, Idempotency-Replayed, Server-Timing";

#[cfg(test)]
mod tests {
    use super::allowed_origin;

    #[test]
    fn only_what_is_listed() {
        let list = Some("https://a.example, https://b.example");
        let b = Some("https://b.example");
        assert_eq!(allowed_origin(list, b), b);
        assert_eq!(allowed_origin(list, Some("https://c.example")), None);
        assert_eq!(allowed_origin(list, Some("https://b.example.evil")), None);
        assert_eq!(allowed_origin(list, None), None);
        assert_eq!(allowed_origin(None, b), None);
        assert_eq!(allowed_origin(Some(""), Some("")), None);
    }
}
