//! CORS: which origins may call the service from a browser. None, unless the operator lists them.

/// Returns the request's origin if it is listed.
pub fn allowed_origin<'o>(listed: &[String], origin: Option<&'o str>) -> Option<&'o str> {
    origin.filter(|origin| listed.iter().any(|listed| listed == origin))
}

/// What a cross-origin page may send and read.
pub const ALLOWED_METHODS: &str = "GET, POST";
pub const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Content-Encoding, Idempotency-Key";
pub const EXPOSED_HEADERS: &str = "X-Request-Id, Retry-After, Idempotency-Replayed, Server-Timing";

#[cfg(test)]
mod tests {
    use super::allowed_origin;

    #[test]
    fn allows_only_listed_origins() {
        let listed = ["https://a.example", "https://b.example"].map(str::to_owned);
        let b = Some("https://b.example");
        assert_eq!(allowed_origin(&listed, b), b);
        assert_eq!(allowed_origin(&listed, Some("https://c.example")), None);
        assert_eq!(
            allowed_origin(&listed, Some("https://b.example.evil")),
            None
        );
        assert_eq!(allowed_origin(&listed, None), None);
        assert_eq!(allowed_origin(&[], b), None);
        assert_eq!(allowed_origin(&[], Some("")), None);
    }
}
