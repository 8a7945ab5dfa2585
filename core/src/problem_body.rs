//! RFC 9457 problem details, with a stable code and the `error` field of the function that this service
//! replaces.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct ProblemBody<'a, M> {
    success: bool,
    error: &'a str,
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
    request_id: &'a str,
    /// Members of this kind of problem.
    #[serde(flatten)]
    more: M,
}

impl<'a, M: Serialize> ProblemBody<'a, M> {
    pub fn new(
        status: u16,
        code: &'a str,
        title: &'a str,
        detail: String,
        request_id: &'a str,
        more: M,
    ) -> Self {
        Self {
            success: false,
            error: title,
            kind: format!("urn:jobs-ingest:problem:{code}"),
            title,
            status,
            detail,
            code,
            request_id,
            more,
        }
    }

    pub fn to_json(&self) -> String {
        // It cannot fail to serialise: all keys of maps are texts, and there is no I/O.
        serde_json::to_string(self).unwrap_or_default()
    }
}
