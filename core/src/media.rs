//! The form of a body, by the request's Content-Type and Content-Encoding.

use crate::json::{Scanner, SyntaxError};

/// U+FEFF in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The JSON forms of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One JSON text: `{"items":[…]}` or `[…]`.
    Json,
    /// One posting per line.
    Ndjson,
}

/// Media types in use for NDJSON; none is registered.
pub const NDJSON_TYPES: [&str; 6] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
];

/// Listed in a 415 response: every accepted type, and how it is read.
pub const ACCEPTED_TYPES: &str = "no type, application/json, any +json, text/plain or \
     application/x-www-form-urlencoded for JSON; \
     application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, \
     application/jsonlines or application/x-jsonlines for NDJSON; \
     application/octet-stream for either; \
     each in UTF-8";

/// Listed in a 415 response about an encoding.
pub const ACCEPTED_ENCODINGS: &str = "gzip, identity";

/// What a Content-Type declares about a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// `None` if the type allows either form.
    format: Option<BodyFormat>,
    /// Set if UTF-8 is not a superset of it.
    charset: Option<String>,
}

impl ContentType {
    /// Parses the header. The error is the header itself if the type is not accepted.
    ///
    /// curl sends `application/x-www-form-urlencoded` and fetch `text/plain` unless told otherwise,
    /// so both are read as JSON, like a missing type.
    pub fn parse(header: Option<&str>) -> Result<Self, &str> {
        let header = header.unwrap_or_default();
        let (essence, parameters) = header.split_once(';').unwrap_or((header, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let format = match essence.as_str() {
            "application/octet-stream" => None,
            "" | "application/json" | "text/plain" | "application/x-www-form-urlencoded" => {
                Some(BodyFormat::Json)
            }
            ndjson if NDJSON_TYPES.contains(&ndjson) => Some(BodyFormat::Ndjson),
            json if json.ends_with("+json") => Some(BodyFormat::Json),
            _ => return Err(header),
        };
        let charset = parameters.split(';').find_map(foreign_charset);
        Ok(Self { format, charset })
    }

    /// Returns the form of this body. The error is the charset if it prevents reading the body.
    pub fn format_of(&self, body: &[u8]) -> Result<BodyFormat, &str> {
        match &self.charset {
            // ASCII text has the same bytes in nearly every charset.
            Some(charset) if !body.is_ascii() => Err(charset),
            _ => Ok(self.format.unwrap_or_else(|| recognized(body))),
        }
    }
}

/// Returns the charset unless UTF-8 is a superset of it.
fn foreign_charset(parameter: &str) -> Option<String> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("charset") {
        return None;
    }
    let charset = value.trim().trim_matches('"').to_ascii_lowercase();
    let is_foreign = !matches!(charset.as_str(), "" | "utf-8" | "utf8" | "us-ascii");
    is_foreign.then_some(charset)
}

/// NDJSON if the first non-blank line is a complete object without a key `items`.
fn recognized(body: &[u8]) -> BodyFormat {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut lines = body.trim_ascii_start().split(|byte| *byte == b'\n');
    let line = String::from_utf8_lossy(lines.next().unwrap_or_default());
    match is_posting(&mut Scanner::new(&line)) {
        Ok(true) => BodyFormat::Ndjson,
        _ => BodyFormat::Json,
    }
}

fn is_posting(scanner: &mut Scanner<'_>) -> Result<bool, SyntaxError> {
    if !scanner.take(b'{') {
        return Ok(false);
    }
    let mut more = !scanner.take(b'}');
    while more {
        if scanner.key()?.decode() == "items" {
            return Ok(false);
        }
        scanner.value()?;
        more = scanner.another_member()?;
    }
    scanner.end().map(|()| true)
}

/// Whether a body with this Content-Encoding is gzip. The error is the encoding if it is not
/// accepted.
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

    fn format(header: Option<&str>, body: &[u8]) -> Result<BodyFormat, String> {
        let content_type = ContentType::parse(header).map_err(str::to_owned)?;
        content_type.format_of(body).map_err(str::to_owned)
    }

    #[test]
    fn defaults_of_clients_are_read_as_json() {
        for content_type in [
            None,
            Some(""),
            Some("application/json"),
            Some("Application/JSON; charset=UTF-8"),
            Some("application/ld+json"),
            Some("text/plain;charset=utf-8"),
            Some("text/plain; charset=\"\""),
            Some("application/x-www-form-urlencoded"),
        ] {
            let found = format(content_type, "é".as_bytes());
            assert_eq!(found, Ok(BodyFormat::Json), "{content_type:?}");
        }
    }

    #[test]
    fn accepts_six_types_of_ndjson() {
        for content_type in NDJSON_TYPES {
            assert_eq!(format(Some(content_type), b""), Ok(BodyFormat::Ndjson));
        }
    }

    #[test]
    fn octet_stream_is_classified_by_its_first_line() {
        use BodyFormat::{Json, Ndjson};
        for (body, wanted) in [
            ("", Json),
            ("\n [\n{}]", Json),
            ("{\n\"externalId\": \"a\"}", Json),
            ("{\"meta\":{},\"items\":[]}", Json),
            ("{\"it\\u0065ms\":[]}", Json),
            ("{\"externalId\":\"a\"} x\n", Json),
            ("nonsense\n{\"externalId\":\"a\"}", Json),
            ("{\"externalId\":\"a\"}", Ndjson),
            ("\u{feff}\r\n{\"externalId\":\"a\"} \r\n{}", Ndjson),
            ("{\"externalId\":\"a\"}\nnonsense", Ndjson),
        ] {
            let found = format(Some("application/octet-stream"), body.as_bytes());
            assert_eq!(found, Ok(wanted), "{body}");
        }
        let latin1 = b"{\"title\":\"caf\xe9\"}\n{}";
        let found = format(Some("application/octet-stream"), latin1);
        assert_eq!(found, Ok(Ndjson));
    }

    #[test]
    fn other_charsets_are_accepted_for_ascii_only() {
        for charset in ["latin1", "ISO-8859-1", "\"windows-1252\"", "utf-16"] {
            let header = format!("application/jsonl; boundary=x; charset={charset}");
            let found = format(Some(&header), b"{}");
            assert_eq!(found, Ok(BodyFormat::Ndjson), "{charset}");
            let refused = format(Some(&header), "é".as_bytes());
            let named = charset.trim_matches('"').to_ascii_lowercase();
            assert_eq!(refused, Err(named));
        }
    }

    #[test]
    fn rejected_types_are_quoted() {
        for content_type in [
            "text/csv",
            "text/json",
            "multipart/form-data; boundary=x",
            "application/json-lines",
        ] {
            let refused = format(Some(content_type), b"");
            assert_eq!(refused, Err(content_type.to_owned()));
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
