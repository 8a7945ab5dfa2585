//! RFC 9457 problem details, with a stable code and the `error` field of the function that this service
//! replaces.

use serde::Serialize;

use crate::json::with_members;

#[derive(Serialize)]
pub(crate) struct ProblemBody<'a> {
    success: bool,
    error: &'a str,
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
    request_id: &'a str,
}

impl<'a> ProblemBody<'a> {
    pub fn new(
        status: u16,
        code: &'a str,
        title: &'a str,
        detail: String,
        request_id: &'a str,
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
        }
    }

    /// With the members of this kind of problem, if it has any.
    pub fn to_json(&self, more: &impl Serialize) -> String {
        // Plain structs: serialisation cannot fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        with_members(json, &serde_json::to_string(more).unwrap_or_default())
    }
}
