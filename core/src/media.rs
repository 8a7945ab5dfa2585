//! What a body is, by the request's Content-Type and Content-Encoding.

/// The JSON forms of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One JSON text: `{"items":[…]}` or `[…]`.
    Json,
    /// A posting a line.
    Ndjson,
}

/// Media types of NDJSON; it has no registered one.
pub const NDJSON_TYPES: [&str; 3] = [
    "application/x-ndjson",
    "application/jsonl",
    "application/ndjson",
];

/// What a 415 answer lists: every type, and what it is taken for.
pub const ACCEPTED_TYPES: &str = "no type, application/json, any +json, text/plain or \
     application/x-www-form-urlencoded for JSON; \
     application/x-ndjson, application/jsonl or application/ndjson for NDJSON; \
     each in UTF-8";

/// What a 415 answer about an encoding lists.
pub const ACCEPTED_ENCODINGS: &str = "gzip, identity";

/// The form of a body of this Content-Type; the type itself when it is not accepted.
///
/// curl sends `application/x-www-form-urlencoded` and fetch `text/plain` when nobody says what the
/// body is, so these are taken for JSON as no type is.
pub fn body_format(content_type: Option<&str>) -> Result<BodyFormat, &str> {
    let Some(content_type) = content_type else {
        return Ok(BodyFormat::Json);
    };
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let essence = essence.trim().to_ascii_lowercase();
    if !parameters.split(';').all(is_harmless_parameter) {
        return Err(content_type);
    }
    if NDJSON_TYPES.contains(&essence.as_str()) {
        return Ok(BodyFormat::Ndjson);
    }
    let is_json = matches!(
        essence.as_str(),
        "" | "application/json" | "text/plain" | "application/x-www-form-urlencoded"
    ) || essence.ends_with("+json");
    match is_json {
        true => Ok(BodyFormat::Json),
        false => Err(content_type),
    }
}

/// A charset must be one of which UTF-8 is a superset; no other parameter changes the bytes.
fn is_harmless_parameter(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    if !name.trim().eq_ignore_ascii_case("charset") {
        return true;
    }
    let charset = value.trim().trim_matches('"').to_ascii_lowercase();
    matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii")
}

/// Whether a body of this Content-Encoding is gzip; the encoding itself when it is not accepted.
pub fn is_gzip(content_encoding: Option<&str>) -> Result<bool, &str> {
    let encoding = content_encoding.unwrap_or_default().trim();
    match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_assumed_where_clients_do_not_say() {
        for content_type in [
            None,
            Some(""),
            Some("application/json"),
            Some("Application/JSON; charset=UTF-8"),
            Some("application/ld+json"),
            Some("text/plain;charset=utf-8"),
            Some("application/x-www-form-urlencoded"),
        ] {
            assert_eq!(body_format(content_type), Ok(BodyFormat::Json));
        }
    }

    #[test]
    fn ndjson_has_three_names() {
        for content_type in NDJSON_TYPES {
            assert_eq!(body_format(Some(content_type)), Ok(BodyFormat::Ndjson));
        }
    }

    #[test]
    fn others_are_named() {
        for content_type in [
            "text/csv",
            "text/json",
            "multipart/form-data; boundary=x",
            "application/json; charset=latin1",
        ] {
            assert_eq!(body_format(Some(content_type)), Err(content_type));
        }
    }

    #[test]
    fn encodings() {
        assert_eq!(is_gzip(None), Ok(false));
        assert_eq!(is_gzip(Some("identity")), Ok(false));
        assert_eq!(is_gzip(Some(" GZIP ")), Ok(true));
        assert_eq!(is_gzip(Some("br")), Err("br"));
        assert_eq!(is_gzip(Some("gzip, gzip")), Err("gzip, gzip"));
    }
}
