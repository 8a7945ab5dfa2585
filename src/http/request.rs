//! What is read from a request besides its body.

use worker::Request;

/// The runtime's own text: `Request::method` takes methods that it does not know for GET.
pub fn method(request: &Request) -> String {
    request.inner().method()
}

/// A header's value, if it exists.
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The decoded name and value pairs of the query.
pub fn query(request: &Request) -> Vec<(String, String)> {
    let url = request.inner().url();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    // The runtime leaves the fragment out of a request's URL, but not out of one made by a Worker.
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// A segment of the path without its percent escapes, if it is UTF-8.
pub fn decoded_segment(segment: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
    decoded.ok().map(Into::into)
}
